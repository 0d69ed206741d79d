//! The one task of a WebRTC link.

use super::handle::Wish;
use super::network::NetworkLane;
use super::peer::{Peer, Quality};
use crate::transport::{Link, Refused};
use tokio::sync::mpsc;

/// A peer that was answered and is about to connect.
#[derive(Debug)]
pub struct Session {
    peer: Peer,
    lane: Box<dyn NetworkLane>,
    wishes: mpsc::Receiver<Wish>,
}

/// What became of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Why it ended.
    pub ending: Ending,
    /// Packets of the rep that were dropped because the driver did not take them.
    pub lost_frames: u64,
    /// Messages that were not understood.
    pub faults: u32,
    /// How the two sides heard each other.
    pub quality: Quality,
}

/// Why a link ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The driver let go of it.
    Finished,
    /// The peer closed the connection.
    ClientLeft,
    /// The peer, or somebody for it, ended the session over HTTP before it was connected.
    HungUp,
    /// The peer did not read what it was sent.
    ClientStalled,
    /// The peer was not connected in time.
    NeverConnected,
    /// The call did not take it.
    Refused(Refused),
    /// Too many messages were not understood.
    TooManyFaults,
    /// More messages came than a call can follow.
    Flooded,
    /// The server's ports are closed.
    PortsClosed,
}

impl Session {
    pub(super) fn new(
        peer: Peer,
        lane: Box<dyn NetworkLane>,
        wishes: mpsc::Receiver<Wish>,
    ) -> Self {
        Self { peer, lane, wishes }
    }

    /// Carries a call's media until either side is done with it.
    ///
    /// `attach` is asked once, with the link, when the peer is connected.
    pub async fn run(self, attach: impl FnOnce(Link) -> Result<(), Refused>) -> Closed {
        let _ = attach;
        Closed {
            ending: Ending::NeverConnected,
            lost_frames: 0,
            faults: 0,
            quality: self.peer.quality(),
        }
    }
}
