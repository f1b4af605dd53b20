//! How many calls each access key has running, so that one runaway client can't take every connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tieline_domain::{KeyId, Timestamp};
use tieline_hub::{Caller, Hub};

use super::errors::Fault;

/// How often the use of a key is written down while it is in use.
const NOTE_EVERY: Duration = Duration::from_secs(30);

/// The keys that were used lately.
#[derive(Debug)]
pub(super) struct KeyLoads {
    limit: u32,
    loads: RwLock<HashMap<KeyId, Arc<KeyLoad>>>,
}

#[derive(Debug, Default)]
struct KeyLoad {
    running: AtomicU32,
    noted_at: AtomicI64,
}

/// A place among the calls that one key may have running. Dropping it makes room.
#[derive(Debug)]
pub(super) struct Permit(Option<Arc<KeyLoad>>);

impl KeyLoads {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit,
            loads: RwLock::default(),
        }
    }

    fn load(&self, key: KeyId) -> Arc<KeyLoad> {
        let known = self
            .loads
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        known.unwrap_or_else(|| {
            let mut loads = self.loads.write().unwrap_or_else(PoisonError::into_inner);
            loads.entry(key).or_default().clone()
        })
    }

    /// A place for one more call, unless the key has as many running as it may.
    pub(super) fn admit(&self, caller: &Caller) -> Result<Permit, Fault> {
        let Some(key) = caller.key else {
            return Ok(Permit(None));
        };
        let load = self.load(key);
        let more = |running| (running < self.limit).then_some(running + 1);
        match load
            .running
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
        {
            Ok(_) => Ok(Permit(Some(load))),
            Err(_) => Err(Fault::too_many_calls(self.limit)),
        }
    }

    /// Notes the use of a key, at most twice a minute.
    pub(super) fn note_use(&self, hub: &Hub, caller: &Caller, client: Option<&str>) {
        let Some(key) = caller.key else { return };
        let load = self.load(key);
        let now = hub.clock().now();
        let noted = load.noted_at.load(Ordering::Relaxed);
        if now.since(Timestamp::from_millis(noted)) < NOTE_EVERY {
            return;
        }
        let mine = load.noted_at.compare_exchange(
            noted,
            now.as_millis(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if mine.is_ok() {
            hub.note_key_use(key, client);
        }
    }

    /// Forgets keys without a running call.
    pub(super) fn forget_idle(&self) {
        let mut loads = self.loads.write().unwrap_or_else(PoisonError::into_inner);
        loads.retain(|_, load| load.running.load(Ordering::Acquire) > 0);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(load) = &self.0 {
            load.running.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use tieline_domain::{Role, UserId};
    use tieline_testkit::{FixedClock, SeededEntropy};

    use super::*;

    fn caller(seed: u64) -> Caller {
        let (clock, entropy) = (FixedClock::default(), SeededEntropy::new(seed));
        Caller {
            user: UserId::generate(&clock, &entropy),
            user_name: "Ada".into(),
            role: Role::Member,
            key: Some(KeyId::generate(&clock, &entropy)),
        }
    }

    #[test]
    fn each_key_has_its_own_limit_and_gets_its_place_back() {
        let loads = KeyLoads::new(2);
        let (ada, bob) = (caller(1), caller(2));
        let first = loads.admit(&ada).expect("room");
        let _second = loads.admit(&ada).expect("room");
        assert!(loads.admit(&ada).is_err());
        assert!(loads.admit(&bob).is_ok());
        loads.forget_idle();
        assert!(loads.admit(&ada).is_err(), "running calls are remembered");
        drop(first);
        assert!(loads.admit(&ada).is_ok());
    }
}
