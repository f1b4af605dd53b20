//! The stored tools of a connector, and the switch of each.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_domain::Slug;
use tieline_hub::ConnectorToolView;
use utoipa::ToSchema;

use crate::api::body::Fields;
use crate::api::path::{ApiPath, SlugPath};
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// One tool of a connector.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorTool)]
pub(super) struct ToolObject {
    /// The exact name at the server.
    name: String,
    title: Option<String>,
    description: Option<String>,
    /// Whether agents get it.
    enabled: bool,
    /// Why it was left out, if it is malformed.
    left_out: Option<LeftOutObject>,
    /// About how many tokens its definition costs a model in each session.
    tokens: usize,
    /// The definition, as the server sent it.
    #[schema(value_type = Object)]
    definition: Option<Box<RawValue>>,
}

/// Why a tool was left out.
#[derive(Serialize, ToSchema)]
#[schema(as = LeftOut)]
struct LeftOutObject {
    code: String,
    reason: String,
}

impl From<ConnectorToolView> for ToolObject {
    fn from(view: ConnectorToolView) -> Self {
        Self {
            name: view.name,
            title: view.title,
            description: view.description,
            enabled: view.enabled,
            left_out: view
                .left_out
                .map(|(code, reason)| LeftOutObject { code, reason }),
            tokens: view.tokens,
            definition: view.definition,
        }
    }
}

/// What to change.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct ToolChange {
    /// Off acts at once, on reaches the next sessions.
    enabled: bool,
}

/// Lists the stored tools of a connector, in the server's order
#[utoipa::path(get, path = "/api/v1/connectors/{slug}/tools", tag = "Connectors",
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 200, description = "Its tools.", body = Vec<ToolObject>)))]
pub(super) async fn list_connector_tools(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
) -> Result<Json<Vec<ToolObject>>, Problem> {
    let tools = state.hub.connector_tools(&slug).await?;
    Ok(Json(tools.into_iter().map(ToolObject::from).collect()))
}

/// Turns one tool on or off
#[utoipa::path(patch, path = "/api/v1/connectors/{slug}/tools/{tool}", tag = "Connectors", request_body = ToolChange,
    params(
        ("slug" = String, Path, description = "The connector's key."),
        ("tool" = String, Path, description = "The tool's exact name at the server, percent-encoded."),
    ),
    responses((status = 200, description = "The tool as it now is.", body = ToolObject)))]
pub(super) async fn update_connector_tool(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath((slug, name)): ApiPath<(String, String)>,
    mut fields: Fields,
) -> Result<Json<ToolObject>, Problem> {
    let slug = Slug::parse(&slug).map_err(|_| Problem::not_found())?;
    let enabled = fields.optional_bool("enabled", "enabled_type");
    if enabled.is_none() {
        fields.refuse("enabled", "enabled_type", "Say true or false.".to_owned());
    }
    fields.finish()?;
    state
        .hub
        .enable_tool(&admin.actor(), &slug, &name, enabled.unwrap_or_default())
        .await?;
    let tools = state.hub.connector_tools(&slug).await?;
    let tool = tools
        .into_iter()
        .find(|tool| tool.name == name)
        .ok_or_else(Problem::not_found)?;
    Ok(Json(tool.into()))
}
