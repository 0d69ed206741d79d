//! A call's media over WebRTC: Opus both ways, everything else on a data channel, and every call
//! through one port.
//!
//! ```text
//! UDP socket, TCP connections ──► ports: whose datagram is it? ──► session: one task a link
//!        ▲                                                             │   around one peer:
//!        └──────────────────────────── packets ◄───────────────────────┘   rtc, without I/O
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use rtc::crypto::SignatureScheme;
use rtc::peer_connection::certificate::{CertificateParams, RTCCertificate};
use rtc::shared::error::Error;
use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock;
use handle::SessionHandle;
use network::Network;
use peer::{Ours, Peer, StreamStart};
use ports::LaneError;

pub mod handle;
pub mod network;
pub mod offer;
pub mod fragment;
pub mod sessions;
mod description;
mod peer;
pub mod ports;
pub mod session;

pub use peer::{Quality, Way};
pub use session::{Checked, Closed, Ending, Session};

/// The label of the data channel that carries live events and playback reports.
pub const EVENTS_CHANNEL: &str = "events";

/// How a datagram travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// UDP.
    Udp,
    /// TCP with each packet behind its length (RFC 4571).
    Tcp,
}

impl Protocol {
    /// Whether packets go over a connection.
    pub const fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp)
    }
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

/// Answers offers: one in a process.
#[derive(Debug)]
pub struct Rtc {
    network: Arc<dyn Network>,
    certificate: RTCCertificate,
}

/// An offer's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer for the peer.
    pub sdp: String,
    /// The name of this ICE session: the entity tag, without quotes.
    pub tag: String,
    /// Reaches the session while it runs.
    pub handle: SessionHandle,
}

/// Why there is no WebRTC.
#[derive(Debug, thiserror::Error)]
#[error("make a certificate for WebRTC: {0}")]
pub struct NoCertificate(String);

/// Why an offer is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Nothing can be agreed on.
    #[error("the offer cannot be answered")]
    Unusable,
    /// There is no room for its packets.
    #[error(transparent)]
    NoLane(#[from] LaneError),
}

impl Rtc {
    /// Answers offers with a certificate made for it, which takes about a millisecond.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new(network: Arc<dyn Network>) -> Result<Self, NoCertificate> {
        let certificate = make_certificate().map_err(|error| NoCertificate(error.to_string()))?;
        Ok(Self { network, certificate })
    }

    /// Answers an offer that was judged fit. The session waits to be run; dropped, it frees all.
    ///
    /// # Errors
    /// When the offer has something that cannot be, or there is no room.
    pub fn answer(&self, offer: &str) -> Result<(Answer, Session), OfferError> {
        let stream =
            StreamStart { ssrc: rand::random(), seq: rand::random(), timestamp: rand::random() };
        let candidates = self.network.candidates();
        let ours = Ours { certificate: &self.certificate, candidates, stream };
        let answered = Peer::answer(clock::now().into_std(), ours, offer);
        let (peer, sdp) = answered.map_err(|error| {
            tracing::debug!(%error, "an offer cannot be answered");
            OfferError::Unusable
        })?;
        let ice = peer.own_ice();
        let lane = self.network.open(&ice.ufrag, &ice.pwd)?;
        let (handle, wishes) = SessionHandle::new();
        let answer = Answer { sdp, tag: new_tag(), handle };
        Ok((answer, Session::new(peer, lane, wishes)))
    }
}

/// A name for an ICE session that nobody else has.
fn new_tag() -> String {
    Uuid::new_v4().simple().to_string()
}

fn make_certificate() -> Result<RTCCertificate, Error> {
    let crypto =
        rtc::crypto::default_provider().map_err(|error| Error::Other(error.to_string()))?;
    let params = CertificateParams::new(vec![String::from("ringcraft")])
        .map_err(|error| Error::Other(error.to_string()))?;
    RTCCertificate::generate(crypto.crypto(), SignatureScheme::EcdsaP256Sha256, params)
}

#[cfg(test)]
mod tests;
