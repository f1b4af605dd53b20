//! Lists the model APIs.

use axum::Json;
use axum::extract::State;

use super::object::ModelObject;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Lists the model APIs of the built-in agent, in the order in which they were added
#[utoipa::path(get, path = "/api/v1/models", tag = "Models",
    responses((status = 200, description = "All model APIs.", body = Vec<ModelObject>)))]
pub(super) async fn list_models(
    _admin: ApiAdmin,
    State(state): State<AppState>,
) -> Result<Json<Vec<ModelObject>>, Problem> {
    let models = state.hub.list_models().await?;
    Ok(Json(models.into_iter().map(ModelObject::from).collect()))
}
