//! A bare hyper server that sends the same bytes as Tieline: the yardstick of a session's start.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::cpu;
use super::sessions::Heard;
use crate::process::{self, Running, Scratch};

/// The running server; it stops when this value is dropped.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    running: Running,
    _folder: Scratch,
}

impl Bare {
    /// Builds it as Tieline is built, and starts it with what a client heard from Tieline.
    pub(crate) fn start(heard: &Heard) -> Result<Self> {
        let build = [
            "build",
            "--locked",
            "--release",
            "--package",
            "tieline-testkit",
            "--bin",
            "bare_server",
        ];
        if !process::run(process::cargo().args(build))? {
            bail!("the bare server does not build");
        }
        let folder = Scratch::new("bench-bare")?;
        std::fs::write(folder.path().join("initialize.json"), &heard.initialize)?;
        std::fs::write(folder.path().join("tools-list.json"), &heard.tools_list)?;
        let mut child = process::command(process::target_dir().join("release/bare_server"))
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().context("no standard output")?;
        let running = Running(child);
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self {
            address: line
                .trim()
                .parse()
                .context("the bare server did not start")?,
            running,
            _folder: folder,
        })
    }

    /// CPU time so far, in microseconds.
    pub(crate) fn cpu_micros(&self) -> Result<u64> {
        cpu::micros(self.running.0.id())
    }
}
