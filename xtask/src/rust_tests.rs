//! All tests of the workspace, with cargo-nextest where it is installed and `cargo test` where not.

use anyhow::Result;

use crate::postgres::{self, Postgres};
use crate::process;
use crate::report::{Counts, Outcome};

/// Runs them; the store's suite runs on PostgreSQL as well when a server is given.
pub(crate) fn run(server: Option<&Postgres>) -> Result<Outcome> {
    let nextest = process::succeeds(process::cargo().args(["nextest", "--version"]));
    let mut command = process::cargo();
    if nextest {
        // The profiles are in .config/nextest.toml: `default` leaves PostgreSQL out, `ci` leaves nothing out.
        let profile = if server.is_some() { "ci" } else { "default" };
        command.args([
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--profile",
            profile,
        ]);
    } else {
        command.args([
            "test",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--all-targets",
            "--",
        ]);
        if server.is_none() {
            command.args(["--skip", "postgres::"]);
        }
    }
    if let Some(server) = server {
        command.env(postgres::URL_VARIABLE, server.url());
    }
    let mut summary = Summary::default();
    let status = process::watched(&mut command, |line| summary.read(line))?;
    Ok(summary.into_outcome(status.success()))
}

#[derive(Default)]
struct Summary {
    counts: Counts,
    line: Option<String>,
}

impl Summary {
    /// Understands `Summary [ 1.2s] 9 tests run: 8 passed, 1 failed, 2 skipped` of nextest and
    /// `test result: ok. 8 passed; 1 failed; …` of the standard runner, which prints one per binary.
    fn read(&mut self, line: &str) {
        let line = line.trim();
        let nextest = line.starts_with("Summary [");
        if !nextest && !line.starts_with("test result:") {
            return;
        }
        self.counts.passed += number_before(line, " passed");
        for word in [" failed", " timed out", " exec failed"] {
            self.counts.failed += number_before(line, word);
        }
        if nextest {
            self.line = Some(line.to_owned());
        }
    }

    fn into_outcome(self, succeeded: bool) -> Outcome {
        let Counts { passed, failed } = self.counts;
        if passed + failed == 0 || (failed == 0 && !succeeded) {
            return Outcome::Broken("the test run did not get to its end".to_owned());
        }
        let summary = self
            .line
            .unwrap_or_else(|| format!("{passed} passed; {failed} failed"));
        Outcome::Ran {
            counts: self.counts,
            summary,
        }
    }
}

/// The number that stands directly before `word`, or 0.
fn number_before(line: &str, word: &str) -> u64 {
    let Some((before, _)) = line.split_once(word) else {
        return 0;
    };
    let digits = before
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lines: &[&str]) -> (u64, u64) {
        let mut summary = Summary::default();
        for line in lines {
            summary.read(line);
        }
        (summary.counts.passed, summary.counts.failed)
    }

    #[test]
    fn nextest_summaries_are_read() {
        assert_eq!(
            counts(&[
                "     Summary [   1.234s] 9 tests run: 8 passed (2 slow), 1 failed, 3 skipped"
            ]),
            (8, 1)
        );
        assert_eq!(
            counts(&["     Summary [   0.5s] 7 tests run: 6 passed, 1 timed out, 0 skipped"]),
            (6, 1)
        );
    }

    #[test]
    fn summaries_of_the_standard_runner_add_up() {
        let line = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(
            counts(&[line, "test result: FAILED. 1 passed; 2 failed; 0 ignored"]),
            (6, 2)
        );
    }

    #[test]
    fn a_run_without_a_summary_is_broken() {
        assert!(matches!(
            Summary::default().into_outcome(true),
            Outcome::Broken(_)
        ));
    }
}
