//! A folder of tests for Node's own test runner.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process;
use crate::report::{Counts, Outcome};
use crate::tools;

/// Installs what the folder's lock file names and runs the tests in one of its folders, one file after another.
pub(crate) fn run(
    folder: &str,
    tests: &str,
    environment: &[(&str, &Path)],
    filter: Option<&str>,
) -> Result<Outcome> {
    let node = match tools::node() {
        Ok(node) => node,
        Err(missing) => return Ok(Outcome::Skipped(missing)),
    };
    let folder = process::root().join(folder);
    tools::npm_ci(&folder)?;
    let mut command = process::command(node);
    command
        .current_dir(&folder)
        .args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    if let Some(filter) = filter {
        command.arg(format!("--test-name-pattern={filter}"));
    }
    command.args(test_files(&folder.join(tests))?);
    for (name, value) in environment {
        command.env(name, value);
    }
    let mut counts = Counts::default();
    let status = process::watched(&mut command, |line| read(line, &mut counts))?;
    if counts.passed + counts.failed == 0 || (counts.failed == 0 && !status.success()) {
        return Ok(Outcome::Broken(
            "the test run did not get to its end".to_owned(),
        ));
    }
    let summary = format!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(Outcome::Ran { counts, summary })
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Node ends with lines such as `ℹ pass 12`, `ℹ fail 1` and `ℹ cancelled 0`.
fn read(line: &str, counts: &mut Counts) {
    let Some(rest) = line.trim().strip_prefix("ℹ ") else {
        return;
    };
    let value = |word: &str| {
        rest.strip_prefix(word)
            .and_then(|text| text.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    counts.passed += value("pass ");
    counts.failed += value("fail ") + value("cancelled ");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_are_read() {
        let mut counts = Counts::default();
        for line in [
            "ℹ tests 5",
            "ℹ suites 0",
            "ℹ pass 3",
            "ℹ fail 1",
            "ℹ cancelled 1",
            "ℹ skipped 0",
        ] {
            read(line, &mut counts);
        }
        assert_eq!((counts.passed, counts.failed), (3, 2));
    }
}
