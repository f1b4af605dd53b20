//! What the kernel says about a process.

use std::fs;

use anyhow::{Context, Result};

/// Linux counts CPU time in ticks of 10 ms.
const MICROS_PER_TICK: u64 = 10_000;

/// CPU time of a process and all its threads so far, in microseconds.
pub(crate) fn micros(pid: u32) -> Result<u64> {
    let [user, system] = ticks(pid, [14, 15])?;
    Ok((user + system) * MICROS_PER_TICK)
}

/// CPU time of the processes that this one started and that have ended, in microseconds.
pub(crate) fn micros_of_children() -> Result<u64> {
    let [user, system] = ticks(std::process::id(), [16, 17])?;
    Ok((user + system) * MICROS_PER_TICK)
}

/// The processes that a process started.
pub(crate) fn children(pid: u32) -> Result<Vec<u32>> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect())
}

/// Resident memory in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS")?;
    let number = line.split_whitespace().nth(1).context("no figure")?;
    Ok(number.parse()?)
}

/// Fields of `/proc/PID/stat`, counted from 1 as in proc(5).
fn ticks(pid: u32, fields: [usize; 2]) -> Result<[u64; 2]> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).context("the process is gone")?;
    // The second field is the program's name in brackets and may hold spaces.
    let (_, rest) = text.rsplit_once(')').context("unexpected /proc/PID/stat")?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| {
        words
            .get(number - 3)
            .and_then(|word| word.parse().ok())
            .unwrap_or(0)
    };
    Ok(fields.map(field))
}
