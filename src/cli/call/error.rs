//! Why a call did not take place, and what to do about it.

use std::path::PathBuf;

/// Why a call did not take place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Nobody listens there.
    #[error(
        "no server answers at {url}: {reason}\n\
         Start one with `make run` (or `ringcraft serve`), or name another with --url"
    )]
    Unreachable {
        /// The server.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// Nobody is signed in.
    #[error("RINGCRAFT_API_KEY is not set; it holds the API key of the rep who calls")]
    NoApiKey,
    /// No scenario has this id.
    #[error("the server has no scenario `{id}`{known}")]
    UnknownScenario {
        /// What was asked for.
        id: String,
        /// The ones there are, as lines.
        known: String,
    },
    /// The server refused, and says why.
    #[error("the server refused ({status} {code}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
    /// The answer is not one of a Ringcraft server.
    #[error("{url} answered what no Ringcraft server answers ({reason}); check --url")]
    Unreadable {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server's address of the audio needs TLS.
    #[error(
        "the audio of this call is at a wss:// address, and this program speaks ws:// only; \
         call the server by an http:// address on its own machine or network"
    )]
    NeedsTls,
    /// The audio socket failed.
    #[error("the audio socket {0}")]
    Socket(String),
    /// The server ended the link before the call began.
    #[error("the call was never connected: {0}")]
    NotConnected(String),
    /// A file cannot be written.
    #[error("{path}: {source}; choose another place for the sound")]
    Output {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: hound::Error,
    },
    /// Standard output is gone.
    #[error("standard output cannot be written: {0}")]
    Print(#[from] std::io::Error),
}
