//! `ringcraft replay LOG`: runs a call's log through the core again.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use ringcraft_media::log;

/// Zstandard's magic number, RFC 8878 section 3.1.1.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Feeds the logged events of a call through the core and reports the first command that differs.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// The log: log.jsonl.zst as a call leaves it, or log.jsonl; `-` reads standard input.
    pub log: PathBuf,
}

/// Why a log did not replay.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFailed {
    /// The log could not be read.
    #[error("cannot read the log: {0}")]
    Read(#[from] io::Error),
    /// It is no log, or the core decides otherwise.
    #[error(transparent)]
    Replay(#[from] log::ReplayError),
}

/// Replays a log and says in one line what was compared.
///
/// # Errors
/// When the log cannot be read, is no log, or the core decides otherwise now.
pub fn run(args: &ReplayArgs, out: &mut impl Write) -> Result<(), ReplayFailed> {
    let mut bytes = Vec::new();
    if args.log.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(&args.log)?.read_to_end(&mut bytes)?;
    }
    let text = unpack(bytes)?;
    let entries = log::read(text.lines())?;
    let replayed = log::replay(&entries)?;
    writeln!(out, "{} events, {} commands: the same", replayed.events, replayed.commands)?;
    Ok(())
}

fn unpack(bytes: Vec<u8>) -> io::Result<String> {
    let bytes =
        if bytes.starts_with(&ZSTD_MAGIC) { zstd::decode_all(bytes.as_slice())? } else { bytes };
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
