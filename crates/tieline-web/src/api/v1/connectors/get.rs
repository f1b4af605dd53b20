//! Shows one connector.

use axum::Json;
use axum::extract::State;

use super::ConnectorObject;
use crate::api::path::SlugPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Shows one connector
#[utoipa::path(get, path = "/api/v1/connectors/{slug}", tag = "Connectors",
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 200, description = "The connector.", body = ConnectorObject)))]
pub(super) async fn get_connector(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
) -> Result<Json<ConnectorObject>, Problem> {
    let connector = state.hub.connector(&slug).await?;
    Ok(Json(connector.into()))
}
