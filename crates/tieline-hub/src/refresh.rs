//! Keeps the stored catalogue and the status of each connector current, in the background.
//!
//! A check runs when a connector is added or changed, on a schedule with jitter, when the server says that its list
//! changed, and on request. No page, no session and no call ever waits for one. A check that fails changes the
//! status and nothing else: the tools that were known stay known.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tieline_domain::ConnectorId;
use tieline_mcp::wire::OfferKind;
use tieline_mcp::{Connected, Failure, LeftOut, Listed, McpError, Target};
use tieline_store::{CatalogUpdate, OfferRow, ToolRow};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Hub;
use crate::breaker::jittered;
use crate::catalog::Declared;
use crate::connectors::Judge;
use crate::credential::target_of;
use crate::scrub::Scrubber;
use crate::snapshot::LiveConnector;

/// How long a check counts as one of those that run at once. One that takes longer waits for a slow server and costs
/// nothing, so it must not keep others waiting as well.
const PATIENCE: Duration = Duration::from_secs(1);

/// The client keeps the time of each request; this holds whatever a server does in between.
const LONGEST: Duration = Duration::from_secs(150);

/// How long the lists besides the tools may take together. They never cost a connector its tools.
const OFFERS_WITHIN: Duration = Duration::from_secs(20);

/// Every kind of list but the tools.
const OFFERS: [OfferKind; 3] = [
    OfferKind::Prompt,
    OfferKind::Resource,
    OfferKind::ResourceTemplate,
];

/// Who is waiting for a check, and who is being checked.
#[derive(Debug)]
pub(crate) struct RefreshQueue {
    wake: Notify,
    state: Mutex<QueueState>,
}

#[derive(Debug, Default)]
struct QueueState {
    requested: HashSet<ConnectorId>,
    running: HashSet<ConnectorId>,
    due: HashMap<ConnectorId, Instant>,
    /// The row that was last checked: a changed row is due at once.
    checked: HashMap<ConnectorId, i64>,
}

impl RefreshQueue {
    pub(crate) fn new() -> Self {
        Self {
            wake: Notify::new(),
            state: Mutex::default(),
        }
    }

    /// Asks for a check as soon as there is room.
    pub(crate) fn request(&self, id: ConnectorId) {
        self.lock().requested.insert(id);
        self.wake.notify_one();
    }

    /// Looks again at who is due, after the registry changed.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes those that are due now and marks them running; also says when to look again.
    fn take_due(&self, live: &[Arc<LiveConnector>], now: Instant) -> Vec<Arc<LiveConnector>> {
        let mut state = self.lock();
        let ids: HashSet<ConnectorId> = live.iter().map(|connector| connector.id).collect();
        state.due.retain(|id, _| ids.contains(id));
        state.checked.retain(|id, _| ids.contains(id));
        state.requested.retain(|id| ids.contains(id));
        let mut taken = Vec::new();
        for connector in live {
            let id = connector.id;
            let changed = state.checked.get(&id) != Some(&connector.row_version);
            let due = state.due.get(&id).is_none_or(|at| *at <= now)
                || changed
                || state.requested.contains(&id);
            if due && !state.running.contains(&id) {
                state.requested.remove(&id);
                // Due again when it is finished; until then it must not keep the loop awake.
                state.due.remove(&id);
                state.running.insert(id);
                state.checked.insert(id, connector.row_version);
                taken.push(connector.clone());
            }
        }
        taken
    }

    fn finished(&self, id: ConnectorId, next: Instant) {
        let mut state = self.lock();
        state.running.remove(&id);
        state.due.insert(id, next);
        drop(state);
        self.wake.notify_one();
    }

    fn next_due(&self, fallback: Instant) -> Instant {
        self.lock()
            .due
            .values()
            .min()
            .copied()
            .unwrap_or(fallback)
            .min(fallback)
    }
}

/// Marks a check as finished however it ended: one that panicked must not be the connector's last.
struct Finish<'a> {
    hub: &'a Hub,
    id: ConnectorId,
}

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        let interval = self.hub.inner.settings.check_interval;
        let next = Instant::now() + jittered(interval, self.hub.entropy());
        self.hub.inner.refresh.finished(self.id, next);
    }
}

