//! cargo-deny: licences, banned crates, who may use what, and where crates come from (`deny.toml`).
//!
//! The advisory database is a Git repository of its own, so advisories are left to a machine that can fetch it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::process;
use crate::report::Outcome;

const VERSION: &str = "0.20.2";
/// Building cargo-deny costs minutes; longer than this and the run goes on without it.
const PATIENCE: Duration = Duration::from_mins(15);

/// Runs the checks that need no network, installing cargo-deny below the target folder if it must.
pub(crate) fn run() -> Result<Outcome> {
    let Some(program) = find().or_else(install) else {
        return Ok(Outcome::Skipped(format!(
            "cargo-deny {VERSION} could not be installed"
        )));
    };
    let mut check = process::command(program);
    check.args([
        "--locked",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]);
    Ok(Outcome::check(process::run(&mut check)?, "see above"))
}

fn home() -> PathBuf {
    process::target_dir().join("tools")
}

fn find() -> Option<PathBuf> {
    let own = home().join("bin/cargo-deny");
    own.is_file()
        .then_some(own)
        .or_else(|| process::find("cargo-deny"))
}

fn install() -> Option<PathBuf> {
    let mut command = process::cargo();
    command
        .args([
            "install",
            "cargo-deny",
            "--version",
            VERSION,
            "--locked",
            // It runs for a second; building it with optimisation would cost minutes.
            "--debug",
            "--root",
        ])
        .arg(home());
    // Our own build folder keeps the other crates' features apart from those of the workspace.
    command.arg("--target-dir").arg(home().join("build"));
    process::run_within(&mut command, PATIENCE)
        .ok()
        .flatten()
        .filter(|installed| *installed)?;
    find()
}
