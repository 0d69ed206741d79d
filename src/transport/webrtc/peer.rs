//! One peer: a connection of `rtc`, which neither reads a socket nor a clock, as a call needs it.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use ringcraft_media::units::{CallTime, SampleRate};
use rtc::data_channel::RTCDataChannelId;
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::certificate::RTCCertificate;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{RTCDtlsTransportState, RTCIceCandidateInit};
use rtc::rtp;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::sansio::Protocol as _;
use rtc::shared::error::Error;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::handle::{Fragment, PatchError};
use super::{Datagram, EVENTS_CHANNEL, Protocol, Route};
use connection::{OPUS, answer_remote, is_usable, new_connection, own_track};
use description::Offer;
use quality::SharedReport;
use unwrapped::Unwrapped;

pub use quality::Quality;
pub use way::Way;

mod connection;
mod description;
mod quality;
mod unwrapped;
mod way;

/// The longest text a peer may send.
pub(super) const MAX_TEXT: u32 = 16 * 1024;

/// Text that a peer has not taken yet, in bytes. One with more of it does not read.
pub(super) const MAX_UNREAD: usize = 256 * 1024;

/// What a peer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PeerEvent {
    /// Packets go both ways, encrypted; again after every interruption.
    Connected,
    /// The channel for events is open.
    ChannelOpen,
    /// A packet of the peer's microphone.
    Audio {
        /// Its sequence number, unwrapped.
        seq: u64,
        /// Its RTP timestamp, unwrapped, at 48 kHz.
        timestamp: u64,
        /// One Opus packet.
        payload: Bytes,
    },
    /// A text of the peer.
    Text(String),
    /// A message on the channel that is no text, or too long a one.
    BadMessage,
    /// Checks of the way go unanswered.
    Disconnected,
    /// They did for so long that only new ICE parameters help.
    Failed,
    /// The peer has closed the connection.
    Closed,
}

/// The peer has more unread text than it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread;

/// Where a stream of ours starts: drawn at random, so that no two are alike (RFC 3550, section 5.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamStart {
    pub(super) ssrc: u32,
    pub(super) seq: u16,
    pub(super) timestamp: u32,
}

/// What peers are answered with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours<'a> {
    pub(super) certificate: &'a RTCCertificate,
    pub(super) candidates: &'a [SocketAddr],
    pub(super) stream: StreamStart,
}

/// The other end of a call.
pub(super) struct Peer {
    connection: RTCPeerConnection,
    offer: Offer,
    candidates: Vec<SocketAddr>,
    own_ice: Fragment,
    remote_ufrag: String,
    sender: RTCRtpSenderId,
    stream: StreamStart,
    payload_type: u8,
    sent: u64,
    channel: Option<RTCDataChannelId>,
    inbound: InboundStream,
    reported: SharedReport,
    events: VecDeque<PeerEvent>,
    is_closed: bool,
}

/// The one stream that a peer sends.
#[derive(Debug, Default)]
struct InboundStream {
    ssrc: Option<u32>,
    seq: Unwrapped<16>,
    timestamp: Unwrapped<32>,
    first_seq: u64,
    last_seq: u64,
    received: u64,
}

impl Peer {
    /// Answers an offer that was judged fit. Also gives the answer.
    pub(super) fn answer(
        now: Instant,
        ours: Ours<'_>,
        offer: &str,
    ) -> Result<(Self, String), Error> {
        let offer = Offer::new(offer);
        let reported = SharedReport::default();
        let mut connection = new_connection(now, &ours, reported.clone())?;
        let remote = RTCSessionDescription::offer(offer.text().to_owned())?;
        connection.set_remote_description(now, remote)?;
        let sender = connection.add_track(own_track(ours.stream.ssrc))?;
        let answer = answer_remote(&mut connection, now, ours.candidates)?;
        let payload_type =
            description::audio_payload_type(&answer).ok_or(Error::ErrRTPSenderNoBaseEncoding)?;
        let remote_ufrag = description::own_ice(offer.text()).ufrag;
        let own_ice = description::own_ice(&answer);
        let answer = offer.answered(&answer, OPUS);
        let peer = Self {
            connection,
            offer,
            candidates: ours.candidates.to_vec(),
            own_ice,
            remote_ufrag,
            sender,
            stream: ours.stream,
            payload_type,
            sent: 0,
            channel: None,
            inbound: InboundStream::default(),
            reported,
            events: VecDeque::new(),
            is_closed: false,
        };
        Ok((peer, answer))
    }

    /// Our side of ICE, by which the peer's packets find us.
    pub(super) fn own_ice(&self) -> &Fragment {
        &self.own_ice
    }

