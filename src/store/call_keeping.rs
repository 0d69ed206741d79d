//! What the server itself writes of a call, from its first connection to its numbers. Everything
//! may be written twice and is then as if written once. The scope is the system's.

use std::time::SystemTime;

use ringcraft_media::record::{Speaker, Utterance};
use serde_json::Value;
use time::OffsetDateTime;

use super::{OrgScope, StoreError, job};
use crate::model::{CallId, NodeId};

/// Which transcript the utterances and KPIs are of: the one recognised live.
const LIVE_TRANSCRIPT: i32 = 1;

/// How much of a log is one row: the bytes after which a chunk ends.
pub const CHUNK_BYTES: usize = 64 << 10;

/// A call whose media flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Connected {
    /// The call.
    pub call: CallId,
    /// Where its media are.
    pub node: NodeId,
    /// Since when.
    pub at: SystemTime,
    /// Which engines serve it.
    pub served_by: Value,
    /// The scenario and rules that it runs with.
    pub prompt_hash: String,
}

/// Lines of a call's log that follow one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogChunk {
    /// The number of the first, from 0.
    pub first_line: i32,
    /// How many.
    pub line_count: i32,
    /// The lines, each with its line break.
    pub lines: String,
}

/// A call whose artefacts are stored.
#[derive(Clone, Debug)]
pub struct Sealed<'a> {
    /// The call.
    pub call: CallId,
    /// When its media began to flow.
    pub connected_at: SystemTime,
    /// How long it was.
    pub duration_ms: u64,
    /// Why it ended.
    pub end_reason: &'a str,
    /// Which engines served it.
    pub served_by: &'a Value,
    /// The scenario and rules that it ran with.
    pub prompt_hash: Option<&'a str>,
    /// Where its objects are, with a slash at the end.
    pub object_prefix: &'a str,
    /// Its whole log.
    pub lines: &'a [String],
}

/// The numbers of a call.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// The call.
    pub call: CallId,
    /// The formulas.
    pub kpi_version: &'a str,
    /// What they say.
    pub result: &'a Value,
    /// What was said.
    pub utterances: &'a [Utterance],
}

/// Notes that the media of a call flow.
///
/// # Errors
/// When the database does not answer.
pub async fn connected(scope: &OrgScope, note: &Connected) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "update call
         set status = 'live', connected_at = $3, node_id = $4, served_by = $5, prompt_hash = $6
         where org_id = $1 and id = $2 and status in ('waiting', 'never_connected', 'live')",
        scope.org().0,
        note.call.0,
        moment(note.at) as _,
        note.node.0,
        note.served_by,
        note.prompt_hash,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Keeps lines of a live call's log. Once the call is over its whole log is written at once, so
/// then these are left out.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_lines(
    scope: &OrgScope,
    call: CallId,
    chunk: &LogChunk,
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "insert into call_log (org_id, call_id, first_line, line_count, lines)
         select org_id, id, $3, $4, $5 from call
         where org_id = $1 and id = $2 and status = 'live'
         for share
         on conflict (org_id, call_id, first_line) do nothing",
        scope.org().0,
        call.0,
        chunk.first_line,
        chunk.line_count,
        chunk.lines,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Notes that a call is over and has it sealed by the node that has its spool. A call that was
/// found after the death of its server has no known end: sealing says when it was. One that is
/// completed stays so until it is sealed again: its spool may be gone.
///
/// # Errors
/// When the database does not answer.
pub async fn ended(
    scope: &OrgScope,
    call: CallId,
    node: NodeId,
    at: Option<SystemTime>,
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "update call
         set status = 'sealing', ended_at = coalesce(ended_at, $3), node_id = coalesce(node_id, $4)
         where org_id = $1 and id = $2 and status <> 'completed'",
        scope.org().0,
        call.0,
        at.map(moment) as _,
        node.0,
    )
    .execute(&mut *tx)
    .await?;
    job::add(&mut tx, job::SEAL_CALL, call, Some(node)).await?;
    Ok(tx.commit().await?)
}

