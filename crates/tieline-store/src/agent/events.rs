//! Reads what happened in a session, and what the model was told.

use sqlx::FromRow;
use tieline_domain::{SessionId, Timestamp, TurnId};

use crate::read::{parsed_optional, time, uncount};
use crate::{Store, StoreError};

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEventRow {
    /// Its number; of several deltas in one row the last one's.
    pub id: u64,
    /// The turn that it belongs to.
    pub turn: Option<TurnId>,
    /// When it happened.
    pub at: Timestamp,
    /// Its type.
    pub kind: String,
    /// Its fields, a JSON object.
    pub body: String,
}

#[derive(FromRow)]
struct Columns {
    id: i64,
    turn_id: Option<String>,
    at: i64,
    kind: String,
    body: String,
}

impl TryFrom<Columns> for AgentEventRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: uncount(row.id),
            turn: parsed_optional("agent_events.turn_id", row.turn_id.as_deref())?,
            at: time(row.at),
            kind: row.kind,
            body: row.body,
        })
    }
}

impl Store {
    /// The events with a number above `after`, oldest first, at most `limit` rows.
    pub async fn agent_events(
        &self,
        session: SessionId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AgentEventRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT id, turn_id, at, kind, body FROM agent_events
             WHERE session_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            session.to_string(),
            after.cast_signed(),
            i64::from(limit),
        )?;
        rows.into_iter().map(AgentEventRow::try_from).collect()
    }

    /// The conversation as the model gets it: one JSON text for each message, oldest first.
    pub async fn agent_messages(&self, session: SessionId) -> Result<Vec<String>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            (String,),
            "SELECT body FROM agent_messages WHERE session_id = $1 ORDER BY position",
            session.to_string(),
        )?;
        Ok(rows.into_iter().map(|(body,)| body).collect())
    }
}
