//! Whose a packet is: by the address it came from, and that is learnt from signed STUN requests.
//!
//! What holds, whatever strangers send:
//!
//! - An address is learnt, and moved from one lane to another, only by a binding request that names
//!   a lane of ours and is signed with that lane's password. User names travel in the clear, so
//!   whoever overhears one still moves nothing.
//! - Whoever replays an overheard request adds an address of their own to its lane. The addresses
//!   that the lane really uses stay, because the one unheard for the longest time goes first. What
//!   comes from there still has to pass ICE and DTLS.
//! - Whoever has a call of their own, forges a source address and knows that of another call moves
//!   that address to their own lane, where its packets cannot be decrypted. The other call's next
//!   binding request, at most a few seconds away, moves it back.
//! - Lanes, names, addresses and connections are bounded by constants; all else is forgotten at
//!   once.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use super::stun::{self, Class, Key, Request, UnusablePassword};

/// Lanes at the same time. More are refused.
pub const MAX_LANES: usize = 16_384;

/// UDP addresses of a lane: a peer has a few networks, and NATs change ports. The one that was
/// unheard for the longest time is forgotten first.
pub const MAX_ADDRESSES: usize = 16;

/// TCP connections of a lane. The oldest is closed first.
pub const MAX_CONNECTIONS: usize = 4;

/// User names of a lane, one more for every restart of ICE. The oldest is forgotten first.
pub const MAX_NAMES: usize = 4;

/// The longest user name, in bytes (RFC 8839, section 5.4).
const MAX_UFRAG: usize = 256;

/// Why there is no lane, or not by this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// There are [`MAX_LANES`].
    #[error("too many WebRTC calls at once")]
    Full,
    /// The lane is closed.
    #[error("the lane is closed")]
    Closed,
    /// Another lane has the user name.
    #[error("the ICE user name is taken")]
    NameTaken,
    /// No STUN request could carry the user name.
    #[error("the ICE user name cannot be used")]
    UnusableName,
    /// The password cannot be used.
    #[error(transparent)]
    UnusablePassword(#[from] UnusablePassword),
}

/// Names a lane. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneId(u64);

/// Names a TCP connection. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(u64);

/// The table. `M` is where a lane's packets go, `W` where those for a TCP connection go.
#[derive(Debug)]
pub struct Router<M, W> {
    lanes: HashMap<LaneId, Entry<M, W>>,
    names: HashMap<Box<[u8]>, Name>,
    addresses: HashMap<SocketAddr, Known>,
    connections: usize,
    /// Packets of known addresses so far: says which address was heard last.
    heard: u64,
    next_id: u64,
}

#[derive(Debug)]
struct Entry<M, W> {
    mailbox: M,
    names: VecDeque<Box<[u8]>>,
    addresses: Vec<SocketAddr>,
    connections: VecDeque<Connection<W>>,
}

#[derive(Debug)]
struct Name {
    lane: LaneId,
    key: Key,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    lane: LaneId,
    heard: u64,
}

#[derive(Debug)]
struct Connection<W> {
    id: ConnectionId,
    peer: SocketAddr,
    outbox: W,
}

impl<M, W> Default for Router<M, W> {
    fn default() -> Self {
        Self {
            lanes: HashMap::new(),
            names: HashMap::new(),
            addresses: HashMap::new(),
            connections: 0,
            heard: 0,
            next_id: 0,
        }
    }
}

impl<M, W> Router<M, W> {
    /// Opens a lane with its first name.
    ///
    /// # Errors
    /// When there are too many, or the name or password is of no use.
    pub fn open(&mut self, ufrag: &str, pwd: &str, mailbox: M) -> Result<LaneId, LaneError> {
        if MAX_LANES <= self.lanes.len() {
            return Err(LaneError::Full);
        }
        let lane = LaneId(self.id());
        let name = self.name(lane, ufrag, pwd)?;
        let entry = Entry {
            mailbox,
            names: VecDeque::from([name]),
            addresses: Vec::new(),
            connections: VecDeque::new(),
        };
        self.lanes.insert(lane, entry);
        Ok(lane)
    }

    /// Gives a lane one more name.
    ///
    /// # Errors
    /// When the name or password is of no use.
    pub fn also(&mut self, lane: LaneId, ufrag: &str, pwd: &str) -> Result<(), LaneError> {
        if !self.lanes.contains_key(&lane) {
            return Err(LaneError::Closed);
        }
        let name = self.name(lane, ufrag, pwd)?;
        let entry = self.lanes.get_mut(&lane).ok_or(LaneError::Closed)?;
        entry.names.retain(|known| *known != name);
        entry.names.push_back(name);
        if MAX_NAMES < entry.names.len()
            && let Some(oldest) = entry.names.pop_front()
        {
            self.names.remove(&oldest);
        }
        Ok(())
    }

