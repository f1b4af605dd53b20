//! `cargo xtask bench`: the figures of `docs/benchmarks.md`, measured on the machine at hand.
//!
//! One file per scenario; each returns rows of the table that is printed at the end. Upstream and load generator
//! are our own and run in this process, on plain threads: what is measured is another process's CPU time.

mod agent;
mod bare;
mod browser;
mod build;
mod calls;
mod cpu;
mod gateway;
pub(crate) mod http;
mod idle;
mod load;
pub(crate) mod model;
mod nginx;
mod pages;
mod sessions;
pub(crate) mod subject;
pub(crate) mod talk;
pub(crate) mod upstream;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::process;

/// One line of the table: what was measured, the figure, and the figure that it must not exceed.
pub(crate) struct Row {
    what: String,
    figure: String,
    limit: &'static str,
}

impl Row {
    fn new(what: impl Into<String>, figure: impl Into<String>, limit: &'static str) -> Self {
        Self {
            what: what.into(),
            figure: figure.into(),
            limit,
        }
    }
}

type Benchmark = fn(&Path) -> Result<Vec<Row>>;

/// What runs without a name, in this order.
const ALL: [(&str, Benchmark); 7] = [
    ("calls", calls::run),
    ("gateway", gateway::run),
    ("sessions", sessions::run),
    ("idle", idle::run),
    ("agent", agent::run),
    ("browser", browser::run),
    ("pages", pages::run),
];
/// Parts of others, for whoever works on just that.
const PARTS: [(&str, Benchmark); 1] = [("turn", agent::one_at_a_time)];

/// `cargo xtask bench [NAME…] [--build] [--binary=PATH]`
pub(crate) fn command(words: &[String]) -> Result<bool> {
    // Another build, such as one of the profile `dist` or one of before a change.
    let given = words.iter().find_map(|word| word.strip_prefix("--binary="));
    let (options, names): (Vec<&str>, Vec<&str>) = words
        .iter()
        .map(String::as_str)
        .partition(|word| word.starts_with("--"));
    if let Some(word) = options
        .iter()
        .find(|word| **word != "--build" && !word.starts_with("--binary="))
    {
        bail!("there is no option {word}; there are --build and --binary=PATH");
    }
    let chosen = chosen(&names)?;
    let mut rows = Vec::new();
    // A fresh build is measured first, while nothing else of ours runs.
    if options.contains(&"--build") {
        rows.extend(build::run()?);
    }
    let binary = match given {
        // The scripts of the browser run in a folder of their own.
        Some(path) => std::path::absolute(path)?,
        None => subject::release_binary()?,
    };
    for benchmark in chosen {
        rows.extend(benchmark(&binary)?);
    }
    print_table(&rows);
    Ok(true)
}

/// The benchmarks of these names; all when there are none.
fn chosen(names: &[&str]) -> Result<Vec<Benchmark>> {
    let known = || ALL.iter().chain(&PARTS);
    if names.is_empty() {
        return Ok(ALL.iter().map(|(_, benchmark)| *benchmark).collect());
    }
    let find = |name: &&str| {
        let found = known().find(|(known, _)| known == name);
        let names: Vec<&str> = known().map(|(name, _)| *name).collect();
        let found = found.map(|(_, benchmark)| *benchmark);
        found.with_context(|| {
            format!(
                "no benchmark is called {name}; there are {}",
                names.join(", ")
            )
        })
    };
    names.iter().map(find).collect()
}

fn print_table(rows: &[Row]) {
    let cpus = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = process::output(process::command("uname").args(["-sm"])).unwrap_or_default();
    println!("\nMeasured on {kernel}, {cpus} CPUs.\n");
    println!("| What | Measured | At most |\n|---|---|---|");
    for Row {
        what,
        figure,
        limit,
    } in rows
    {
        println!("| {what} | {figure} | {limit} |");
    }
}

/// A figure kept in tenths, as text: 123 is 12.3.
fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// How many times as much the first is as the second, rounded up: what misses a limit by little has missed it.
fn times(ours: u64, theirs: u64) -> String {
    let hundredths = (ours * 100).div_ceil(theirs.max(1));
    format!("{}.{:02} ×", hundredths / 100, hundredths % 100)
}

/// Microseconds as milliseconds with two places.
fn milliseconds(micros: u64) -> String {
    format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10)
}

/// The value that `per_mille` of the sorted values do not exceed.
fn percentile(sorted: &[u64], per_mille: usize) -> u64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * per_mille / 1000).copied().unwrap_or(0)
}
