//! Sealing: what a call leaves behind is made and put into the object store.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use bytes::Bytes;
use ringcraft_media::tape::TAPE_RATE;
use ringcraft_media::wav;
use tempfile::NamedTempFile;

use super::opus_file::{self, OpusFileError};
use super::peaks::Peaks;
use crate::blob::{Blob, BlobBody, BlobError};
use crate::model::{CallId, OrgId};

/// Fast, and a tenth of the log's size.
const ZSTD_LEVEL: i32 = 6;

/// What a call was.
#[derive(Clone, Debug)]
pub struct SealInput {
    /// The lines of its log.
    pub lines: Vec<String>,
    /// The rep leg at 16 kHz, as long as the call.
    pub rep: Vec<i16>,
    /// The persona leg at 16 kHz, as long as the call.
    pub persona: Vec<i16>,
    /// Its record.
    pub record_json: Vec<u8>,
    /// Its KPIs.
    pub kpis_json: Vec<u8>,
}

/// Where a sealed call's objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKeys {
    /// Both legs for listening, Ogg Opus.
    pub opus: String,
    /// Both legs to the sample, WAV.
    pub wav: String,
    /// The log, JSON lines, compressed.
    pub log: String,
    /// The record. It is there when all else is.
    pub record: String,
    /// The KPIs.
    pub kpis: String,
    /// The shape of the recording.
    pub peaks: String,
}

/// Why a call is not sealed. Sealing may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The recording could not be encoded.
    #[error(transparent)]
    Opus(#[from] OpusFileError),
    /// The call is too long for a WAV file: 18 hours.
    #[error("the call is too long for a WAV file")]
    TooLong,
    /// The working folder or a compressor refused.
    #[error("make artefacts: {0}")]
    Make(#[from] io::Error),
    /// The object store refused.
    #[error(transparent)]
    Store(#[from] BlobError),
}

impl SealedKeys {
    /// The keys of a call's objects, sealed or not.
    pub fn of(org: OrgId, call: CallId) -> Self {
        Self::under(&Self::prefix(org, call))
    }

    /// What the keys of a call's objects begin with.
    pub fn prefix(org: OrgId, call: CallId) -> String {
        format!("org/{org}/call/{call}/")
    }

    /// The keys of objects under a prefix, which ends with a slash.
    pub fn under(prefix: &str) -> Self {
        Self {
            opus: format!("{prefix}legs.opus"),
            wav: format!("{prefix}legs.wav"),
            log: format!("{prefix}log.jsonl.zst"),
            record: format!("{prefix}record.json"),
            kpis: format!("{prefix}kpis.json"),
            peaks: format!("{prefix}peaks.json"),
        }
    }
}

/// Whether a call is sealed: the last object that sealing writes is there.
///
/// # Errors
/// When the store does not answer.
pub async fn is_sealed(blob: &Blob, keys: &SealedKeys) -> Result<bool, BlobError> {
    Ok(blob.head(&keys.record).await?.is_some())
}

/// Makes a call's artefacts and stores them, the record last. A call that is sealed already is left
/// as it is; one that was sealed in part is written again, to the same bytes.
///
/// `work_dir` holds the recording for a moment, 64 kB for each second of the call. A process that
/// dies leaves it there, so it should be a folder that goes with the call's spool.
///
/// # Errors
/// When an artefact cannot be made or stored.
pub async fn seal(
    blob: &Blob,
    keys: SealedKeys,
    input: SealInput,
    work_dir: &Path,
) -> Result<SealedKeys, SealError> {
    if is_sealed(blob, &keys).await? {
        return Ok(keys);
    }
    let work_dir = work_dir.to_owned();
    let made = tokio::task::spawn_blocking(move || Artefacts::make(input, &work_dir)).await;
    let made = made.map_err(io::Error::from)??;
    let json = "application/json";
    let wav = BlobBody::File(made.wav.path().to_owned());
    tokio::try_join!(
        blob.put(&keys.wav, wav, "audio/wav"),
        blob.put(&keys.opus, BlobBody::Bytes(made.opus), "audio/ogg; codecs=opus"),
        blob.put(&keys.log, BlobBody::Bytes(made.log), "application/zstd"),
        blob.put(&keys.kpis, BlobBody::Bytes(made.kpis), json),
        blob.put(&keys.peaks, BlobBody::Bytes(made.peaks), json),
    )?;
    blob.put(&keys.record, BlobBody::Bytes(made.record), json).await?;
    Ok(keys)
}

/// The objects of a call, ready to be stored.
#[derive(Debug)]
struct Artefacts {
    /// Gone from the disk when dropped.
    wav: NamedTempFile,
    opus: Bytes,
    log: Bytes,
    peaks: Bytes,
    record: Bytes,
    kpis: Bytes,
}

impl Artefacts {
    fn make(input: SealInput, work_dir: &Path) -> Result<Self, SealError> {
        let (rep, persona) = (&input.rep[..], &input.persona[..]);
        let opus = opus_file::encode(rep, persona)?;
        let peaks = serde_json::to_vec(&Peaks::of(rep, persona)).map_err(io::Error::from)?;
        Ok(Self {
            wav: write_wav(rep, persona, work_dir)?,
            opus: opus.into(),
            log: compress_lines(&input.lines)?.into(),
            peaks: peaks.into(),
            record: input.record_json.into(),
            kpis: input.kpis_json.into(),
        })
    }
}

fn compress_lines(lines: &[String]) -> io::Result<Vec<u8>> {
    let mut out = zstd::stream::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    out.include_checksum(true)?;
    for line in lines {
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.finish()
}

/// Left the rep, right the persona. The encoder has seen to it that they are equally long.
fn write_wav(rep: &[i16], persona: &[i16], work_dir: &Path) -> Result<NamedTempFile, SealError> {
    let mut file = NamedTempFile::new_in(work_dir)?;
    let mut out = BufWriter::new(&mut file);
    let header = wav::header(2, TAPE_RATE.hz(), rep.len() as u64);
    out.write_all(&header.map_err(|_| SealError::TooLong)?)?;
    for (left, right) in rep.iter().zip(persona) {
        let ([l0, l1], [r0, r1]) = (left.to_le_bytes(), right.to_le_bytes());
        out.write_all(&[l0, l1, r0, r1])?;
    }
    out.flush()?;
    drop(out);
    Ok(file)
}

#[cfg(test)]
mod tests;
