//! Notices what other processes changed: the version in the database is polled, and a nudge makes it quicker.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tieline_store::StoreError;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::Hub;

/// When the database last said which version it is at.
#[derive(Debug)]
pub(crate) struct Freshness {
    confirmed: Mutex<Option<Instant>>,
}

impl Freshness {
    pub(crate) fn new() -> Self {
        Self {
            confirmed: Mutex::new(None),
        }
    }

    fn confirm(&self) {
        *self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn age_at(&self, now: Instant) -> Option<Duration> {
        self.confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .map(|at| now.saturating_duration_since(at))
    }
}

impl Hub {
    /// Whether the database confirmed the state in memory recently. Before the watcher runs, as on the command
    /// line, what was read at the start counts as fresh.
    pub fn is_fresh(&self) -> bool {
        self.is_fresh_at(Instant::now())
    }

    /// The same for whoever looked at the clock a moment ago.
    pub(crate) fn is_fresh_at(&self, now: Instant) -> bool {
        self.inner
            .freshness
            .age_at(now)
            .is_none_or(|age| age <= self.inner.settings.stale_after)
    }

    pub(crate) async fn watch_version(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.inner.settings.poll_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut failing = false;
        // What is in memory was read a moment ago. From now on it has to be confirmed again and again.
        self.inner.freshness.confirm();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
                () = self.inner.store.wait_for_nudge() => {}
            }
            let limit = self.inner.settings.stale_after;
            let checked = tokio::time::timeout(limit, self.catch_up())
                .await
                .unwrap_or(Err(StoreError::Busy));
            match &checked {
                Ok(()) => self.inner.freshness.confirm(),
                Err(_) if failing => {}
                Err(error) => {
                    tracing::error!(%error, "the database does not answer; calls go on for a moment and then stop");
                }
            }
            failing = checked.is_err();
        }
    }

    /// Reads what other processes changed, if the version says that they did: for whoever cannot wait for the watcher.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let version = self.inner.store.config_version().await?;
        if version != self.inner.snapshot.load().version() {
            self.reload().await?;
            self.inner.health.doubt();
            self.inner.refresh.wake();
        }
        Ok(())
    }
}
