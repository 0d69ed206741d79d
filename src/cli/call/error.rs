//! Why a call did not take place, and what to do about it.

use std::path::PathBuf;

use super::account::{API_KEY, Who};
use super::peer::Path;
use crate::demo::AccountsError;

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
    /// Nobody is signed in, and there are no demo accounts.
    #[error(
        "nobody is signed in\n\
         Set {API_KEY} to the API key of the rep who calls; or call as somebody of the demo org, \
         whose accounts would be in {}: `make run` and `ringcraft seed` write them, and --accounts \
         names another place",
        file.display()
    )]
    NotSignedIn {
        /// Where the demo accounts would be.
        file: PathBuf,
    },
    /// The demo accounts of this machine are for a server on this machine.
    #[error(
        "nobody is signed in at {url}\n\
         Set {API_KEY} to the API key of the rep who calls. The demo accounts are for a server on \
         this machine; where they are that server's, name their file with --accounts"
    )]
    NotHere {
        /// The server.
        url: String,
    },
    /// The file of demo accounts is of no use.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// Nobody of the demo org has this address.
    #[error("{} has no such account; these are there:{known}", file.display())]
    NoSuchAccount {
        /// The accounts.
        file: PathBuf,
        /// Who there is, as lines.
        known: String,
    },
    /// The server does not know the key.
    #[error("the server does not let this key in: {remedy}")]
    KeyRefused {
        /// What to do.
        remedy: String,
    },
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
    /// The server's certificate is not one that is trusted.
    #[error(
        "the certificate of {url} is not trusted: {reason}\n\
         Where the server has RINGCRAFT_TLS=self, or a certificate of your own authority, name the \
         certificate or the authority's with --ca-cert FILE. The server's own is \
         tls/certificate.pem in its data folder; its log shows the SHA-256 to compare with"
    )]
    NotTrusted {
        /// The server.
        url: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// What is to be trusted cannot be used.
    #[error("{}: {reason} (--ca-cert)", file.display())]
    CaCert {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The audio socket failed.
    #[error("the audio socket {0}")]
    Socket(String),
    /// The server's answer names no WebRTC.
    #[error("this server carries no WebRTC; call it with --link websocket")]
    NoWebRtc,
    /// Nothing that was sent to the server's addresses came back.
    #[error("no {} path to {addresses}: {}", network(*path), remedy(*path))]
    NoPath {
        /// What was tried.
        path: Path,
        /// Where the server said it is.
        addresses: String,
    },
    /// The WebRTC connection failed.
    #[error("the WebRTC connection failed: {0}; try --link websocket")]
    WebRtc(String),
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

impl CallError {
    /// Says what to do where it was the key that the server refused.
    pub(crate) fn explained(self, who: &Who) -> Self {
        match self {
            Self::Refused { status: 401, .. } => Self::KeyRefused { remedy: who.remedy() },
            other => other,
        }
    }
}

fn network(path: Path) -> &'static str {
    match path {
        Path::Udp => "UDP",
        Path::Tcp => "TCP",
    }
}

fn remedy(path: Path) -> &'static str {
    match path {
        Path::Udp => "a firewall may be in the way; try --rtc-tcp, or --link websocket",
        Path::Tcp => "a firewall may be in the way; try --link websocket",
    }
}
