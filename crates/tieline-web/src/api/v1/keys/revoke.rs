//! Revokes an access key. The client that uses it stops working at once.

use axum::extract::State;
use http::StatusCode;
use tieline_domain::KeyId;

use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// Revokes one of your access keys; the client that uses it stops working at once
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "Keys",
    params(("id" = String, Path, description = "The key's id.")),
    responses((status = 204, description = "Revoked.")))]
pub(super) async fn revoke_key(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<StatusCode, Problem> {
    let id = KeyId::parse(&id).map_err(|_| Problem::not_found())?;
    state
        .hub
        .revoke_key(&person.actor(), id, Some(person.user))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
