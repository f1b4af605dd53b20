//! What each command does. A file each, named as the user types it.

mod ask;
mod audit;
mod config;
mod connector;
mod key;
mod model;
mod openapi;
pub(crate) mod serve;
mod user;

use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::{Cli, Command};
use crate::compose::{Composed, compose};
use crate::config::Config;
use crate::failure::Failure;
use crate::{demo, logging};

/// Runs what was typed.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let config = Config::load(&cli.place, &cli.serve)?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            logging::start(&config)?;
            serve::run(&config).await
        }
        Command::Demo => demo::run(&config).await,
        Command::Config(command) => {
            config::run(&command, &config);
            Ok(())
        }
        Command::Openapi => openapi::run(),
        on_data => {
            let composed = open(&config).await?;
            let done = run_on_data(on_data, &composed, &config).await;
            // Closing also takes what was deleted out of the database's log.
            composed.store.close().await;
            done
        }
    }
}

async fn run_on_data(
    command: Command,
    composed: &Composed,
    config: &Config,
) -> Result<(), Failure> {
    match command {
        Command::Ask(words) => ask::run(words, composed, config).await,
        Command::User(command) => user::run(command, composed, config).await,
        Command::Key(command) => key::run(command, composed).await,
        Command::Connector(command) => connector::run(command, composed).await,
        Command::Model(command) => model::run(command, composed).await,
        Command::Audit(command) => audit::run(&command, composed).await,
        Command::Serve | Command::Demo | Command::Config(_) | Command::Openapi => Ok(()),
    }
}

/// Opens the data beside a server that may be running. Warnings and errors are logged, nothing else.
async fn open(config: &Config) -> Result<Composed, Failure> {
    let quiet = Config {
        log: "warn".to_owned(),
        ..config.clone()
    };
    logging::start(&quiet)?;
    // Where the server beside listens, if there is one: it cannot be its own connector.
    compose(config, vec![config.listen]).await
}

/// One line on standard output.
#[expect(clippy::print_stdout, reason = "this is the output of a command")]
pub(crate) fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

/// Everything on standard input, without the newline at its end. At most 64 KiB.
fn read_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = std::io::stdin().take(64 * 1024).read_to_string(&mut text);
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Failure::bad_input("Standard input is not text. Nothing was changed.")
        }
        _ => error.into(),
    })?;
    Ok(without_newline(&text))
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::bad_input(format!(
            "The file {} cannot be read: {error}.",
            path.display()
        ))
    })?;
    Ok(without_newline(&Zeroizing::new(text)))
}

fn without_newline(text: &str) -> Zeroizing<String> {
    Zeroizing::new(
        text.strip_suffix('\n')
            .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
            .to_owned(),
    )
}

/// Columns padded to the widest cell of each, two spaces apart.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
