//! Until when the certificates of servers are good, as the last handshake with each showed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many servers are remembered. There are far fewer connectors.
const SERVERS: usize = 4_096;

/// Seconds since 1970, by host and port.
#[derive(Debug, Default)]
pub(crate) struct Certificates(Mutex<HashMap<(String, u16), u64>>);

impl Certificates {
    pub(super) fn note(&self, host: &str, port: u16, end: u64) {
        let mut held = self.lock();
        let key = (host.to_owned(), port);
        if held.len() < SERVERS || held.contains_key(&key) {
            held.insert(key, end);
        }
    }

    pub(crate) fn end_of(&self, host: &str, port: u16) -> Option<u64> {
        self.lock().get(&(host.to_owned(), port)).copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, u16), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
