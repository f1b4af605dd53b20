//! What a newcomer's first `cargo run --release` compiles and costs.

use anyhow::{Result, bail};

use super::{Row, cpu};
use crate::process::{self, Scratch};

/// Builds into an empty folder; crates that are not downloaded yet are fetched before the clock starts.
pub(crate) fn run() -> Result<Vec<Row>> {
    if !process::run(process::cargo().args(["fetch", "--locked"]))? {
        bail!("the crates could not be fetched");
    }
    let folder = Scratch::new("bench-build")?;
    let before = cpu::micros_of_children()?;
    let mut build = process::cargo();
    build
        .args([
            "build",
            "--locked",
            "--release",
            "--package",
            "tieline",
            "--target-dir",
        ])
        .arg(folder.path());
    let mut crates = 0_u32;
    let status = process::watched(&mut build, |line| {
        crates += u32::from(line.trim_start().starts_with("Compiling "));
    })?;
    if !status.success() {
        bail!("tieline does not build");
    }
    let seconds = (cpu::micros_of_children()? - before) / 1_000_000;
    Ok(vec![
        Row::new("Fresh release build, crates", crates.to_string(), "330"),
        Row::new("Fresh release build, CPU", format!("{seconds} s"), "700 s"),
    ])
}
