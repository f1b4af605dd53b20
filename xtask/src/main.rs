//! `cargo xtask`: installs what tests, CI and benchmarks need, and runs them.
//!
//! One file per command, named like the command. Nothing here may be needed by the product itself.
//! To add a suite: write a function that returns an [`report::Outcome`] and name it in `test.rs`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to the terminal"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a task runner reads its environment and dials loopback itself"
)]

mod bench;
mod browser;
mod ci;
mod conformance;
mod deny;
mod faults;
mod fuzz;
mod interop;
mod kill;
mod node_tests;
mod postgres;
mod process;
mod report;
mod rust_tests;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  test            Every test that can run here; says what is missing for the others.
  ci              Everything that must pass before a change lands; nothing may be skipped.
  e2e [FILTER]    Browser tests against the real binary.
  pictures [PART]  Pictures of every page and state, in both themes, on a desk and on a phone;
                  with --docs those of the documentation, into docs/screenshots.
  interop         Clients and servers of other projects against the real binary.
  conformance     The official MCP conformance suite, each revision of clients with each era of servers.
  faults [TIMES]  The tests of faults, 100 times as long as in every run.
  fuzz [MILLIONS] Broken input for everything that reads what strangers wrote; 10 million by default.
  kill [CYCLES]   Ends the real binary with SIGKILL during turns (500 times) and counts what is lost.
  postgres CMD…   Runs CMD with TIELINE_TEST_POSTGRES_URL set to a scratch PostgreSQL server.
  tidy            The checks of the repository itself (crate edges, file sizes, named files).
  bench [NAME…]   Benchmarks: calls, gateway, sessions, idle, agent, browser, pages; `--build` adds the fresh release build.
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let outcome = match command.as_str() {
        "test" => Ok(test::run()),
        "ci" => Ok(ci::run()),
        "e2e" => Ok(browser::command(&rest)),
        "pictures" => browser::pictures(&rest),
        "interop" => Ok(interop::command()),
        "conformance" => Ok(conformance::command(&rest)),
        "faults" => faults::command(&rest),
        "fuzz" => fuzz::command(&rest),
        "kill" => kill::command(&rest),
        "postgres" => postgres::command(&rest),
        "tidy" => tidy::command(),
        "bench" => bench::command(&rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
