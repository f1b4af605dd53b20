//! Which connectors are listened to, and which of their resources somebody follows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tieline_domain::ConnectorId;
use tieline_mcp::Promises;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Hub;
use crate::snapshot::LiveConnector;

/// How long a server that offers no stream is not asked for one again.
const DEAF_FOR: Duration = Duration::from_mins(10);

/// Addresses that a server was asked to tell of, each with whether it agreed.
pub(super) type Asked = BTreeMap<Arc<str>, bool>;

/// One listener per connector.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    ears: Mutex<HashMap<ConnectorId, Arc<Ear>>>,
}

/// What is known about listening to one connector.
#[derive(Debug, Default)]
pub(super) struct Ear {
    listening: AtomicBool,
    /// What the server promised when it was last asked who it is.
    promises: Mutex<Promises>,
    /// The row that had no stream to offer, and until when that is believed.
    deaf: Mutex<Option<(i64, Instant)>>,
    /// The followed addresses, each with how many follow it.
    pub(super) followed: watch::Sender<BTreeMap<Arc<str>, usize>>,
    /// Those that the server was asked for, each with whether it agreed.
    pub(super) asked: watch::Sender<Asked>,
}

/// Somebody follows a resource for as long as this is kept.
#[derive(Debug)]
pub struct Following {
    ear: Arc<Ear>,
    uri: Arc<str>,
}

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectorId, Arc<Ear>>> {
        self.ears.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, id: ConnectorId) -> Arc<Ear> {
        self.lock().entry(id).or_default().clone()
    }

    /// Forgets connectors that are gone.
    pub(crate) fn keep(&self, is_there: impl Fn(ConnectorId) -> bool) {
        self.lock().retain(|id, _| is_there(*id));
    }
}

impl Ear {
    /// Whether the caller is the one who listens now. Nobody does while the server is known to have no stream.
    pub(super) fn begin(&self, live: &LiveConnector) -> bool {
        let deaf = *self.deaf.lock().unwrap_or_else(PoisonError::into_inner);
        let is_deaf =
            deaf.is_some_and(|(row, until)| row == live.row_version && Instant::now() < until);
        !is_deaf && !self.listening.swap(true, Ordering::AcqRel)
    }

    pub(super) fn end(&self) {
        self.asked.send_replace(Asked::new());
        self.listening.store(false, Ordering::Release);
    }

    /// Notes what the server promised.
    pub(super) fn note_promises(&self, promises: Promises) {
        *self.promises.lock().unwrap_or_else(PoisonError::into_inner) = promises;
    }

    /// Notes that the server offers no stream.
    pub(super) fn note_deaf(&self, live: &LiveConnector) {
        let until = Instant::now() + DEAF_FOR;
        *self.deaf.lock().unwrap_or_else(PoisonError::into_inner) = Some((live.row_version, until));
    }

    /// The addresses that are followed now.
    pub(super) fn wanted(&self) -> BTreeSet<Arc<str>> {
        self.followed.borrow().keys().cloned().collect()
    }

    pub(super) fn is_followed(&self, uri: &str) -> bool {
        self.followed.borrow().contains_key(uri)
    }
}

impl Hub {
    /// What a connector's server promised to say on its own; nothing before it was reached.
    pub fn promises(&self, connector: ConnectorId) -> Promises {
        let ears = self.inner.listeners.lock();
        let ear = ears.get(&connector);
        ear.map(|ear| *ear.promises.lock().unwrap_or_else(PoisonError::into_inner))
            .unwrap_or_default()
    }

    /// Follows a resource of a connector: its server is asked once, however many follow it.
    pub fn follow_resource(&self, connector: ConnectorId, uri: &str) -> Following {
        let (ear, uri) = (self.inner.listeners.of(connector), Arc::<str>::from(uri));
        ear.followed.send_if_modified(|followed| {
            let count = followed.entry(uri.clone()).or_default();
            *count += 1;
            *count == 1
        });
        Following { ear, uri }
    }
}

impl Following {
    /// Waits for what the server says to it; nothing when it says nothing within that time.
    pub async fn agreed_within(&self, limit: Duration) -> Option<bool> {
        let mut asked = self.ear.asked.subscribe();
        let heard = asked.wait_for(|asked| asked.contains_key(&self.uri));
        match tokio::time::timeout(limit, heard).await {
            Ok(Ok(asked)) => asked.get(&self.uri).copied(),
            _ => None,
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.ear.followed.send_if_modified(|followed| {
            let Some(count) = followed.get_mut(&self.uri) else {
                return false;
            };
            *count -= 1;
            *count == 0 && followed.remove(&self.uri).is_some()
        });
    }
}
