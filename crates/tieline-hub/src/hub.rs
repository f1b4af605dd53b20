//! The one object that every door holds: what it is made of, how it starts, and the small helpers that all use
//! cases share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use thiserror::Error;
use tieline_domain::{Clock, ConnectorId, Entropy, KeyId, ProxyLogin, SettingName, Settings};
use tieline_mcp::{DialPolicy, Limits, Memory, TlsSetupError};
use tieline_secrets::KeyRing;
use tieline_store::{Store, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::breaker::Breakers;
use crate::catalog::Catalog;
use crate::clients::ClientBoard;
use crate::health::HealthBoard;
use crate::listen::Listeners;
use crate::network::Network;
use crate::news::NewsDesk;
use crate::records::Records;
use crate::refresh::RefreshQueue;
use crate::snapshot::Snapshot;
use crate::upstreams::Upstreams;
use crate::watch::Freshness;

/// A database that answers more slowly than this is not ready.
const READY_WITHIN: Duration = Duration::from_secs(3);
/// After this long a reload is given up and tried again.
const RELOAD_WITHIN: Duration = Duration::from_secs(10);

/// What an operator may set about the hub. The defaults are meant to be left alone.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// Which addresses connectors may have. Private ones and further authorities are settings of an admin: `start`.
    pub dial: DialPolicy,
    /// Size and time limits of calls to servers.
    pub limits: Limits,
    /// How much memory large answers of servers may take together, in bytes. Default 256 MiB.
    pub answer_bytes: usize,
    /// How often each connector is checked in the background. Default 60 s, with ±20 % jitter.
    pub check_interval: Duration,
    /// How long a tool call may take in all. Default 60 s.
    pub call_timeout: Duration,
    /// How often the database is asked whether something changed. Default 0.5 s, so that what another process
    /// changed acts within a second.
    pub poll_interval: Duration,
    /// After how long without an answer from the database calls are refused, because a revocation could have been
    /// missed. Default 10 s.
    pub stale_after: Duration,
    /// How many background checks run at once. Default 8.
    pub parallel_checks: usize,
    /// What holds of an admin's settings until an admin sets something else.
    pub start: Settings,
    /// What no admin can set, because the server's operator did, and by what: `TIELINE_TOOL_CHANGES`. Its value is that
    /// of `start`.
    pub fixed: BTreeMap<SettingName, String>,
    /// The login of the proxy in `start`, when an operator set both.
    pub proxy_login: Option<ProxyLogin>,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            dial: DialPolicy::default(),
            limits: Limits::default(),
            answer_bytes: 256 << 20,
            check_interval: Duration::from_mins(1),
            call_timeout: Duration::from_mins(1),
            poll_interval: Duration::from_millis(500),
            stale_after: Duration::from_secs(10),
            parallel_checks: 8,
            start: Settings::default(),
            fixed: BTreeMap::new(),
            proxy_login: None,
        }
    }
}

/// Why the hub could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database did not answer or holds something unreadable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate store of this machine could not be used.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
}

