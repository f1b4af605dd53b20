//! Records of tool calls: who called what, when and with what outcome. What was said is in [`crate::call_contents`], if anywhere.

mod by_tool;
mod counts;
mod filter;
mod insert;
mod older;
mod page;
mod purge;
mod summary;
mod usage;

pub use by_tool::ToolCount;
pub use counts::HourCount;
pub use filter::{CallFilter, CallText};
pub use insert::NewCall;
pub use summary::CallSummary;
pub use usage::{CallTimes, ConnectorUse};

use std::time::Duration;

use sqlx::FromRow;
use tieline_domain::{CallId, ConnectorId, KeyId, Timestamp, UserId};

use crate::StoreError;
use crate::read::{parsed, parsed_optional, time};

/// By how much a clock may have been set back between the end of a call and the writing of its record.
const CLOCK_SLACK: Duration = Duration::from_hours(1);

/// Calls that ended at a moment or later have this id or a greater one: an id is made when its call is written, so that the
/// order of the ids serves as the index of the times.
pub(crate) fn first_since(moment: Timestamp) -> String {
    CallId::first_at(moment.minus(CLOCK_SLACK)).to_string()
}

/// One tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// Its id.
    pub id: CallId,
    /// When it ended.
    pub at: Timestamp,
    /// Who called.
    pub user_id: UserId,
    /// With which key.
    pub key_id: Option<KeyId>,
    /// In which session.
    pub session: Option<String>,
    /// The connector, which may be gone by now.
    pub connector_id: ConnectorId,
    /// The connector's key at that time.
    pub connector_slug: String,
    /// The tool, as its server calls it.
    pub tool: String,
    /// `ok`, `tool_error`, `upstream_failure` or `refused`.
    pub outcome: String,
    /// Why, if it was not ok.
    pub code: Option<String>,
    /// How many milliseconds it took.
    pub ms: i64,
    /// The size of the request in bytes.
    pub bytes_in: i64,
    /// The size of the answer in bytes.
    pub bytes_out: i64,
    /// What the client calls itself.
    pub client: Option<String>,
    /// What finds the call in the log.
    pub request_id: Option<String>,
    /// The HTTP status of a failure, as far as a server, or the proxy on the way to it, answered one.
    pub http_status: Option<i64>,
    /// The address of this machine from which the server was not reached.
    pub own_address: Option<String>,
}

#[derive(FromRow)]
struct Columns {
    id: String,
    at: i64,
    user_id: String,
    key_id: Option<String>,
    session: Option<String>,
    connector_id: String,
    connector_slug: String,
    tool: String,
    outcome: String,
    code: Option<String>,
    ms: i64,
    bytes_in: i64,
    bytes_out: i64,
    client: Option<String>,
    request_id: Option<String>,
    http_status: Option<i64>,
    own_address: Option<String>,
}

impl TryFrom<Columns> for CallRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("calls.id", &row.id)?,
            at: time(row.at),
            user_id: parsed("calls.user_id", &row.user_id)?,
            key_id: parsed_optional("calls.key_id", row.key_id.as_deref())?,
            session: row.session,
            connector_id: parsed("calls.connector_id", &row.connector_id)?,
            connector_slug: row.connector_slug,
            tool: row.tool,
            outcome: row.outcome,
            code: row.code,
            ms: row.ms,
            bytes_in: row.bytes_in,
            bytes_out: row.bytes_out,
            client: row.client,
            request_id: row.request_id,
            http_status: row.http_status,
            own_address: row.own_address,
        })
    }
}
