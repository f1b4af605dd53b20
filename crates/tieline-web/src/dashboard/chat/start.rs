//! `POST /chat`: the first message makes the session. `POST /chat/new` carries a draft into a new one.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tieline_agent::AgentError;

use super::page::{Draft, Page, new_session};
use super::{address, caller};
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FirstMessage {
    text: String,
    model: String,
}

/// Starts a session with its first message.
pub(crate) async fn start_session(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Form(form): Form<FirstMessage>,
) -> Result<Response, Problem> {
    let caller = caller(&who);
    if form.text.trim().is_empty() {
        return again(&state, asked, &who, form.text, AgentError::TextEmpty).await;
    }
    let model = Some(form.model).filter(|model| !model.is_empty());
    let session = match state.agent.create_session(&caller, model).await {
        Ok(session) => session,
        Err(error) => return again(&state, asked, &who, form.text, error).await,
    };
    match state
        .agent
        .send(&caller, session.id, form.text.clone())
        .await
    {
        Ok(_) => Ok(go(&format!("{}#end", address(session.id)))),
        Err(error) => {
            // An empty session helps nobody; what it was for is still in the field.
            let _ = state.agent.delete(&caller, session.id).await;
            again(&state, asked, &who, form.text, error).await
        }
    }
}

/// The page of a new session with what was typed in another.
pub(crate) async fn with_draft(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Form(form): Form<FirstMessage>,
) -> Result<Response, Problem> {
    let draft = Draft {
        text: form.text,
        problem: String::new(),
    };
    match new_session(&state, asked, &who, draft).await? {
        Page::Chat(view) => Ok(page(&*view)),
        Page::NotSetUp(view) => Ok(page(&*view)),
    }
}

async fn again(
    state: &AppState,
    asked: Asked,
    who: &tieline_hub::SignedIn,
    text: String,
    error: AgentError,
) -> Result<Response, Problem> {
    let draft = Draft {
        text,
        problem: error.to_string(),
    };
    match new_session(state, asked, who, draft).await? {
        Page::Chat(view) => Ok(page_about(error, &*view)),
        Page::NotSetUp(view) => Ok(page_about(error, &*view)),
    }
}
