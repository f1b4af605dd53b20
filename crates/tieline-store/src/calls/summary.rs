//! What calls that fit a filter have in common: how many there were hour by hour, and how long they took.

use std::time::Duration;

use tieline_domain::Timestamp;

use super::filter::{CallFilter, fits};
use super::{CallTimes, HourCount, first_since};
use crate::read::{bounded, uncount};
use crate::{Store, StoreError};

const HOURS: usize = 24;
const HOUR: Duration = Duration::from_hours(1);

/// The calls of the last 24 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallSummary {
    /// Hour by hour, of which the last ends now.
    pub hours: [HourCount; HOURS],
    /// How long those that were sent took; `None` without any.
    pub times: Option<CallTimes>,
}

impl Store {
    /// The calls of the last 24 hours that fit. Where the filter begins later, so does the count.
    pub async fn calls_summary(
        &self,
        filter: &CallFilter,
        now: Timestamp,
    ) -> Result<CallSummary, StoreError> {
        let from = now.minus(HOUR * 24);
        let fits = filter.values();
        let since = fits.since.max(from.as_millis() + 1);
        let first = first_since(Timestamp::from_millis(since));
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            (i64, i64, i64, i64),
            concat!(
                "SELECT (at - $10 - 1) / 3600000 AS hour, COUNT(*), SUM(CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END),
                     SUM(CASE WHEN outcome = 'refused' THEN 0 ELSE 1 END)
                 FROM calls WHERE ",
                fits!(),
                " AND at <= $11 GROUP BY hour"
            ),
            fits.connector.as_deref(),
            fits.user.as_deref(),
            fits.outcome.as_deref(),
            since,
            fits.tool.as_deref(),
            fits.pattern.as_deref(),
            fits.users.as_str(),
            fits.connectors.as_str(),
            first.as_str(),
            from.as_millis(),
            now.as_millis(),
        )?;
        let (mut summary, mut sent) = (CallSummary::default(), 0);
        for (hour, calls, failed, asked) in rows {
            sent += asked;
            let place = usize::try_from(hour).ok();
            if let Some(count) = place.and_then(|hour| summary.hours.get_mut(hour)) {
                *count = HourCount {
                    calls: bounded(calls),
                    failed: bounded(failed),
                };
            }
        }
        if sent == 0 {
            return Ok(summary);
        }
        let mut times = [0; 2];
        for (time, percent) in times.iter_mut().zip([50, 95]) {
            // The place of the call that this share of all calls does not exceed.
            let place = ((sent * percent + 99) / 100 - 1).max(0);
            let row = fetch_optional!(
                conn,
                (i64,),
                concat!(
                    "SELECT ms FROM calls WHERE ",
                    fits!(),
                    " AND at <= $10 AND outcome <> 'refused' ORDER BY ms LIMIT 1 OFFSET $11"
                ),
                fits.connector.as_deref(),
                fits.user.as_deref(),
                fits.outcome.as_deref(),
                since,
                fits.tool.as_deref(),
                fits.pattern.as_deref(),
                fits.users.as_str(),
                fits.connectors.as_str(),
                first.as_str(),
                now.as_millis(),
                place,
            )?;
            let Some((ms,)) = row else { return Ok(summary) };
            *time = uncount(ms);
        }
        let [typical, slowest] = times;
        summary.times = Some(CallTimes { typical, slowest });
        Ok(summary)
    }
}
