//! A connector as REST shows it. It holds nothing of the token but whether there is one.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tieline_domain::{ConnectorId, Timestamp};
use tieline_hub::{AddedConnector, ConnectorKind, ConnectorStatus, ConnectorView};
use utoipa::ToSchema;

/// A remote MCP server whose tools every agent gets.
#[derive(Serialize, ToSchema)]
#[schema(as = Connector)]
pub(in crate::api::v1) struct ConnectorObject {
    #[schema(value_type = String, format = "uuid")]
    id: ConnectorId,
    /// The key under which agents see it. It never changes.
    slug: String,
    name: String,
    /// `custom` or `builtin`.
    #[schema(value_type = String)]
    kind: ConnectorKind,
    url: String,
    auth_header: String,
    /// Whether a token is stored. The token itself is never shown again.
    token_set: bool,
    enabled: bool,
    /// Whether what breaks clients in the server's answers is mended on the way.
    normalise: bool,
    /// `checking`, `working`, `slow`, `failing`, `needs_sign_in` or `off`.
    #[schema(value_type = String)]
    status: ConnectorStatus,
    /// A stable code for why, such as `auth_failed`.
    status_code: Option<String>,
    /// A sentence for why.
    status_reason: Option<String>,
    /// When it was last called or checked.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
    /// When the certificate of its server ends, as far as a connection of this process showed it.
    #[schema(value_type = Option<String>, format = DateTime)]
    certificate_ends_at: Option<Timestamp>,
    /// How many usable tools the server offers.
    tools_total: usize,
    /// How many of them are on.
    tools_enabled: usize,
    /// How many were left out because they are malformed.
    tools_left_out: usize,
    /// How many changed at the server and wait for an admin.
    tools_changed: usize,
    /// What the server calls itself.
    server: Option<ServerObject>,
    /// The protocol revision that is spoken with it.
    revision: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// What a server calls itself.
#[derive(Serialize, ToSchema)]
#[schema(as = Server)]
pub(super) struct ServerObject {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

/// A connector that was just saved.
#[derive(Serialize, ToSchema)]
#[schema(as = AddedConnector)]
pub(in crate::api::v1) struct AddedConnectorObject {
    #[serde(flatten)]
    connector: ConnectorObject,
    /// Stable codes of things worth a look, such as `url_secret_in_query`. None of them is an error.
    warnings: Vec<&'static str>,
}

impl From<tieline_hub::ServerView> for ServerObject {
    fn from(server: tieline_hub::ServerView) -> Self {
        Self {
            name: server.name,
            version: server.version,
        }
    }
}

impl From<ConnectorView> for ConnectorObject {
    fn from(view: ConnectorView) -> Self {
        Self {
            id: view.id,
            slug: view.slug.to_string(),
            name: view.name,
            kind: view.kind,
            url: view.url,
            auth_header: view.auth_header,
            token_set: view.token_set,
            enabled: view.enabled,
            normalise: view.normalise,
            status: view.status,
            status_code: view.status_code,
            status_reason: view.status_message,
            checked_at: view.checked_at,
            certificate_ends_at: view.certificate_end.map(|end| end.at),
            tools_total: view.tools_total,
            tools_enabled: view.tools_enabled,
            tools_left_out: view.tools_left_out,
            tools_changed: view.tools_changed,
            server: view.server.map(ServerObject::from),
            revision: view.revision,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

impl From<AddedConnector> for AddedConnectorObject {
    fn from(added: AddedConnector) -> Self {
        Self {
            connector: added.connector.into(),
            warnings: added.warnings,
        }
    }
}

impl IntoResponse for AddedConnectorObject {
    fn into_response(self) -> Response {
        let location = format!("/api/v1/connectors/{}", self.connector.slug);
        let location = HeaderValue::from_str(&location).expect("a slug is ASCII");
        (
            StatusCode::CREATED,
            [(header::LOCATION, location)],
            Json(self),
        )
            .into_response()
    }
}
