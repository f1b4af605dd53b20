//! `POST /chat/{id}/send`: the next message. While the agent works it waits its turn.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use super::page::{Draft, open_session};
use super::{caller, done, known};
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{page_about, wants_page};
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Message {
    text: String,
}

/// Sends it. A form comes back with what was typed when it was not taken.
pub(crate) async fn send_message(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Message>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let Err(error) = state.agent.send(&caller(&who), id, form.text.clone()).await else {
        return Ok(done(&headers, id));
    };
    if !wants_page(&headers) {
        return Err(error.into());
    }
    let draft = Draft {
        text: form.text,
        problem: error.to_string(),
    };
    let view = open_session(&state, asked, &who, id, draft).await?;
    Ok(page_about(error, &view))
}
