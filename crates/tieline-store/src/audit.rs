//! The audit log: rows linked by a keyed hash, so that who can edit the database still cannot edit the past unseen.
//!
//! Each row's hash covers the row and the hash before it; the last one is kept apart under the same key, so that rows
//! cut off the end are missed. What this cannot see is a whole database put back to an older state of itself.

mod append;
mod link;
mod page;
mod verify;

pub(crate) use append::append;
pub use page::AuditFilter;
pub use verify::FirstBadRow;

use sqlx::FromRow;
use tieline_domain::Timestamp;

use crate::read::{time, uncount};

/// A recorded change.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its place in the chain, from 1 without gaps.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// `user`, `command_line` or `system`.
    pub actor_kind: String,
    /// The user's id.
    pub actor_id: Option<String>,
    /// The name that the actor had then.
    pub actor_name: String,
    /// What was done.
    pub action: String,
    /// What kind of thing it was done to.
    pub target_kind: String,
    /// Which one.
    pub target: String,
    /// JSON: what changed.
    pub detail: String,
}

/// A row as it is stored.
#[derive(FromRow)]
struct Columns {
    seq: i64,
    id: String,
    at: i64,
    actor_kind: String,
    actor_id: Option<String>,
    actor_name: String,
    action: String,
    target_kind: String,
    target: String,
    detail: String,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl From<Columns> for AuditRow {
    fn from(row: Columns) -> Self {
        Self {
            seq: uncount(row.seq),
            id: row.id,
            at: time(row.at),
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            action: row.action,
            target_kind: row.target_kind,
            target: row.target,
            detail: row.detail,
        }
    }
}
