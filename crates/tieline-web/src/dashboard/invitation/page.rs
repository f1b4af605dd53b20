//! `GET /invitation?code=…`

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_hub::{AcceptInvitationError, UserView};

use super::view::InvitationPage;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::{bare, page, page_about};
use crate::dashboard::parts::Field;
use crate::problem::Problem;
use crate::state::AppState;

/// The one-time code.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct InvitationQuery {
    #[serde(default)]
    code: String,
}

/// The form, or why the link does not work.
pub(crate) async fn invitation_page(
    State(state): State<AppState>,
    asked: Asked,
    Query(query): Query<InvitationQuery>,
) -> Response {
    match state.hub.invited_user(&query.code).await {
        Ok(user) => page(&form(&state, asked, &user, &query.code)),
        Err(error) => refused(&state, asked, error),
    }
}

/// The form for the invited person.
pub(super) fn form(state: &AppState, asked: Asked, user: &UserView, code: &str) -> InvitationPage {
    InvitationPage {
        shell: bare(asked.frame),
        org: state.settings.organization.clone(),
        title: format!("Welcome, {}", user.name),
        refused: None,
        lead: "Choose a password, then you are in.".to_owned(),
        code: code.to_owned(),
        email: user.email.clone(),
        password: Field::required("").help("At least 12 characters."),
    }
}

/// The page for a link that is used up or too old.
pub(super) fn refused(state: &AppState, asked: Asked, error: AcceptInvitationError) -> Response {
    if matches!(error, AcceptInvitationError::Store(_)) {
        return Problem::from(error).into_response();
    }
    let view = InvitationPage {
        shell: bare(asked.frame),
        org: state.settings.organization.clone(),
        title: "This link does not work any more".to_owned(),
        refused: Some(error.to_string()),
        lead: String::new(),
        code: String::new(),
        email: String::new(),
        password: Field::required(""),
    };
    page_about(error, &view)
}
