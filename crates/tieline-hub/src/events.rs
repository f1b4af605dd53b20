//! Starts and stops what runs beside requests: the watcher, the checker, the record writer, the housekeeping.

use std::time::Duration;

use tieline_domain::Timestamp;
use tieline_store::StoreError;
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

    /// Once a minute: idle upstream sessions, expired sign-ins, old call records. And at once when less is to
    /// be kept.
    async fn keep_house(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(Duration::from_mins(1));
        let (mut versions, mut kept) = (self.subscribe(), self.what_is_kept());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
                changed = versions.changed() => {
                    let before = std::mem::replace(&mut kept, self.what_is_kept());
                    if changed.is_err() || before == kept {
                        continue;
                    }
                }
            }
            self.forget_what_is_gone();
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.close_idle_upstreams() => {}
            }
            let now = self.clock().now();
            if let Err(error) = self.purge(now).await {
                tracing::warn!(%error, "old rows could not be deleted; it is tried again in a minute");
            }
        }
    }

    /// Whether contents are kept, and how long they and calls are.
    fn what_is_kept(&self) -> (bool, u32, u32) {
        let settings = self.settings_in_force();
        (
            settings.keep_content,
            settings.keep_content_days,
            settings.keep_calls_days,
        )
    }

    async fn purge(&self, now: Timestamp) -> Result<(), StoreError> {
        let settings = self.settings_in_force();
        let (store, day) = (&self.inner.store, Duration::from_hours(24));
        store.sign_ins_purge(now).await?;
        if settings.keep_content {
            let kept = day * settings.keep_content_days.min(settings.keep_calls_days);
            store.call_contents_purge(now.minus(kept)).await?;
        } else {
            store.call_contents_purge_all().await?;
        }
        let kept = day * settings.keep_calls_days;
        store.calls_purge(now.minus(kept)).await?;
        Ok(())
    }
}
