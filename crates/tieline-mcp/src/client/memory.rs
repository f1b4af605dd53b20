//! What large answers take in memory, all together: one bound for the process, whoever called.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::error::Failure;

/// Answers up to this size are not counted: there can't be enough of them at once to matter.
const SMALL: usize = 64 << 10;

/// How much all large answers may take together.
#[derive(Debug)]
pub struct Memory {
    limit: usize,
    held: AtomicUsize,
}

/// What one call's answer takes of it. Dropping it gives that back.
#[derive(Debug)]
pub struct Hold {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl Memory {
    /// At most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            held: AtomicUsize::new(0),
        }
    }

    /// Whether one more answer of this size could be taken now.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.held.load(Ordering::Relaxed).saturating_add(bytes) <= self.limit
    }

    /// For one more call, which takes nothing yet.
    pub fn hold(self: &Arc<Self>) -> Hold {
        Hold {
            memory: self.clone(),
            bytes: AtomicUsize::new(0),
        }
    }
}

impl Hold {
    /// Takes so much in all, if that much is left.
    pub(crate) fn grow_to(&self, bytes: usize) -> Result<(), Failure> {
        let own = self.bytes.load(Ordering::Relaxed);
        if bytes <= SMALL || bytes <= own {
            return Ok(());
        }
        let Memory { limit, held } = &*self.memory;
        let more = bytes - own;
        let taken = held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
            held.checked_add(more).filter(|all| all <= limit)
        });
        match taken {
            Ok(_) => {
                self.bytes.store(bytes, Ordering::Relaxed);
                Ok(())
            }
            Err(_) => Err(Failure::Overloaded { limit: *limit }),
        }
    }

    /// The answer as it leaves: it keeps its place until its last byte was sent or nobody wants it any more.
    pub fn keep_for(&self, answer: Bytes) -> Bytes {
        let bytes = self.bytes.swap(0, Ordering::Relaxed);
        if bytes == 0 {
            return answer;
        }
        let hold = Self {
            memory: self.memory.clone(),
            bytes: AtomicUsize::new(bytes),
        };
        Bytes::from_owner(Kept {
            answer,
            _hold: hold,
        })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let bytes = mem::take(self.bytes.get_mut());
        if bytes > 0 {
            self.memory.held.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

struct Kept {
    answer: Bytes,
    _hold: Hold,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back_once_the_last_copy_of_an_answer_is_gone() {
        let memory = Arc::new(Memory::new(3 * SMALL));
        let first = memory.hold();
        assert!(first.grow_to(SMALL).is_ok(), "small ones take nothing");
        assert!(memory.has_room(3 * SMALL));
        assert!(first.grow_to(2 * SMALL).is_ok());
        let second = memory.hold();
        assert_eq!(
            second.grow_to(2 * SMALL).map_err(|failure| failure.code()),
            Err("overloaded")
        );
        let sent = first.keep_for(Bytes::from_static(b"answer"));
        drop(first);
        let copy = sent.slice(1..);
        drop(sent);
        assert!(!memory.has_room(2 * SMALL));
        assert_eq!(copy, "nswer");
        drop(copy);
        assert!(memory.has_room(3 * SMALL));
        assert!(second.grow_to(2 * SMALL).is_ok());
    }
}
