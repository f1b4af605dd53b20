//! Benchmarks.

use anyhow::{Result, bail};

/// `cargo xtask bench [NAME…]`
pub(crate) fn command(words: &[String]) -> Result<bool> {
    bail!("no benchmark is called {}", words.join(" "))
}
