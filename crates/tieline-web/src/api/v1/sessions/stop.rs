//! Stops the turn that runs.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{caller, known};
use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// What was stopped.
#[derive(Serialize, ToSchema)]
#[schema(as = Stopped)]
pub(super) struct StoppedObject {
    /// Whether a turn ran or waited.
    stopped: bool,
}

/// Stops the turn that runs, with its calls
#[utoipa::path(post, path = "/api/v1/sessions/{id}/stop", tag = "Sessions",
    params(("id" = String, Path, description = "The session's id.")),
    responses((status = 200, description = "Nothing runs any more.", body = StoppedObject)))]
pub(super) async fn stop_turn(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<StoppedObject>, Problem> {
    let stopped = state.agent.stop(&caller(&person), known(&id)?).await?;
    Ok(Json(StoppedObject { stopped }))
}
