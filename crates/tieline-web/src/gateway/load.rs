//! How many calls each access key has running, and how many streams it has open, so that one runaway client can't take
//! every connection.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tieline_domain::{KeyId, Table};
use tieline_hub::{Hub, SessionKey};

use super::errors::Fault;

/// The keys that were used lately.
#[derive(Debug)]
pub(super) struct KeyLoads {
    limit: u32,
    streams: u32,
    loads: RwLock<Table<KeyId, Arc<KeyLoad>>>,
}

#[derive(Debug)]
struct KeyLoad {
    key: KeyId,
    /// What a client without a session of its own is called towards servers.
    session: SessionKey,
    running: AtomicU32,
    listening: AtomicU32,
}

/// A place among the calls that one key may have running. Dropping it makes room.
#[derive(Debug)]
pub(super) struct Permit(Arc<KeyLoad>);

/// A place among the streams that one key may have open. Dropping it makes room.
#[derive(Debug)]
pub(super) struct StreamPermit(Arc<KeyLoad>);

impl KeyLoads {
    /// At most `limit` calls, and `streams` open streams, for each key.
    pub(super) fn new(limit: u32, streams: u32) -> Self {
        Self {
            limit,
            streams,
            loads: RwLock::default(),
        }
    }

    fn load(&self, key: KeyId) -> Arc<KeyLoad> {
        let loads = self.loads.read().unwrap_or_else(PoisonError::into_inner);
        let known = loads.get(&key).cloned();
        drop(loads);
        known.unwrap_or_else(|| {
            let mut loads = self.loads.write().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(KeyLoad::new(key));
            loads.entry(key).or_insert_with(new).clone()
        })
    }

    /// A place for one more call, unless the key has as many running as it may.
    pub(super) fn admit(&self, key: KeyId) -> Result<Permit, Fault> {
        let load = self.load(key);
        let more = |running| (running < self.limit).then_some(running + 1);
        match load
            .running
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
        {
            Ok(_) => Ok(Permit(load)),
            Err(_) => Err(Fault::too_many_calls(self.limit)),
        }
    }

    /// A place for one more stream that stays open.
    pub(super) fn admit_stream(&self, key: KeyId) -> Result<StreamPermit, Fault> {
        let load = self.load(key);
        let more = |open| (open < self.streams).then_some(open + 1);
        match load
            .listening
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
        {
            Ok(_) => Ok(StreamPermit(load)),
            Err(_) => Err(Fault::too_many_streams(self.streams)),
        }
    }

    /// Forgets keys without a running call.
    pub(super) fn forget_idle(&self) {
        let mut loads = self.loads.write().unwrap_or_else(PoisonError::into_inner);
        loads.retain(|_, load| load.is_in_use());
    }
}

impl KeyLoad {
    fn new(key: KeyId) -> Self {
        Self {
            key,
            session: SessionKey(format!("key:{key}").into()),
            running: AtomicU32::new(0),
            listening: AtomicU32::new(0),
        }
    }

    fn is_in_use(&self) -> bool {
        self.running.load(Ordering::Acquire) > 0 || self.listening.load(Ordering::Acquire) > 0
    }
}

impl Permit {
    /// Notes that the key is used.
    pub(super) fn note_use(&self, hub: &Hub, client: &str) {
        hub.note_key_use(self.0.key, client);
    }

    /// The name towards servers of a client that has no session: one for each key, never shared between people.
    pub(super) fn session(&self) -> &SessionKey {
        &self.0.session
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.0.listening.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use tieline_testkit::{FixedClock, SeededEntropy};

    use super::*;

    #[test]
    fn each_key_has_its_own_limit_and_gets_its_place_back() {
        let key = |seed| KeyId::generate(&FixedClock::default(), &SeededEntropy::new(seed));
        let loads = KeyLoads::new(2, 1);
        let (ada, bob) = (key(1), key(2));
        let first = loads.admit(ada).expect("room");
        let second = loads.admit(ada).expect("room");
        assert!(loads.admit(ada).is_err());
        let other = loads.admit(bob).expect("room");
        assert_eq!(first.session(), second.session());
        assert_ne!(first.session(), other.session());
        loads.forget_idle();
        assert!(loads.admit(ada).is_err(), "running calls are remembered");
        drop(first);
        assert!(loads.admit(ada).is_ok());
        let stream = loads.admit_stream(ada).expect("room");
        assert!(loads.admit_stream(ada).is_err());
        assert!(loads.admit_stream(bob).is_ok());
        drop(stream);
        assert!(loads.admit_stream(ada).is_ok());
    }
}
