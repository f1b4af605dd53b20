//! `POST /users/{id}/sign_ins/end` and `…/sign_ins/{sign_in}/end`: an admin signs somebody out.

use axum::extract::{Path, State};
use axum::response::Response;

use super::invite::known;
use crate::auth::Admin;
use crate::dashboard::page::go;
use crate::problem::Problem;
use crate::state::AppState;

/// Everywhere.
pub(crate) async fn end_all(
    State(state): State<AppState>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    state.hub.sign_out_everywhere(&admin.actor(), id).await?;
    Ok(go(&format!("/users/{id}?done=signed_out_everywhere")))
}

/// In one browser.
pub(crate) async fn end_one(
    State(state): State<AppState>,
    admin: Admin,
    Path((id, sign_in)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    state.hub.end_sign_in(&admin.actor(), id, &sign_in).await?;
    Ok(go(&format!("/users/{id}?done=signed_out")))
}
