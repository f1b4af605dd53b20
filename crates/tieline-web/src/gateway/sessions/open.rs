//! The open sessions by their ids, and how many each access key has: thousands are not gone through when one more begins.

use std::collections::HashMap;
use std::sync::Arc;

use super::{McpSession, Owner};

#[derive(Debug, Default)]
pub(super) struct OpenSessions {
    by_id: HashMap<Arc<str>, Arc<McpSession>>,
    counts: HashMap<Owner, usize>,
}

impl OpenSessions {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<McpSession>> {
        self.by_id.values()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<McpSession>> {
        self.by_id.get(id)
    }

    /// Adds a session; also takes those out that have to give way so that its key has `per_key` at most: the ones that
    /// were used longest ago.
    pub(super) fn insert(
        &mut self,
        session: Arc<McpSession>,
        per_key: usize,
    ) -> Vec<Arc<McpSession>> {
        let owner = session.owner;
        let count = self.counts.get(&owner).copied().unwrap_or_default();
        let surplus = (count + 1).saturating_sub(per_key);
        let mut own = Vec::new();
        if surplus > 0 {
            let of_owner = self.all().filter(|held| held.owner == owner);
            own.extend(of_owner.cloned());
            own.sort_by_cached_key(|held| held.last_used());
            own.truncate(surplus);
        }
        for old in &own {
            self.remove(&old.id);
        }
        *self.counts.entry(owner).or_default() += 1;
        self.by_id.insert(session.id.clone(), session);
        own
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<McpSession>> {
        let session = self.by_id.remove(id)?;
        self.uncount(&session);
        Some(session)
    }

    pub(super) fn take_if(&mut self, test: impl Fn(&McpSession) -> bool) -> Vec<Arc<McpSession>> {
        let taken = self.by_id.extract_if(|_, held| test(held));
        let taken: Vec<_> = taken.map(|(_, held)| held).collect();
        for session in &taken {
            self.uncount(session);
        }
        taken
    }

    fn uncount(&mut self, session: &McpSession) {
        if let Some(count) = self.counts.get_mut(&session.owner) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&session.owner);
            }
        }
    }
}
