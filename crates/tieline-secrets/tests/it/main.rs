//! What an attacker with the database, the disk or a wrong key gets: nothing, and a message that says what to do.

mod key_ring;
mod master_key;
mod slip;
mod source;

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use tieline_domain::Entropy;
use tieline_secrets::{Binding, KeyRing, MasterKey};

/// The test kit brings a web server along, which sealing should not have to wait for, so this is here once more.
#[derive(Debug)]
struct SeededEntropy {
    seed: u64,
    counter: AtomicU64,
}

impl SeededEntropy {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: AtomicU64::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.counter.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(count.to_be_bytes());
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
        }
    }
}

fn key(seed: u64) -> MasterKey {
    MasterKey::generate(&SeededEntropy::new(seed))
}

fn ring(seed: u64) -> KeyRing {
    KeyRing::new(key(seed))
}

const BINDING: Binding<'static> = Binding {
    table: "connectors",
    row: "019aac00-0000-7000-8000-000000000001",
    field: "token",
    header: "Authorization",
    origin: "https://mcp.example.com:443",
};
