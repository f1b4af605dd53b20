//! The sessions that have something going on in this process. Each is here as long as somebody holds it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tieline_domain::SessionId;

use super::Live;

/// The sessions in memory.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    sessions: Mutex<HashMap<SessionId, Weak<Live>>>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Weak<Live>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, as everybody else in this process has it.
    pub(crate) fn session(self: &Arc<Self>, id: SessionId) -> Arc<Live> {
        let mut sessions = self.lock();
        if let Some(live) = sessions.get(&id).and_then(Weak::upgrade) {
            return live;
        }
        let live = Arc::new(Live::new(id, self.clone()));
        sessions.insert(id, Arc::downgrade(&live));
        live
    }

    /// The session, if it is in memory.
    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Live>> {
        self.lock().get(&id).and_then(Weak::upgrade)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        self.lock().values().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn forget(&self, id: SessionId) {
        let mut sessions = self.lock();
        // Somebody may have begun anew since the last holder let go.
        if sessions
            .get(&id)
            .is_some_and(|live| live.strong_count() == 0)
        {
            sessions.remove(&id);
        }
    }
}
