//! How each connector is doing, derived from the last call or check, never from a socket.
//!
//! Real traffic counts first: a call that fails changes the status at once, the first one that succeeds clears it. What
//! began before an admin changed the connector says nothing about the connector of now, so it is dropped.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tieline_domain::{Actor, ConnectorId, Table};
use tieline_mcp::McpError;
use tieline_store::{StatusUpdate, StoreError};

use crate::Hub;
use crate::connectors::ConnectorStatus;
use crate::snapshot::LiveConnector;

/// A call that takes longer is slow.
const SLOW: Duration = Duration::from_secs(5);
/// How many of the last calls count.
const WINDOW: u32 = 20;
/// A server that fails every other call would otherwise cost two writes for each: one a second is enough.
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// What was last found out about each connector, so that only a transition costs a database write.
#[derive(Debug, Default)]
pub(crate) struct HealthBoard {
    by_connector: Mutex<Table<ConnectorId, Health>>,
}

#[derive(Debug, Default)]
struct Health {
    /// The version of the row that the rest is about.
    row_version: i64,
    stands: Option<(ConnectorStatus, Option<&'static str>)>,
    last_calls: LastCalls,
    /// What the writer writes next.
    waiting: Option<StatusUpdate>,
    has_writer: bool,
}

/// Which of the last calls were slow.
#[derive(Debug, Default)]
struct LastCalls {
    count: u32,
    /// A bit for each, the latest in the lowest.
    slow: u32,
}

impl LastCalls {
    fn add(&mut self, is_slow: bool) {
        self.count = (self.count + 1).min(WINDOW);
        self.slow = (self.slow << 1 | u32::from(is_slow)) & ((1 << WINDOW) - 1);
    }
}

impl Health {
    /// Slow when at least one call in ten of the last twenty took too long.
    fn after_success(&mut self, took: Duration) -> ConnectorStatus {
        self.last_calls.add(took > SLOW);
        let LastCalls { count, slow } = self.last_calls;
        if slow.count_ones() * 10 >= count.max(10) {
            ConnectorStatus::Slow
        } else {
            ConnectorStatus::Working
        }
    }

