//! The catalogues that modern clients may still hold.
//!
//! A modern client keeps its list for a while. When it then calls a tool that has left, "there is no such tool" would
//! be a riddle; the entry that it was given lets `dispatch` say what happened: removed, turned off, withdrawn.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tieline_hub::{Catalog, CatalogTool};
use tokio::time::Instant;

use super::door::{Door, View};

/// How many are kept.
const MOST: usize = 4;
/// For how long: a client that ignores `ttlMs` for longer gets the plain answer.
const KEEP: Duration = Duration::from_mins(10);

#[derive(Debug, Default)]
pub(super) struct RecentCatalogs {
    given: Mutex<VecDeque<(Arc<Catalog>, Instant)>>,
}

impl RecentCatalogs {
    /// Remembers that this catalogue was given out.
    pub(super) fn given(&self, catalog: &Arc<Catalog>) {
        let now = Instant::now();
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|(held, at)| !Arc::ptr_eq(held, catalog) && now.duration_since(*at) < KEEP);
        given.push_back((catalog.clone(), now));
        while given.len() > MOST {
            given.pop_front();
        }
    }

    /// The newest entry under this name that was given out behind this door.
    pub(super) fn tool(&self, door: &Door, name: &str) -> Option<Arc<CatalogTool>> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given
            .iter()
            .rev()
            .filter(|(_, at)| at.elapsed() < KEEP)
            .find_map(|(catalog, _)| {
                View {
                    door: door.clone(),
                    catalog: catalog.clone(),
                }
                .tool(name)
                .cloned()
            })
    }
}
