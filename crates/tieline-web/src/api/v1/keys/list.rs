//! Lists a person's own access keys.

use axum::Json;
use axum::extract::State;

use super::object::KeyObject;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// Lists your own access keys, newest first
#[utoipa::path(get, path = "/api/v1/keys", tag = "Keys",
    responses((status = 200, description = "Your keys.", body = Vec<KeyObject>)))]
pub(super) async fn list_keys(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
) -> Result<Json<Vec<KeyObject>>, Problem> {
    let keys = state.hub.list_keys(Some(person.user)).await?;
    Ok(Json(keys.into_iter().map(KeyObject::from).collect()))
}
