//! The official conformance suite against the real binary and against our client (`interop/conformance`).

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::report::{Outcome, Report, Skips};
use crate::{browser, node_tests, process};

/// `cargo xtask conformance [FILTER]`
pub(crate) fn command(words: &[String]) -> bool {
    let mut report = Report::default();
    let filter = words.first().map(String::as_str);
    report.add("conformance", run(filter), Skips::Refused);
    report.finish()
}

/// Builds the binary, the fixture and the client, and runs the suite with each revision that counts.
pub(crate) fn run(filter: Option<&str>) -> Result<Outcome> {
    let binary = browser::tieline()?;
    let examples = examples()?;
    let environment = [
        ("TIELINE_BIN", binary.as_path()),
        ("TIELINE_EXAMPLES", examples.as_path()),
    ];
    node_tests::run("interop", "conformance", &environment, filter)
}

/// The whole workspace's examples: so everything that is built for them is what its tests need too.
/// `TIELINE_EXAMPLES` names other ones.
pub(crate) fn examples() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("TIELINE_EXAMPLES") {
        return Ok(folder.into());
    }
    let build = ["build", "--workspace", "--examples", "--locked"];
    if !process::run(process::cargo().args(build))? {
        bail!("the examples do not build");
    }
    Ok(process::target_dir().join("debug/examples"))
}
