//! The log: lines on standard error, for people or for machines.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{Log, LogFormat};

/// What says much of little use: each migration of the queue, each job that is begun; each packet
/// that is no WebRTC, with the address of who sent it. A filter that names it wins.
const QUIET: &str = "graphile_worker=warn,rtc=off";

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("read the log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// This process logs already.
    #[error("set up the log: {0}")]
    AlreadySet(String),
}

/// Starts logging. Called once in a process.
///
/// # Errors
/// When the filter cannot be read or a log was set up before.
pub fn init(log: &Log) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.filter))?;
    let lines = fmt().with_env_filter(filter).with_writer(io::stderr);
    let set = match log.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).try_init(),
    };
    set.map_err(|error| TelemetryError::AlreadySet(error.to_string()))
}
