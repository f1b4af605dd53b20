//! Random bytes that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use tieline_domain::Entropy;

/// A stream of bytes made from a seed: SHA-256 of the seed and a counter. It never repeats a block.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    counter: AtomicU64,
}

impl SeededEntropy {
    /// The stream of this seed, from its start.
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: AtomicU64::new(0),
        }
    }

    fn block(&self) -> [u8; 32] {
        let counter = self.counter.fetch_add(1, Ordering::SeqCst);
        let mut hasher = Sha256::new();
        hasher.update(self.seed.to_be_bytes());
        hasher.update(counter.to_be_bytes());
        hasher.finalize().into()
    }
}

impl Default for SeededEntropy {
    fn default() -> Self {
        Self::new(7)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            chunk.copy_from_slice(&self.block()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(entropy: &SeededEntropy) -> [u8; 48] {
        let mut bytes = [0; 48];
        entropy.fill(&mut bytes);
        bytes
    }

    #[test]
    fn repeats_by_seed_and_never_within_one() {
        let one = SeededEntropy::new(1);
        let first = take(&one);
        assert_eq!(first, take(&SeededEntropy::new(1)));
        assert_ne!(first, take(&SeededEntropy::new(2)));
        assert_ne!(first, take(&one));
    }
}
