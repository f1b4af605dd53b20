//! Recognises a caller by an access key, in memory.

use thiserror::Error;
use tieline_domain::{AccessKey, Role};

use crate::Hub;
use crate::dispatch::Caller;

/// Why a key does not open anything. Callers see one and the same answer for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyRefused {
    /// It is not a key at all: its form or its check digits are wrong.
    #[error("this is not an access key of Tieline")]
    NotAKey,
    /// It is unknown, revoked, expired, or its owner is suspended.
    #[error("this access key is unknown, revoked or expired")]
    Unknown,
    /// The database has not answered for so long that a revocation could have been missed.
    #[error("Tieline cannot reach its database, so it cannot know whether this key is still valid")]
    Stale,
}

impl Hub {
    /// Who a key belongs to. It is looked up by its hash in memory; the database is not asked.
    pub fn authenticate(&self, key: &str) -> Result<Caller, KeyRefused> {
        let key = AccessKey::parse(key).map_err(|_| KeyRefused::NotAKey)?;
        if !self.is_fresh() {
            return Err(KeyRefused::Stale);
        }
        let snapshot = self.inner.snapshot.load();
        let live = snapshot.key(&key.hash()).ok_or(KeyRefused::Unknown)?;
        if live.expires_at.is_some_and(|at| self.clock().now() >= at) {
            return Err(KeyRefused::Unknown);
        }
        Ok(Caller {
            user: live.user,
            user_name: live.user_name.clone(),
            role: live.role,
            key: Some(live.id),
        })
    }
}

impl Caller {
    /// Whether the person administers Tieline at this moment.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}
