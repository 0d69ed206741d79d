//! The spool: everything a live call must not lose, in one append-only file.
//!
//! The file is a row of chunks: kind (1 byte), length of the payload (4 bytes little-endian),
//! CRC-32 of kind, length and payload (4 bytes little-endian), payload. The header comes first.
//! Whatever a crash leaves of the last chunk fails its checksum, and reading ends there.

use std::io::{self, Read};

use ringcraft_media::record::Speaker;
use ringcraft_media::units::Samples;
use serde::{Deserialize, Serialize};

use crate::model::{CallId, OrgId};

mod folder;

pub use folder::{MIN_FREE_BYTES, Spool, SpoolFolder};

/// The version this code writes, and the only one it reads.
pub const SPOOL_VERSION: u32 = 1;

/// The longest payload that is read; a longer length is damage.
const MAX_PAYLOAD_BYTES: usize = 16 << 20;

/// Kind, length and checksum.
const PREFIX_BYTES: usize = 9;

/// Leg and first sample of a tape chunk.
const TAPE_PREFIX_BYTES: usize = 9;

// A file system may leave zeros where data was never written, so no kind is 0.
const KIND_HEADER: u8 = 1;
const KIND_LINE: u8 = 2;
const KIND_TAPE: u8 = 3;

const LEG_REP: u8 = 0;
const LEG_PERSONA: u8 = 1;

/// Whose call a spool holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolHeader {
    /// [`SPOOL_VERSION`] when it was written.
    pub version: u32,
    /// The call.
    pub call_id: CallId,
    /// The tenant it belongs to.
    pub org_id: OrgId,
    /// What was practised.
    pub scenario_id: String,
    /// When the call was created, in milliseconds since 1970, UTC.
    pub created_unix_ms: u64,
}

/// Sound of one leg without a gap, 16 kHz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeRun {
    /// Whose sound.
    pub leg: Speaker,
    /// Where it starts on the call's clock, at 16 kHz.
    pub start: Samples,
    /// The samples.
    pub pcm: Vec<i16>,
}

impl TapeRun {
    fn end(&self) -> Samples {
        self.start + Samples(self.pcm.len() as u64)
    }
}

/// What a spool holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolContents {
    /// Whose call it is.
    pub header: SpoolHeader,
    /// The lines of the call's log, in order.
    pub lines: Vec<String>,
    /// The sound of both legs, in the order it was written; each leg in its own order.
    pub tape: Vec<TapeRun>,
    /// Bytes at the end that could not be read: the chunk that a crash cut, or damage.
    pub dropped_bytes: u64,
}

/// Why a spool was not opened, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The file system refused.
    #[error("spool file: {0}")]
    File(#[from] io::Error),
    /// The header is missing or damaged: nothing says whose call it is.
    #[error("spool has no readable header")]
    NoHeader,
    /// Another version of the server wrote it.
    #[error("spool has version {0}, this server reads {SPOOL_VERSION}")]
    Version(u32),
}

impl SpoolContents {
    /// Reads a spool to its end or to the first damage.
    ///
    /// # Errors
    /// When `source` fails, or its header is missing, damaged or of another version.
    pub fn read(mut source: impl Read) -> Result<Self, SpoolError> {
        let header = read_header(&mut source)?;
        let mut payload = Vec::new();
        let mut contents = Self { header, lines: Vec::new(), tape: Vec::new(), dropped_bytes: 0 };
        loop {
            match next_chunk(&mut source, &mut payload)? {
                Next::End => return Ok(contents),
                Next::Chunk(kind) if contents.take(kind, &payload) => {}
                Next::Chunk(_) => {
                    contents.dropped_bytes = (PREFIX_BYTES + payload.len()) as u64;
                    break;
                }
                Next::Damaged { read_bytes } => {
                    contents.dropped_bytes = read_bytes;
                    break;
                }
            }
        }
        contents.dropped_bytes += io::copy(&mut source, &mut io::sink())?;
        Ok(contents)
    }

