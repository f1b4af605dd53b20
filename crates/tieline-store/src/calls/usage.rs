//! Who uses a connector, how long its calls take, and when they stopped and began again.

use sqlx::FromRow;
use tieline_domain::{ConnectorId, Timestamp};

use super::first_since;
use crate::read::{time, uncount};
use crate::{Store, StoreError};

/// Who used a connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectorUse {
    /// People, whichever way they came.
    pub people: u64,
    /// Sessions of the built-in agent.
    pub sessions: u64,
    /// Access keys, each of one client.
    pub clients: u64,
}

/// How long calls took, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTimes {
    /// Half of them took no longer.
    pub typical: u64,
    /// Nineteen of twenty took no longer.
    pub slowest: u64,
}

#[derive(FromRow)]
struct Columns {
    people: i64,
    sessions: i64,
    clients: i64,
}

impl Store {
    /// Who used a connector from a moment on.
    pub async fn connector_use(
        &self,
        id: ConnectorId,
        since: Timestamp,
    ) -> Result<ConnectorUse, StoreError> {
        let mut conn = self.db().read().await?;
        let row = fetch_optional!(
            conn,
            Columns,
            "SELECT COUNT(DISTINCT user_id) AS people,
                 COUNT(DISTINCT CASE WHEN key_id IS NULL THEN session END) AS sessions,
                 COUNT(DISTINCT key_id) AS clients
             FROM calls WHERE connector_id = $1 AND at >= $2 AND id >= $3",
            id.to_string(),
            since.as_millis(),
            first_since(since),
        )?;
        Ok(row.map_or_else(ConnectorUse::default, |row| ConnectorUse {
            people: uncount(row.people),
            sessions: uncount(row.sessions),
            clients: uncount(row.clients),
        }))
    }

    /// How long the calls that were sent took from a moment on; `None` without any.
    pub async fn call_times(
        &self,
        id: ConnectorId,
        since: Timestamp,
    ) -> Result<Option<CallTimes>, StoreError> {
        let first = first_since(since);
        let mut conn = self.db().read().await?;
        let counted = fetch_optional!(
            conn,
            (i64,),
            "SELECT COUNT(*) FROM calls WHERE connector_id = $1 AND at >= $2 AND id >= $3 AND outcome <> 'refused'",
            id.to_string(),
            since.as_millis(),
            first.as_str(),
        )?;
        let count = counted.map_or(0, |(count,)| count);
        let mut times = [0; 2];
        for (time, percent) in times.iter_mut().zip([50, 95]) {
            // The place of the call that this share of all calls does not exceed.
            let place = ((count * percent + 99) / 100 - 1).max(0);
            let row = fetch_optional!(
                conn,
                (i64,),
                "SELECT ms FROM calls WHERE connector_id = $1 AND at >= $2 AND id >= $3 AND outcome <> 'refused'
                 ORDER BY ms LIMIT 1 OFFSET $4",
                id.to_string(),
                since.as_millis(),
                first.as_str(),
                place,
            )?;
            let Some((ms,)) = row else { return Ok(None) };
            *time = uncount(ms);
        }
        let [typical, slowest] = times;
        Ok(Some(CallTimes { typical, slowest }))
    }

    /// When the last call before a moment began, and the first one from it on. Calls that were not sent do not count.
    pub async fn calls_around(
        &self,
        id: ConnectorId,
        at: Timestamp,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        let mut conn = self.db().read().await?;
        let row = fetch_optional!(
            conn,
            (Option<i64>, Option<i64>),
            "SELECT MAX(CASE WHEN at < $2 THEN at END), MIN(CASE WHEN at >= $2 THEN at END)
             FROM calls WHERE connector_id = $1 AND outcome <> 'refused'",
            id.to_string(),
            at.as_millis(),
        )?;
        let (before, since) = row.unwrap_or_default();
        Ok((before.map(time), since.map(time)))
    }
}
