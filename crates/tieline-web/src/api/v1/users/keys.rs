//! The access keys of one person, for admins.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use tieline_domain::{KeyId, UserId};

use crate::api::path::ApiPath;
use crate::api::v1::keys::object::KeyObject;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Lists the access keys of a person, newest first
#[utoipa::path(get, path = "/api/v1/users/{id}/keys", tag = "People",
    params(("id" = String, Path, description = "The person's id.")),
    responses((status = 200, description = "Their keys.", body = Vec<KeyObject>)))]
pub(super) async fn list_user_keys(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<Vec<KeyObject>>, Problem> {
    let id = UserId::parse(&id).map_err(|_| Problem::not_found())?;
    let user = state.hub.user(id).await?;
    let keys = state.hub.list_keys(Some(user.id)).await?;
    Ok(Json(keys.into_iter().map(KeyObject::from).collect()))
}

/// Revokes an access key of a person; the client that uses it stops working at once
#[utoipa::path(delete, path = "/api/v1/users/{id}/keys/{key_id}", tag = "People",
    params(
        ("id" = String, Path, description = "The person's id."),
        ("key_id" = String, Path, description = "The key's id."),
    ),
    responses((status = 204, description = "Revoked.")))]
pub(super) async fn revoke_user_key(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath((id, key)): ApiPath<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id = UserId::parse(&id).map_err(|_| Problem::not_found())?;
    let key = KeyId::parse(&key).map_err(|_| Problem::not_found())?;
    state.hub.revoke_key(&admin.actor(), key, Some(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