    /// Whether the peer wants a channel for events.
    pub(super) fn wants_channel(&self) -> bool {
        self.offer.has_channels
    }

    /// Takes a packet that came for this peer. Any bytes may.
    pub(super) fn receive(&mut self, now: Instant, datagram: Datagram) {
        let Datagram { route, bytes, .. } = datagram;
        let is_dtls = bytes.first().is_some_and(|first| (20..=63).contains(first));
        let packet = TaggedBytesMut { now, transport: transport(route), message: bytes };
        // What cannot be read is not from the peer, or damaged: it did not arrive.
        let _ = self.connection.handle_read(packet);
        if is_dtls {
            self.notice_close();
        }
    }

    /// What time brings about: checks, repetitions, reports.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        // A failure of one layer is noticed where it matters: nothing comes any more.
        let _ = self.connection.handle_timeout(now);
    }

    /// When [`Self::handle_timeout`] is due.
    pub(super) fn poll_timeout(&mut self) -> Option<Instant> {
        self.connection.poll_timeout()
    }

    /// The next packet to send. To be asked until there is none, last of all.
    pub(super) fn poll_packet(&mut self) -> Option<(Route, BytesMut)> {
        let packet = self.connection.poll_write()?;
        let protocol = match packet.transport.transport_protocol {
            TransportProtocol::TCP => Protocol::Tcp,
            _ => Protocol::Udp,
        };
        let (local, peer) = (packet.transport.local_addr, packet.transport.peer_addr);
        Some((Route { protocol, local, peer }, packet.message))
    }

    /// The next thing that the peer did. To be asked until there is none.
    pub(super) fn poll_event(&mut self) -> Option<PeerEvent> {
        while let Some(event) = self.connection.poll_event() {
            self.note_event(&event);
        }
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let message = self.connection.poll_read()?.message;
            self.note_message(message);
        }
    }

    /// Sends one Opus packet of 20 ms that starts to sound at `at`.
    pub(super) fn send_audio(&mut self, now: Instant, at: CallTime, payload: Bytes, marker: bool) {
        let header = rtp::Header {
            version: 2,
            marker,
            payload_type: self.payload_type,
            sequence_number: self.stream.seq.wrapping_add(self.sent as u16),
            timestamp: self.timestamp(at),
            ssrc: self.stream.ssrc,
            ..rtp::Header::default()
        };
        let packet = rtp::Packet { header, payload };
        let Some(mut sender) = self.connection.rtp_sender(self.sender) else { return };
        if sender.write_rtp(now, packet).is_ok() {
            self.sent += 1;
        }
    }

    /// The RTP timestamp of our sound at a moment of the call.
    pub(super) fn timestamp(&self, at: CallTime) -> u32 {
        self.stream.timestamp.wrapping_add(at.samples(SampleRate::Hz48000).0 as u32)
    }

    /// Sends a text on the channel. Without one there is nobody to read it.
    pub(super) fn send_text(&mut self, now: Instant, text: &str) -> Result<(), Unread> {
        let unread = self.unread();
        let Some(mut channel) = self.channel.and_then(|id| self.connection.data_channel(id)) else {
            return Ok(());
        };
        if MAX_UNREAD < unread + text.len() {
            return Err(Unread);
        }
        // It fails only where the channel is gone, which its event tells.
        let _ = channel.send_text(now, text);
        Ok(())
    }

    /// Bytes of text that the peer has not taken yet.
    pub(super) fn unread(&mut self) -> usize {
        let channel = self.channel.and_then(|id| self.connection.data_channel(id));
        channel.map_or(0, |channel| channel.outstanding_bytes())
    }

    /// Takes candidates of the peer, or, under a new user name, begins ICE anew; then gives our
    /// new side of it.
    pub(super) fn patch(
        &mut self,
        now: Instant,
        fragment: &Fragment,
    ) -> Result<Option<Fragment>, PatchError> {
        let candidates: Vec<String> =
            fragment.candidates.iter().filter(|candidate| is_usable(candidate)).cloned().collect();
        if fragment.ufrag == self.remote_ufrag {
            for candidate in candidates {
                let init = RTCIceCandidateInit { candidate, ..RTCIceCandidateInit::default() };
                // One that is refused is passed over like one that cannot be reached.
                let _ = self.connection.add_remote_candidate(init);
            }
            return Ok(None);
        }
        let offer = self.offer.restarted(fragment, &candidates);
        let restarted = self.restart(now, offer).map_err(|error| {
            tracing::debug!(%error, "ICE was not restarted");
            PatchError::Unusable(String::from("ICE cannot begin anew with it"))
        })?;
        self.remote_ufrag.clone_from(&fragment.ufrag);
        self.own_ice.clone_from(&restarted);
        Ok(Some(restarted))
    }

    /// How the peer and we hear each other.
    pub(super) fn quality(&self) -> Quality {
        let reported = self.reported.get();
        let InboundStream { first_seq, last_seq, received, .. } = self.inbound;
        let expected = if received == 0 { 0 } else { last_seq - first_seq + 1 };
        Quality {
            round_trip: reported.round_trip,
            lost_outbound: reported.lost,
            lost_outbound_256ths: reported.lost_256ths,
            sent: self.sent,
            received,
            lost_inbound: expected.saturating_sub(received),
        }
    }

    /// Says goodbye; the packets that do are the last to be polled.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        let _ = self.connection.close();
    }

    fn restart(&mut self, now: Instant, offer: String) -> Result<Fragment, Error> {
        let remote = RTCSessionDescription::offer(offer)?;
        self.connection.set_remote_description(now, remote)?;
        let answer = answer_remote(&mut self.connection, now, &self.candidates)?;
        Ok(description::own_ice(&answer))
    }

    fn note_event(&mut self, event: &RTCPeerConnectionEvent) {
        match event {
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => {
                let event = match state {
                    RTCPeerConnectionState::Connected => PeerEvent::Connected,
                    RTCPeerConnectionState::Disconnected => PeerEvent::Disconnected,
                    RTCPeerConnectionState::Failed => PeerEvent::Failed,
                    _ => return,
                };
                self.events.push_back(event);
            }
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => {
                let channel = self.connection.data_channel(*id);
                let is_ours = channel.is_some_and(|channel| channel.label() == EVENTS_CHANNEL);
                if is_ours && self.channel.is_none() {
                    self.channel = Some(*id);
                    self.events.push_back(PeerEvent::ChannelOpen);
                }
            }
            RTCPeerConnectionEvent::OnDataChannel(
                RTCDataChannelEvent::OnClose(id) | RTCDataChannelEvent::OnError(id),
            ) if self.channel == Some(*id) => self.note_closed(),
            _ => {}
        }
    }

    fn note_message(&mut self, message: RTCMessage) {
        match message {
            RTCMessage::RtpPacket(_, packet) if packet.header.payload_type == self.payload_type => {
                self.events.extend(self.inbound.take(packet));
            }
            RTCMessage::DataChannelMessage(id, message) if self.channel == Some(id) => {
                let is_text = message.is_string && message.data.len() <= MAX_TEXT as usize;
                let text = is_text.then(|| String::from_utf8(message.data.into()));
                let event = text.and_then(Result::ok).map(PeerEvent::Text);
                self.events.push_back(event.unwrap_or(PeerEvent::BadMessage));
            }
            _ => {}
        }
    }

    /// The library changes no state that it tells of when a peer closes its encryption.
    fn notice_close(&mut self) {
        let Some(sender) = self.connection.rtp_sender(self.sender) else { return };
        let state = sender.transport().map(|transport| transport.state());
        if state == Some(RTCDtlsTransportState::Closed) {
            self.note_closed();
        }
    }

    fn note_closed(&mut self) {
        if !self.is_closed {
            self.is_closed = true;
            self.events.push_back(PeerEvent::Closed);
        }
    }
}

impl InboundStream {
    fn take(&mut self, packet: rtp::Packet) -> Option<PeerEvent> {
        if *self.ssrc.get_or_insert(packet.header.ssrc) != packet.header.ssrc {
            return None;
        }
        let seq = self.seq.place(packet.header.sequence_number.into());
        let timestamp = self.timestamp.place(packet.header.timestamp.into());
        if self.received == 0 {
            (self.first_seq, self.last_seq) = (seq, seq);
        }
        self.first_seq = self.first_seq.min(seq);
        self.last_seq = self.last_seq.max(seq);
        self.received += 1;
        Some(PeerEvent::Audio { seq, timestamp, payload: packet.payload })
    }
}

impl fmt::Debug for Peer {
    // Its parts hold keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Peer").field("sent", &self.sent).finish_non_exhaustive()
    }
}

fn transport(route: Route) -> TransportContext {
    TransportContext {
        local_addr: route.local,
        peer_addr: route.peer,
        transport_protocol: match route.protocol {
            Protocol::Udp => TransportProtocol::UDP,
            Protocol::Tcp => TransportProtocol::TCP,
        },
        ecn: None,
    }
}
