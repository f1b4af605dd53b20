//! `/chat/{id}/rename`

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_agent::AgentError;

use super::view::RenamePage;
use super::{address, caller, known, list};
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TitleForm {
    title: String,
}

/// Asks for another title.
pub(crate) async fn rename_page(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let session = state.agent.session(&caller(&who), known(&id)?).await?;
    Ok(page(&RenamePage {
        shell: asked.shell(&state, &who, Section::Chat).await,
        href: address(session.id),
        title: list::title(&session.title),
        problem: String::new(),
    }))
}

/// Gives it.
pub(crate) async fn rename_session(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Path(id): Path<String>,
    Form(form): Form<TitleForm>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    match state.agent.rename(&caller(&who), id, &form.title).await {
        Ok(()) => Ok(go(&address(id))),
        Err(error @ AgentError::TitleInvalid) => {
            let view = RenamePage {
                shell: asked.shell(&state, &who, Section::Chat).await,
                href: address(id),
                title: form.title,
                problem: error.to_string(),
            };
            Ok(page_about(error, &view))
        }
        Err(error) => Err(error.into()),
    }
}
