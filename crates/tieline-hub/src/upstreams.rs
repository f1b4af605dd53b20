//! Keeps the live clients of connectors between calls.
//!
//! A modern server has no session, so one client serves everybody. A legacy one has, so each session of a user has
//! its own: nothing that a server keeps for one person is ever reachable from another's call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tieline_domain::{ConnectorId, Table};
use tieline_mcp::wire::ClientCan;
use tieline_mcp::{Era, McpError, Target, Upstream, Wire};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Hub;
use crate::credential::target_of;
use crate::dispatch::SessionKey;
use crate::network::Network;
use crate::snapshot::LiveConnector;

/// After this long without a call a legacy session at a server is closed.
const IDLE: Duration = Duration::from_mins(5);

/// How long one server is given to hear that a session ended.
const GOODBYE: Duration = Duration::from_secs(10);
const CLOSING_AT_ONCE: usize = 16;

/// A legacy session is told once what its client can do, so it serves only callers that can exactly that.
type SlotKey = (ConnectorId, Option<(SessionKey, ClientCan)>);

#[derive(Debug, Default)]
pub(crate) struct Upstreams {
    slots: Mutex<Table<SlotKey, Arc<Slot>>>,
}

/// A client that is opened by the first call that needs it; simultaneous calls wait for that one.
#[derive(Debug)]
struct Slot {
    url: String,
    /// A session that began with another credential is not used any more.
    credential_version: i64,
    /// Nor is one that was made under other rules of the network.
    network: Arc<Network>,
    client: OnceCell<Upstream>,
    last_used: Mutex<Instant>,
}

impl Upstreams {
    fn slot(&self, key: SlotKey, live: &LiveConnector) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Slot::new(live, OnceCell::new()));
        let has_owner = key.1.is_some();
        let slot = slots.entry(key).or_insert_with(new);
        if !slot.is_for(live) {
            *slot = new();
        }
        // What serves everybody is not closed for want of use.
        if has_owner {
            slot.use_at(Instant::now());
        }
        slot.clone()
    }

    fn put(&self, key: SlotKey, live: &LiveConnector, upstream: Upstream) {
        let slot = Slot::new(live, OnceCell::new_with(Some(upstream)));
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::new(slot));
    }

    /// Drops every client of a connector, after it was removed, turned off, moved or given another credential.
    pub(crate) fn forget(&self, id: ConnectorId) {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(connector, _), _| *connector != id);
    }

    /// Drops every client of connectors that are gone.
    pub(crate) fn keep(&self, is_there: impl Fn(ConnectorId) -> bool) {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(connector, _), _| is_there(*connector));
    }

    fn drop_slot(&self, key: &SlotKey) {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }

    /// The clients of a session whose servers were promised to hear of its roots.
    fn with_roots_of(&self, session: &SessionKey) -> Vec<(ConnectorId, Upstream)> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = slots.iter().filter(|((_, owner), _)| {
            owner
                .as_ref()
                .is_some_and(|(owner, can)| owner == session && can.announces_roots())
        });
        mine.filter_map(|((id, _), slot)| Some((*id, slot.client.get()?.clone())))
            .collect()
    }

    /// Takes out what belongs to an ended session, or has not been used for a while.
    fn take(&self, ended: impl Fn(&SlotKey, Instant) -> bool) -> Vec<(ConnectorId, Upstream)> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        slots.retain(|key, slot| {
            let last_used = *slot
                .last_used
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let keep = !ended(key, last_used);
            if !keep && let Some(client) = slot.client.get() {
                taken.push((key.0, client.clone()));
            }
            keep
        });
        taken
    }
}

impl Slot {
    fn new(live: &LiveConnector, client: OnceCell<Upstream>) -> Self {
        Self {
            url: live.url.as_str().to_owned(),
            credential_version: live.credential_version,
            network: live.network.clone(),
            client,
            last_used: Mutex::new(Instant::now()),
        }
    }

    fn use_at(&self, now: Instant) {
        *self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = now;
    }

    fn is_for(&self, live: &LiveConnector) -> bool {
        self.url == live.url.as_str()
            && self.credential_version == live.credential_version
            && Arc::ptr_eq(&self.network, &live.network)
    }
}

