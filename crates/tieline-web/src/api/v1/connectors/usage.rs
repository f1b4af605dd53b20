//! Tells who uses a connector.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tieline_hub::{ConnectorUsage, ConnectorUse};
use utoipa::ToSchema;

use crate::api::path::SlugPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Who would notice that a connector is switched off or removed.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorUsage)]
pub(super) struct UsageObject {
    /// In the last 15 minutes.
    now: UseObject,
    /// In the last 7 days.
    week: UseObject,
    /// Half of the calls of the last 24 hours took no longer, in milliseconds.
    typical_ms: Option<u64>,
    /// Nineteen of twenty took no longer.
    slowest_ms: Option<u64>,
    /// By the tool's exact name at the server. One that nobody used is not in it.
    tools: BTreeMap<String, ToolUsageObject>,
}

/// Who used it.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectorUse)]
struct UseObject {
    people: u64,
    /// Sessions of the built-in agent.
    sessions: u64,
    /// Access keys.
    clients: u64,
}

/// How much a tool was used.
#[derive(Serialize, ToSchema)]
#[schema(as = ToolUsage)]
struct ToolUsageObject {
    calls_24h: u64,
    timeouts_24h: u64,
    people_7_days: u64,
}

impl From<ConnectorUse> for UseObject {
    fn from(used: ConnectorUse) -> Self {
        Self {
            people: used.people,
            sessions: used.sessions,
            clients: used.clients,
        }
    }
}

impl From<ConnectorUsage> for UsageObject {
    fn from(usage: ConnectorUsage) -> Self {
        let tools = usage.tools.into_iter().map(|(tool, used)| {
            let used = ToolUsageObject {
                calls_24h: used.calls,
                timeouts_24h: used.timeouts,
                people_7_days: used.people,
            };
            (tool, used)
        });
        Self {
            now: usage.now.into(),
            week: usage.week.into(),
            typical_ms: usage.times.map(|times| times.typical),
            slowest_ms: usage.times.map(|times| times.slowest),
            tools: tools.collect(),
        }
    }
}

/// Tells who uses a connector, before it is switched off or removed
#[utoipa::path(get, path = "/api/v1/connectors/{slug}/usage", tag = "Connectors",
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 200, description = "Its use.", body = UsageObject)))]
pub(super) async fn get_connector_usage(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
) -> Result<Json<UsageObject>, Problem> {
    Ok(Json(state.hub.connector_usage(&slug).await?.into()))
}
