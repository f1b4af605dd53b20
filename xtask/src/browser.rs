//! The browser tests: real Chromium against the real binary (`e2e/`).

use anyhow::Result;

use crate::node_tests;
use crate::process;
use crate::report::{Outcome, Report, Skips};
use crate::tools;

/// `cargo xtask e2e [FILTER]`
pub(crate) fn command(words: &[String]) -> bool {
    let mut report = Report::default();
    report.add(
        "browser tests",
        run(words.first().map(String::as_str)),
        Skips::Refused,
    );
    report.finish()
}

/// Builds the binary and runs the tests whose name matches `filter`.
pub(crate) fn run(filter: Option<&str>) -> Result<Outcome> {
    let Some(chromium) = tools::program("chromium", "chromium") else {
        return Ok(Outcome::Skipped(
            "Chromium is not installed (apt-get install chromium)".to_owned(),
        ));
    };
    let binary = tieline()?;
    node_tests::run(
        "e2e",
        &[("TIELINE_BIN", &binary), ("CHROMIUM", &chromium)],
        filter,
    )
}

/// Builds `tieline` for tests and says where it is. `TIELINE_BIN` names another one.
pub(crate) fn tieline() -> Result<std::path::PathBuf> {
    if let Some(binary) = std::env::var_os("TIELINE_BIN") {
        return Ok(binary.into());
    }
    if !process::run(process::cargo().args(["build", "--locked", "--package", "tieline"]))? {
        anyhow::bail!("tieline does not build");
    }
    Ok(process::target_dir().join("debug/tieline"))
}
