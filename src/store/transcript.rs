//! What was said in a call.

use super::{OrgScope, StoreError};
use crate::model::CallId;

/// The version that is made while the call runs.
pub const LIVE_VERSION: i32 = 1;

/// A version of a call's transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// 1 is what was recognised live; a later pass over the recording makes the next.
    pub version: i32,
    /// What was said, in order.
    pub utterances: Vec<UtteranceRow>,
}

/// What one side said in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UtteranceRow {
    /// Its place in the record.
    pub seq: i32,
    /// "rep" or "persona".
    pub speaker: String,
    /// When it began, on the call's clock.
    pub start_ms: i64,
    /// When it ended.
    pub end_ms: i64,
    /// What was said; of the persona, what was heard.
    pub text: String,
    /// Whether the other side cut it off.
    pub interrupted: bool,
}

/// A version of a call's transcript, the newest where none is named. A call in which nobody spoke
/// has an empty one, of version 1.
///
/// # Errors
/// When the database does not answer.
pub async fn read(
    scope: &OrgScope,
    call: CallId,
    version: Option<i32>,
) -> Result<Option<Transcript>, StoreError> {
    let mut tx = scope.begin().await?;
    let newest = sqlx::query_scalar!(
        "select max(transcript_version) from utterance where org_id = $1 and call_id = $2",
        scope.org().0,
        call.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    let version = version.or(newest).unwrap_or(LIVE_VERSION);
    let utterances = sqlx::query_as!(
        UtteranceRow,
        "select seq, speaker, start_ms, end_ms, text, interrupted from utterance
         where org_id = $1 and call_id = $2 and transcript_version = $3
         order by start_ms, seq",
        scope.org().0,
        call.0,
        version,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let is_known = !utterances.is_empty() || version == LIVE_VERSION;
    Ok(is_known.then_some(Transcript { version, utterances }))
}
