//! Sets up logging once, at the start of the process.

use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::failure::Failure;

/// Logs to standard error, as text for people or as one JSON object a line. Control characters in values are escaped
/// by both formats, so that nothing a server sends can forge a line.
pub(crate) fn start(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| {
        Failure::bad_input(format!(
            "The setting log (TIELINE_LOG) is not a tracing filter: {error}."
        ))
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let started = if config.log_json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
    started.map_err(|error| Failure::failed(format!("Logging could not be started: {error}.")))
}
