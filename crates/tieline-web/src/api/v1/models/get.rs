//! Shows one model API.

use axum::Json;
use axum::extract::State;

use super::object::ModelObject;
use super::path::ModelPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Shows one model API
#[utoipa::path(get, path = "/api/v1/models/{id}", tag = "Models",
    params(("id" = String, Path, description = "The model API's id.")),
    responses((status = 200, description = "The model API.", body = ModelObject)))]
pub(super) async fn get_model(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    ModelPath(id): ModelPath,
) -> Result<Json<ModelObject>, Problem> {
    Ok(Json(state.hub.model(id).await?.into()))
}
