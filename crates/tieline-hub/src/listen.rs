//! Follows a server's own announcements that its tools changed, where it makes them.
//!
//! The credential is opened for each stream and gone with it. A stream ends as soon as the connector is removed,
//! turned off, moved, or given another credential.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tieline_domain::ConnectorId;
use tieline_mcp::Upstream;

use crate::Hub;
use crate::credential::target_of;
use crate::snapshot::LiveConnector;

/// However often a server says that its list changed, it is read at most this often.
const COALESCE: Duration = Duration::from_secs(10);

/// The connectors whose announcements are being followed.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    following: Mutex<HashSet<ConnectorId>>,
}

impl Listeners {
    fn begin(&self, id: ConnectorId) -> bool {
        self.following
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id)
    }

    fn end(&self, id: ConnectorId) {
        self.following
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }
}

impl Hub {
    /// Follows the announcements of this connector in the background, unless that is done already or the server makes
    /// none; then the client is closed.
    pub(crate) fn listen_for_changes(&self, live: &Arc<LiveConnector>, upstream: Upstream) {
        let (hub, live) = (self.clone(), live.clone());
        let follow = upstream.announces_tool_changes() && hub.inner.listeners.begin(live.id);
        tokio::spawn(async move {
            if follow {
                hub.follow(&live, &upstream).await;
                hub.inner.listeners.end(live.id);
            }
            hub.close_upstream(&live, &upstream).await;
        });
    }

    async fn follow(&self, live: &Arc<LiveConnector>, upstream: &Upstream) {
        let stopping = &self.inner.stopping;
        // A server that ends the stream is asked again by the next regular check.
        while self.is_current(live) && self.hears_change(live, upstream).await {
            self.inner.refresh.request(live.id);
            tokio::select! {
                () = live.ended.cancelled() => return,
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(COALESCE) => {}
            }
        }
    }

    /// Waits for one announcement; `false` when none can come any more. The credential is open for this stream only.
    async fn hears_change(&self, live: &LiveConnector, upstream: &Upstream) -> bool {
        let Ok(credential) = self.open_credential(live) else {
            return false;
        };
        let target = target_of(&live.address, &live.auth_header, credential.expose());
        drop(credential);
        tokio::select! {
            () = live.ended.cancelled() => false,
            () = self.inner.stopping.cancelled() => false,
            () = self.until_changed(live) => false,
            heard = upstream.wait_for_tool_change(&target) => heard.is_ok(),
        }
    }

    async fn until_changed(&self, live: &LiveConnector) {
        let mut versions = self.subscribe();
        while self.is_current(live) {
            if versions.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether the connector still has the address and the credential that it had.
    fn is_current(&self, live: &LiveConnector) -> bool {
        self.snapshot().connector(live.id).is_some_and(|now| {
            now.enabled
                && now.credential_version == live.credential_version
                && now.url.as_str() == live.url.as_str()
        })
    }
}
