//! A simulated network between a peer and its caller: one clock, no sockets, every packet seen.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use ringcraft_media::units::CallTime;

use super::caller::{Caller, Wants};
use crate::clock;
use crate::transport::webrtc::peer::{Ours, Peer, PeerEvent, StreamStart};
use crate::transport::webrtc::{Datagram, Route, make_certificate};

/// Where our candidates are.
pub(super) const SERVER: &str = "198.51.100.1:40000";

/// How our stream starts: every number about to wrap.
pub(super) const STREAM: StreamStart =
    StreamStart { ssrc: 0x0a0b_0c0d, seq: 65_530, timestamp: u32::MAX - 4_799 };

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    ToServer,
    ToCaller,
}

/// What becomes of a packet: when it arrives, each time it does.
pub(super) type Fate = Box<dyn FnMut(Instant, Way, &mut BytesMut) -> Vec<Duration>>;

/// A peer, its caller and what is between them.
pub(super) struct Wire {
    pub(super) now: Instant,
    pub(super) peer: Peer,
    pub(super) caller: Caller,
    pub(super) offer: String,
    pub(super) answer: String,
    pub(super) events: Vec<PeerEvent>,
    pub(super) fate: Fate,
    travelling: BinaryHeap<Reverse<Travelling>>,
    sent: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct Travelling {
    arrives: Instant,
    number: u64,
    way: Way,
    route: Route,
    bytes: BytesMut,
}

impl Ord for Travelling {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.arrives, self.number).cmp(&(other.arrives, other.number))
    }
}

impl PartialOrd for Travelling {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Every packet arrives 20 ms later.
pub(super) fn good() -> Fate {
    Box::new(|_, _, _| vec![Duration::from_millis(20)])
}

impl Wire {
    /// A caller whose offer was answered; nothing was sent yet.
    pub(super) fn new(wants: Wants, fate: Fate) -> Self {
        Self::with_offer(wants, fate, |offer| offer)
    }

    /// The same with an offer that was changed on its way.
    pub(super) fn with_offer(
        wants: Wants,
        fate: Fate,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        // A clock of its own: who reads the machine's is an hour off.
        let now = clock::now().into_std() + Duration::from_secs(3_600);
        let (mut caller, offer) = Caller::new(now, wants);
        let certificate = make_certificate().unwrap();
        let candidates = [SERVER.parse().unwrap()];
        let ours = Ours { certificate: &certificate, candidates: &candidates, stream: STREAM };
        let offer = change(offer);
        let (peer, answer) = Peer::answer(now, ours, &offer).unwrap();
        caller.set_answer(now, &answer);
        let travelling = BinaryHeap::new();
        let mut wire = Self {
            now,
            peer,
            caller,
            offer,
            answer,
            events: Vec::new(),
            fate,
            travelling,
            sent: 0,
        };
        wire.exchange();
        wire
    }

    /// One where both are connected and the channel is open.
    pub(super) fn connected(wants: Wants) -> Self {
        let mut wire = Self::new(wants, good());
        wire.run_ms(2_000);
        assert!(wire.events.contains(&PeerEvent::Connected), "{:?}", wire.events);
        assert_eq!(wire.events.contains(&PeerEvent::ChannelOpen), wants.channel);
        wire.events.clear();
        wire
    }

    /// Lets time pass, with all that happens in it.
    pub(super) fn run_ms(&mut self, ms: u64) {
        self.run_until(self.now + Duration::from_millis(ms));
    }

    pub(super) fn run_until(&mut self, until: Instant) {
        loop {
            self.exchange();
            let arrival = self.travelling.peek().map(|Reverse(first)| first.arrives);
            let dues = [arrival, self.peer.poll_timeout(), self.caller.poll_timeout()];
            let next = dues.into_iter().flatten().min().unwrap_or(until);
            // A clockwork that is due at once is given a moment.
            self.now = next.max(self.now);
            if until <= self.now {
                self.now = until;
                return;
            }
            self.deliver();
            if self.peer.poll_timeout().is_some_and(|due| due <= self.now) {
                self.peer.handle_timeout(self.now);
            }
            if self.caller.poll_timeout().is_some_and(|due| due <= self.now) {
                self.caller.handle_timeout(self.now);
            }
        }
    }

    /// Sends 20 ms of the rep.
    pub(super) fn speak(&mut self, seq: u16, timestamp: u32, payload: &[u8]) {
        self.caller.speak(self.now, seq, timestamp, payload.to_vec().into());
    }

    /// Sends 20 ms of the persona.
    pub(super) fn say(&mut self, at: CallTime, payload: &'static [u8], marker: bool) {
        self.peer.send_audio(self.now, at, payload.into(), marker);
    }

    /// A packet on its way to the server, from anywhere.
    pub(super) fn inject(&mut self, route: Route, bytes: &[u8]) {
        self.travel(Way::ToServer, route, BytesMut::from(bytes));
    }

    /// The payloads of the audio that came since the last call.
    pub(super) fn audio(&mut self) -> Vec<(u64, u64, Vec<u8>)> {
        let (audio, others): (Vec<_>, Vec<_>) =
            self.events.drain(..).partition(|event| matches!(event, PeerEvent::Audio { .. }));
        self.events = others;
        audio
            .into_iter()
            .map(|event| match event {
                PeerEvent::Audio { seq, timestamp, payload } => (seq, timestamp, payload.to_vec()),
                _ => unreachable!("only audio is left"),
            })
            .collect()
    }

    fn deliver(&mut self) {
        while let Some(Reverse(first)) = self.travelling.peek() {
            if self.now < first.arrives {
                return;
            }
            let Some(Reverse(Travelling { way, route, bytes, .. })) = self.travelling.pop() else {
                return;
            };
            match way {
                Way::ToServer => {
                    let at = tokio::time::Instant::from_std(self.now);
                    self.peer.receive(self.now, Datagram { at, route, bytes });
                }
                Way::ToCaller => self.caller.receive(self.now, route, bytes),
            }
            self.exchange();
        }
    }

    fn exchange(&mut self) {
        while let Some(event) = self.peer.poll_event() {
            self.events.push(event);
        }
        while let Some((route, bytes)) = self.peer.poll_packet() {
            // A packet to an address that the caller has left finds nobody.
            if route.peer == self.caller.address || route.protocol.is_tcp() {
                self.travel(Way::ToCaller, route, bytes);
            }
        }
        while let Some((route, bytes)) = self.caller.poll_packet() {
            self.travel(Way::ToServer, route, bytes);
        }
    }

    fn travel(&mut self, way: Way, route: Route, mut bytes: BytesMut) {
        for after in (self.fate)(self.now, way, &mut bytes) {
            self.sent += 1;
            let (arrives, number) = (self.now + after, self.sent);
            let bytes = bytes.clone();
            self.travelling.push(Reverse(Travelling { arrives, number, way, route, bytes }));
        }
    }
}