impl Hub {
    /// Checks connectors until `stop` is cancelled.
    pub(crate) async fn run_refresh(&self, stop: CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.inner.settings.parallel_checks.max(1)));
        loop {
            let now = Instant::now();
            let live: Vec<_> = self
                .snapshot()
                .connectors()
                .filter(|connector| connector.enabled)
                .cloned()
                .collect();
            for connector in self.inner.refresh.take_due(&live, now) {
                let (hub, permits, stop) = (self.clone(), permits.clone(), stop.clone());
                tokio::spawn(async move {
                    let _finish = Finish {
                        hub: &hub,
                        id: connector.id,
                    };
                    let checked = async {
                        if let Ok(permit) = permits.acquire_owned().await {
                            patiently(permit, hub.check(&connector)).await;
                        }
                    };
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = checked => {}
                    }
                });
            }
            let next = self
                .inner
                .refresh
                .next_due(now + self.inner.settings.check_interval);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inner.refresh.wake.notified() => {}
                () = tokio::time::sleep_until(next.max(now + Duration::from_millis(50))) => {}
            }
        }
    }

    /// Reads one connector's tools and stores what became of it.
    pub(crate) async fn check(&self, live: &Arc<LiveConnector>) {
        let Ok(credential) = self.open_credential(live) else {
            self.note_unreadable_secret(live);
            return;
        };
        let target = target_of(&live.address, &live.auth_header, credential.expose());
        let scrubber = Scrubber::new(credential.expose());
        let started = Instant::now();
        let answer = tokio::time::timeout(LONGEST, self.ask_for_tools(live, &target))
            .await
            .unwrap_or_else(|_| Err(overdue()));
        let took = started.elapsed();
        let changed = match answer {
            Ok((connected, listed)) => {
                let offers = self.ask_for_offers(live, &connected, &target).await;
                if self
                    .store_catalog(live, &connected, listed, offers, &scrubber)
                    .await
                {
                    // Before the status says that it works: whoever reads that and starts a session has the tools.
                    self.after_change().await;
                }
                self.inner.breakers.of(live.id).succeeded();
                let is_news = self.note_checked(live, Ok(took)).await;
                self.listen_for_changes(live, connected.upstream);
                is_news
            }
            Err(error) => {
                // What a server says in its errors may hold the credential.
                let message = scrubber.text(&error.to_string()).into_owned();
                self.note_checked(live, Err((&error, message))).await
            }
        };
        if changed {
            self.after_change().await;
        }
    }

    async fn ask_for_tools(
        &self,
        live: &LiveConnector,
        target: &Target,
    ) -> Result<(Connected, Listed), McpError> {
        let connected = live.network.mcp.connect(target, live.wire.as_ref()).await?;
        match connected.upstream.list(target, OfferKind::Tool).await {
            Ok(listed) => Ok((connected, listed)),
            Err(error) => {
                connected.upstream.close(target).await;
                Err(error)
            }
        }
    }

    /// Reads the other lists that the server declares. One that it does not declare is empty; one that cannot be read is
    /// left as it is known.
    async fn ask_for_offers(
        &self,
        live: &LiveConnector,
        connected: &Connected,
        target: &Target,
    ) -> Vec<(OfferKind, Listed)> {
        let until = Instant::now() + OFFERS_WITHIN;
        let mut offers = Vec::new();
        for kind in OFFERS {
            if !Declared::lists(&connected.capabilities, kind) {
                offers.push((kind, Listed::default()));
                continue;
            }
            let listing = connected.upstream.list(target, kind);
            match tokio::time::timeout_at(until, listing).await {
                Ok(Ok(listed)) => offers.push((kind, listed)),
                Ok(Err(error)) => {
                    tracing::warn!(connector = %live.slug, list = kind.plural(), code = error.code(), "a list of a connector could not be read; what was known of it stays");
                }
                Err(_) => {
                    tracing::warn!(connector = %live.slug, list = kind.plural(), "a list of a connector took too long; what was known of it stays");
                }
            }
        }
        offers
    }

    /// Stores what the server offers. The store refuses it when the connector was changed while the list was read;
    /// the changed row is then due at once. Answers whether anything is different now.
    async fn store_catalog(
        &self,
        live: &LiveConnector,
        connected: &Connected,
        listed: Listed,
        offers: Vec<(OfferKind, Listed)>,
        scrubber: &Scrubber,
    ) -> bool {
        let at = self.clock().now();
        let ttl = offers.iter().map(|(_, listed)| listed).chain([&listed]);
        let ttl = ttl.filter_map(|listed| listed.ttl_ms).min();
        let listed_kinds = offers.iter().map(|(kind, _)| kind.word()).collect();
        let offers = offers
            .into_iter()
            .flat_map(|(kind, listed)| offer_rows(live.id, kind, listed, scrubber));
        let tools = tool_rows(live.id, listed, scrubber, at);
        let names = tools.iter().map(|tool| tool.name.clone()).collect();
        let review = Judge::new(self, live, names);
        let update = CatalogUpdate {
            row_version: live.row_version,
            wire: connected.wire.to_stored(),
            server_name: Some(shown(scrubber, &connected.server.name)),
            server_version: Some(shown(scrubber, &connected.server.version))
                .filter(|version| !version.is_empty()),
            revision: Some(connected.wire.revision().to_string()),
            instructions: connected
                .server
                .instructions
                .as_deref()
                .map(|text| scrubber.text(text).into_owned()),
            capabilities: scrubber
                .json(connected.capabilities.clone())
                .map(|capabilities| capabilities.get().to_owned()),
            list_ttl_ms: ttl.map(|ttl| i64::try_from(ttl).unwrap_or(i64::MAX)),
            tools,
            listed_kinds,
            offers: offers.collect(),
            at,
            review: Arc::new(review),
        };
        match self
            .inner
            .store
            .connector_replace_tools(live.id, update)
            .await
        {
            Ok(true) => {
                tracing::info!(connector = %live.slug, "the tools of a connector changed");
                true
            }
            Ok(false) => false,
            Err(error) => {
                tracing::warn!(%error, connector = %live.slug, "the tools of a connector could not be saved");
                false
            }
        }
    }
}

