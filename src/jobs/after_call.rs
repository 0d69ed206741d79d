//! From a spool to artefacts: the log is finished if its end is missing, the record is made from
//! the log, the KPIs from the record, the legs from the tape.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ringcraft_media::call::Event;
use ringcraft_media::log::{self, Entry, NoRecord, ReplayError};
use ringcraft_media::record::{CallRecord, RecordError, Speaker};
use ringcraft_media::tape::{Legs, TAPE_RATE};
use ringcraft_media::units::{CallTime, Samples, Span};
use serde_json::Value;
use tokio::sync::mpsc;

use super::artefacts::{self, SealError, SealInput, SealedKeys};
use crate::blob::{Blob, BlobError};
use crate::clock;
use crate::kpi;
use crate::model::{CallId, OrgId};
use crate::spool::{SpoolContents, SpoolError, SpoolFolder};
use crate::store::call_keeping::{self, Measured};
use crate::store::{Actor, OrgScope, Store, StoreError};

/// What became of calls, waiting to be heard. When full, the job waits: whoever listens only notes it.
pub const OUTCOMES: usize = 64;

/// Does what comes after a call. Every part may be done twice.
#[derive(Clone, Debug)]
pub struct AfterCall {
    /// Where artefacts go.
    pub blob: Blob,
    /// Where calls wait.
    pub spools: SpoolFolder,
    /// Where it is noted.
    pub store: Store,
    /// What the disk did not take of spools on this node.
    pub unwritten: Unwritten,
    /// Who hears what became of calls.
    pub outcomes: mpsc::Sender<(CallId, Outcome)>,
}

/// What the disk refused of calls that ended here: it belongs behind their spools, and lives as long
/// as this process.
#[derive(Clone, Debug, Default)]
pub struct Unwritten(Arc<Mutex<HashMap<CallId, Vec<u8>>>>);

/// What became of a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The artefacts are stored.
    Stored,
    /// Media never flowed: there was no call.
    NeverConnected,
    /// It cannot be read.
    Unreadable,
}

/// Why a job did not do as asked; it is tried again later.
#[derive(Debug, thiserror::Error)]
pub enum AfterCallError {
    /// The spool cannot be read or removed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// Its log is damaged.
    #[error("the log of the call: {0}")]
    Log(#[from] ReplayError),
    /// Its log makes no record.
    #[error(transparent)]
    NoRecord(#[from] NoRecord),
    /// The artefacts were not made or stored.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The record could not be fetched.
    #[error(transparent)]
    Fetch(#[from] BlobError),
    /// The stored record is none.
    #[error("the stored record: {0}")]
    Record(#[from] RecordError),
    /// It could not be noted.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process is ending.
    #[error("sealing was cut off: {0}")]
    CutOff(io::Error),
}

/// Everything that is stored of a call.
struct Prepared {
    keys: SealedKeys,
    input: SealInput,
    created_unix_ms: u64,
    duration_ms: u64,
    end_reason: String,
    served_by: Value,
}

impl Unwritten {
    /// Keeps what belongs behind the spool of a call.
    pub fn keep(&self, call: CallId, bytes: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call, bytes);
    }

    fn of(&self, call: CallId) -> Vec<u8> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&call).cloned().unwrap_or_default()
    }

    fn forget(&self, call: CallId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&call);
    }
}

impl AfterCallError {
    /// Whether only another server could read the spool: waiting does not help.
    fn is_unreadable(&self) -> bool {
        match self {
            Self::Log(_) | Self::NoRecord(_) => true,
            Self::Spool(error) => matches!(error, SpoolError::NoHeader | SpoolError::Version(_)),
            _ => false,
        }
    }
}

