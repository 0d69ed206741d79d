//! This server among others: who it is, and that it lives.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::live::LiveCalls;
use crate::model::NodeId;
use crate::store::{Store, platform};

/// How often a node says that it lives.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

const FILE_NAME: &str = "node_id";

const LOCK_NAME: &str = "lock";

/// Keeps other servers out of a data folder until it is dropped or the process dies: the calls in
/// it that nobody holds are those of a dead server, and are taken over.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// Why a data folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum LockError {
    /// Another server has it.
    #[error(
        "another server is using the data folder {}; stop it, or set RINGCRAFT_DATA_DIR to a folder of this server's own",
        .0.display()
    )]
    InUse(PathBuf),
    /// It keeps no lock, or cannot be written.
    #[error("lock the data folder {}: {reason}; RINGCRAFT_DATA_DIR must be on a disk that locks files", .folder.display())]
    Lock { folder: PathBuf, reason: io::Error },
}

impl FolderLock {
    /// Takes the folder, or says at once that another server has it.
    pub(super) fn of(data_dir: &Path) -> Result<Self, LockError> {
        let failed = |reason: io::Error| LockError::Lock { folder: data_dir.to_owned(), reason };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(data_dir.join(LOCK_NAME));
        let file = file.map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(Errno::WOULDBLOCK) => Err(LockError::InUse(data_dir.to_owned())),
            Err(error) => Err(failed(error.into())),
        }
    }
}

/// A server that takes calls.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Whose spools the data folder holds.
    pub(super) id: NodeId,
    /// Where other nodes reach it.
    pub(super) url: String,
}

impl Node {
    /// The node whose data are in a folder: its id goes with them.
    ///
    /// # Errors
    /// When the id can neither be read nor written.
    pub(super) fn of(data_dir: &Path, url: String) -> io::Result<Self> {
        let path = data_dir.join(FILE_NAME);
        let id = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let id = NodeId::new();
                let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
                file.write_all(id.to_string().as_bytes())?;
                file.sync_all()?;
                id
            }
            Err(error) => return Err(error),
        };
        Ok(Self { id, url })
    }

    /// Says that it lives until `stop`, then that it does not.
    pub(super) async fn run(self, store: Store, live: Arc<LiveCalls>, stop: CancellationToken) {
        let mut beats = interval(HEARTBEAT_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beats.tick() => self.beat(&store, &live).await,
                () = stop.cancelled() => break,
            }
        }
        if let Err(error) = platform::node_stopped(&store, self.id).await {
            tracing::debug!(%error, "the node is still in the list of nodes");
        }
    }

    async fn beat(&self, store: &Store, live: &LiveCalls) {
        let free_slots = i32::try_from(live.free_slots()).unwrap_or(i32::MAX);
        let node = platform::Node { id: self.id, url: self.url.clone(), free_slots };
        if let Err(error) = platform::node_lives(store, &node).await {
            tracing::debug!(%error, "the database does not know that this node lives");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_has_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let held = FolderLock::of(folder.path()).unwrap();
        assert!(matches!(FolderLock::of(folder.path()), Err(LockError::InUse(_))));
        drop(held);
        FolderLock::of(folder.path()).expect("the folder is free again");
        let gone = folder.path().join("gone");
        assert!(matches!(FolderLock::of(&gone), Err(LockError::Lock { .. })));
    }

    #[test]
    fn a_data_folder_keeps_its_node() {
        let folder = tempfile::tempdir().unwrap();
        let first = Node::of(folder.path(), "http://a".to_owned()).unwrap();
        let again = Node::of(folder.path(), "http://b".to_owned()).unwrap();
        assert_eq!(first.id, again.id);
        fs::write(folder.path().join(FILE_NAME), "no id").unwrap();
        assert!(Node::of(folder.path(), "http://a".to_owned()).is_err());
    }
}