impl Hub {
    /// The client for this connector and session; opened if there is none yet.
    pub(crate) async fn upstream_for(
        &self,
        live: &LiveConnector,
        session: &SessionKey,
        can: ClientCan,
        target: &Target,
    ) -> Result<Upstream, McpError> {
        let shared = live.era() == Era::Modern;
        let key = (live.id, (!shared).then(|| (session.clone(), can)));
        let slot = self.inner.upstreams.slot(key.clone(), live);
        if shared && let Some(upstream) = slot.client.get() {
            return Ok(upstream.clone());
        }
        // What a call seldom needs lies on the heap, so that the future of every call stays small.
        let opening = || Box::pin(self.open_upstream(live, can, target));
        let opened = slot.client.get_or_try_init(opening).await;
        match opened {
            Ok(upstream) => {
                if !shared && upstream.wire().era() == Era::Modern {
                    // The server turned out to be modern, so everybody may use this client.
                    self.inner.upstreams.drop_slot(&key);
                    self.inner
                        .upstreams
                        .put((live.id, None), live, upstream.clone());
                }
                Ok(upstream.clone())
            }
            Err(error) => Err(error),
        }
    }

    async fn open_upstream(
        &self,
        live: &LiveConnector,
        can: ClientCan,
        target: &Target,
    ) -> Result<Upstream, McpError> {
        if let Some(wire) = &live.wire {
            return Ok(live.network.mcp.open_for(*wire, can));
        }
        let connected = live.network.mcp.connect_for(target, None, can).await?;
        self.remember_wire(live, &connected.wire).await;
        Ok(connected.upstream)
    }

    /// Keeps what a server speaks, so that the next call, also after a restart, need not find out again.
    pub(crate) async fn remember_wire(&self, live: &LiveConnector, wire: &Wire) {
        let stored = wire.to_stored();
        if let Err(error) = self
            .inner
            .store
            .connector_set_wire(live.id, live.row_version, &stored)
            .await
        {
            tracing::warn!(%error, connector = %live.slug, "the protocol era of a connector could not be saved; it is detected again next time");
        }
        self.after_change().await;
    }

    /// Tells the legacy servers that a session has open upstream sessions at that its client's roots changed.
    pub async fn tell_roots_changed(&self, session: &SessionKey) {
        for (id, upstream) in self.inner.upstreams.with_roots_of(session) {
            let Some(live) = self.snapshot().connector(id).cloned() else {
                continue;
            };
            if let Ok(credential) = self.open_credential(&live) {
                let target = target_of(&live.address, &live.auth_header, credential.expose());
                let told = upstream.notify(&target, "notifications/roots/list_changed");
                let _ = tokio::time::timeout(GOODBYE, told).await;
            }
        }
    }

    /// Ends what a finished session left open at servers.
    pub async fn end_session(&self, session: &SessionKey) {
        let taken = self
            .inner
            .upstreams
            .take(|(_, owner), _| owner.as_ref().is_some_and(|(owner, _)| owner == session));
        self.close_all(taken).await;
    }

    /// Closes clients that nobody used for five minutes.
    pub(crate) async fn close_idle_upstreams(&self) {
        let now = Instant::now();
        let taken = self
            .inner
            .upstreams
            .take(|(_, owner), last_used| owner.is_some() && now.duration_since(last_used) > IDLE);
        self.close_all(taken).await;
    }

    /// Some at a time and each for a while only: a server that hangs must not keep the others waiting.
    async fn close_all(&self, taken: Vec<(ConnectorId, Upstream)>) {
        let mut closing = JoinSet::new();
        for (id, upstream) in taken {
            let Some(live) = self.snapshot().connector(id).cloned() else {
                continue;
            };
            if closing.len() >= CLOSING_AT_ONCE {
                closing.join_next().await;
            }
            let hub = self.clone();
            closing.spawn(async move {
                let closed = hub.close_upstream(&live, &upstream);
                // Whether it was heard or not, the server forgets the session some day.
                let _ = tokio::time::timeout(GOODBYE, closed).await;
            });
        }
        while closing.join_next().await.is_some() {}
    }

    /// Ends a client's session at its server, with the credential of now. Without one there is nothing to say.
    pub(crate) async fn close_upstream(&self, live: &LiveConnector, upstream: &Upstream) {
        if let Ok(credential) = self.open_credential(live) {
            let target = target_of(&live.address, &live.auth_header, credential.expose());
            upstream.close(&target).await;
        }
    }
}
