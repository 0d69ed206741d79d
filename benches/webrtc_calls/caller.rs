//! A rep with a browser, as cheap as can be: their packets are made before, and nothing is decoded.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use opus::{Application, Bitrate, Channels};
use ringcraft::clock;
use rtc::data_channel::RTCDataChannelInit;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{
    CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate, RTCIceCandidateInit,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::sansio::Protocol as _;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::{interval_at, sleep_until};

use crate::node::Node;

const FRAME: Duration = Duration::from_millis(20);

/// At 48 kHz.
const FRAME_LEN: u32 = 960;

/// Opus without the session's own numbers; Chromium offers it so.
const PAYLOAD_TYPE: u8 = 111;

/// 7 s of silence after each time the clip was said, which is 5.3 s: the buyer's turn.
const SILENT_FRAMES: usize = 350;

/// One rep.
pub(crate) struct Caller {
    connection: RTCPeerConnection,
    sender: RTCRtpSenderId,
    socket: UdpSocket,
    address: SocketAddr,
    number: usize,
    is_connected: bool,
    heard: Arrivals,
}

impl Caller {
    /// Offers and sets the answer.
    pub(crate) async fn connect(number: usize, node: &mut Node) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let mut media = MediaEngine::default();
        media.register_default_codecs().expect("codecs");
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            .with_answering_dtls_role(RTCDtlsRole::Auto)
            .build();
        let now = clock::now().into_std();
        let mut connection = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
            .build(now)
            .expect("a connection");
        let sender = connection.add_track(microphone(number)).expect("a track");
        let init = RTCDataChannelInit { ordered: true, ..RTCDataChannelInit::default() };
        connection.create_data_channel("events", Some(init)).expect("a channel");
        let candidate = CandidateHostConfig {
            base_config: CandidateConfig {
                network: "udp".to_owned(),
                address: address.ip().to_string(),
                port: address.port(),
                component: 1,
                ..CandidateConfig::default()
            },
            ..CandidateHostConfig::default()
        };
        let candidate = candidate.new_candidate_host().expect("a candidate");
        let candidate = RTCIceCandidate::from(&candidate).to_json().expect("a candidate");
        connection.add_local_candidate(candidate).expect("a candidate");
        connection.add_local_candidate(RTCIceCandidateInit::default()).expect("no more");
        let offer = connection.create_offer(None).expect("an offer");
        connection.set_local_description(now, offer).expect("an offer");
        let offer = connection.local_description().expect("an offer").sdp;
        let answer = node.answer(offer).await;
        let answer = RTCSessionDescription::answer(answer).expect("an answer");
        connection.set_remote_description(clock::now().into_std(), answer).expect("an answer");
        let heard = Arrivals::default();
        Self { connection, sender, socket, address, number, is_connected: false, heard }
    }

    /// Talks and listens until told to stop: what was heard.
    pub(crate) async fn talk(mut self, mut stop: watch::Receiver<bool>) -> Arrivals {
        let clip = clip();
        // Not all at once.
        let mut place = self.number * 37 % clip.len();
        let begun = clock::now();
        let mut frames = interval_at(begun + FRAME, FRAME);
        let mut sent: u32 = 0;
        let mut datagram = [0; 2_048];
        loop {
            self.drain().await;
            let due = self.connection.poll_timeout();
            let due =
                due.map_or(begun + Duration::from_secs(3_600), tokio::time::Instant::from_std);
            tokio::select! {
                _ = stop.changed() => return self.heard,
                _ = frames.tick() => {
                    if self.is_connected {
                        self.speak(sent, &clip[place]);
                        place = (place + 1) % clip.len();
                        sent += 1;
                    }
                }
                received = self.socket.recv_from(&mut datagram) => {
                    let (len, from) = received.expect("a datagram");
                    let transport = TransportContext {
                        local_addr: self.address,
                        peer_addr: from,
                        transport_protocol: TransportProtocol::UDP,
                        ecn: None,
                    };
                    let message = BytesMut::from(&datagram[..len]);
                    let tagged = TaggedBytesMut { now: clock::now().into_std(), transport, message };
                    let _ = self.connection.handle_read(tagged);
                }
                () = sleep_until(due) => {
                    let _ = self.connection.handle_timeout(clock::now().into_std());
                }
            }
        }
    }

    fn speak(&mut self, sent: u32, payload: &Bytes) {
        let header = rtc::rtp::Header {
            version: 2,
            payload_type: PAYLOAD_TYPE,
            sequence_number: sent as u16,
            timestamp: sent.wrapping_mul(FRAME_LEN),
            ssrc: ssrc(self.number),
            ..rtc::rtp::Header::default()
        };
        let packet = rtc::rtp::Packet { header, payload: payload.clone() };
        let mut sender = self.connection.rtp_sender(self.sender).expect("a sender");
        let _ = sender.write_rtp(clock::now().into_std(), packet);
    }

    async fn drain(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.is_connected = state == RTCPeerConnectionState::Connected;
            }
        }
        while let Some(message) = self.connection.poll_read() {
            if let RTCMessage::RtpPacket(_, packet) = message.message {
                let header = &packet.header;
                let now = clock::now().into_std();
                self.heard.note(now, header.sequence_number, header.timestamp, header.marker);
            }
        }
        while let Some(packet) = self.connection.poll_write() {
            // What the socket does not take is lost, as on any network.
            let _ = self.socket.send_to(&packet.message, packet.transport.peer_addr).await;
        }
    }
}

