//! What sessions need of a network: a way in and out for the packets of each peer.

use std::fmt::Debug;
use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::ports::{Lane, LaneError, Ports};
use super::{Datagram, Route};

/// Where sessions get their lanes: the ports of this process, or a simulation.
pub trait Network: Send + Sync + Debug {
    /// A lane for the packets that name this ICE user of ours and are signed with its password.
    /// Its routes go when it is dropped.
    ///
    /// # Errors
    /// When there is none to give.
    fn open(&self, ufrag: &str, pwd: &str) -> Result<Box<dyn NetworkLane>, LaneError>;

    /// Where peers reach us, by UDP and, passively, by TCP.
    fn candidates(&self) -> &[SocketAddr];
}

/// The packets of one peer, in and out.
pub trait NetworkLane: Send + Debug {
    /// What came for the session. Closed when the network is.
    fn inbound(&mut self) -> &mut mpsc::Receiver<Datagram>;

    /// Sends a packet now or never: what does not fit is dropped and counted.
    fn send(&self, route: &Route, bytes: &[u8]);

    /// Lets packets in that name another ICE user too: after a restart both are good.
    ///
    /// # Errors
    /// When another lane has the name.
    fn also(&self, ufrag: &str, pwd: &str) -> Result<(), LaneError>;
}

impl Network for Ports {
    fn open(&self, ufrag: &str, pwd: &str) -> Result<Box<dyn NetworkLane>, LaneError> {
        Ok(Box::new(self.open(ufrag, pwd)?))
    }

    fn candidates(&self) -> &[SocketAddr] {
        self.candidates()
    }
}

impl NetworkLane for Lane {
    fn inbound(&mut self) -> &mut mpsc::Receiver<Datagram> {
        &mut self.inbound
    }

    fn send(&self, route: &Route, bytes: &[u8]) {
        self.send(route, bytes);
    }

    fn also(&self, ufrag: &str, pwd: &str) -> Result<(), LaneError> {
        self.also(ufrag, pwd)
    }
}
