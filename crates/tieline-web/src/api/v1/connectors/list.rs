//! Lists connectors. It reads the database and never waits for a server.

use axum::Json;
use axum::extract::State;

use super::ConnectorObject;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Lists all connectors, custom and built-in, sorted by name
#[utoipa::path(get, path = "/api/v1/connectors", tag = "Connectors",
    responses((status = 200, description = "All connectors.", body = Vec<ConnectorObject>)))]
pub(super) async fn list_connectors(
    _admin: ApiAdmin,
    State(state): State<AppState>,
) -> Result<Json<Vec<ConnectorObject>>, Problem> {
    let list = state.hub.list_connectors().await?;
    Ok(Json(
        list.connectors
            .into_iter()
            .map(ConnectorObject::from)
            .collect(),
    ))
}
