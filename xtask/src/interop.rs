//! MCP clients and servers of other projects against the real binary (`interop/`).

use anyhow::Result;

use crate::report::{Outcome, Report, Skips};
use crate::{browser, conformance, node_tests, tools};

/// `cargo xtask interop`
pub(crate) fn command() -> bool {
    let mut report = Report::default();
    report.add("interop", run(), Skips::Refused);
    report.finish()
}

/// Builds the binary and runs the suite.
pub(crate) fn run() -> Result<Outcome> {
    let python = match tools::python_with_mcp() {
        Ok(python) => python,
        Err(missing) => return Ok(Outcome::Skipped(missing)),
    };
    let binary = browser::tieline()?;
    let examples = conformance::examples()?;
    let environment = [
        ("TIELINE_BIN", binary.as_path()),
        ("TIELINE_EXAMPLES", examples.as_path()),
        ("MCP_PYTHON", python.as_path()),
    ];
    node_tests::run("interop", "tests", &environment, None)
}
