//! The tools of a connector that changed at their server and wait for an admin, and the two decisions about each.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_domain::{DefinitionHash, Difference, Hint, Risk, Slug, Timestamp};
use tieline_hub::ChangedTool;
use utoipa::ToSchema;

use crate::api::body::Fields;
use crate::api::path::{ApiPath, SlugPath};
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// A tool whose server describes it differently than when it was approved.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedTool)]
pub(super) struct ChangedToolObject {
    /// The exact name at the server.
    tool: String,
    /// What a decision about this change has to name.
    hash: String,
    /// When the server first said so.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Timestamp,
    /// Whether agents keep the approved definition meanwhile. Otherwise the tool is off.
    approved_stays: bool,
    /// `new`, `title`, `description`, `inputs`, `output`, `annotations`, `other`.
    #[schema(value_type = Vec<String>)]
    differences: Vec<Difference>,
    /// Why it waits. Empty when the setting holds every change.
    risks: Vec<RiskObject>,
    /// What the new wording speaks of: `other_tool`, `files`, `secrets`, `orders`. A hint, never a verdict.
    #[schema(value_type = Vec<String>)]
    hints: Vec<Hint>,
    /// Calls in the last seven days.
    calls_7d: u64,
    /// How many people made them.
    people_7d: u64,
    /// The approved definition, as the server sent it; null for a new tool.
    #[schema(value_type = Option<Object>)]
    approved: Option<Box<RawValue>>,
    /// The offered one, as the server sent it.
    #[schema(value_type = Object)]
    offered: Option<Box<RawValue>>,
}

/// One reason why a change waits.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangeRisk)]
struct RiskObject {
    /// `became_writing`, `became_destructive`, `no_longer_destructive`, `hidden_characters`, `names_other_connector` or
    /// `read_two_ways`.
    code: &'static str,
    /// How many hidden characters there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// The word that names a tool of another connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<String>,
}

impl From<Risk> for RiskObject {
    fn from(risk: Risk) -> Self {
        let code = risk.code();
        let (count, word) = match risk {
            Risk::HiddenCharacters { count } => (Some(count), None),
            Risk::NamesOtherConnector { word } => (None, Some(word)),
            _ => (None, None),
        };
        Self { code, count, word }
    }
}

impl From<ChangedTool> for ChangedToolObject {
    fn from(changed: ChangedTool) -> Self {
        let raw = |text: String| RawValue::from_string(text).ok();
        let risks = changed.comparison.risks.into_iter();
        Self {
            tool: changed.name,
            hash: changed.hash.to_string(),
            seen_at: changed.seen_at,
            approved_stays: changed.approved_stays,
            differences: changed.comparison.differences,
            risks: risks.map(RiskObject::from).collect(),
            hints: changed.comparison.hints,
            calls_7d: changed.calls,
            people_7d: changed.people,
            approved: changed.approved.and_then(raw),
            offered: raw(changed.offered),
        }
    }
}

/// Which definition was read.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct ToolDecision {
    /// The `hash` of the change.
    hash: String,
}

/// Lists the tools of a connector that changed at their server and wait for an admin
#[utoipa::path(get, path = "/api/v1/connectors/{slug}/changes", tag = "Connectors",
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 200, description = "What waits, in the server's order.", body = Vec<ChangedToolObject>)))]
pub(super) async fn list_connector_changes(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
) -> Result<Json<Vec<ChangedToolObject>>, Problem> {
    let changed = state.hub.changed_tools(&slug).await?;
    Ok(Json(changed.tools.into_iter().map(Into::into).collect()))
}

/// Approves what a server says about a tool now; sessions that start from then on get it
#[utoipa::path(post, path = "/api/v1/connectors/{slug}/tools/{tool}/approve", tag = "Connectors", request_body = ToolDecision,
    params(
        ("slug" = String, Path, description = "The connector's key."),
        ("tool" = String, Path, description = "The tool's exact name at the server, percent-encoded."),
    ),
    responses(
        (status = 204, description = "It is approved."),
        (status = 409, description = "`offer_changed`: the server offers another definition by now, or none waits."),
    ))]
pub(super) async fn approve_tool(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath((slug, tool)): ApiPath<(String, String)>,
    fields: Fields,
) -> Result<StatusCode, Problem> {
    let (slug, hash) = decision(&slug, fields)?;
    let actor = admin.actor();
    state.hub.approve_tool(&actor, &slug, &tool, &hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a tool off because of what its server says about it now; it acts at once
#[utoipa::path(post, path = "/api/v1/connectors/{slug}/tools/{tool}/keep-off", tag = "Connectors", request_body = ToolDecision,
    params(
        ("slug" = String, Path, description = "The connector's key."),
        ("tool" = String, Path, description = "The tool's exact name at the server, percent-encoded."),
    ),
    responses(
        (status = 204, description = "It is off."),
        (status = 409, description = "`offer_changed`: the server offers another definition by now, or none waits."),
    ))]
pub(super) async fn keep_tool_off(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath((slug, tool)): ApiPath<(String, String)>,
    fields: Fields,
) -> Result<StatusCode, Problem> {
    let (slug, hash) = decision(&slug, fields)?;
    let actor = admin.actor();
    state.hub.keep_tool_off(&actor, &slug, &tool, &hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn decision(slug: &str, mut fields: Fields) -> Result<(Slug, DefinitionHash), Problem> {
    let slug = Slug::parse(slug).map_err(|_| Problem::not_found())?;
    let hash = fields.text("hash", "hash_type").parse::<DefinitionHash>();
    if let Err(error) = &hash
        && !fields.has_errors()
    {
        fields.refuse("hash", "hash_unknown", error.to_string());
    }
    fields.finish()?;
    Ok((slug, hash.map_err(|_| Problem::not_found())?))
}
