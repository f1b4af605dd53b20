//! Lists people.

use axum::Json;
use axum::extract::State;

use super::object::UserObject;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Lists everybody, sorted by name
#[utoipa::path(get, path = "/api/v1/users", tag = "People",
    responses((status = 200, description = "Everybody.", body = Vec<UserObject>)))]
pub(super) async fn list_users(
    _admin: ApiAdmin,
    State(state): State<AppState>,
) -> Result<Json<Vec<UserObject>>, Problem> {
    let users = state.hub.list_users().await?;
    Ok(Json(users.into_iter().map(UserObject::from).collect()))
}
