//! Asks a saved model API for one word.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::path::ModelPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// What the test found.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelTest)]
pub(super) struct TestObject {
    /// Whether it answered.
    ok: bool,
    /// A stable code for why not, such as `model_key_rejected`.
    code: Option<&'static str>,
    /// A sentence for why not.
    message: Option<String>,
}

/// Asks a saved model API for one word: proves its address, key and model
#[utoipa::path(post, path = "/api/v1/models/{id}/test", tag = "Models",
    params(("id" = String, Path, description = "The model API's id.")),
    responses((status = 200, description = "What the test found, also when it failed.", body = TestObject)))]
pub(super) async fn test_model(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    ModelPath(id): ModelPath,
) -> Result<Json<TestObject>, Problem> {
    let open = state.hub.open_model_by_id(id);
    let failed = match open.ok_or_else(Problem::not_found)? {
        Err(error) => Some((error.code(), error.to_string())),
        Ok(model) => {
            let checked = state.models.check(&model).await;
            checked.err().map(|error| (error.code(), error.to_string()))
        }
    };
    let (code, message) = failed.unzip();
    Ok(Json(TestObject {
        ok: code.is_none(),
        code,
        message,
    }))
}
