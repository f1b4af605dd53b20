//! Start on an existing data directory, and memory when nothing happens.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::sessions::CONNECTORS;
use super::subject::Installation;
use super::upstream::{TOOLS, Upstream};
use super::{Row, milliseconds, percentile};

const STARTS: usize = 10;
/// Long enough for the first round of background checks to be over.
const SETTLING: Duration = Duration::from_secs(15);

/// Starts it several times, then lets the last one rest.
pub(crate) fn run(binary: &Path) -> Result<Vec<Row>> {
    let upstream = Upstream::start()?;
    let installation = Installation::create(binary, "bench-idle")?;
    for number in 0..CONNECTORS {
        installation.connect(
            &format!("Bench {number}"),
            &format!("http://{}/c{number}/mcp", upstream.address()),
        )?;
    }
    installation
        .start()?
        .wait_for_tools(&installation.key, CONNECTORS * TOOLS)?;
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        times.push(u64::try_from(
            installation.start()?.ready_after.as_micros(),
        )?);
    }
    times.sort_unstable();
    let tieline = installation.start()?;
    tieline.wait_for_tools(&installation.key, CONNECTORS * TOOLS)?;
    println!("resting for {} s", SETTLING.as_secs());
    thread::sleep(SETTLING);
    let resident = tieline.resident_kib()?;
    Ok(vec![
        Row::new(
            format!("Ready after start, existing data, {CONNECTORS} connectors"),
            format!(
                "p50 {}, slowest {}",
                milliseconds(percentile(&times, 500)),
                milliseconds(percentile(&times, 1000))
            ),
            "100 ms",
        ),
        Row::new(
            format!("Resident when idle, {CONNECTORS} connectors × {TOOLS} tools"),
            format!("{}.{} MiB", resident / 1024, resident % 1024 * 10 / 1024),
            "40 MiB",
        ),
    ])
}