impl AfterCall {
    /// Seals a call, notes it, and removes its spool.
    ///
    /// # Errors
    /// When the spool is damaged beyond its tail, or a store refuses. The spool is kept then.
    pub async fn seal(&self, org: OrgId, call: CallId) -> Result<(), AfterCallError> {
        let scope = self.store.scope(org, Actor::System);
        let outcome = match self.seal_spool(&scope, call).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_unreadable() => {
                call_keeping::failed(&scope, call).await?;
                self.tell(call, Outcome::Unreadable).await;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let spools = self.spools.clone();
        blocking(move || spools.remove(call)).await?.map_err(SpoolError::File)?;
        self.unwritten.forget(call);
        self.tell(call, outcome).await;
        Ok(())
    }

    async fn seal_spool(&self, scope: &OrgScope, call: CallId) -> Result<Outcome, AfterCallError> {
        let (spools, unwritten) = (self.spools.clone(), self.unwritten.of(call));
        let keys = SealedKeys::of(scope.org(), call);
        let prepared = blocking(move || match spools.read(call, &unwritten) {
            // The folder was made, or not even that, and no byte of the call.
            Err(SpoolError::File(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            spool => prepare(&spool?),
        });
        let Some(prepared) = prepared.await?? else {
            // The spool goes last, so a call that has none may be sealed already.
            if artefacts::is_sealed(&self.blob, &keys).await? {
                call_keeping::sealed_before(scope, call).await?;
                return Ok(Outcome::Stored);
            }
            call_keeping::never_connected(scope, call).await?;
            return Ok(Outcome::NeverConnected);
        };
        let lines = prepared.input.lines.clone();
        let work_dir = self.spools.call_dir(call);
        artefacts::seal(&self.blob, prepared.keys, prepared.input, &work_dir).await?;
        let sealed = call_keeping::Sealed {
            call,
            connected_at: clock::from_unix_ms(prepared.created_unix_ms),
            duration_ms: prepared.duration_ms,
            end_reason: &prepared.end_reason,
            served_by: &prepared.served_by["engines"],
            prompt_hash: prepared.served_by["prompt_hash"].as_str(),
            object_prefix: &SealedKeys::prefix(scope.org(), call),
            lines: &lines,
        };
        match call_keeping::sealed(scope, &sealed).await {
            Err(StoreError::NotFound) => {
                tracing::warn!(%call, "a call that was deleted is sealed without being noted");
            }
            noted => noted?,
        }
        Ok(Outcome::Stored)
    }

    /// Computes the numbers of a sealed call from its record, and completes it.
    ///
    /// # Errors
    /// When a store refuses, or the record is none.
    pub async fn measure(&self, org: OrgId, call: CallId) -> Result<(), AfterCallError> {
        let json = self.blob.get(&SealedKeys::of(org, call).record).await?;
        let record = CallRecord::from_json(&json)?;
        let kpis = kpi::compute(&record).to_json();
        let result = serde_json::from_str(&kpis).map_err(io::Error::from);
        let measured = Measured {
            call,
            kpi_version: kpi::VERSION,
            result: &result.map_err(SealError::Make)?,
            utterances: &record.parts().utterances,
        };
        let scope = self.store.scope(org, Actor::System);
        match call_keeping::measured(&scope, &measured).await {
            Err(StoreError::NotFound) => {
                tracing::warn!(%call, "a call that was deleted is not measured");
                Ok(())
            }
            noted => Ok(noted?),
        }
    }

    async fn tell(&self, call: CallId, outcome: Outcome) {
        // Whoever listens is gone only when the process ends.
        let _ = self.outcomes.send((call, outcome)).await;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AfterCallError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AfterCallError::CutOff(error.into()))
}

/// Makes everything that is uploaded from what the spool holds.
fn prepare(spool: &SpoolContents) -> Result<Option<Prepared>, AfterCallError> {
    if spool.dropped_bytes != 0 {
        tracing::warn!(
            call = %spool.header.call_id,
            bytes = spool.dropped_bytes,
            "the end of a spool could not be read; the call is sealed up to there"
        );
    }
    if spool.lines.is_empty() {
        return Ok(None);
    }
    // Lines that belong together were written as one.
    let mut lines: Vec<String> =
        spool.lines.iter().flat_map(|line| line.lines()).map(str::to_owned).collect();
    let mut entries = log::read(lines.iter().map(String::as_str))?;
    let missing = log::finish(&entries, tape_end(spool))?;
    lines.extend(missing.iter().filter_map(|entry| serde_json::to_string(entry).ok()));
    entries.extend(missing);

    let (Some(opening), Some(Entry::Closed { at, reason })) = (entries.first(), entries.last())
    else {
        return Err(ReplayError::NotALog.into());
    };
    if *at == CallTime::ZERO {
        return Ok(None);
    }
    let record = log::record(&entries)?;
    let kpis_json = kpi::compute(&record).to_json().into_bytes();
    // A record may say more than KPIs read: why the call ended and what served it.
    let mut shown =
        serde_json::to_value(&record).map_err(io::Error::from).map_err(SealError::Make)?;
    let (mut served_by, end_reason) = (Value::Null, serde_json::json!(reason));
    if let (Some(fields), Entry::Opened(opened)) = (shown.as_object_mut(), opening) {
        served_by = opened.served_by.clone();
        fields.insert("end_reason".to_owned(), end_reason.clone());
        fields.insert("served_by".to_owned(), served_by.clone());
    }
    let mut legs = Legs::new(at.samples(TAPE_RATE));
    for run in &spool.tape {
        legs.lay(run.leg, run.start, &run.pcm);
    }
    for (from, to) in unheard(&record, &entries) {
        legs.unheard(from, to);
    }
    let (rep, persona) = legs.into_legs();
    let record_json = shown.to_string().into_bytes();
    let keys = SealedKeys::of(spool.header.org_id, spool.header.call_id);
    Ok(Some(Prepared {
        keys,
        created_unix_ms: spool.header.created_unix_ms,
        duration_ms: record.parts().duration_ms,
        end_reason: end_reason.as_str().unwrap_or_default().to_owned(),
        served_by,
        input: SealInput { lines, rep, persona, record_json, kpis_json },
    }))
}

/// Where the persona's leg holds sound that was on its way when the rep cut in: from the end of
/// what was heard to the next sound that was played.
fn unheard(record: &CallRecord, entries: &[Entry]) -> Vec<(Samples, Samples)> {
    let cut = record.parts().utterances.iter().filter(|said| said.interrupted);
    let cut = cut.filter(|said| said.speaker == Speaker::Persona);
    let next_start = |end: CallTime| {
        let starts = entries.iter().filter_map(|entry| match entry {
            Entry::Event { event: Event::PlayStarted { at, .. }, .. } => Some(*at),
            _ => None,
        });
        starts.filter(|start| end <= *start).min()
    };
    cut.map(|said| {
        let end = CallTime::from_ms(said.end_ms);
        let next = next_start(end).map_or(Samples(u64::MAX), |next| next.samples(TAPE_RATE));
        (end.samples(TAPE_RATE), next)
    })
    .collect()
}

/// When the last recorded sound ends: a call whose server died lasted at least that long.
fn tape_end(spool: &SpoolContents) -> CallTime {
    let ends = spool.tape.iter().map(|run| run.start + Samples(run.pcm.len() as u64));
    CallTime::ZERO + ends.max().map_or(Span::ZERO, |end| end.span(TAPE_RATE))
}
