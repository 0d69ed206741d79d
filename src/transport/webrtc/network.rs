//! What sessions need of a network: a way in and out for the packets of each peer.

use std::fmt::Debug;
use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::{Datagram, Route};

/// Where sessions get their lanes: the ports of this process, or a simulation.
pub trait Network: Send + Sync + Debug {
    /// A lane for the packets that name this ICE user of ours. Its routes go when it is dropped.
    ///
    /// # Errors
    /// When there is none to give.
    fn open(&self, ufrag: &str) -> Result<Box<dyn NetworkLane>, NoLane>;

    /// Where peers reach us, by UDP and, passively, by TCP.
    fn candidates(&self) -> Vec<SocketAddr>;
}

/// The packets of one peer, in and out.
pub trait NetworkLane: Send + Debug {
    /// What came for the session. Closed when the network is.
    fn inbound(&mut self) -> &mut mpsc::Receiver<Datagram>;

    /// Sends a packet now or never: what does not fit is dropped and counted.
    fn send(&self, route: &Route, bytes: &[u8]);

    /// Lets packets in that name another ICE user too: after a restart both are good.
    fn also(&self, ufrag: &str);
}

/// Why there is no lane for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLane {
    /// Every lane is taken.
    #[error("this server follows as many WebRTC connections as it can; try again in a minute")]
    Full,
}