/// When packets of a buyer came.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// Behind the quickest of its reply.
    late: Vec<Duration>,
    packets: usize,
    lost: u64,
    run: Option<Run>,
}

/// Packets without a pause.
#[derive(Debug)]
struct Run {
    seq: u16,
    timestamp: u32,
    first: Instant,
    /// Of each packet, against the first, in microseconds.
    offsets: Vec<i64>,
}

impl Arrivals {
    fn note(&mut self, now: Instant, seq: u16, timestamp: u32, marker: bool) {
        self.packets += 1;
        if marker || self.run.is_none() {
            self.finish_run();
            self.run = Some(Run { seq, timestamp, first: now, offsets: vec![0] });
            return;
        }
        let Some(run) = &mut self.run else { return };
        self.lost += u64::from(seq.wrapping_sub(run.seq).wrapping_sub(1));
        run.seq = seq;
        let sent_us = i64::from(timestamp.wrapping_sub(run.timestamp)) * 1_000 / 48;
        run.offsets.push(now.duration_since(run.first).as_micros() as i64 - sent_us);
    }

    fn finish_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        let quickest = run.offsets.iter().min().copied().unwrap_or_default();
        let late = run.offsets.iter().map(|offset| offset - quickest);
        self.late.extend(late.map(|late| Duration::from_micros(late.unsigned_abs())));
    }

    pub(crate) fn add(&mut self, mut other: Self) {
        other.finish_run();
        self.packets += other.packets;
        self.lost += other.lost;
        self.late.append(&mut other.late);
        self.late.sort_unstable();
    }

    pub(crate) fn packets(&self) -> usize {
        self.packets
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// The lateness that so many of a hundred do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let last = self.late.len().saturating_sub(1);
        self.late.get(last * percent / 100).copied().unwrap_or_default()
    }
}

fn ssrc(number: usize) -> u32 {
    0x1000_0000 + number as u32
}

fn microphone(number: usize) -> MediaStreamTrack {
    let codec = RTCRtpCodec {
        mime_type: "audio/opus".to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    };
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc(number)),
            ..RTCRtpCodingParameters::default()
        },
        codec,
        ..RTCRtpEncodingParameters::default()
    };
    let name = String::from("microphone");
    MediaStreamTrack::new(name.clone(), name.clone(), name, RtpCodecKind::Audio, vec![coding])
}

/// A recorded sentence and silence, as packets.
fn clip() -> &'static [Bytes] {
    static CLIP: OnceLock<Vec<Bytes>> = OnceLock::new();
    CLIP.get_or_init(|| {
        let wav = include_bytes!("../../media/tests/audio/slt.wav");
        let samples = hound::WavReader::new(&wav[..]).expect("a clip").into_samples();
        let mut speech: Vec<i16> = samples.map(|sample| sample.expect("a sample")).collect();
        speech.resize(speech.len().next_multiple_of(320) + SILENT_FRAMES * 320, 0);
        let mut encoder =
            opus::Encoder::new(16_000, Channels::Mono, Application::Voip).expect("an encoder");
        encoder.set_bitrate(Bitrate::Bits(32_000)).expect("a bitrate");
        encoder.set_inband_fec(true).expect("copies");
        let packets = speech.chunks_exact(320).map(|frame| encoder.encode_vec(frame, 1_275));
        packets.map(|packet| Bytes::from(packet.expect("a packet"))).collect()
    })
}
