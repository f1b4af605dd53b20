//! Asks for a fresh catalogue of one connector.

use axum::extract::State;
use http::StatusCode;

use crate::api::path::SlugPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Reads a connector's tools again, in the background
#[utoipa::path(post, path = "/api/v1/connectors/{slug}/refresh", tag = "Connectors",
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 202, description = "The server is being asked.")))]
pub(super) async fn refresh_connector(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
) -> Result<StatusCode, Problem> {
    state.hub.refresh_connector(&slug).await?;
    Ok(StatusCode::ACCEPTED)
}
