//! Lists the records of calls, newest first.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tieline_domain::{CallId, ConnectorId, KeyId, Timestamp, UserId};
use tieline_hub::{CallContent, CallFilter, CallRow, CallStage, KeptText};
use utoipa::{IntoParams, ToSchema};

use crate::api::path::ApiPath;
use crate::api::query::Query;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// One page of records.
#[derive(Serialize, ToSchema)]
pub(super) struct CallList {
    /// The records, newest first.
    items: Vec<Call>,
    /// What to send as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// One call of one tool: who, what, when, with what outcome.
#[derive(Serialize, ToSchema)]
pub(super) struct Call {
    #[schema(value_type = String, format = "uuid")]
    id: CallId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = Option<String>, format = "uuid")]
    user_id: Option<UserId>,
    #[schema(value_type = Option<String>, format = "uuid")]
    key_id: Option<KeyId>,
    session: Option<String>,
    #[schema(value_type = Option<String>, format = "uuid")]
    connector_id: Option<ConnectorId>,
    /// The connector's key at that time.
    connector: String,
    /// The tool, as its server calls it.
    tool: String,
    /// `ok`, `tool_error`, `upstream_failure` or `refused`.
    outcome: String,
    /// Why, if it was not ok.
    code: Option<String>,
    /// Where it ended, if it was not ok: `policy`, `dns`, `tcp`, `tls`, `http`, `mcp`, `schema` or `tool`.
    stage: Option<&'static str>,
    ms: i64,
    bytes_in: i64,
    bytes_out: i64,
    client: Option<String>,
    request_id: Option<String>,
    /// The HTTP status of a failure, when the server, or with `proxy_refused` the proxy, answered one.
    http_status: Option<i64>,
    /// The address of Tieline's machine from which the server was not reached (`connect_timeout`).
    own_address: Option<String>,
}

impl From<CallRow> for Call {
    fn from(row: CallRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            user_id: Some(row.user_id),
            key_id: row.key_id,
            session: row.session,
            connector_id: Some(row.connector_id),
            connector: row.connector_slug,
            tool: row.tool,
            stage: CallStage::of(&row.outcome, row.code.as_deref()).map(CallStage::as_str),
            outcome: row.outcome,
            code: row.code,
            ms: row.ms,
            bytes_in: row.bytes_in,
            bytes_out: row.bytes_out,
            client: row.client,
            request_id: row.request_id,
            http_status: row.http_status,
            own_address: row.own_address,
        }
    }
}

/// One call with what was said in it.
#[derive(Serialize, ToSchema)]
pub(super) struct CallDetail {
    #[serde(flatten)]
    call: Call,
    /// What was said; null unless `keep_content` was on at the time and is on now, and for calls of the built-in agent.
    content: Option<Said>,
}

/// What was said in a call: the first 16 KiB of each part as text, without the connector's credential.
#[derive(Serialize, ToSchema)]
#[schema(as = CallContent)]
pub(super) struct Said {
    /// The arguments as JSON. Cut when they are shorter than `arguments_bytes`; null when nobody could say whether they
    /// hold the credential.
    arguments: Option<String>,
    /// The size of all arguments in bytes.
    arguments_bytes: u64,
    /// The result, or the error of the server, as JSON. Cut when it is shorter than `result_bytes`; null without any.
    result: Option<String>,
    /// The size of the whole result in bytes.
    result_bytes: u64,
}

fn said(content: CallContent) -> Option<Said> {
    let CallContent::Kept { arguments, result } = content else {
        return None;
    };
    let parts = |kept: Option<KeptText>| {
        let bytes = kept.as_ref().map_or(0, |kept| kept.bytes);
        (kept.map(|kept| kept.text), bytes)
    };
    let ((arguments, arguments_bytes), (result, result_bytes)) = (parts(arguments), parts(result));
    Some(Said {
        arguments,
        arguments_bytes,
        result,
        result_bytes,
    })
}

/// The query, for the description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query, which `Query` takes apart")]
struct Parameters {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many records at most: 1 to 200, 50 if absent.
    limit: Option<u32>,
    /// Only calls of one person.
    user_id: Option<String>,
    /// Only calls to one connector.
    connector_id: Option<String>,
    /// Only calls of the tool that its server calls so.
    tool: Option<String>,
    /// Only calls with one outcome.
    outcome: Option<String>,
    /// Only calls from this moment on, in RFC 3339.
    since: Option<String>,
    /// Only calls that this text is found in: tool, person, connector, client or session.
    q: Option<String>,
}

/// Lists calls, newest first
#[utoipa::path(get, path = "/api/v1/calls", tag = "Records", params(Parameters),
    responses((status = 200, description = "One page.", body = CallList)))]
pub(super) async fn list_calls(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    mut query: Query,
) -> Result<Json<CallList>, Problem> {
    let (cursor, limit) = (query.parsed::<CallId>("cursor")?, query.limit()?);
    let cursor = cursor.map(|id| id.to_string());
    let filter = CallFilter {
        user: query.parsed("user_id")?,
        connector: query.parsed("connector_id")?,
        tool: query.text("tool"),
        outcome: query.text("outcome"),
        since: query.parsed("since")?,
        text: None,
    };
    let text = query.text("q").unwrap_or_default();
    query.finish()?;
    let filter = CallFilter {
        text: state.hub.call_text(&text).await?,
        ..filter
    };
    let page = state
        .hub
        .calls_page(cursor.as_deref(), limit, &filter)
        .await?;
    let items = page.rows.into_iter().map(Call::from).collect();
    Ok(Json(CallList {
        items,
        next_cursor: page.next,
    }))
}

/// Reads the record of one call
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "Records",
    params(("id" = String, Path, description = "The call's id.")),
    responses((status = 200, description = "The record.", body = CallDetail)))]
pub(super) async fn get_call(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<CallDetail>, Problem> {
    let id = CallId::parse(&id).map_err(|_| Problem::not_found())?;
    let call = state.hub.call(id).await?;
    let content = state.hub.call_content(&call, admin.0.user).await?;
    Ok(Json(CallDetail {
        call: call.into(),
        content: said(content),
    }))
}