/// Every use case of Tieline. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct Hub {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) keyring: KeyRing,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) answers: Arc<Memory>,
    pub(crate) settings: HubSettings,
    pub(crate) snapshot: ArcSwap<Snapshot>,
    /// Serialises snapshot reloads, so that an older one never replaces a newer one.
    pub(crate) reloading: tokio::sync::Mutex<()>,
    pub(crate) upstreams: Upstreams,
    pub(crate) breakers: Breakers,
    pub(crate) health: HealthBoard,
    pub(crate) records: Records,
    pub(crate) refresh: RefreshQueue,
    pub(crate) listeners: Listeners,
    pub(crate) news: NewsDesk,
    pub(crate) version: watch::Sender<u64>,
    pub(crate) clients: ClientBoard,
    pub(crate) freshness: Freshness,
    /// Cancelled when the server stops, for what no caller waits for.
    pub(crate) stopping: CancellationToken,
    /// Argon2id needs 19 MiB a time: at most two at once.
    pub(crate) password_permits: Arc<Semaphore>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("version", &self.inner.snapshot.load().version())
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Opens the hub over a migrated store and reads everything that calls need into memory.
    ///
    /// Nothing runs in the background until [`Hub::run_background`]; the command line works without it.
    pub async fn open(
        store: Store,
        keyring: KeyRing,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: HubSettings,
    ) -> Result<Self, StartError> {
        let network = Network::open(&settings, &keyring)?;
        let snapshot = Snapshot::load(&store, (&settings, &keyring), (&network, None)).await?;
        let (version, _) = watch::channel(snapshot.version());
        let answers = Arc::new(Memory::new(settings.answer_bytes));
        let inner = Inner {
            store,
            keyring,
            clock,
            entropy,
            answers,
            settings,
            snapshot: ArcSwap::from_pointee(snapshot),
            reloading: tokio::sync::Mutex::new(()),
            upstreams: Upstreams::default(),
            breakers: Breakers::default(),
            health: HealthBoard::default(),
            records: Records::new(),
            refresh: RefreshQueue::new(),
            listeners: Listeners::default(),
            news: NewsDesk::new(),
            version,
            clients: ClientBoard::new(),
            freshness: Freshness::new(),
            stopping: CancellationToken::new(),
            password_permits: Arc::new(Semaphore::new(2)),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The catalogue that a session started now would get.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.inner.snapshot.load().catalog().clone()
    }

    /// What is in force at this moment: the live side of every connector, and the access keys.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    /// A number that grows with every change that a page or a session could show.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.inner.version.subscribe()
    }

    /// Cancelled when an access key no longer works.
    pub fn key_ended(&self, key: KeyId) -> CancellationToken {
        self.snapshot().key_end(key).unwrap_or_else(ended)
    }

    /// Cancelled when a connector is removed or turned off.
    pub fn connector_ended(&self, connector: ConnectorId) -> CancellationToken {
        let snapshot = self.snapshot();
        let live = snapshot.connector(connector);
        live.map_or_else(ended, |live| live.ended.clone())
    }

    /// Cancelled when the server stops.
    pub fn stopping(&self) -> CancellationToken {
        self.inner.stopping.clone()
    }

    /// The clock that everything here uses.
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// The source of randomness that everything here uses.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.inner.entropy
    }

    /// What large answers of servers take in memory, all together.
    pub fn answers(&self) -> &Arc<Memory> {
        &self.inner.answers
    }

    /// Whether the largest answer that a server may give would find room now.
    pub fn has_room_for_answers(&self) -> bool {
        self.inner
            .answers
            .has_room(self.inner.settings.limits.json_bytes)
    }

    /// What an operator set.
    pub fn settings(&self) -> &HubSettings {
        &self.inner.settings
    }

    /// Whether the database answers, and does so soon.
    pub async fn is_ready(&self) -> bool {
        let answered = tokio::time::timeout(READY_WITHIN, self.inner.store.ping()).await;
        matches!(answered, Ok(Ok(())))
    }

    /// Reads the database again and puts the new state in force. Called after each change of this process, and by
    /// the watcher when another process changed something.
    pub(crate) async fn reload(&self) -> Result<(), StoreError> {
        let _one_at_a_time = self.inner.reloading.lock().await;
        let previous = self.inner.snapshot.load_full();
        let Some(next) = self.read_if_changed(&previous).await? else {
            return Ok(());
        };
        let next = Arc::new(next);
        self.inner.snapshot.store(next.clone());
        // Only now: a call that began a moment ago may have opened a session in between.
        previous.cancel_ended(&next);
        for id in previous.ended_by(&next) {
            self.inner.upstreams.forget(id);
            self.inner.breakers.reset(id);
        }
        self.inner.version.send_replace(next.version());
        self.inner.news.compare(previous.catalog(), next.catalog());
        Ok(())
    }

    /// Everything, unless the version says that it is in memory already. A database that hangs is an error: whoever
    /// waits for the reload must not wait for it for ever.
    async fn read_if_changed(&self, previous: &Snapshot) -> Result<Option<Snapshot>, StoreError> {
        let store = &self.inner.store;
        let read = async {
            if store.config_version().await? == previous.version() {
                return Ok(None);
            }
            let server = (&self.inner.settings, &self.inner.keyring);
            Snapshot::load(store, server, (previous.network(), Some(previous)))
                .await
                .map(Some)
        };
        tokio::time::timeout(RELOAD_WITHIN, read)
            .await
            .unwrap_or(Err(StoreError::Busy))
    }

    /// Drops what was kept about connectors that are gone.
    pub(crate) fn forget_what_is_gone(&self) {
        let snapshot = self.snapshot();
        let is_there = |id| snapshot.connector(id).is_some();
        self.inner.upstreams.keep(is_there);
        self.inner.breakers.keep(is_there);
        self.inner.health.keep(is_there);
        self.inner.listeners.keep(is_there);
    }

    /// Reloads after a change that is already committed. A failure here is not the change's failure: the watcher
    /// tries again within its poll interval.
    pub(crate) async fn after_change(&self) {
        if let Err(error) = self.reload().await {
            tracing::warn!(%error, "a change was saved but could not be read back yet");
        }
    }
}

/// For what is not there any more.
fn ended() -> CancellationToken {
    let ended = CancellationToken::new();
    ended.cancel();
    ended
}
