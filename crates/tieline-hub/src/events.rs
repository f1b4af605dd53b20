//! Starts and stops what runs beside requests: the watcher, the checker, the record writer, the housekeeping.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Hub;

impl Hub {
    /// Runs everything that a server does besides answering, until `stop` is cancelled; then writes what is left and
    /// returns.
    pub async fn run_background(&self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        let (hub, token) = (self.clone(), stop.clone());
        tasks.spawn(async move { hub.watch_version(token).await });
        let (hub, token) = (self.clone(), stop.clone());
        tasks.spawn(async move { hub.run_refresh(token).await });
        let (hub, token) = (self.clone(), stop.clone());
        tasks.spawn(async move { hub.write_records(token).await });
        let (hub, token) = (self.clone(), stop.clone());
        tasks.spawn(async move { hub.keep_house(token).await });
        let hub = self.clone();
        tasks.spawn(async move {
            stop.cancelled().await;
            hub.inner.stopping.cancel();
        });
        while tasks.join_next().await.is_some() {}
    }

    /// Once a minute: idle upstream sessions, expired sign-ins, old call records.
    async fn keep_house(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(Duration::from_mins(1));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            self.forget_what_is_gone();
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.close_idle_upstreams() => {}
            }
            let now = self.clock().now();
            let days = self.settings_in_force().keep_calls_days;
            let kept = Duration::from_hours(24) * days;
            let purged = self.inner.store.sign_ins_purge(now).await;
            let purged = match purged {
                Ok(()) => self.inner.store.calls_purge(now.minus(kept)).await,
                Err(error) => Err(error),
            };
            if let Err(error) = purged {
                tracing::warn!(%error, "old rows could not be deleted; it is tried again in a minute");
            }
        }
    }
}
