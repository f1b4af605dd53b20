//! `POST /integrations/c/{slug}/tools/all` switches every tool, `…/tools/undo` takes the last switch back.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::{AuditId, Slug};

use super::connector::known_slug;
use crate::auth::Admin;
use crate::dashboard::form::Form;
use crate::dashboard::page::go;
use crate::problem::Problem;
use crate::state::AppState;

/// On or off.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AllForm {
    enabled: String,
}

/// Which switch to take back. The address of a notice holds it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UndoQuery {
    change: String,
}

/// The page with the notice of what was done, and the change that its Undo takes back.
pub(super) fn after(slug: &Slug, done: &str, change: Option<AuditId>) -> Response {
    let undo = change.map(|id| format!("&change={id}")).unwrap_or_default();
    go(&format!(
        "/integrations/c/{slug}?done={done}&what={slug}{undo}"
    ))
}

/// Turns all tools on, or off.
pub(crate) async fn switch_all(
    State(state): State<AppState>,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<AllForm>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let (on, done) = match form.enabled.as_str() {
        "on" => (true, "tools_on"),
        "off" => (false, "tools_off"),
        _ => return Err(Problem::not_found()),
    };
    let change = state
        .hub
        .enable_all_tools(&admin.actor(), &slug, on)
        .await?;
    Ok(after(&slug, done, change))
}

/// Takes the admin's own last switch back.
pub(crate) async fn undo_switch(
    State(state): State<AppState>,
    admin: Admin,
    Path(slug): Path<String>,
    Query(query): Query<UndoQuery>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let change = AuditId::parse(&query.change).map_err(|_| Problem::not_found())?;
    let undone = state
        .hub
        .undo_tool_switch(&admin.actor(), &slug, change)
        .await?;
    let done = if undone { "undone" } else { "not_undone" };
    Ok(after(&slug, done, None))
}
