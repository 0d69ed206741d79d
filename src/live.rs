//! Calls while they live: who is admitted, which link carries them, how they end.

use std::sync::Arc;

use ringcraft_media::call::EndReason;
use tokio::sync::broadcast;

use crate::model::CallId;
use crate::transport::Link;

pub mod feed;
pub mod recorder;
pub mod spool;

/// Every call that is open on this node.
#[derive(Debug)]
pub struct LiveCalls {}

/// Why a call was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No scenario has this id.
    #[error("no scenario has this id")]
    UnknownScenario,
    /// Every slot is taken.
    #[error("all call slots of this server are in use; try again in a minute")]
    Full,
    /// The disk is nearly full: a call could not be recorded.
    #[error("the server's disk is nearly full, so a call could not be recorded")]
    DiskFull,
    /// The server is shutting down.
    #[error("the server is shutting down; try again in a moment")]
    Draining,
}

/// Why a link was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// No such call is open here.
    #[error("this call is not open: it ended, expired or never was")]
    Unknown,
    /// Its media flows already.
    #[error("this call already has a connection")]
    AlreadyConnected,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Created; no media yet.
    Waiting,
    /// Connected.
    Live,
    /// Over; its artefacts are being made.
    Sealing,
    /// Its artefacts are in the object store.
    Completed,
    /// It could not be sealed; it is tried again at the next start.
    Failed,
}

impl LiveCalls {
    /// Admits a call of a scenario. It waits for a link until its token expires.
    ///
    /// # Errors
    /// When the scenario is unknown or the server takes no more calls.
    pub fn open(&self, scenario_id: &str) -> Result<CallId, OpenError> {
        let _ = scenario_id;
        Err(OpenError::Draining)
    }

    /// Whether a link could be attached now; asked before a socket is upgraded.
    ///
    /// # Errors
    /// When the call is unknown or has a link already.
    pub fn can_attach(&self, call: CallId) -> Result<(), AttachError> {
        let _ = call;
        Err(AttachError::Unknown)
    }

    /// Gives a call its link, the first one or, while it is held, the next.
    ///
    /// # Errors
    /// When the call is unknown or has a link already.
    pub fn attach(&self, call: CallId, link: Link) -> Result<(), AttachError> {
        let _ = (call, link);
        Err(AttachError::Unknown)
    }

    /// Ends a call. Says whether it was open.
    pub fn end(&self, call: CallId, reason: EndReason) -> bool {
        let _ = (call, reason);
        false
    }

    /// How far a call has come, for calls of this process.
    pub fn status(&self, call: CallId) -> Option<CallStatus> {
        let _ = call;
        None
    }

    /// The live events of an open call from now on, each a JSON object.
    pub fn watch(&self, call: CallId) -> Option<broadcast::Receiver<Arc<str>>> {
        let _ = call;
        None
    }
}
