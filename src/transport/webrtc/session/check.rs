//! A connection that carries no call: it shows whether one could.

use std::time::Duration;

use ringcraft_media::units::Span;
use serde::Serialize;
use tokio::time::Instant;

use super::{Carrier, Closed, Ending, Session};
use crate::clock;
use crate::transport::inbox::Inbox;
use crate::transport::webrtc::peer::PeerEvent;
use crate::transport::webrtc::{Protocol, Way};

/// How long a check lasts at most, from its answer to the goodbye.
pub const CHECK_WITHIN: Duration = Duration::from_secs(10);

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The way between the peer and us, where there is one.
    pub way: Option<Way>,
    /// How the connection ended.
    pub closed: Closed,
}

/// What a peer is told on its channel.
#[derive(Serialize)]
#[serde(tag = "type")]
enum CheckText {
    #[serde(rename = "connection.checked")]
    Checked {
        protocol: Protocol,
        #[serde(skip_serializing_if = "Option::is_none")]
        rtt_ms: Option<u64>,
    },
}

impl Session {
    /// Connects, tells the peer by which way, and waits until it leaves or its time is up.
    pub async fn check(self) -> Checked {
        let until = clock::now() + CHECK_WITHIN;
        // Nobody listens: what is said and heard is dropped.
        let (inbox, _) = Inbox::new();
        let mut carrier = Carrier::new(self, inbox);
        let (way, ending) = match carrier.connect().await {
            Ok(()) => {
                let way = carrier.peer.way(clock::now().into_std());
                (way, carrier.stay(way, until).await)
            }
            Err(ending) => (None, ending),
        };
        Checked { way, closed: carrier.close(ending).await }
    }
}

impl Carrier {
    async fn stay(&mut self, way: Option<Way>, until: Instant) -> Ending {
        let told = way.map_or(Ok(()), |way| {
            let rtt_ms = way.round_trip.map(Span::as_ms);
            let text = CheckText::Checked { protocol: way.protocol, rtt_ms };
            let text = serde_json::to_string(&text).expect("words and numbers always serialise");
            self.tell_text(&text)
        });
        if let Err(ending) = told {
            return ending;
        }
        loop {
            while let Some(event) = self.peer.poll_event() {
                if event == PeerEvent::Closed {
                    return Ending::ClientLeft;
                }
            }
            self.send_packets();
            let input = self.input(Some(until)).await;
            if until <= clock::now() {
                return Ending::Finished;
            }
            match self.take(input) {
                Ok(false) => {}
                Ok(true) => return Ending::HungUp,
                Err(ending) => return ending,
            }
        }
    }
}
