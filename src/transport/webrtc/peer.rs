//! One peer: a connection of `rtc`, which neither reads a socket nor a clock, as a call needs it.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use ringcraft_media::units::{CallTime, SampleRate};
use rtc::data_channel::RTCDataChannelId;
use rtc::ice::candidate::unmarshal_candidate;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::certificate::RTCCertificate;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::{
    SctpMaxMessageSize, SettingEngine, SettingEngineBuilder,
};
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{
    CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCDtlsTransportState, RTCIceCandidate,
    RTCIceCandidateInit,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use rtc::sansio::Protocol as _;
use rtc::shared::error::Error;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::handle::{Fragment, PatchError};
use super::{Datagram, EVENTS_CHANNEL, Protocol, Route};
use description::Offer;
use quality::{ReportReader, SharedReport};
use unwrapped::Unwrapped;

pub use quality::Quality;

mod description;
mod quality;
mod unwrapped;

/// The longest text a peer may send.
pub(super) const MAX_TEXT: u32 = 16 * 1024;

/// Text that a peer has not taken yet, in bytes. One with more of it does not read.
pub(super) const MAX_UNREAD: usize = 256 * 1024;

/// Without an answer to a check for so long, ICE is disconnected.
const ICE_DISCONNECTED_AFTER: Duration = Duration::from_secs(5);

/// So long after that, it has failed.
const ICE_FAILED_AFTER: Duration = Duration::from_secs(10);

/// How often the way to the peer is checked.
const ICE_CHECK_EVERY: Duration = Duration::from_secs(1);

/// How we want Opus (RFC 7587, section 6.1): mono speech with redundancy, never silent packets.
const OPUS: &str = "minptime=10;useinbandfec=1;usedtx=0;stereo=0;maxaveragebitrate=32000";

/// Our payload type where the offer leaves the choice, as browsers have it.
const OPUS_PAYLOAD_TYPE: u8 = 111;

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

fn new_connection(
    now: Instant,
    ours: &Ours<'_>,
    reported: SharedReport,
) -> Result<RTCPeerConnection, Error> {
    let configuration =
        RTCConfigurationBuilder::new().with_certificates(vec![ours.certificate.clone()]).build();
    let mut media = MediaEngine::default();
    let codec = RTCRtpCodecParameters { rtp_codec: opus(), payload_type: OPUS_PAYLOAD_TYPE };
    media.register_codec(codec, RtpCodecKind::Audio)?;
    let reader = ReportReader::new(ours.stream.ssrc, reported);
    let registry = configure_rtcp_reports(Registry::new()).with(ReportReader::slot(), reader);
    RTCPeerConnectionBuilder::new()
        .with_configuration(configuration)
        .with_media_engine(media)
        .with_setting_engine(settings())
        .with_interceptor_registry(registry)
        .build(now)
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_ice_timeouts(
            Some(ICE_DISCONNECTED_AFTER),
            Some(ICE_FAILED_AFTER),
            Some(ICE_CHECK_EVERY),
        )
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_include_loopback_candidate(true)
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MAX_TEXT))
        .build()
}

/// Answers the description that was set last, with all our candidates in the answer.
fn answer_remote(
    connection: &mut RTCPeerConnection,
    now: Instant,
    candidates: &[SocketAddr],
) -> Result<String, Error> {
    for candidate in candidates {
        for (network, tcp_type) in [
            ("udp", rtc::ice::tcp_type::TcpType::Unspecified),
            ("tcp", rtc::ice::tcp_type::TcpType::Passive),
        ] {
            let base_config = CandidateConfig {
                network: network.to_owned(),
                address: candidate.ip().to_string(),
                port: candidate.port(),
                component: 1,
                ..CandidateConfig::default()
            };
            let host = CandidateHostConfig { base_config, tcp_type }.new_candidate_host()?;
            connection.add_local_candidate(RTCIceCandidate::from(&host).to_json()?)?;
        }
    }
    let answer = connection.create_answer(None)?;
    connection.set_local_description(now, answer)?;
    // An empty one says that there are no more.
    connection.add_local_candidate(RTCIceCandidateInit::default())?;
    let answer = connection.local_description().ok_or(Error::ErrNoRemoteDescription)?;
    Ok(answer.sdp)
}

/// Whether the library can read a candidate that names an address.
fn is_usable(candidate: &str) -> bool {
    let value = candidate.strip_prefix("candidate:").unwrap_or(candidate);
    description::names_address(candidate) && unmarshal_candidate(value).is_ok()
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: SampleRate::Hz48000.hz(),
        // Always two in a description, however many there are (RFC 7587, section 7).
        channels: 2,
        sdp_fmtp_line: OPUS.to_owned(),
        rtcp_feedback: vec![],
    }
}

fn own_track(ssrc: u32) -> MediaStreamTrack {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..RTCRtpCodingParameters::default()
        },
        codec: opus(),
        ..RTCRtpEncodingParameters::default()
    };
    let name = |part: &str| format!("persona{part}");
    MediaStreamTrack::new(name(""), name("-audio"), name(""), RtpCodecKind::Audio, vec![coding])
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
