//! Changes a connector, or turns it on or off.

use axum::Json;
use axum::extract::State;
use tieline_hub::UpdateConnector;
use utoipa::ToSchema;

use super::ConnectorObject;
use crate::api::body::Fields;
use crate::api::path::SlugPath;
use crate::auth::ApiAdmin;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What to change; a field that is absent stays as it is.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct ConnectorChange {
    name: Option<String>,
    /// Another server (scheme, host or port) demands the token again.
    url: Option<String>,
    /// A new token; empty removes the stored one.
    token: Option<String>,
    /// Empty means `Authorization`.
    auth_header: Option<String>,
    /// Off acts at once, also on sessions that run.
    enabled: Option<bool>,
    /// Whether what breaks clients in the server's answers is mended on the way. Off passes every byte. New sessions
    /// follow it.
    normalise: Option<bool>,
}

/// Changes a connector
#[utoipa::path(patch, path = "/api/v1/connectors/{slug}", tag = "Connectors", request_body = ConnectorChange,
    params(("slug" = String, Path, description = "The connector's key. It never changes.")),
    responses(
        (status = 200, description = "The connector as it now is.", body = ConnectorObject),
        (status = 409, description = "Somebody changed it in the meantime (`edit_conflict`).",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn update_connector(
    admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
    mut fields: Fields,
) -> Result<Json<ConnectorObject>, Problem> {
    let update = UpdateConnector {
        name: fields.changed_text("name", "name_type"),
        url: fields.changed_text("url", "url_type"),
        token: fields.changed_secret("token", "token_type"),
        auth_header: fields.changed_text("auth_header", "header_type"),
        normalise: fields.optional_bool("normalise", "normalise_type"),
        row_version: None,
    };
    let enabled = fields.optional_bool("enabled", "enabled_type");
    fields.finish()?;
    let changes_row = update.name.is_some()
        || update.url.is_some()
        || update.token.is_some()
        || update.auth_header.is_some()
        || update.normalise.is_some();
    if changes_row {
        state
            .hub
            .update_connector(&admin.actor(), &slug, update)
            .await?;
    }
    if let Some(enabled) = enabled {
        state
            .hub
            .enable_connector(&admin.actor(), &slug, enabled)
            .await?;
    }
    let connector = state.hub.connector(&slug).await?;
    Ok(Json(connector.into()))
}
