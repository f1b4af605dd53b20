//! The rules that every door relies on: what is accepted, what is refused with which code, and what names come out.

mod bad_input;
mod connector_draft;
mod connector_url;
mod ids_and_time;
mod keys;
mod models;
mod names;
mod providers;
mod resource_uri;
mod slug;
mod tokens;
mod tool_definition;
mod tool_name;
mod users;

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use tieline_domain::{Clock, Entropy, Timestamp};

/// The test kit depends on this crate, so these two are here once more in their smallest form.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&Sha256::digest(count.to_be_bytes())[..chunk.len()]);
        }
    }
}

#[derive(Debug)]
struct Still(i64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0)
    }
}
