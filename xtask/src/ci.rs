//! `cargo xtask ci`: everything that must pass before a change lands.

use anyhow::Result;

use crate::report::{Outcome, Report, Skips};
use crate::{deny, kill, process, test};

/// Enough to notice when it breaks; `cargo xtask kill` runs 500.
const KILLS: u32 = 10;

/// Runs the checks, quickest first, then every suite. Nothing may be skipped but what `deny.rs` explains.
pub(crate) fn run() -> bool {
    let mut report = Report::default();
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    report.add(
        "rustfmt",
        cargo(&["fmt", "--all", "--check"]),
        Skips::Refused,
    );
    report.add("clippy", cargo(&clippy), Skips::Refused);
    report.add("documentation", documentation(), Skips::Refused);
    report.add("licences, bans and sources", deny::run(), Skips::Allowed);
    report.add("kill -9 during turns", kill::short(KILLS), Skips::Refused);
    test::suites(&mut report, Skips::Refused);
    report.finish()
}

fn cargo(args: &[&str]) -> Result<Outcome> {
    Ok(Outcome::check(
        process::run(process::cargo().args(args))?,
        "see above",
    ))
}

fn documentation() -> Result<Outcome> {
    let mut command = process::cargo();
    command.args([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--locked",
    ]);
    Ok(Outcome::check(
        process::run(command.env("RUSTDOCFLAGS", "-D warnings"))?,
        "see above",
    ))
}
