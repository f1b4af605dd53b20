//! Removes a model API with its key.

use axum::extract::State;
use http::StatusCode;

use super::path::ModelPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Removes a model API with its key; if it was the default, the oldest of the others is from now on
#[utoipa::path(delete, path = "/api/v1/models/{id}", tag = "Models",
    params(("id" = String, Path, description = "The model API's id.")),
    responses((status = 204, description = "Removed.")))]
pub(super) async fn remove_model(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ModelPath(id): ModelPath,
) -> Result<StatusCode, Problem> {
    state.hub.remove_model(&admin.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
