//! `POST /invitation`: sets the password and signs in.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use tieline_hub::AcceptInvitationError;

use super::page::{form, refused};
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::page_about;
use crate::dashboard::secret::Secret;
use crate::dashboard::sign_in::submit::{signed_in, user_agent};
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct InvitationForm {
    #[serde(default)]
    code: Secret,
    #[serde(default)]
    password: Secret,
}

/// Uses the invitation up, or says what is wrong with the password.
pub(crate) async fn accept_invitation(
    State(state): State<AppState>,
    asked: Asked,
    headers: HeaderMap,
    Form(typed): Form<InvitationForm>,
) -> Result<Response, Problem> {
    let code = typed.code.0.as_str();
    match state.hub.accept_invitation(code, &typed.password.0).await {
        Ok(user) => {
            let started = state.hub.start_sign_in(user, user_agent(&headers)).await?;
            Ok(signed_in(&state, &started, "/"))
        }
        Err(AcceptInvitationError::Invalid { field }) => {
            let user = state.hub.invited_user(code).await?;
            let mut view = form(&state, asked, &user, code);
            view.password = view.password.problem(field.detail.clone());
            Ok(page_about(AcceptInvitationError::Invalid { field }, &view))
        }
        Err(error) => Ok(refused(&state, asked, error)),
    }
}
