//! `cargo xtask tidy`: the checks of the repository itself, which are tests in `xtask/tests/tidy.rs`.

use anyhow::Result;

use crate::process;

/// Runs them alone.
pub(crate) fn command() -> Result<bool> {
    process::run(process::cargo().args(["test", "--quiet", "--package", "xtask", "--test", "tidy"]))
}
