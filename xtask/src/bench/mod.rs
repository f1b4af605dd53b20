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
mod sessions;
pub(crate) mod subject;
pub(crate) mod talk;
pub(crate) mod upstream;

use std::path::PathBuf;

use anyhow::{Result, bail};

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

/// `cargo xtask bench [calls] [gateway] [sessions] [idle] [agent] [browser] [--build] [--binary=PATH]`
pub(crate) fn command(words: &[String]) -> Result<bool> {
    const KNOWN: [&str; 7] = [
        "calls", "gateway", "sessions", "idle", "agent", "browser", "--build",
    ];
    // Another build, such as one of the profile `dist` or one of before a change.
    let given = words.iter().find_map(|word| word.strip_prefix("--binary="));
    let known = |word: &str| KNOWN.contains(&word) || word.starts_with("--binary=");
    if let Some(word) = words.iter().find(|word| !known(word)) {
        bail!(
            "no benchmark is called {word}; there are {}",
            KNOWN.join(", ")
        );
    }
    let named = |name: &str| words.iter().any(|word| word == name);
    let all = !KNOWN[..6].iter().any(|name| named(name));
    let mut rows = Vec::new();
    // A fresh build is measured first, while nothing else of ours runs.
    if named("--build") {
        rows.extend(build::run()?);
    }
    let binary = match given {
        Some(path) => PathBuf::from(path),
        None => subject::release_binary()?,
    };
    if all || named("calls") {
        rows.extend(calls::run(&binary)?);
    }
    if all || named("gateway") {
        rows.extend(gateway::run(&binary)?);
    }
    if all || named("sessions") {
        rows.extend(sessions::run(&binary)?);
    }
    if all || named("idle") {
        rows.extend(idle::run(&binary)?);
    }
    if all || named("agent") {
        rows.extend(agent::run(&binary)?);
    }
    if all || named("browser") {
        rows.extend(browser::run(&binary)?);
    }
    print_table(&rows);
    Ok(true)
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

/// Microseconds as milliseconds with two places.
fn milliseconds(micros: u64) -> String {
    format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10)
}

/// The value that `per_mille` of the sorted values do not exceed.
fn percentile(sorted: &[u64], per_mille: usize) -> u64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * per_mille / 1000).copied().unwrap_or(0)
}
