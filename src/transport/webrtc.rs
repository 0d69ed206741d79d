//! A call's media over WebRTC: Opus both ways, everything else on a data channel, and every call
//! through one port.
//!
//! ```text
//! UDP socket, TCP connections ──► ports: whose datagram is it? ──► session: one task a link
//!        ▲                                                             │   around one peer:
//!        └──────────────────────────── packets ◄───────────────────────┘   rtc, without I/O
//! ```

use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::time::Instant;

pub mod handle;
pub mod offer;
pub mod fragment;
pub mod sessions;
mod description;

/// The label of the data channel that carries live events and playback reports.
pub const EVENTS_CHANNEL: &str = "events";

/// How a datagram travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// UDP.
    Udp,
    /// TCP with each packet behind its length (RFC 4571).
    Tcp,
}

/// The way between a peer and us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// How.
    pub protocol: Protocol,
    /// Our end as the peer knows it: the address of one of our candidates, whatever the socket is
    /// bound to.
    pub local: SocketAddr,
    /// The peer's end.
    pub peer: SocketAddr,
}

/// A packet of a peer as it came.
#[derive(Debug)]
pub struct Datagram {
    /// When it was read.
    pub at: Instant,
    /// By which way.
    pub route: Route,
    /// What it holds.
    pub bytes: BytesMut,
}
