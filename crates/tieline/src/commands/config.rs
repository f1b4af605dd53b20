//! `tieline config print`: every setting, its value and where it came from.

use super::say;
use crate::cli::ConfigCommand;
use crate::config::Config;

pub(crate) fn run(command: &ConfigCommand, config: &Config) {
    match command {
        ConfigCommand::Print => say(config.table()),
    }
}
