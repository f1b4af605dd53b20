//! `cargo xtask test`: every test that can run on this machine.

use crate::postgres::Postgres;
use crate::report::{Outcome, Report, Skips};
use crate::{browser, conformance, interop, rust_tests};

/// Runs all suites; what cannot run here is named with its reason.
pub(crate) fn run() -> bool {
    let mut report = Report::default();
    suites(&mut report, Skips::Allowed);
    report.finish()
}

/// All suites, the workspace's own tests last so that their summary ends the output.
pub(crate) fn suites(report: &mut Report, skips: Skips) {
    report.add("browser tests", browser::run(None), skips);
    report.add("interop", interop::run(), skips);
    report.add("conformance", conformance::run(None), skips);
    match Postgres::start() {
        Ok(Ok(server)) => report.add(
            "tests on SQLite and PostgreSQL",
            rust_tests::run(Some(&server)),
            skips,
        ),
        Ok(Err(missing)) => {
            report.add("tests on PostgreSQL", Ok(Outcome::Skipped(missing)), skips);
            report.add("tests on SQLite", rust_tests::run(None), skips);
        }
        Err(broken) => {
            report.add("tests on PostgreSQL", Err(broken), skips);
            report.add("tests on SQLite", rust_tests::run(None), skips);
        }
    }
}
