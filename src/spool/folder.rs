//! The spools of a node on its disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::{SpoolContents, SpoolError, SpoolHeader, header_chunk, read_header, read_lines};
use crate::model::CallId;

/// Room that must be free before a call is admitted: both legs of two hours, and of the calls
/// already running, at 64 kB a second.
pub const MIN_FREE_BYTES: u64 = 500_000_000;

const FILE_NAME: &str = "call.spool";

/// The folder with one folder per call. Its methods block: keep them off the runtime's threads.
#[derive(Clone, Debug)]
pub struct SpoolFolder {
    root: PathBuf,
}

/// The spool of one live call, open for appending.
#[derive(Debug)]
pub struct Spool {
    pub(crate) call_id: CallId,
    pub(crate) file: File,
}

impl SpoolFolder {
    /// Opens `<data_dir>/spool`, making it where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let root = data_dir.join("spool");
        fs::create_dir_all(&root)?;
        Ok(Self { root })
    }

    /// Starts the spool of a call. Once this returns, a power cut does not lose that it exists.
    ///
    /// # Errors
    /// When the call has a spool already or the disk refuses.
    pub fn create(&self, header: &SpoolHeader) -> Result<Spool, SpoolError> {
        let folder = self.call_dir(header.call_id);
        fs::create_dir(&folder)?;
        let started = self.start(&folder, header);
        if started.is_err() {
            // What says nothing of a call must not be found as one at the next start.
            let _ = self.remove(header.call_id);
        }
        Ok(Spool { call_id: header.call_id, file: started? })
    }

    fn start(&self, folder: &Path, header: &SpoolHeader) -> io::Result<File> {
        let mut file =
            OpenOptions::new().append(true).create_new(true).open(folder.join(FILE_NAME))?;
        file.write_all(&header_chunk(header))?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        File::open(&self.root)?.sync_all()?;
        Ok(file)
    }

    /// The calls that have a spool, oldest first. At start these are the calls to be recovered.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<CallId>> {
        let mut calls = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            if let Some(call) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
                calls.push(call);
            }
        }
        calls.sort_unstable();
        Ok(calls)
    }

    /// The folder of a call: what is put beside its spool goes when the spool is removed.
    pub fn call_dir(&self, call: CallId) -> PathBuf {
        self.root.join(call.to_string())
    }

    /// Reads the spool of a call, then `unwritten`: what its recorder still held in memory.
    ///
    /// # Errors
    /// When the file cannot be read or nothing says whose call it is.
    pub fn read(&self, call: CallId, unwritten: &[u8]) -> Result<SpoolContents, SpoolError> {
        let file = File::open(self.call_dir(call).join(FILE_NAME))?;
        SpoolContents::read(BufReader::new(file).chain(unwritten))
    }

    /// Reads the lines that are in a call's file by now, without its sound.
    ///
    /// # Errors
    /// When the file cannot be read or nothing says whose call it is.
    pub fn lines(&self, call: CallId) -> Result<Vec<String>, SpoolError> {
        let file = File::open(self.call_dir(call).join(FILE_NAME))?;
        read_lines(BufReader::new(file))
    }

    /// Whose call a spool holds.
    ///
    /// # Errors
    /// When the file cannot be read or its header is missing, damaged or of another version.
    pub fn header(&self, call: CallId) -> Result<SpoolHeader, SpoolError> {
        let file = File::open(self.call_dir(call).join(FILE_NAME))?;
        read_header(&mut BufReader::new(file))
    }

    /// Appends a beginning of what its recorder still held in memory, and makes it safe. Returns
    /// what the disk did not take.
    pub fn append(&self, call: CallId, mut unwritten: Vec<u8>) -> Vec<u8> {
        let opened = OpenOptions::new().append(true).open(self.call_dir(call).join(FILE_NAME));
        let Ok(mut file) = opened else { return unwritten };
        while !unwritten.is_empty() {
            match file.write(&unwritten) {
                Ok(taken) if 0 < taken => drop(unwritten.drain(..taken)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => break,
            }
        }
        if let Err(error) = file.sync_all() {
            tracing::warn!(%call, %error, "the end of a spool is not safe from a power cut");
        }
        unwritten
    }

    /// Removes the spool of a call that is sealed. One that is gone already is no error.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove(&self, call: CallId) -> io::Result<()> {
        match fs::remove_dir_all(self.call_dir(call)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Bytes that this process may still write to the disk of the spools.
    ///
    /// # Errors
    /// When the file system does not say.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.root)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Whether a new call could be recorded. A disk that does not answer has no room.
    pub fn has_room(&self) -> bool {
        self.free_bytes().is_ok_and(|free| MIN_FREE_BYTES <= free)
    }
}