    /// Adds a chunk; says whether it made sense.
    fn take(&mut self, kind: u8, payload: &[u8]) -> bool {
        match kind {
            KIND_LINE => match std::str::from_utf8(payload) {
                Ok(line) => self.lines.push(line.to_owned()),
                Err(_) => return false,
            },
            KIND_TAPE => match parse_tape(payload) {
                Some(run) => self.take_run(run),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    fn take_run(&mut self, run: TapeRun) {
        let same_leg = self.tape.iter_mut().rev().take(2).find(|last| last.leg == run.leg);
        match same_leg {
            Some(last) if last.end() == run.start => last.pcm.extend_from_slice(&run.pcm),
            _ => self.tape.push(run),
        }
    }
}

/// Reads the first chunk of a file.
fn read_header(source: &mut impl Read) -> Result<SpoolHeader, SpoolError> {
    let mut payload = Vec::new();
    let Next::Chunk(KIND_HEADER) = next_chunk(source, &mut payload)? else {
        return Err(SpoolError::NoHeader);
    };
    let header: SpoolHeader = serde_json::from_slice(&payload).map_err(|_| SpoolError::NoHeader)?;
    match header.version {
        SPOOL_VERSION => Ok(header),
        other => Err(SpoolError::Version(other)),
    }
}

/// Reads the lines of a file up to its end, or to the chunk that is being written.
fn read_lines(mut source: impl Read) -> Result<Vec<String>, SpoolError> {
    read_header(&mut source)?;
    let (mut lines, mut payload) = (Vec::new(), Vec::new());
    while let Next::Chunk(kind) = next_chunk(&mut source, &mut payload)? {
        if kind == KIND_LINE
            && let Ok(line) = std::str::from_utf8(&payload)
        {
            lines.push(line.to_owned());
        }
    }
    Ok(lines)
}

/// The header as the first chunk of a file.
pub(crate) fn header_chunk(header: &SpoolHeader) -> Vec<u8> {
    let json = serde_json::to_vec(header).expect("ids, numbers and a string are always JSON");
    let mut out = Vec::with_capacity(PREFIX_BYTES + json.len());
    push_chunk(&mut out, KIND_HEADER, |out| out.extend_from_slice(&json));
    out
}

/// Appends a log line as a chunk.
pub(crate) fn push_line(out: &mut Vec<u8>, line: &str) {
    push_chunk(out, KIND_LINE, |out| out.extend_from_slice(line.as_bytes()));
}

/// Appends sound as a chunk.
pub(crate) fn push_tape(out: &mut Vec<u8>, leg: Speaker, start: Samples, pcm: &[i16]) {
    push_chunk(out, KIND_TAPE, |out| {
        out.push(match leg {
            Speaker::Rep => LEG_REP,
            Speaker::Persona => LEG_PERSONA,
        });
        out.extend_from_slice(&start.0.to_le_bytes());
        out.extend(pcm.iter().flat_map(|sample| sample.to_le_bytes()));
    });
}

fn push_chunk(out: &mut Vec<u8>, kind: u8, payload: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[kind, 0, 0, 0, 0, 0, 0, 0, 0]);
    payload(out);
    let length = u32::try_from(out.len() - at - PREFIX_BYTES).expect("a chunk is below 4 GiB");
    out[at + 1..at + 5].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&out[at..at + 5], &out[at + PREFIX_BYTES..]);
    out[at + 5..at + PREFIX_BYTES].copy_from_slice(&sum.to_le_bytes());
}

fn checksum(kind_and_length: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(kind_and_length);
    hasher.update(payload);
    hasher.finalize()
}

enum Next {
    Chunk(u8),
    Damaged { read_bytes: u64 },
    End,
}

/// Reads one chunk; its payload replaces what `payload` held.
fn next_chunk(source: &mut impl Read, payload: &mut Vec<u8>) -> io::Result<Next> {
    let mut prefix = Vec::with_capacity(PREFIX_BYTES);
    source.by_ref().take(PREFIX_BYTES as u64).read_to_end(&mut prefix)?;
    if prefix.is_empty() {
        return Ok(Next::End);
    }
    let Ok([kind, l0, l1, l2, l3, c0, c1, c2, c3]) = <[u8; PREFIX_BYTES]>::try_from(&prefix[..])
    else {
        return Ok(Next::Damaged { read_bytes: prefix.len() as u64 });
    };
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    if MAX_PAYLOAD_BYTES < length as usize {
        return Ok(Next::Damaged { read_bytes: PREFIX_BYTES as u64 });
    }
    payload.clear();
    let read = source.by_ref().take(u64::from(length)).read_to_end(payload)?;
    let whole = read == length as usize
        && checksum(&prefix[..5], payload) == u32::from_le_bytes([c0, c1, c2, c3]);
    Ok(if whole {
        Next::Chunk(kind)
    } else {
        Next::Damaged { read_bytes: (PREFIX_BYTES + read) as u64 }
    })
}

fn parse_tape(payload: &[u8]) -> Option<TapeRun> {
    let (prefix, samples) = payload.split_at_checked(TAPE_PREFIX_BYTES)?;
    let leg = match prefix[0] {
        LEG_REP => Speaker::Rep,
        LEG_PERSONA => Speaker::Persona,
        _ => return None,
    };
    let start = Samples(u64::from_le_bytes(prefix[1..].try_into().ok()?));
    // A place past the end of time would overflow whoever adds to it.
    start.0.checked_add(samples.len() as u64)?;
    let (pairs, []) = samples.as_chunks::<2>() else { return None };
    let pcm = pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect();
    Some(TapeRun { leg, start, pcm })
}

#[cfg(test)]
mod tests;
