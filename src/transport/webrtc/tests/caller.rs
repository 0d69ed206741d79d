//! The far end of a call in tests: the offering side, as a browser has it.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use rtc::ice::tcp_type::TcpType;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{
    CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate, RTCIceCandidateInit,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::sansio::Protocol as _;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use crate::transport::webrtc::handle::Fragment;
use crate::transport::webrtc::{EVENTS_CHANNEL, Protocol, Route};

/// Where it says its packets come from.
pub(super) const ADDRESS: &str = "192.0.2.7:50000";

/// The SSRC of its microphone.
pub(super) const SSRC: u32 = 0x1234_5678;

/// A packet it heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) seq: u16,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Bytes,
}

/// A browser's end of a connection.
pub(super) struct Caller {
    pub(super) connection: RTCPeerConnection,
    pub(super) address: SocketAddr,
    sender: RTCRtpSenderId,
    channel: Option<RTCDataChannelId>,
    pub(super) state: RTCPeerConnectionState,
    pub(super) channel_is_open: bool,
    pub(super) heard: Vec<Heard>,
    pub(super) texts: Vec<String>,
    /// The payload type that was agreed on.
    pub(super) payload_type: u8,
}

/// What a caller offers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants {
    pub(super) channel: bool,
    pub(super) label: &'static str,
    pub(super) protocol: Protocol,
}

impl Wants {
    pub(super) const UDP: Self =
        Self { channel: true, label: EVENTS_CHANNEL, protocol: Protocol::Udp };
    pub(super) const TCP: Self = Self { protocol: Protocol::Tcp, ..Self::UDP };
    pub(super) const NO_CHANNEL: Self = Self { channel: false, ..Self::UDP };
    pub(super) const OTHER_CHANNEL: Self = Self { label: "chat", ..Self::UDP };
}

impl Caller {
    /// A caller and its offer.
    pub(super) fn new(now: Instant, wants: Wants) -> (Self, String) {
        let mut media = MediaEngine::default();
        media.register_default_codecs().unwrap();
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            .with_answering_dtls_role(RTCDtlsRole::Auto)
            .build();
        let mut connection = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
            .build(now)
            .unwrap();
        let sender = connection.add_track(microphone()).unwrap();
        let channel = wants.channel.then(|| {
            let init = RTCDataChannelInit { ordered: true, ..RTCDataChannelInit::default() };
            connection.create_data_channel(wants.label, Some(init)).unwrap().id()
        });
        let address: SocketAddr = ADDRESS.parse().unwrap();
        add_candidate(&mut connection, address, wants.protocol);
        let offer = connection.create_offer(None).unwrap();
        connection.set_local_description(now, offer).unwrap();
        let offer = connection.local_description().unwrap().sdp;
        let caller = Self {
            connection,
            address,
            sender,
            channel,
            state: RTCPeerConnectionState::New,
            channel_is_open: false,
            heard: Vec::new(),
            texts: Vec::new(),
            payload_type: 111,
        };
        (caller, offer)
    }

    pub(super) fn set_answer(&mut self, now: Instant, answer: &str) {
        let answer = RTCSessionDescription::answer(answer.to_owned()).unwrap();
        self.connection.set_remote_description(now, answer).unwrap();
    }

    /// Begins ICE anew from another address; what it would send by PATCH.
    pub(super) fn restart(&mut self, now: Instant, address: &str) -> Fragment {
        self.address = address.parse().unwrap();
        self.connection.restart_ice();
        let offer = self.connection.create_offer(None).unwrap();
        self.connection.set_local_description(now, offer).unwrap();
        add_candidate(&mut self.connection, self.address, Protocol::Udp);
        let offer = self.connection.local_description().unwrap().sdp;
        let value =
            |name: &str| offer.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let candidate =
            RTCIceCandidate::from(&host(self.address, Protocol::Udp)).to_json().unwrap();
        Fragment {
            ufrag: value("a=ice-ufrag:"),
            pwd: value("a=ice-pwd:"),
            candidates: vec![candidate.candidate],
            end_of_candidates: true,
        }
    }

    /// Takes our new side of ICE: a browser puts it into the answer it had.
    pub(super) fn set_restarted(&mut self, now: Instant, answer: &str, ours: &Fragment) {
        let mut text = String::new();
        for line in answer.lines() {
            if line.starts_with("a=ice-ufrag:") {
                text.push_str(&format!("a=ice-ufrag:{}\r\n", ours.ufrag));
            } else if line.starts_with("a=ice-pwd:") {
                text.push_str(&format!("a=ice-pwd:{}\r\n", ours.pwd));
            } else {
                text.push_str(&format!("{line}\r\n"));
            }
        }
        self.set_answer(now, &text);
    }

