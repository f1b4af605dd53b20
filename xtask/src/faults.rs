//! The tests of faults (`f01_…` to `f12_…` in the crates), for longer than in every run.

use anyhow::{Context as _, Result};

use crate::process;
use crate::report::{Outcome, Report, Skips};

/// The crates that have some.
const CRATES: [&str; 2] = ["tieline-hub", "tieline-mcp"];

/// `cargo xtask faults [TIMES]`: so many times as many rounds as usual, 100 by default.
pub(crate) fn command(words: &[String]) -> Result<bool> {
    let times: u32 = match words.first() {
        Some(word) => word.parse().context("TIMES is a number")?,
        None => 100,
    };
    let mut report = Report::default();
    report.add("faults", run(times), Skips::Refused);
    Ok(report.finish())
}

fn run(times: u32) -> Result<Outcome> {
    let mut command = process::cargo();
    command.args(["test", "--locked", "--test", "it"]);
    for name in CRATES {
        command.args(["--package", name]);
    }
    // One after the other: what is measured must not be disturbed.
    command.args([
        "--",
        "faults::f",
        "::f09_",
        "::f1",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env("TIELINE_FAULT_ROUNDS", times.to_string());
    Ok(Outcome::check(process::run(&mut command)?, "see above"))
}