fn overdue() -> McpError {
    McpError::sent(Failure::Timeout {
        what: "The check",
        seconds: LONGEST.as_secs(),
    })
}

/// Runs a check, and gives its permit back as soon as it is a slow one.
async fn patiently(permit: OwnedSemaphorePermit, check: impl Future<Output = ()>) {
    let mut check = std::pin::pin!(check);
    if tokio::time::timeout(PATIENCE, &mut check).await.is_err() {
        drop(permit);
        check.await;
    }
}

fn shown(scrubber: &Scrubber, text: &str) -> String {
    scrubber
        .text(text)
        .chars()
        .filter(|character| !character.is_control())
        .take(120)
        .collect()
}

fn tool_rows(
    id: ConnectorId,
    listed: Listed,
    scrubber: &Scrubber,
    now: tieline_domain::Timestamp,
) -> Vec<ToolRow> {
    let row = |name: String, definition: String, left_out: Option<(String, String)>| {
        let hash = Sha256::digest(definition.as_bytes()).into();
        let (left_out_code, left_out_reason) = left_out.unzip();
        ToolRow {
            connector_id: id,
            position: 0,
            name,
            definition,
            hash,
            enabled: true,
            policy: tieline_domain::ToolPolicy::Allow,
            left_out_code,
            left_out_reason,
            first_seen_at: now,
            offered: None,
            approved_by: None,
            approved_at: None,
        }
    };
    // A tool that is called by the credential's own name could only be called by sending that name around.
    let kept = listed.items.into_iter().map(|tool| {
        let definition = scrubber.json(tool.definition);
        if let Some(definition) = definition.filter(|_| !scrubber.finds(&tool.name)) {
            return row(tool.name, definition.get().to_owned(), None);
        }
        let name = scrubber.text(&tool.name).into_owned();
        let reason = "it holds the connector’s own token".to_owned();
        let left_out = ("tool_holds_token".to_owned(), reason);
        row(name, "null".to_owned(), Some(left_out))
    });
    let left_out = listed.left_out.into_iter().map(|tool| {
        row(
            scrubber.text(&tool.name).into_owned(),
            "null".to_owned(),
            Some((
                tool.reason_code.to_owned(),
                scrubber.text(&tool.reason).into_owned(),
            )),
        )
    });
    let mut rows: Vec<ToolRow> = kept.chain(left_out).collect();
    for (position, row) in rows.iter_mut().enumerate() {
        row.position = i64::try_from(position).unwrap_or(i64::MAX);
    }
    rows
}

fn offer_rows(
    id: ConnectorId,
    kind: OfferKind,
    listed: Listed,
    scrubber: &Scrubber,
) -> Vec<OfferRow> {
    let row = |name: &str, definition: &str, left_out: Option<(&str, &str)>| OfferRow {
        connector_id: id,
        kind: kind.word().to_owned(),
        position: 0,
        name: scrubber.text(name).into_owned(),
        definition: definition.to_owned(),
        left_out_code: left_out.map(|(code, _)| code.to_owned()),
        left_out_reason: left_out.map(|(_, reason)| scrubber.text(reason).into_owned()),
    };
    // As with tools: one that is asked for by the credential's own name could only be used by sending that name around.
    let kept = listed.items.into_iter().map(|item| {
        let definition = scrubber.json(item.definition);
        if let Some(definition) = definition.filter(|_| !scrubber.finds(&item.name)) {
            return row(&item.name, definition.get(), None);
        }
        let why = ("offer_holds_token", "it holds the connector’s own token");
        row(&item.name, "null", Some(why))
    });
    let left_out = listed.left_out.iter();
    let left_out = left_out.map(
        |LeftOut {
             name,
             reason_code,
             reason,
         }| { row(name, "null", Some((reason_code, reason))) },
    );
    let mut rows: Vec<OfferRow> = kept.chain(left_out).collect();
    for (row, position) in rows.iter_mut().zip(0..) {
        row.position = position;
    }
    rows
}
