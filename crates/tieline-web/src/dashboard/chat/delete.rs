//! `/chat/{id}/delete`

use axum::extract::{Path, State};
use axum::response::Response;

use super::view::DeletePage;
use super::{address, caller, known, list};
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::{go, page};
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// Asks.
pub(crate) async fn delete_page(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let session = state.agent.session(&caller(&who), known(&id)?).await?;
    Ok(page(&DeletePage {
        shell: asked.shell(&state, &who, Section::Chat).await,
        href: address(session.id),
        title: list::title(&session.title),
    }))
}

/// Deletes it with everything in it.
pub(crate) async fn delete_session(
    State(state): State<AppState>,
    Member(who): Member,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    state.agent.delete(&caller(&who), known(&id)?).await?;
    Ok(go("/chat"))
}
