//! What each suite came to, and the summary at the end.

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

/// What one suite or check came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A check without tests of its own passed.
    Fine,
    /// A check without tests of its own failed.
    Broken(String),
    /// A test runner ended; `summary` is its own last line.
    Ran { counts: Counts, summary: String },
    /// It could not run here.
    Skipped(String),
}

impl Outcome {
    /// Fine when true.
    pub(crate) fn check(passed: bool, otherwise: &str) -> Self {
        if passed {
            Self::Fine
        } else {
            Self::Broken(otherwise.to_owned())
        }
    }
}

/// Whether a suite that cannot run is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skips {
    Allowed,
    Refused,
}

/// All suites of one run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    counts: Counts,
}

impl Report {
    /// Notes how a suite ended.
    pub(crate) fn add(&mut self, suite: &str, outcome: anyhow::Result<Outcome>, skips: Skips) {
        let outcome = outcome.unwrap_or_else(|error| Outcome::Broken(format!("{error:#}")));
        let line = match outcome {
            Outcome::Fine => format!("passed  {suite}"),
            Outcome::Broken(why) => {
                self.counts.failed += 1;
                format!("FAILED  {suite}: {why}")
            }
            Outcome::Ran { counts, summary } => {
                self.counts.passed += counts.passed;
                self.counts.failed += counts.failed;
                let word = if counts.failed == 0 {
                    "passed"
                } else {
                    "FAILED"
                };
                format!("{word}  {suite}: {}", summary.trim())
            }
            Outcome::Skipped(why) if skips == Skips::Refused => {
                self.counts.failed += 1;
                format!("FAILED  {suite}: must not be skipped: {why}")
            }
            Outcome::Skipped(why) => format!("SKIPPED {suite}: {why}"),
        };
        println!("\n{line}");
        self.lines.push(line);
    }

    /// Prints every suite and the final count; true when nothing failed.
    pub(crate) fn finish(self) -> bool {
        println!("\n--- summary ---");
        for line in &self.lines {
            println!("{line}");
        }
        println!(
            "{} passed, {} failed",
            self.counts.passed, self.counts.failed
        );
        self.counts.failed == 0
    }
}
