//! `POST /integrations/c/{slug}/turn_off` and `…/turn_on`. Off acts at once; on reaches the next sessions.

use axum::extract::{Path, State};
use axum::response::Response;

use super::connector::known_slug;
use crate::auth::Admin;
use crate::dashboard::page::go;
use crate::problem::Problem;
use crate::state::AppState;

/// Turns the connector off.
pub(crate) async fn turn_off(
    State(state): State<AppState>,
    admin: Admin,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    turn(&state, &admin, &slug, false).await
}

/// Turns the connector on again.
pub(crate) async fn turn_on(
    State(state): State<AppState>,
    admin: Admin,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    turn(&state, &admin, &slug, true).await
}

async fn turn(state: &AppState, admin: &Admin, slug: &str, on: bool) -> Result<Response, Problem> {
    let slug = known_slug(slug)?;
    state
        .hub
        .enable_connector(&admin.actor(), &slug, on)
        .await?;
    let done = if on { "turned_on" } else { "turned_off" };
    Ok(go(&format!("/integrations?done={done}&what={slug}")))
}
