//! One UDP socket and one TCP listener for all calls, and whose a packet is.
//!
//! Nothing is ever answered here, and a packet of a stranger leaves nothing behind: an address is
//! learnt from nothing but a STUN request that is signed with the password of a lane.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use candidates::Candidates;
pub use framing::MAX_PACKET;
pub use router::LaneError;
use router::{LaneId, Router};
pub use sockets::BindError;

use super::{Datagram, Protocol, Route};

mod candidates;
pub mod framing;
pub mod router;
mod sockets;
pub mod stun;
mod tcp;
mod udp;

/// Packets waiting for a session: 2.5 s of audio. When full the newest is lost and counted.
pub const LANE_INBOUND: usize = 128;

/// The port of all calls. Clones are the same port.
#[derive(Clone, Debug)]
pub struct Ports {
    shared: Arc<Shared>,
}

/// What came and went, and what was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lanes that are open.
    pub lanes: usize,
    /// Addresses that lead to them over UDP.
    pub addresses: usize,
    /// TCP connections that lead to them.
    pub connections: usize,
    /// Packets of strangers, dropped.
    pub strangers: u64,
    /// Packets dropped because a session did not take them.
    pub lost_inbound: u64,
    /// Packets dropped because the network did not take them.
    pub lost_outbound: u64,
}

/// One call's share of the port. Dropped, it is forgotten and its connections close.
#[derive(Debug)]
pub struct Lane {
    /// Packets of the call's peer.
    pub inbound: mpsc::Receiver<Datagram>,
    id: LaneId,
    shared: Arc<Shared>,
}

/// Where a lane's packets are put.
type Mailbox = mpsc::Sender<Datagram>;

/// Packets on their way into one TCP connection.
type Outbox = mpsc::Sender<Bytes>;

#[derive(Debug)]
struct Shared {
    router: Mutex<Router<Mailbox, Outbox>>,
    candidates: Candidates,
    /// Never waits: what it does not take at once is lost.
    udp: std::net::UdpSocket,
    tally: Tally,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

#[derive(Debug, Default)]
struct Tally {
    strangers: AtomicU64,
    lost_inbound: AtomicU64,
    lost_outbound: AtomicU64,
}

impl Ports {
    /// Takes the port, UDP and TCP, and serves it on `runtime`. Port 0 is any that is free for
    /// both. `public` makes of the port the addresses at which clients reach it; where it makes
    /// none, they are those of this machine.
    ///
    /// # Errors
    /// When the port or address cannot be had, or no client could reach it.
    pub fn bind(
        listen: SocketAddr,
        public: impl FnOnce(u16) -> Vec<SocketAddr>,
        runtime: &Handle,
    ) -> Result<Self, BindError> {
        let sockets = sockets::bind(listen)?;
        let candidates = Candidates::of(sockets.address, public(sockets.address.port()))?;
        // The sockets belong to the reactor of the runtime that serves them.
        let _entered = runtime.enter();
        let (udp, listener, sender) = sockets.served().map_err(BindError::other(listen))?;
        let shared = Arc::new(Shared {
            router: Mutex::new(Router::default()),
            candidates,
            udp: sender,
            tally: Tally::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        });
        shared.tasks.spawn_on(udp::serve(udp, Arc::clone(&shared)), runtime);
        shared.tasks.spawn_on(tcp::serve(listener, Arc::clone(&shared)), runtime);
        Ok(Self { shared })
    }

    /// Makes room for a call. The lane gets the packets of peers that know our ICE user name and
    /// password.
    ///
    /// # Errors
    /// When there are too many, or another lane has the name.
    pub fn open(&self, ufrag: &str, pwd: &str) -> Result<Lane, LaneError> {
        let (mailbox, inbound) = mpsc::channel(LANE_INBOUND);
        let id = self.shared.router().open(ufrag, pwd, mailbox)?;
        Ok(Lane { inbound, id, shared: Arc::clone(&self.shared) })
    }

    /// Our addresses as peers know them; each is both UDP and passive TCP.
    pub fn candidates(&self) -> &[SocketAddr] {
        self.shared.candidates.all()
    }

    /// What came and went so far.
    pub fn counts(&self) -> Counts {
        let tally = &self.shared.tally;
        let router = self.shared.router();
        Counts {
            lanes: router.lanes(),
            addresses: router.addresses(),
            connections: router.connections(),
            strangers: tally.strangers.load(Ordering::Relaxed),
            lost_inbound: tally.lost_inbound.load(Ordering::Relaxed),
            lost_outbound: tally.lost_outbound.load(Ordering::Relaxed),
        }
    }

    /// Gives the port back and waits until nothing serves it any more.
    pub async fn stop(&self) {
        self.shared.stopping.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Lane {
    /// Makes another ICE user name lead here as well, after a restart of ICE.
    ///
    /// # Errors
    /// When another lane has the name.
    pub fn also(&self, ufrag: &str, pwd: &str) -> Result<(), LaneError> {
        self.shared.router().also(self.id, ufrag, pwd)
    }

    /// Sends a packet, or loses and counts it where the network does not take it at once.
    pub fn send(&self, route: &Route, bytes: &[u8]) {
        let sent = match route.protocol {
            Protocol::Udp => self.shared.send_udp(route.peer, bytes).is_ok(),
            Protocol::Tcp => self.shared.send_tcp(self.id, route.peer, bytes),
        };
        if !sent {
            self.shared.tally.lost_outbound.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.shared.router().close(self.id);
    }
}

impl Shared {
    /// Nothing that holds the lock can panic half-way, so what it guards is whole even if poisoned.
    fn router(&self) -> MutexGuard<'_, Router<Mailbox, Outbox>> {
        self.router.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send_udp(&self, peer: SocketAddr, bytes: &[u8]) -> io::Result<usize> {
        self.udp.send_to(bytes, self.candidates.on_socket(peer))
    }

    fn send_tcp(&self, lane: LaneId, peer: SocketAddr, bytes: &[u8]) -> bool {
        let outbox = self.router().connection(lane, peer).cloned();
        let fits = bytes.len() <= MAX_PACKET;
        fits && outbox.is_some_and(|outbox| outbox.try_send(Bytes::copy_from_slice(bytes)).is_ok())
    }

    /// Puts a packet into its lane's mailbox. Says whether the lane lives.
    fn deliver(&self, mailbox: &Mailbox, datagram: Datagram) -> bool {
        match mailbox.try_send(datagram) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.tally.lost_inbound.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }

    fn stranger(&self) {
        self.tally.strangers.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
