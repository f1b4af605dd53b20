//! The stored tools of a connector, and what agents may do with each.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_domain::{Slug, ToolPolicy};
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
    /// What the built-in agent may do with it: `allow`, `ask` or `off`.
    #[schema(value_type = String)]
    policy: ToolPolicy,
    /// What the server's own words about it suggest. A label, never a decision.
    #[schema(value_type = String)]
    suggested_policy: ToolPolicy,
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
            policy: view.policy,
            suggested_policy: view.suggested_policy,
            left_out: view
                .left_out
                .map(|(code, reason)| LeftOutObject { code, reason }),
            tokens: view.tokens,
            definition: view.definition,
        }
    }
}

/// What to change; a field that is absent stays as it is.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct ToolChange {
    /// Off acts at once, on reaches the next sessions.
    enabled: Option<bool>,
    /// `allow`, `ask` or `off`, which is the same as `enabled: false`. It acts at once.
    policy: Option<String>,
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

/// What to do with all tools.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct AllToolsChange {
    /// Off acts at once, on reaches the next sessions.
    enabled: bool,
}

/// Turns all tools of a connector on or off
#[utoipa::path(patch, path = "/api/v1/connectors/{slug}/tools", tag = "Connectors", request_body = AllToolsChange,
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 200, description = "The tools as they now are.", body = Vec<ToolObject>)))]
pub(super) async fn switch_connector_tools(
    admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
    mut fields: Fields,
) -> Result<Json<Vec<ToolObject>>, Problem> {
    let enabled = fields.optional_bool("enabled", "enabled_type");
    if enabled.is_none() && !fields.has_errors() {
        fields.refuse("enabled", "enabled_type", "Say true or false.".to_owned());
    }
    fields.finish()?;
    if let Some(enabled) = enabled {
        let actor = admin.actor();
        state.hub.enable_all_tools(&actor, &slug, enabled).await?;
    }
    let tools = state.hub.connector_tools(&slug).await?;
    Ok(Json(tools.into_iter().map(ToolObject::from).collect()))
}

/// Turns one tool on or off, or sets what the built-in agent may do with it
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
    let policy = take_policy(&mut fields, enabled);
    fields.finish()?;
    let (hub, actor) = (&state.hub, admin.actor());
    match (policy, enabled) {
        (Some(policy), _) => {
            hub.set_tool_policy(&actor, &slug, &name, policy).await?;
        }
        (None, Some(enabled)) => hub.enable_tool(&actor, &slug, &name, enabled).await?,
        (None, None) => {}
    }
    let tools = state.hub.connector_tools(&slug).await?;
    let tool = tools
        .into_iter()
        .find(|tool| tool.name == name)
        .ok_or_else(Problem::not_found)?;
    Ok(Json(tool.into()))
}

/// The policy, or a mistake: an unknown word, nothing to do at all, or two fields that contradict each other.
fn take_policy(fields: &mut Fields, enabled: Option<bool>) -> Option<ToolPolicy> {
    let Some(word) = fields.changed_text("policy", "policy_type") else {
        if enabled.is_none() && !fields.has_errors() {
            fields.refuse("enabled", "enabled_type", "Say true or false.".to_owned());
        }
        return None;
    };
    match word.parse::<ToolPolicy>() {
        Err(error) => {
            fields.refuse("policy", error.code(), error.to_string());
            None
        }
        Ok(policy) if enabled.is_some_and(|on| on == (policy == ToolPolicy::Off)) => {
            let detail = "This contradicts `enabled`. Send one of the two.".to_owned();
            fields.refuse("policy", "policy_contradicts", detail);
            None
        }
        Ok(policy) => Some(policy),
    }
}
