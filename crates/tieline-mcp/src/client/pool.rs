//! Connections at rest, kept for the next request to the same server.
//!
//! Each thread has its own: a connection belongs to the reactor of the runtime that made it, and a server's worker
//! threads have a runtime each, so that a call stays on one thread from its first byte to its last.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::time::Instant;

use super::connection::Connection;
use super::target::Address;

/// Below the 60 s and 75 s after which common servers and load balancers close an idle connection.
const REST: Duration = Duration::from_secs(50);
/// At rest for one server, per thread.
const MOST_AT_REST: usize = 64;
/// How often those that rested too long are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// Threads share a lock only when they fall into the same of these.
const SHELVES: usize = 16;

/// Threads number themselves, and the origins are those that an admin entered: nobody picks keys that collide.
type Table<K, V> = HashMap<K, V, RandomState>;

/// The connections at rest of one HTTP client.
pub(super) struct Pool {
    shelves: [Mutex<Shelf>; SHELVES],
    hasher: RandomState,
    /// A connection is given up at this age, so that a change in DNS is noticed.
    longest: Duration,
}

#[derive(Default)]
struct Shelf {
    at_rest: Table<ThreadId, Table<Box<str>, Vec<AtRest>>>,
    swept: Option<Instant>,
}

struct AtRest {
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub(super) fn new(longest: Duration) -> Self {
        Self {
            shelves: Default::default(),
            hasher: RandomState::default(),
            longest,
        }
    }

    /// A connection to this server that can take a request now. The one used last comes first.
    pub(super) fn take(&self, address: &Address, now: Instant) -> Option<Connection> {
        let thread = thread::current().id();
        loop {
            // Looked at outside the lock: it reads from the socket.
            let mut found = self.take_one(thread, address)?;
            if now.saturating_duration_since(found.since) < REST && found.connection.is_ready() {
                if let Some(shared) = found.connection.share() {
                    self.put(address, shared);
                }
                return Some(found.connection);
            }
        }
    }

    fn take_one(&self, thread: ThreadId, address: &Address) -> Option<AtRest> {
        let mut mine = self.shelf_of(thread);
        mine.at_rest
            .get_mut(&thread)?
            .get_mut(address.origin())?
            .pop()
    }

    /// Keeps a connection for the next request, unless it is too old or there are enough.
    pub(super) fn put(&self, address: &Address, connection: Connection) {
        let now = Instant::now();
        if now.duration_since(connection.born()) > self.longest {
            return;
        }
        let thread = thread::current().id();
        let mut place = self.shelf_of(thread);
        let over = place.sweep(now);
        let mine = place.at_rest.entry(thread).or_default();
        let at_rest = AtRest {
            connection,
            since: now,
        };
        match mine.get_mut(address.origin()) {
            Some(kept) if kept.len() >= MOST_AT_REST => {}
            // Those that can be shared are kept once: more would only be more to watch.
            Some(kept)
                if at_rest.connection.share().is_some()
                    && kept.iter().any(|kept| kept.connection.share().is_some()) => {}
            Some(kept) => kept.push(at_rest),
            None => {
                mine.insert(address.origin().into(), vec![at_rest]);
            }
        }
        drop(place);
        // Closing sockets takes a while and needs no lock.
        drop(over);
    }

    fn shelf_of(&self, thread: ThreadId) -> std::sync::MutexGuard<'_, Shelf> {
        let at = usize::try_from(self.hasher.hash_one(thread)).unwrap_or_default() % SHELVES;
        self.shelves[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Takes out what rested too long, from time to time.
    fn sweep(&mut self, now: Instant) -> Vec<AtRest> {
        if self
            .swept
            .is_some_and(|swept| now.duration_since(swept) < SWEEP_EVERY)
        {
            return Vec::new();
        }
        self.swept = Some(now);
        let mut over = Vec::new();
        for servers in self.at_rest.values_mut() {
            servers.retain(|_, kept| {
                over.extend(kept.extract_if(.., |rests| now.duration_since(rests.since) >= REST));
                !kept.is_empty()
            });
        }
        self.at_rest.retain(|_, servers| !servers.is_empty());
        over
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").finish_non_exhaustive()
    }
}
