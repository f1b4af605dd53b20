//! The tools of connectors, as their servers last listed them.

mod approve;
mod keep_off;
mod list;
mod merge;
mod replace;
mod set_enabled;
mod set_enabled_all;
mod set_policy;

pub use merge::{ReviewTools, ToolNews, ToolNewsKind};
pub use replace::CatalogUpdate;

use sqlx::FromRow;
use tieline_domain::{ConnectorId, Timestamp, ToolPolicy};

use crate::StoreError;
use crate::read::{hash, parsed, time};

/// A tool as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRow {
    /// Whose tool it is.
    pub connector_id: ConnectorId,
    /// Its place in the server's list.
    pub position: i64,
    /// The name that the server gave it.
    pub name: String,
    /// What the server said about it, byte for byte, and what agents get: the definition that was approved. JSON's
    /// `null` when none was yet.
    pub definition: String,
    /// The hash of the definition.
    pub hash: [u8; 32],
    /// What the server says now, while that waits for an admin.
    pub offered: Option<OfferedDefinition>,
    /// Who approved the definition; nobody when it was used without being asked for.
    pub approved_by: Option<String>,
    /// Since when it is the one in use; unknown for one from before that was kept.
    pub approved_at: Option<Timestamp>,
    /// Whether an admin lets agents have it.
    pub enabled: bool,
    /// What an admin chose for it while it is on: allow or ask.
    pub policy: ToolPolicy,
    /// Why agents cannot have it, for programs.
    pub left_out_code: Option<String>,
    /// Why agents cannot have it, for people.
    pub left_out_reason: Option<String>,
    /// When the server first listed it.
    pub first_seen_at: Timestamp,
}

/// A definition that waits for an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedDefinition {
    /// What the server says now, byte for byte.
    pub definition: String,
    /// Its hash: an approval names it, so that it is of what was read.
    pub hash: [u8; 32],
    /// When the server first said so.
    pub at: Timestamp,
    /// Whether the approved definition stays in use meanwhile. Otherwise the tool is off.
    pub approved_stays: bool,
}

/// The code of a tool that is restricted and no longer offered.
const WITHDRAWN: &str = "tool_withdrawn";
/// The code of a tool that is no longer offered, and of which only the approved definition is remembered.
const GONE: &str = "tool_gone";
/// What stands for a definition where none was approved.
const NONE: &str = "null";

impl ToolRow {
    /// Whether agents can have it now.
    pub fn is_usable(&self) -> bool {
        let waits = self.offered.as_ref();
        self.enabled
            && self.left_out_code.is_none()
            && waits.is_none_or(|offered| offered.approved_stays)
    }

    /// The definition that waits for an admin, if agents would have the tool.
    pub fn to_review(&self) -> Option<&OfferedDefinition> {
        let waits = self.offered.as_ref();
        waits.filter(|_| self.enabled && self.left_out_code.is_none())
    }

    /// Whether the server stopped offering it and only its definition is remembered, for when it comes back.
    pub fn is_gone(&self) -> bool {
        self.left_out_code.as_deref() == Some(GONE)
    }

    /// What was approved, if anything was.
    pub fn approved(&self) -> Option<&str> {
        let code = self.left_out_code.as_deref();
        let is_kept = code.is_none_or(|code| code == GONE || code == WITHDRAWN);
        (is_kept && self.definition != NONE).then_some(self.definition.as_str())
    }
}

/// The columns in the order of [`Columns`].
macro_rules! columns {
    () => {
        "connector_id, position, name, definition, hash, enabled, policy, left_out_code, left_out_reason,
         first_seen_at, offered, offered_hash, offered_at, held, approved_by, approved_at"
    };
}
use columns;

#[derive(FromRow)]
struct Columns {
    connector_id: String,
    position: i64,
    name: String,
    definition: String,
    hash: Vec<u8>,
    enabled: bool,
    policy: String,
    left_out_code: Option<String>,
    left_out_reason: Option<String>,
    first_seen_at: i64,
    offered: Option<String>,
    offered_hash: Option<Vec<u8>>,
    offered_at: Option<i64>,
    held: Option<String>,
    approved_by: Option<String>,
    approved_at: Option<i64>,
}

impl Columns {
    fn offered(&self) -> Result<Option<OfferedDefinition>, StoreError> {
        let Some(definition) = &self.offered else {
            return Ok(None);
        };
        let hash_bytes = self.offered_hash.as_deref().unwrap_or_default();
        Ok(Some(OfferedDefinition {
            definition: definition.clone(),
            hash: hash("connector_tools.offered_hash", hash_bytes)?,
            at: time(self.offered_at.unwrap_or(self.first_seen_at)),
            // Anything that is not understood keeps the tool off, which is the side that does no harm.
            approved_stays: self.held.as_deref() == Some(IN_USE),
        }))
    }
}

/// The two words of `held`.
const IN_USE: &str = "in_use";
const OFF: &str = "off";

impl TryFrom<Columns> for ToolRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let offered = row.offered()?;
        Ok(Self {
            offered,
            approved_by: row.approved_by,
            approved_at: row.approved_at.map(time),
            connector_id: parsed("connector_tools.connector_id", &row.connector_id)?,
            position: row.position,
            name: row.name,
            definition: row.definition,
            hash: hash("connector_tools.hash", &row.hash)?,
            enabled: row.enabled,
            policy: parsed("connector_tools.policy", &row.policy)?,
            left_out_code: row.left_out_code,
            left_out_reason: row.left_out_reason,
            first_seen_at: time(row.first_seen_at),
        })
    }
}
