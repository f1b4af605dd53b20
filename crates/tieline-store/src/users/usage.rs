//! What a user does at the moment and did lately.

use tieline_domain::{Timestamp, UserId};

use crate::calls::first_since;
use crate::read::uncount;
use crate::{Store, StoreError};

/// What a user does and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserUse {
    /// Turns of the built-in agent that run or wait.
    pub turns: u64,
    /// Calls from a moment on.
    pub calls: u64,
    /// How many connectors those calls went to.
    pub connectors: u64,
}

impl Store {
    /// What a user does now, and did from a moment on.
    pub async fn user_use(&self, id: UserId, since: Timestamp) -> Result<UserUse, StoreError> {
        let mut conn = self.db().read().await?;
        let turns = fetch_optional!(
            conn,
            (i64,),
            "SELECT COUNT(*) FROM agent_turns t JOIN agent_sessions s ON s.id = t.session_id
             WHERE s.user_id = $1 AND t.state <> 'ended'",
            id.to_string(),
        )?;
        let calls = fetch_optional!(
            conn,
            (i64, i64),
            "SELECT COUNT(*), COUNT(DISTINCT connector_id) FROM calls
             WHERE user_id = $1 AND at >= $2 AND id >= $3",
            id.to_string(),
            since.as_millis(),
            first_since(since),
        )?;
        let (calls, connectors) = calls.unwrap_or_default();
        Ok(UserUse {
            turns: turns.map_or(0, |(turns,)| uncount(turns)),
            calls: uncount(calls),
            connectors: uncount(connectors),
        })
    }
}
