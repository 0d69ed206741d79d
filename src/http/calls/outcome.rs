//! What became of a call: why it ended, how long it was, where its artefacts are.

use ringcraft_media::call::EndReason;
use serde::Serialize;

use crate::app::App;
use crate::http::token::CallClaims;

/// A completed call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Why it ended.
    pub end_reason: EndReason,
    /// How long it was.
    pub duration_ms: u64,
    /// Where its artefacts are.
    pub links: OutcomeLinks,
}

/// Signed links to the artefacts of a call. Each opens without a token, for a short time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeLinks {
    /// Both legs, for listening.
    pub recording: String,
    /// Both legs to the sample.
    pub recording_wav: String,
    /// The call record.
    pub record: String,
    /// The numbers made from it.
    pub kpis: String,
    /// Everything that happened.
    pub log: String,
    /// The outline of both legs.
    pub peaks: String,
}

/// Reads what became of a call; nothing while it is not completed.
pub(super) async fn read(_app: &App, _claims: &CallClaims) -> Option<Outcome> {
    // Wired at start-up: the object store knows completed calls by their record.
    None
}
