//! Tieline's binary: command line, configuration, composition root, start and stop, the demo.
//!
//! Each command is a file in `commands`, named as the user types it. Nothing here decides anything about connectors,
//! people or calls: commands call the hub, as the dashboard and REST do.

mod cli;
mod clock;
mod commands;
mod compose;
mod config;
mod demo;
mod failure;
mod hardening;
mod logging;
mod model_keys;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::Parser;
// A call asks for memory some sixty times, and its record is let go by another thread than made it: calls take noticeably less
// CPU time than with the allocator of glibc, and less memory lies at rest. It takes the place of the C library's, for SQLite
// as well, which is a shorter way to it than one for Rust alone.
use mimalloc as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // Calls have threads of their own, as many as there are CPUs. Each more that shares the rest has to be woken, and wakes
    // others.
    let cpus = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cpus.div_ceil(2))
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(&failure::Failure::from(error)),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure::report(&failure),
    }
}