    pub(super) fn receive(&mut self, now: Instant, route: Route, bytes: BytesMut) {
        let transport = TransportContext {
            // Seen from the other side.
            local_addr: route.peer,
            peer_addr: route.local,
            transport_protocol: match route.protocol {
                Protocol::Udp => TransportProtocol::UDP,
                Protocol::Tcp => TransportProtocol::TCP,
            },
            ecn: None,
        };
        let _ = self.connection.handle_read(TaggedBytesMut { now, transport, message: bytes });
        self.drain();
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let _ = self.connection.handle_timeout(now);
        self.drain();
    }

    pub(super) fn poll_timeout(&mut self) -> Option<Instant> {
        self.connection.poll_timeout()
    }

    /// The next packet, with its route as the server sees it.
    pub(super) fn poll_packet(&mut self) -> Option<(Route, BytesMut)> {
        let packet = self.connection.poll_write()?;
        let protocol = match packet.transport.transport_protocol {
            TransportProtocol::TCP => Protocol::Tcp,
            _ => Protocol::Udp,
        };
        let route = Route { protocol, local: packet.transport.peer_addr, peer: self.address };
        Some((route, packet.message))
    }

    pub(super) fn speak(&mut self, now: Instant, seq: u16, timestamp: u32, payload: Bytes) {
        let header = rtp::Header {
            version: 2,
            payload_type: self.payload_type,
            sequence_number: seq,
            timestamp,
            ssrc: SSRC,
            ..rtp::Header::default()
        };
        let packet = rtp::Packet { header, payload };
        let mut sender = self.connection.rtp_sender(self.sender).unwrap();
        sender.write_rtp(now, packet).unwrap();
    }

    pub(super) fn write(&mut self, now: Instant, text: &str) {
        let mut channel = self.connection.data_channel(self.channel.unwrap()).unwrap();
        channel.send_text(now, text).unwrap();
    }

    pub(super) fn write_bytes(&mut self, now: Instant, bytes: &[u8]) {
        let mut channel = self.connection.data_channel(self.channel.unwrap()).unwrap();
        channel.send(now, BytesMut::from(bytes)).unwrap();
    }

    pub(super) fn close(&mut self) {
        self.connection.close().unwrap();
    }

    fn drain(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            match event {
                RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => self.state = state,
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(_)) => {
                    self.channel_is_open = true;
                }
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnClose(_)) => {
                    self.channel_is_open = false;
                }
                _ => {}
            }
        }
        while let Some(message) = self.connection.poll_read() {
            match message.message {
                RTCMessage::RtpPacket(_, packet) => self.heard.push(Heard {
                    seq: packet.header.sequence_number,
                    timestamp: packet.header.timestamp,
                    marker: packet.header.marker,
                    payload: packet.payload,
                }),
                RTCMessage::DataChannelMessage(_, message) => {
                    self.texts.push(String::from_utf8(message.data.to_vec()).unwrap());
                }
                _ => {}
            }
        }
    }
}

fn microphone() -> MediaStreamTrack {
    let codec = RTCRtpCodec {
        mime_type: "audio/opus".to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    };
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(SSRC),
            ..RTCRtpCodingParameters::default()
        },
        codec,
        ..RTCRtpEncodingParameters::default()
    };
    let name = String::from("microphone");
    MediaStreamTrack::new(name.clone(), name.clone(), name, RtpCodecKind::Audio, vec![coding])
}

fn host(address: SocketAddr, protocol: Protocol) -> rtc::ice::candidate::Candidate {
    let (network, port, tcp_type) = match protocol {
        Protocol::Udp => ("udp", address.port(), TcpType::Unspecified),
        // An active candidate has no port of its own (RFC 6544, section 4.5).
        Protocol::Tcp => ("tcp", 9, TcpType::Active),
    };
    let base_config = CandidateConfig {
        network: network.to_owned(),
        address: address.ip().to_string(),
        port,
        component: 1,
        ..CandidateConfig::default()
    };
    CandidateHostConfig { base_config, tcp_type }.new_candidate_host().unwrap()
}

fn add_candidate(connection: &mut RTCPeerConnection, address: SocketAddr, protocol: Protocol) {
    let candidate = RTCIceCandidate::from(&host(address, protocol)).to_json().unwrap();
    connection.add_local_candidate(candidate).unwrap();
    connection.add_local_candidate(RTCIceCandidateInit::default()).unwrap();
}
