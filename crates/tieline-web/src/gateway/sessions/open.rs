//! The open sessions by their ids and by who opened them: thousands are not gone through when one more begins.

use std::collections::HashMap;
use std::sync::Arc;

use super::{McpSession, Owner};

#[derive(Debug, Default)]
pub(super) struct OpenSessions {
    by_id: HashMap<Arc<str>, Arc<McpSession>>,
    by_owner: HashMap<Owner, Vec<Arc<McpSession>>>,
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
        let own = self.by_owner.entry(session.owner).or_default();
        let surplus = (own.len() + 1).saturating_sub(per_key);
        let mut giving_way = Vec::new();
        // Nearly always it is one or none.
        for _ in 0..surplus {
            let last_used = own.iter().enumerate();
            let oldest = last_used.min_by_key(|(_, held)| held.last_used());
            if let Some((at, _)) = oldest {
                let oldest = own.swap_remove(at);
                self.by_id.remove(&oldest.id);
                giving_way.push(oldest);
            }
        }
        own.push(session.clone());
        self.by_id.insert(session.id.clone(), session);
        giving_way
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<McpSession>> {
        let session = self.by_id.remove(id)?;
        self.forget(&session);
        Some(session)
    }

    pub(super) fn take_if(&mut self, test: impl Fn(&McpSession) -> bool) -> Vec<Arc<McpSession>> {
        let taken = self.by_id.extract_if(|_, held| test(held));
        let taken: Vec<_> = taken.map(|(_, held)| held).collect();
        for session in &taken {
            self.forget(session);
        }
        taken
    }

    /// Takes a session out of its owner's.
    fn forget(&mut self, session: &Arc<McpSession>) {
        if let Some(own) = self.by_owner.get_mut(&session.owner) {
            own.retain(|held| !Arc::ptr_eq(held, session));
            if own.is_empty() {
                self.by_owner.remove(&session.owner);
            }
        }
    }
}