/// Notes that a call is sealed, writes its whole log and has it measured.
///
/// # Errors
/// With [`StoreError::NotFound`] when the call was deleted meanwhile.
pub async fn sealed(scope: &OrgScope, sealed: &Sealed<'_>) -> Result<(), StoreError> {
    let duration_ms = i64::try_from(sealed.duration_ms).unwrap_or(i64::MAX);
    let (org, call) = (scope.org().0, sealed.call.0);
    let mut tx = scope.begin().await?;
    sqlx::query_scalar!(
        r#"update call
         set status = 'sealing', connected_at = coalesce(connected_at, $3),
           ended_at = coalesce(ended_at, coalesce(connected_at, $3) + make_interval(secs => $4::bigint / 1000.0::double precision)),
           duration_ms = $4, end_reason = $5, served_by = $6, prompt_hash = coalesce($7, prompt_hash)
         where org_id = $1 and id = $2
         returning id as "id!""#,
        org,
        call,
        moment(sealed.connected_at) as _,
        duration_ms,
        sealed.end_reason,
        sealed.served_by,
        sealed.prompt_hash,
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!("delete from call_log where org_id = $1 and call_id = $2", org, call)
        .execute(&mut *tx)
        .await?;
    for chunk in chunks(sealed.lines) {
        sqlx::query!(
            "insert into call_log (org_id, call_id, first_line, line_count, lines)
             values ($1, $2, $3, $4, $5)",
            org,
            call,
            chunk.first_line,
            chunk.line_count,
            chunk.lines,
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "insert into recording (org_id, call_id, object_prefix, duration_ms)
         values ($1, $2, $3, $4)
         on conflict (org_id, call_id) do update
           set object_prefix = excluded.object_prefix, duration_ms = excluded.duration_ms",
        org,
        call,
        sealed.object_prefix,
        duration_ms,
    )
    .execute(&mut *tx)
    .await?;
    job::add(&mut tx, job::MEASURE_CALL, sealed.call, None).await?;
    Ok(tx.commit().await?)
}

/// Has a call that was sealed before measured, unless it is completed.
///
/// # Errors
/// When the database does not answer.
pub async fn sealed_before(scope: &OrgScope, call: CallId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    let unmeasured = sqlx::query_scalar!(
        r#"select id as "id!" from call
           where org_id = $1 and id = $2 and status <> 'completed'
           for share"#,
        scope.org().0,
        call.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if unmeasured.is_some() {
        job::add(&mut tx, job::MEASURE_CALL, call, None).await?;
    }
    Ok(tx.commit().await?)
}

/// Stores the numbers and the transcript of a call in place of what there was, and completes it.
///
/// # Errors
/// With [`StoreError::NotFound`] when the call was deleted meanwhile.
pub async fn measured(scope: &OrgScope, measured: &Measured<'_>) -> Result<(), StoreError> {
    let (org, call) = (scope.org().0, measured.call.0);
    let mut tx = scope.begin().await?;
    sqlx::query_scalar!(
        r#"update call set status = 'completed', kpi_version = $3
           where org_id = $1 and id = $2
           returning id as "id!""#,
        org,
        call,
        measured.kpi_version,
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into kpi_result (org_id, call_id, kpi_version, transcript_version, result)
         values ($1, $2, $3, $4, $5)
         on conflict (org_id, call_id, kpi_version, transcript_version) do update
           set result = excluded.result, computed_at = now()",
        org,
        call,
        measured.kpi_version,
        LIVE_TRANSCRIPT,
        measured.result,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from utterance where org_id = $1 and call_id = $2 and transcript_version = $3",
        org,
        call,
        LIVE_TRANSCRIPT,
    )
    .execute(&mut *tx)
    .await?;
    let said = Columns::of(measured.utterances);
    sqlx::query!(
        "insert into utterance
           (org_id, call_id, transcript_version, seq, speaker, start_ms, end_ms, text, interrupted)
         select $1, $2, $3, seq - 1, speaker, start_ms, end_ms, text, interrupted
         from unnest($4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::boolean[])
           with ordinality as said (speaker, start_ms, end_ms, text, interrupted, seq)",
        org,
        call,
        LIVE_TRANSCRIPT,
        &said.speaker,
        &said.start_ms,
        &said.end_ms,
        &said.text,
        &said.interrupted,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Notes that media never flowed.
///
/// # Errors
/// When the database does not answer.
pub async fn never_connected(scope: &OrgScope, call: CallId) -> Result<(), StoreError> {
    set_status(scope, call, "never_connected").await
}

/// Notes that what a call left cannot be read.
///
/// # Errors
/// When the database does not answer.
pub async fn failed(scope: &OrgScope, call: CallId) -> Result<(), StoreError> {
    set_status(scope, call, "failed").await
}

/// Notes that the calls of a node are lost with its disk, but for those that are completed. Should
/// it turn up, they are sealed after all. Returns how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn lost_with(scope: &OrgScope, node: NodeId) -> Result<u64, StoreError> {
    let mut tx = scope.begin().await?;
    let lost = sqlx::query!(
        "update call set status = 'failed', end_reason = coalesce(end_reason, 'server_lost')
         where org_id = $1 and node_id = $2 and status in ('live', 'sealing')",
        scope.org().0,
        node.0,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(lost.rows_affected())
}

async fn set_status(scope: &OrgScope, call: CallId, status: &str) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "update call set status = $3 where org_id = $1 and id = $2",
        scope.org().0,
        call.0,
        status,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Cuts a log into rows, each ending with the line that fills it.
fn chunks(lines: &[String]) -> Vec<LogChunk> {
    let mut chunks: Vec<LogChunk> = Vec::new();
    for (number, line) in (0..).zip(lines) {
        match chunks.last_mut() {
            Some(last) if last.lines.len() < CHUNK_BYTES => last.push(line),
            _ => {
                let mut next = LogChunk { first_line: number, ..LogChunk::default() };
                next.push(line);
                chunks.push(next);
            }
        }
    }
    chunks
}

impl LogChunk {
    /// Adds the line that follows.
    pub fn push(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
        self.line_count += 1;
    }
}

/// Utterances turned on their side, for one statement.
#[derive(Default)]
struct Columns {
    speaker: Vec<String>,
    start_ms: Vec<i64>,
    end_ms: Vec<i64>,
    text: Vec<String>,
    interrupted: Vec<bool>,
}

impl Columns {
    fn of(utterances: &[Utterance]) -> Self {
        let mut columns = Self::default();
        for said in utterances {
            columns.speaker.push(speaker(said.speaker).to_owned());
            // A record's times are below a day.
            columns.start_ms.push(i64::try_from(said.start_ms).unwrap_or(i64::MAX));
            columns.end_ms.push(i64::try_from(said.end_ms).unwrap_or(i64::MAX));
            // Postgres has no text with a zero byte in it.
            columns.text.push(said.text.replace('\0', ""));
            columns.interrupted.push(said.interrupted);
        }
        columns
    }
}

fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Rep => "rep",
        Speaker::Persona => "persona",
    }
}

fn moment(at: SystemTime) -> OffsetDateTime {
    at.into()
}

#[cfg(test)]
mod tests;