    /// Forgets a lane and everything that led to it.
    pub fn close(&mut self, lane: LaneId) {
        let Some(entry) = self.lanes.remove(&lane) else { return };
        for name in entry.names {
            self.names.remove(&name);
        }
        for address in entry.addresses {
            self.addresses.remove(&address);
        }
        self.connections -= entry.connections.len();
    }

    /// Where a packet goes that came by UDP, if it is anybody's.
    pub fn route(&mut self, peer: SocketAddr, packet: &[u8]) -> Option<&M> {
        let class = stun::classify(packet);
        if class == Class::Rubbish {
            return None;
        }
        let mut lane = self.addresses.get(&peer).map(|known| known.lane);
        if class == Class::Stun
            && let Some(request) = Request::parse(packet)
            && let Some(name) = self.names.get_mut(request.ufrag)
            && lane != Some(name.lane)
        {
            if !name.key.signed(&request) {
                return None;
            }
            let named = name.lane;
            self.learn(peer, named);
            lane = Some(named);
        }
        let lane = lane?;
        self.heard += 1;
        self.addresses.get_mut(&peer)?.heard = self.heard;
        self.lanes.get(&lane).map(|entry| &entry.mailbox)
    }

    /// Takes a TCP connection whose first packet this is, if it is anybody's. It stays with its
    /// lane until either ends.
    pub fn connect(
        &mut self,
        peer: SocketAddr,
        packet: &[u8],
        outbox: W,
    ) -> Option<(LaneId, ConnectionId, &M)> {
        let request = Request::parse(packet)?;
        let name = self.names.get_mut(request.ufrag)?;
        if !name.key.signed(&request) {
            return None;
        }
        let lane = name.lane;
        let id = ConnectionId(self.id());
        let entry = self.lanes.get_mut(&lane)?;
        entry.connections.push_back(Connection { id, peer, outbox });
        self.connections += 1;
        if MAX_CONNECTIONS < entry.connections.len() {
            entry.connections.pop_front();
            self.connections -= 1;
        }
        Some((lane, id, &entry.mailbox))
    }

    /// Forgets a TCP connection.
    pub fn disconnect(&mut self, lane: LaneId, id: ConnectionId) {
        let Some(entry) = self.lanes.get_mut(&lane) else { return };
        let before = entry.connections.len();
        entry.connections.retain(|connection| connection.id != id);
        self.connections -= before - entry.connections.len();
    }

    /// The way into the newest TCP connection of a lane from this peer.
    pub fn connection(&self, lane: LaneId, peer: SocketAddr) -> Option<&W> {
        let mut newest_first = self.lanes.get(&lane)?.connections.iter().rev();
        newest_first.find(|connection| connection.peer == peer).map(|found| &found.outbox)
    }

    /// Lanes that are open.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Addresses that lead to lanes.
    pub fn addresses(&self) -> usize {
        self.addresses.len()
    }

    /// TCP connections that lead to lanes.
    pub fn connections(&self) -> usize {
        self.connections
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn name(&mut self, lane: LaneId, ufrag: &str, pwd: &str) -> Result<Box<[u8]>, LaneError> {
        if ufrag.is_empty() || MAX_UFRAG < ufrag.len() || ufrag.contains(':') {
            return Err(LaneError::UnusableName);
        }
        let taken = self.names.get(ufrag.as_bytes()).is_some_and(|name| name.lane != lane);
        if taken {
            return Err(LaneError::NameTaken);
        }
        let name: Box<[u8]> = ufrag.as_bytes().into();
        self.names.insert(name.clone(), Name { lane, key: Key::new(pwd)? });
        Ok(name)
    }

    /// Makes an address lead to a lane, in place of where it led.
    fn learn(&mut self, peer: SocketAddr, lane: LaneId) {
        if let Some(known) = self.addresses.insert(peer, Known { lane, heard: self.heard })
            && let Some(former) = self.lanes.get_mut(&known.lane)
        {
            former.addresses.retain(|address| *address != peer);
        }
        let Some(entry) = self.lanes.get_mut(&lane) else { return };
        if MAX_ADDRESSES <= entry.addresses.len() {
            let heard = |address: &SocketAddr| self.addresses.get(address).map(|known| known.heard);
            let quietest = entry.addresses.iter().enumerate().min_by_key(|(_, at)| heard(at));
            if let Some((index, _)) = quietest {
                let forgotten = entry.addresses.swap_remove(index);
                self.addresses.remove(&forgotten);
            }
        }
        entry.addresses.push(peer);
    }
}

#[cfg(test)]
mod tests;
