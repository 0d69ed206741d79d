//! From a spool to artefacts: the log is finished if its end is missing, the record is made from
//! the log, the KPIs from the record, the legs from the tape.

use std::io;

use ringcraft_media::log::{self, Entry, NoRecord, ReplayError};
use ringcraft_media::tape::{Legs, TAPE_RATE};
use ringcraft_media::units::{CallTime, Samples, Span};

use super::artefacts::{self, SealError, SealInput, SealedKeys};
use crate::blob::Blob;
use crate::kpi;
use crate::live::spool::{SpoolContents, SpoolError, SpoolFolder};
use crate::model::CallId;

/// Seals calls that are over. May be told the same call twice.
#[derive(Clone, Debug)]
pub struct AfterCall {
    /// Where artefacts go.
    pub blob: Blob,
    /// Where calls wait.
    pub spools: SpoolFolder,
}

/// Why a call is not sealed. Its spool stays, and the next start tries again.
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
    Record(#[from] NoRecord),
    /// The artefacts were not made or stored.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The process is ending.
    #[error("sealing was cut off: {0}")]
    CutOff(io::Error),
}

/// What became of a spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The artefacts are stored.
    Stored(Box<SealedKeys>),
    /// Media never flowed: there was no call.
    NeverConnected,
}

impl AfterCall {
    /// Seals a call and removes its spool. `unwritten` belongs behind the spool's bytes.
    ///
    /// # Errors
    /// When the spool is damaged beyond its tail, or the store refuses. The spool is kept then.
    pub async fn seal(&self, call: CallId, unwritten: Vec<u8>) -> Result<Sealed, AfterCallError> {
        let spools = self.spools.clone();
        let prepared = blocking(move || match spools.read(call, &unwritten) {
            // The folder was made, or not even that, and no byte of the call.
            Err(SpoolError::File(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            spool => prepare(&spool?),
        });
        let prepared = prepared.await??;
        let sealed = match prepared {
            Some((keys, input)) => {
                let work_dir = self.spools.call_dir(call);
                let keys = artefacts::seal(&self.blob, keys, input, &work_dir).await?;
                Sealed::Stored(Box::new(keys))
            }
            None => Sealed::NeverConnected,
        };
        let spools = self.spools.clone();
        blocking(move || spools.remove(call)).await?.map_err(SpoolError::File)?;
        Ok(sealed)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AfterCallError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AfterCallError::CutOff(error.into()))
}

/// Makes everything that is uploaded from what the spool holds.
fn prepare(spool: &SpoolContents) -> Result<Option<(SealedKeys, SealInput)>, AfterCallError> {
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
    if let (Some(fields), Entry::Opened(opened)) = (shown.as_object_mut(), opening) {
        fields.insert("end_reason".to_owned(), serde_json::json!(reason));
        fields.insert("served_by".to_owned(), opened.served_by.clone());
    }
    let mut legs = Legs::new(at.samples(TAPE_RATE));
    for run in &spool.tape {
        legs.lay(run.leg, run.start, &run.pcm);
    }
    let (rep, persona) = legs.into_legs();
    let record_json = shown.to_string().into_bytes();
    let keys = SealedKeys::of(spool.header.org_id, spool.header.call_id);
    Ok(Some((keys, SealInput { lines, rep, persona, record_json, kpis_json })))
}

/// When the last recorded sound ends: a call whose server died lasted at least that long.
fn tape_end(spool: &SpoolContents) -> CallTime {
    let ends = spool.tape.iter().map(|run| run.start + Samples(run.pcm.len() as u64));
    CallTime::ZERO + ends.max().map_or(Span::ZERO, |end| end.span(TAPE_RATE))
}
