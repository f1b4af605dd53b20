//! Deletes a session with everything in it.

use axum::extract::State;
use http::StatusCode;

use super::{caller, known};
use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// Deletes a session; what runs in it ends first
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "Sessions",
    params(("id" = String, Path, description = "The session's id.")),
    responses((status = 204, description = "Deleted.")))]
pub(super) async fn delete_session(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<StatusCode, Problem> {
    state.agent.delete(&caller(&person), known(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
