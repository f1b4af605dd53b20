//! Disconnects a built-in provider: its connector is removed.

use axum::extract::State;
use http::StatusCode;

use crate::api::path::ApiPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Disconnects a provider; its tools stop working at once
#[utoipa::path(delete, path = "/api/v1/providers/{slug}/connect", tag = "Providers",
    params(("slug" = String, Path, description = "The provider's key.")),
    responses((status = 204, description = "Disconnected.")))]
pub(super) async fn disconnect_provider(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(slug): ApiPath<String>,
) -> Result<StatusCode, Problem> {
    state.hub.disconnect_provider(&admin.actor(), &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}