    /// Takes a status that is to be written in the background, unless it stands already.
    fn news(
        &mut self,
        status: ConnectorStatus,
        code: Option<&'static str>,
        update: impl FnOnce() -> StatusUpdate,
    ) -> News {
        if self.stands == Some((status, code)) {
            return News::None;
        }
        self.stands = Some((status, code));
        self.waiting = Some(update());
        if std::mem::replace(&mut self.has_writer, true) {
            News::Queued
        } else {
            News::NeedsWriter
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    None,
    Queued,
    NeedsWriter,
}

impl HealthBoard {
    /// What is known of this version of the connector; nothing is done when a newer version is known.
    fn of<T>(&self, live: &LiveConnector, then: impl FnOnce(&mut Health) -> T) -> Option<T> {
        let mut board = self.lock();
        let health = board.entry(live.id).or_default();
        if live.row_version < health.row_version {
            return None;
        }
        if live.row_version > health.row_version {
            *health = Health {
                row_version: live.row_version,
                has_writer: health.has_writer,
                ..Health::default()
            };
        }
        Some(then(health))
    }

    fn next_write(&self, id: ConnectorId) -> Option<StatusUpdate> {
        let mut board = self.lock();
        let health = board.get_mut(&id)?;
        let next = health.waiting.take();
        health.has_writer = next.is_some();
        next
    }

    /// Forgets a connector, so that whatever happens next is written.
    pub(crate) fn forget(&self, id: ConnectorId) {
        self.lock().remove(&id);
    }

    /// Another process may have written a status since: the next call writes what it finds, and if only to find that it
    /// stands already. A credential that does not open is audited when it is found, so that is not found twice.
    pub(crate) fn doubt(&self) {
        for health in self.lock().values_mut() {
            health
                .stands
                .take_if(|(_, code)| *code != Some("secret_unreadable"));
        }
    }

    /// Forgets every connector that is gone.
    pub(crate) fn keep(&self, is_there: impl Fn(ConnectorId) -> bool) {
        self.lock().retain(|id, _| is_there(*id));
    }

    fn lock(&self) -> MutexGuard<'_, Table<ConnectorId, Health>> {
        self.by_connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The status that an error means.
pub(crate) fn status_of(error: &McpError) -> ConnectorStatus {
    match error.code() {
        "needs_oauth" => ConnectorStatus::NeedsSignIn,
        _ => ConnectorStatus::Failing,
    }
}

impl Hub {
    /// After a call that the server answered. Only a transition is written.
    pub(crate) fn note_success(&self, live: &LiveConnector, took: Duration) {
        let news = self.inner.health.of(live, |health| {
            let status = health.after_success(took);
            health.news(status, None, || {
                self.update_of(live, status, None, slow_sentence(status))
            })
        });
        self.write_news(live.id, news);
    }

    /// After a call that failed. Only a transition is written. The message holds no credential.
    pub(crate) fn note_failure(&self, live: &LiveConnector, error: &McpError, message: &str) {
        let (status, code) = (status_of(error), Some(error.code()));
        let news = self.inner.health.of(live, |health| {
            health.news(status, code, || {
                self.update_of(live, status, code, Some(message.to_owned()))
            })
        });
        self.write_news(live.id, news);
    }

    /// After a background check: how long it took, or why it failed in a sentence without a credential. It is always
    /// written, because it is also the time of the last check. Answers whether people see a difference.
    pub(crate) async fn note_checked(
        &self,
        live: &LiveConnector,
        checked: Result<Duration, (&McpError, String)>,
    ) -> bool {
        let update = self.inner.health.of(live, |health| {
            let (status, code, message) = match checked {
                Ok(took) => {
                    let status = health.after_success(took);
                    (status, None, slow_sentence(status))
                }
                Err((error, message)) => (status_of(error), Some(error.code()), Some(message)),
            };
            health.stands = Some((status, code));
            health.waiting = None;
            self.update_of(live, status, code, message)
        });
        match update {
            Some(update) => self.write_status(live.id, update).await,
            None => false,
        }
    }

    /// A credential that does not open is either damage or tampering, so it is audited as well.
    pub(crate) fn note_unreadable_secret(&self, live: &LiveConnector) {
        let (status, code) = (ConnectorStatus::Failing, Some("secret_unreadable"));
        let message = "The stored token cannot be read. Enter it again.".to_owned();
        let news = self.inner.health.of(live, |health| {
            health.news(status, code, || {
                self.update_of(live, status, code, Some(message))
            })
        });
        self.write_news(live.id, news);
        if matches!(news, None | Some(News::None)) {
            return;
        }
        let change = self.change(
            &Actor::System,
            "connector.secret_unreadable",
            "connector",
            live.slug.as_str(),
            &json!({ "meaning": "the sealed token does not belong to this row, header and origin, or was damaged" }),
        );
        let hub = self.clone();
        tokio::spawn(async move {
            if let Err(error) = hub.inner.store.audit_append(&change).await {
                tracing::error!(%error, "an unreadable token could not be written to the audit log");
            }
        });
    }

    fn update_of(
        &self,
        live: &LiveConnector,
        status: ConnectorStatus,
        code: Option<&'static str>,
        message: Option<String>,
    ) -> StatusUpdate {
        StatusUpdate {
            row_version: live.row_version,
            status: status.as_str().to_owned(),
            code: code.map(str::to_owned),
            message,
            at: self.clock().now(),
        }
    }

    /// Each connector has at most one writer, whatever its server does. Replicas and pages learn of what it writes from
    /// the version in the database, like of any change.
    fn write_news(&self, id: ConnectorId, news: Option<News>) {
        if news != Some(News::NeedsWriter) {
            return;
        }
        let hub = self.clone();
        tokio::spawn(async move {
            while let Some(update) = hub.inner.health.next_write(id) {
                hub.write_status(id, update).await;
                tokio::time::sleep(BETWEEN_WRITES).await;
            }
        });
    }

    async fn write_status(&self, id: ConnectorId, update: StatusUpdate) -> bool {
        let written: Result<bool, StoreError> =
            self.inner.store.connector_set_status(id, update).await;
        written.unwrap_or_else(|error| {
            tracing::warn!(%error, connector = %id, "the status of a connector could not be saved");
            self.inner.health.forget(id);
            false
        })
    }
}

fn slow_sentence(status: ConnectorStatus) -> Option<String> {
    (status == ConnectorStatus::Slow).then(|| "At least one call in ten takes over 5 s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update() -> StatusUpdate {
        StatusUpdate {
            row_version: 1,
            status: "failing".to_owned(),
            code: None,
            message: None,
            at: tieline_domain::Timestamp::from_millis(0),
        }
    }

    #[test]
    fn a_flapping_server_has_one_writer_and_only_its_last_status_waits() {
        let (board, id) = (HealthBoard::default(), connector());
        let note = |status| {
            let mut all = board.lock();
            all.entry(id).or_default().news(status, None, update)
        };
        assert_eq!(note(ConnectorStatus::Failing), News::NeedsWriter);
        assert_eq!(note(ConnectorStatus::Failing), News::None);
        for _ in 0..1_000 {
            assert_eq!(note(ConnectorStatus::Working), News::Queued);
            assert_eq!(note(ConnectorStatus::Failing), News::Queued);
        }
        assert!(board.next_write(id).is_some());
        assert!(board.next_write(id).is_none(), "the writer ends");
        assert_eq!(note(ConnectorStatus::Working), News::NeedsWriter);
    }

    #[test]
    fn one_slow_call_in_ten_of_the_last_twenty_is_slow() {
        let mut health = Health::default();
        let mut after = |seconds, times| {
            let took = Duration::from_secs(seconds);
            let mut last = ConnectorStatus::Working;
            for _ in 0..times {
                last = health.after_success(took);
            }
            last
        };
        assert_eq!(after(6, 1), ConnectorStatus::Slow, "the first of all");
        assert_eq!(after(5, 9), ConnectorStatus::Slow, "one of ten");
        assert_eq!(after(5, 1), ConnectorStatus::Working, "one of eleven");
        assert_eq!(after(6, 1), ConnectorStatus::Slow, "two of twelve");
        assert_eq!(after(5, 8), ConnectorStatus::Slow, "two of twenty");
        assert_eq!(after(5, 1), ConnectorStatus::Working, "one of twenty");
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let (board, id) = (HealthBoard::default(), connector());
        board.lock().entry(id).or_default();
        board.keep(|_| false);
        assert!(board.lock().is_empty());
        assert!(board.next_write(id).is_none());
    }

    fn connector() -> ConnectorId {
        let entropy = tieline_testkit::SeededEntropy::new(7);
        ConnectorId::generate(&tieline_testkit::FixedClock::default(), &entropy)
    }
}
