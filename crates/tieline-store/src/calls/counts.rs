//! How busy each connector was in the last day, hour by hour.

use std::collections::HashMap;
use std::time::Duration;

use tieline_domain::{ConnectorId, Timestamp};

use super::first_since;
use crate::read::bounded;
use crate::{Store, StoreError};

const HOURS: usize = 24;
const HOUR: Duration = Duration::from_hours(1);

/// The calls of one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourCount {
    /// All calls.
    pub calls: u32,
    /// Those that did not end well.
    pub failed: u32,
}

impl Store {
    /// The calls of the last 24 hours by connector, hour by hour, of which the last ends now. Connectors without calls
    /// are not in it; those that are gone may be.
    pub async fn call_counts_24h(
        &self,
        now: Timestamp,
    ) -> Result<HashMap<ConnectorId, [HourCount; HOURS]>, StoreError> {
        let from = now.minus(HOUR * 24);
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            (String, i64, i64, i64),
            "SELECT connector_id, (at - $1 - 1) / 3600000 AS hour, COUNT(*),
                 SUM(CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END)
             FROM calls
             WHERE at > $1 AND at <= $2 AND id >= $3
             GROUP BY connector_id, hour",
            from.as_millis(),
            now.as_millis(),
            first_since(from),
        )?;
        let mut counts: HashMap<ConnectorId, [HourCount; HOURS]> = HashMap::new();
        for (connector, hour, calls, failures) in rows {
            let Ok(connector) = connector.parse() else {
                continue;
            };
            let hours = counts.entry(connector).or_default();
            if let Some(count) = usize::try_from(hour)
                .ok()
                .and_then(|hour| hours.get_mut(hour))
            {
                *count = HourCount {
                    calls: bounded(calls),
                    failed: bounded(failures),
                };
            }
        }
        Ok(counts)
    }
}
