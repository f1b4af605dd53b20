//! The tools of connectors, as their servers last listed them.

mod list;
mod replace;
mod set_enabled;
mod set_policy;

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
    /// What the server said about it, byte for byte.
    pub definition: String,
    /// The hash of the definition.
    pub hash: [u8; 32],
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

/// The columns in the order of [`Columns`].
macro_rules! columns {
    () => {
        "connector_id, position, name, definition, hash, enabled, policy, left_out_code, left_out_reason,
         first_seen_at"
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
}

impl TryFrom<Columns> for ToolRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
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
