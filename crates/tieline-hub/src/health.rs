//! How each connector is doing, derived from the last call or check, never from a socket.
//!
//! Real traffic counts first: a call that fails changes the status at once, the first one that succeeds clears it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tieline_domain::{Actor, ConnectorId};
use tieline_mcp::McpError;
use tieline_store::StatusUpdate;

use crate::Hub;
use crate::connectors::ConnectorStatus;
use crate::snapshot::LiveConnector;

/// A call that takes longer is slow.
const SLOW: Duration = Duration::from_secs(5);
/// How many of the last calls count.
const WINDOW: usize = 20;

/// What was last written for each connector, so that only a transition costs a database write.
#[derive(Debug, Default)]
pub(crate) struct HealthBoard {
    by_connector: Mutex<HashMap<ConnectorId, Health>>,
}

#[derive(Debug, Default)]
struct Health {
    written: Option<(ConnectorStatus, Option<&'static str>)>,
    durations: VecDeque<Duration>,
}

impl Health {
    /// Slow when at least one call in ten of the last twenty took too long.
    fn is_slow(&mut self, took: Duration) -> bool {
        if self.durations.len() == WINDOW {
            self.durations.pop_front();
        }
        self.durations.push_back(took);
        self.durations.iter().filter(|took| **took > SLOW).count() * 10
            >= self.durations.len().max(10)
    }
}

impl HealthBoard {
    /// Records that a status is about to be written; `false` when it is the one that stands already.
    pub(crate) fn changes(
        &self,
        id: ConnectorId,
        status: ConnectorStatus,
        code: Option<&'static str>,
    ) -> bool {
        let mut board = self
            .by_connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let health = board.entry(id).or_default();
        let next = Some((status, code));
        let changed = health.written != next;
        health.written = next;
        changed
    }

    /// Forgets a connector, so that whatever happens next is written.
    pub(crate) fn forget(&self, id: ConnectorId) {
        self.by_connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }

    fn after_success(&self, id: ConnectorId, took: Duration) -> ConnectorStatus {
        let mut board = self
            .by_connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if board.entry(id).or_default().is_slow(took) {
            ConnectorStatus::Slow
        } else {
            ConnectorStatus::Working
        }
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
        let status = self.inner.health.after_success(live.id, took);
        if self.inner.health.changes(live.id, status, None) {
            self.write_in_background(live, status, None, slow_sentence(status));
        }
    }

    /// After a call that failed. Only a transition is written.
    pub(crate) fn note_failure(&self, live: &LiveConnector, error: &McpError) {
        let status = status_of(error);
        if self
            .inner
            .health
            .changes(live.id, status, Some(error.code()))
        {
            self.write_in_background(live, status, Some(error.code()), Some(error.to_string()));
        }
    }

    /// After a background check. It is always written, because it is also the time of the last check.
    pub(crate) async fn note_checked(
        &self,
        live: &LiveConnector,
        checked: Result<Duration, &McpError>,
    ) {
        let (status, code, message) = match checked {
            Ok(took) => {
                let status = self.inner.health.after_success(live.id, took);
                (status, None, slow_sentence(status))
            }
            Err(error) => (
                status_of(error),
                Some(error.code()),
                Some(error.to_string()),
            ),
        };
        self.inner.health.changes(live.id, status, code);
        self.write_status(live, status, code, message).await;
    }

    /// A credential that does not open is either damage or tampering, so it is audited as well.
    pub(crate) fn note_unreadable_secret(&self, live: &LiveConnector) {
        if !self
            .inner
            .health
            .changes(live.id, ConnectorStatus::Failing, Some("secret_unreadable"))
        {
            return;
        }
        let message = "The stored token cannot be read. Enter it again.".to_owned();
        self.write_in_background(
            live,
            ConnectorStatus::Failing,
            Some("secret_unreadable"),
            Some(message),
        );
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

    fn write_in_background(
        &self,
        live: &LiveConnector,
        status: ConnectorStatus,
        code: Option<&'static str>,
        message: Option<String>,
    ) {
        let hub = self.clone();
        let Some(live) = self.snapshot().connector(live.id).cloned() else {
            return;
        };
        tokio::spawn(async move { hub.write_status(&live, status, code, message).await });
    }

    async fn write_status(
        &self,
        live: &LiveConnector,
        status: ConnectorStatus,
        code: Option<&'static str>,
        message: Option<String>,
    ) {
        let update = StatusUpdate {
            status: status.as_str().to_owned(),
            code: code.map(str::to_owned),
            message,
            at: self.clock().now(),
        };
        if let Err(error) = self.inner.store.connector_set_status(live.id, update).await {
            tracing::warn!(%error, connector = %live.slug, "the status of a connector could not be saved");
            self.inner.health.forget(live.id);
        }
        self.after_change().await;
    }
}

fn slow_sentence(status: ConnectorStatus) -> Option<String> {
    (status == ConnectorStatus::Slow).then(|| "At least one call in ten takes over 5 s".to_owned())
}
