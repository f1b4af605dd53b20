//! `/account/password`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;
use tieline_hub::ChangePasswordError;

use super::view::PasswordPage;
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{page, page_about};
use crate::dashboard::parts::Field;
use crate::dashboard::secret::Secret;
use crate::dashboard::shell::Section;
use crate::dashboard::sign_in::submit::{signed_in, user_agent};
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct PasswordForm {
    #[serde(default)]
    current: Secret,
    #[serde(default)]
    new_password: Secret,
}

/// Shows the form.
pub(crate) async fn password_page(
    State(state): State<AppState>,
    asked: Asked,
    member: Member,
) -> Response {
    page(&form(&state, asked, &member).await)
}

/// Changes the password; every other browser has to sign in with it.
pub(crate) async fn change_password(
    State(state): State<AppState>,
    asked: Asked,
    member: Member,
    headers: HeaderMap,
    Form(typed): Form<PasswordForm>,
) -> Response {
    let changed = state
        .hub
        .change_password(
            &member.0,
            typed.current.0,
            &typed.new_password.0,
            user_agent(&headers),
        )
        .await;
    let error = match changed {
        Ok(started) => {
            return signed_in(&state, &started, "/account/sign_ins?done=password_changed");
        }
        Err(error @ ChangePasswordError::Store(_)) => return Problem::from(error).into_response(),
        Err(error) => error,
    };
    let mut view = form(&state, asked, &member).await;
    match &error {
        ChangePasswordError::WrongCurrent => view.current.problem = error.to_string(),
        ChangePasswordError::Invalid { field } => {
            view.new_password.problem.clone_from(&field.detail);
        }
        _ => view.new_password.problem = error.to_string(),
    }
    page_about(error, &view)
}

async fn form(state: &AppState, asked: Asked, member: &Member) -> PasswordPage {
    PasswordPage {
        email: member.0.email.clone(),
        shell: asked.shell(state, &member.0, Section::Elsewhere).await,
        current: Field::required(""),
        new_password: Field::required("").help("At least 12 characters."),
    }
}
