//! `POST /chat/{id}/stop`: halts the model and the calls that run.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;

use super::{caller, done, known};
use crate::auth::Member;
use crate::problem::Problem;
use crate::state::AppState;

/// Stops the turn. There may be none any more, which is what was wanted.
pub(crate) async fn stop_turn(
    State(state): State<AppState>,
    Member(who): Member,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    state.agent.stop(&caller(&who), id).await?;
    Ok(done(&headers, id))
}
