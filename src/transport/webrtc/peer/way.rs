//! The way that ICE chose between a peer and us.

use std::time::Instant;

use ringcraft_media::units::Span;
use rtc::peer_connection::transport::RTCIceProtocol;
use rtc::statistics::StatsSelector;

use super::{Peer, Protocol};

/// The way that packets take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// How they travel.
    pub protocol: Protocol,
    /// To the peer and back, as the last check of the way took.
    pub round_trip: Option<Span>,
}

impl Peer {
    /// The way that was chosen, once one was.
    pub(in crate::transport::webrtc) fn way(&mut self, now: Instant) -> Option<Way> {
        let sender = self.connection.rtp_sender(self.sender)?;
        let chosen = sender.transport()?.ice_transport().get_selected_candidate_pair()?;
        let protocol = match chosen.local().protocol {
            RTCIceProtocol::Tcp => Protocol::Tcp,
            _ => Protocol::Udp,
        };
        // Of all pairs, the report knows the answers of the chosen one alone.
        let report = self.connection.get_stats(now, StatsSelector::None);
        let answered = report.candidate_pairs().find(|pair| pair.responses_received != 0);
        let round_trip = answered.map(|pair| Span((pair.current_round_trip_time * 1e6) as u64));
        Some(Way { protocol, round_trip })
    }
}
