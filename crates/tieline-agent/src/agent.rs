//! The service that every door holds. What it does is in files named by the verb.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use tieline_domain::{RandomCode, SessionId, Timestamp};
use tieline_hub::{Caller, Hub, SessionKey};
use tieline_store::{AgentSessionRow, Store};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::AgentError;
use crate::event::Event;
use crate::frozen::FrozenCache;
use crate::live::{Registry, Why};
use crate::model::ModelLimits;
use crate::models::{HubModels, Models};
use crate::pool::Pool;
use crate::settings::AgentSettings;
use crate::writer::Writer;

/// How long turns are given to end when the process ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// A stream of events, oldest first.
pub type Events = BoxStream<'static, Result<Arc<Event>, AgentError>>;

/// The agent. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct Agent {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) hub: Hub,
    pub(crate) store: Store,
    pub(crate) settings: AgentSettings,
    pub(crate) models: Arc<dyn Models>,
    /// This process among all that use the database.
    pub(crate) owner: String,
    pub(crate) writer: Writer,
    pub(crate) pool: Pool,
    pub(crate) registry: Arc<Registry>,
    pub(crate) frozen: FrozenCache,
    /// Turns that run, so that the end of the process can wait for them.
    pub(crate) turns: TaskTracker,
    /// Wakes whoever stores events that nobody waits for.
    pub(crate) dirty: Arc<Notify>,
    pub(crate) stopping: CancellationToken,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("owner", &self.inner.owner)
            .finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl Agent {
    /// Opens the agent over a hub and its store, with the model APIs that admins set up. Turns of processes that are
    /// gone are marked as interrupted. What runs in the background ends with [`Agent::close`], or with the last clone.
    pub async fn open(hub: Hub, store: Store, settings: AgentSettings) -> Result<Self, AgentError> {
        let models = HubModels::new(hub.clone(), ModelLimits::default());
        Self::open_with(hub, store, settings, Arc::new(models)).await
    }

    /// The same with models from elsewhere.
    pub async fn open_with(
        hub: Hub,
        store: Store,
        settings: AgentSettings,
        models: Arc<dyn Models>,
    ) -> Result<Self, AgentError> {
        let unique = RandomCode::generate(hub.entropy());
        let (writer, _) = Writer::start(store.clone());
        let inner = Inner {
            owner: format!("{}:{}", settings.kind(), unique.expose()),
            pool: Pool::new(settings.max_running, settings.max_waiting),
            writer,
            registry: Arc::default(),
            frozen: FrozenCache::default(),
            turns: TaskTracker::new(),
            dirty: Arc::default(),
            stopping: CancellationToken::new(),
            hub,
            store,
            settings,
            models,
        };
        let agent = Self {
            inner: Arc::new(inner),
        };
        agent.recover(true).await?;
        agent.start_background();
        Ok(agent)
    }

    /// Ends what runs, stores everything and stops the work in the background. Turns that run are marked as
    /// interrupted.
    pub async fn close(&self) {
        self.inner.stopping.cancel();
        for live in self.inner.registry.all() {
            if let Some(turn) = live.turn() {
                turn.end(Why::Closing);
            }
        }
        self.inner.turns.close();
        let _ = tokio::time::timeout(FAREWELL, self.inner.turns.wait()).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.hub.clock().now()
    }

    /// Somebody's own session. Another's is not there.
    pub(crate) async fn own(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<AgentSessionRow, AgentError> {
        let found = self.inner.store.agent_session(caller.user, id).await?;
        found.ok_or(AgentError::SessionNotFound)
    }
}

/// The name under which a session's calls keep state at legacy servers.
pub(crate) fn key_of(session: SessionId) -> SessionKey {
    SessionKey(format!("agent:{session}").into())
}
