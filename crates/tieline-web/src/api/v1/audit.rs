//! Lists the audit log, newest first.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use tieline_domain::Timestamp;
use tieline_hub::{AuditFilter, AuditRow};
use utoipa::{IntoParams, ToSchema};

use crate::api::query::Query;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// One page of the audit log.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditList {
    /// The rows, newest first.
    items: Vec<AuditEvent>,
    /// What to send as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// One change: who did what to which thing, before and after.
#[derive(Serialize, ToSchema)]
struct AuditEvent {
    /// Its place in the log.
    seq: u64,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: AuditActor,
    /// What was done, such as `connector.added`.
    action: String,
    /// What kind of thing it was done to.
    target_kind: String,
    /// Which one.
    target: String,
    /// What changed. Never a secret.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Who did it, by the name of that time.
#[derive(Serialize, ToSchema)]
struct AuditActor {
    /// `user`, `command_line` or `system`.
    kind: String,
    #[schema(format = "uuid")]
    id: Option<String>,
    name: String,
}

impl From<AuditRow> for AuditEvent {
    fn from(row: AuditRow) -> Self {
        Self {
            seq: row.seq,
            id: row.id,
            at: row.at,
            actor: AuditActor {
                kind: row.actor_kind,
                id: row.actor_id,
                name: row.actor_name,
            },
            action: row.action,
            target_kind: row.target_kind,
            target: row.target,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        }
    }
}

/// The query, for the description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query, which `Query` takes apart")]
struct Parameters {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many rows at most: 1 to 200, 50 if absent.
    limit: Option<u32>,
    /// Only one kind of change, such as `connector.removed`.
    action: Option<String>,
    /// Only changes of the connector of this key, and of its tools.
    connector: Option<String>,
    /// Only changes from this moment on, in RFC 3339.
    since: Option<String>,
    /// Only changes up to this moment, in RFC 3339.
    until: Option<String>,
}

/// Lists changes, newest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "Records", params(Parameters),
    responses((status = 200, description = "One page.", body = AuditList)))]
pub(super) async fn list_audit(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    mut query: Query,
) -> Result<Json<AuditList>, Problem> {
    let (cursor, limit) = (query.parsed::<u64>("cursor")?, query.limit()?);
    let cursor = cursor.map(|seq| seq.to_string());
    let filter = AuditFilter {
        action: query.text("action"),
        connector: query.parsed("connector")?,
        since: query.parsed("since")?,
        until: query.parsed("until")?,
    };
    query.finish()?;
    let page = state
        .hub
        .audit_page(cursor.as_deref(), limit, &filter)
        .await?;
    let items = page.rows.into_iter().map(AuditEvent::from).collect();
    Ok(Json(AuditList {
        items,
        next_cursor: page.next,
    }))
}
