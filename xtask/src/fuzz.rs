//! Broken input by the million for everything that reads what strangers wrote (`fuzz.rs` in the crates).

use anyhow::{Context as _, Result};

use crate::process;
use crate::report::{Outcome, Report, Skips};

/// The crates whose tests named `fuzz_…` take their number of inputs from the environment.
const CRATES: [&str; 3] = ["tieline-hub", "tieline-mcp", "tieline-web"];

/// `cargo xtask fuzz [MILLIONS] [--seed=N]`: so many million inputs in all, shared evenly by what is fuzzed.
pub(crate) fn command(words: &[String]) -> Result<bool> {
    let (mut millions, mut seed) = (10, 1);
    for word in words {
        match word.strip_prefix("--seed=") {
            Some(number) => seed = number.parse().context("--seed=N wants a number")?,
            None => millions = word.parse().context("MILLIONS is a number")?,
        }
    }
    let mut report = Report::default();
    report.add("fuzzing", run(millions, seed), Skips::Refused);
    Ok(report.finish())
}

fn run(millions: u64, seed: u64) -> Result<Outcome> {
    let mut list = tests();
    let targets = process::output(list.args(["--list", "--format=terse"]))?
        .lines()
        .filter(|line| line.ends_with(": test"))
        .count();
    let each = (millions * 1_000_000).div_ceil(u64::try_from(targets.max(1))?);
    let mut command = tests();
    command
        .args(["--nocapture"])
        .env("TIELINE_FUZZ_EXECUTIONS", each.to_string())
        .env("TIELINE_FUZZ_SEED", seed.to_string());
    let mut tried = 0;
    let status = process::watched(&mut command, |line| tried += executions(line))?;
    println!("{tried} inputs in {targets} targets, seed {seed}");
    Ok(Outcome::check(
        status.success() && tried >= millions * 1_000_000,
        "an input that breaks a promise is printed above",
    ))
}

fn tests() -> std::process::Command {
    let mut command = process::cargo();
    command.args(["test", "--quiet", "--locked", "--lib"]);
    for name in CRATES {
        command.args(["--package", name]);
    }
    command.args(["--", "fuzz_"]);
    command
}

/// What `fuzzed NAME: 123 executions, …` says.
fn executions(line: &str) -> u64 {
    let Some((_, rest)) = line.split_once("fuzzed ") else {
        return 0;
    };
    rest.split_once(": ")
        .and_then(|(_, rest)| rest.split_once(" executions"))
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_from_the_lines_of_the_targets() {
        assert_eq!(executions("fuzzed a b: 3000 executions, 4 kept"), 3000);
        assert_eq!(executions("..fuzzed x: 5 executions, 1 kept"), 5);
        assert_eq!(executions("running 6 tests"), 0);
    }
}
