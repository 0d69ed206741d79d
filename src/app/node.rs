//! This server among others: who it is, and that it lives.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::live::LiveCalls;
use crate::model::NodeId;
use crate::store::{Store, platform};

/// How often a node says that it lives.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

const FILE_NAME: &str = "node_id";

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
    fn a_data_folder_keeps_its_node() {
        let folder = tempfile::tempdir().unwrap();
        let first = Node::of(folder.path(), "http://a".to_owned()).unwrap();
        let again = Node::of(folder.path(), "http://b".to_owned()).unwrap();
        assert_eq!(first.id, again.id);
        fs::write(folder.path().join(FILE_NAME), "no id").unwrap();
        assert!(Node::of(folder.path(), "http://a".to_owned()).is_err());
    }
}
