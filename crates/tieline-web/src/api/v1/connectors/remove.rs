//! Removes a connector. It acts at once, on sessions that run and calls in flight.

use axum::extract::State;
use http::StatusCode;

use crate::api::path::SlugPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Removes a connector with its token; its tools stop working at once
#[utoipa::path(delete, path = "/api/v1/connectors/{slug}", tag = "Connectors",
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 204, description = "Removed.")))]
pub(super) async fn remove_connector(
    admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
) -> Result<StatusCode, Problem> {
    state.hub.remove_connector(&admin.actor(), &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}
