//! Adds a connector. It is saved without waiting for its server.

use axum::extract::State;

use super::draft::{self, NewConnector};
use super::object::AddedConnectorObject;
use crate::api::body::Fields;
use crate::auth::ApiAdmin;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Adds a connector; agents get its tools in their next session
#[utoipa::path(post, path = "/api/v1/connectors", tag = "Connectors", request_body = NewConnector,
    responses(
        (status = 201, description = "Saved; the first check has begun.", body = AddedConnectorObject,
            headers(("Location" = String, description = "The address of the connector."))),
        (status = 409, description = "The key is in use (`slug_taken`) or reserved (`slug_reserved`); `suggestion` is free.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn add_connector(
    admin: ApiAdmin,
    State(state): State<AppState>,
    fields: Fields,
) -> Result<AddedConnectorObject, Problem> {
    let draft = draft::take(fields)?;
    let added = state.hub.add_connector(&admin.actor(), &draft).await?;
    Ok(added.into())
}
