//! Our end of a WebRTC connection, driven by the `webrtc` crate: a peer that shares no code with the
//! server's own.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::ice::network_type::NetworkType;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::timeout;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::error::Error as RtcError;
use webrtc::media_stream::MediaStreamTrack;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCConfigurationBuilder, RTCIceCandidateInit, RTCIceGatheringState, RTCIceServer,
    RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngine, SettingEngineBuilder,
    configure_rtcp_reports,
};

use super::rtp_speaker::RtpPacket;
use crate::transport::webrtc::EVENTS_CHANNEL;

/// The payload type that we offer Opus with; whoever answers takes it over (RFC 3264, 6.1).
const OPUS: u8 = 111;

/// News of the connection that wait to be read: there are a dozen in its whole life. When full the
/// newest are lost, and the connection is not noticed to be up.
const NEWS: usize = 32;

/// A STUN or TURN server that does not answer within this is done without.
const GATHERED_WITHIN: Duration = Duration::from_secs(3);

/// How long the connection may take from the answer on.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Over UDP.
    Udp,
    /// Over TCP, for networks that let no UDP through.
    Tcp,
}

/// A server that finds out our address, or relays.
#[derive(Clone, Deserialize)]
pub struct IceServer {
    /// Where it is.
    pub urls: Vec<String>,
    /// Who we are to a relay.
    #[serde(default)]
    pub username: String,
    /// And what proves it.
    #[serde(default)]
    pub credential: String,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The library says so.
    #[error(transparent)]
    Library(#[from] RtcError),
    /// No packet found its way, or none in time.
    #[error("no way to it was found within 10 s")]
    NoPath,
    /// It was there and ended before anything could be sent.
    #[error("it ended at once")]
    Ended,
}

/// Something that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A packet of sound.
    Packet(RtpPacket),
    /// A message on the channel `events`.
    Text(String),
    /// The other side closed the channel or the connection.
    Closed,
    /// The connection broke.
    Broke,
}

enum News {
    Gathered,
    State(RTCPeerConnectionState),
    Track(Arc<dyn TrackRemote>),
}

/// A connection from its offer on. Dropped without [`Peer::close`], it ends without a word.
pub struct Peer {
    connection: Box<dyn PeerConnection>,
    channel: Arc<dyn DataChannel>,
    microphone: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    path: Path,
    news: mpsc::Receiver<News>,
    speaker: Option<Arc<dyn TrackRemote>>,
    /// What came while the connection was made.
    early: VecDeque<Happening>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Sends on a connection, also while it is read.
#[derive(Clone)]
pub struct PeerSender {
    channel: Arc<dyn DataChannel>,
    microphone: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
}

impl Peer {
    /// A connection with sound both ways and the channel `events`, and its offer with every
    /// address that others may find us at.
    ///
    /// # Errors
    /// When no socket can be opened.
    pub async fn offer(path: Path, servers: Vec<IceServer>) -> Result<(Self, String), PeerError> {
        let (reporter, mut news) = mpsc::channel(NEWS);
        let connection = connection(path, servers, Reporter(reporter)).await?;
        let channel = connection.create_data_channel(EVENTS_CHANNEL, None).await?;
        let ssrc: u32 = rand::random();
        let microphone = Arc::new(TrackLocalStaticRTP::new(track_of_opus(ssrc)));
        connection.add_track(Arc::clone(&microphone) as Arc<dyn TrackLocal>).await?;
        let offer = connection.create_offer(None).await?;
        connection.set_local_description(offer).await?;
        let gathered = async { while !matches!(news.recv().await, Some(News::Gathered) | None) {} };
        // What was found by then is offered.
        let _ = timeout(GATHERED_WITHIN, gathered).await;
        let offer = connection.local_description().await.ok_or(PeerError::Ended)?.sdp;
        let speaker = None;
        let early = VecDeque::new();
        Ok((Self { connection, channel, microphone, ssrc, path, news, speaker, early }, offer))
    }

    /// Takes the answer and waits until both sound and messages may flow.
    ///
    /// # Errors
    /// When the answer is none, or there is no way to whoever gave it.
    pub async fn answered(&mut self, answer: String) -> Result<(), PeerError> {
        let passive = passive_tcp_candidates(&answer);
        let answer = RTCSessionDescription::answer(answer)?;
        self.connection.set_remote_description(answer).await?;
        if self.path == Path::Tcp {
            for candidate in passive {
                // The library connects to those that are named one by one.
                let candidate = RTCIceCandidateInit { candidate, ..Default::default() };
                self.connection.add_ice_candidate(candidate).await?;
            }
        }
        let opened = timeout(CONNECTED_WITHIN, self.opened()).await;
        opened.map_err(|_| PeerError::NoPath)?
    }

    async fn opened(&mut self) -> Result<(), PeerError> {
        loop {
            tokio::select! {
                news = self.news.recv() => match news {
                    Some(News::Track(track)) => self.speaker = Some(track),
                    Some(News::State(RTCPeerConnectionState::Failed)) => {
                        return Err(PeerError::NoPath);
                    }
                    Some(News::State(RTCPeerConnectionState::Closed)) | None => {
                        return Err(PeerError::Ended);
                    }
                    Some(News::Gathered | News::State(_)) => {}
                },
                event = self.channel.poll() => match event {
                    Some(DataChannelEvent::OnOpen) => return Ok(()),
                    Some(DataChannelEvent::OnMessage(message)) => {
                        self.early.extend(text(&message.data));
                    }
                    Some(DataChannelEvent::OnClose) | None => return Err(PeerError::Ended),
                    Some(_) => {}
                },
            }
        }
    }

    /// Waits for what comes next. May be given up and called again.
    pub async fn next(&mut self) -> Happening {
        if let Some(early) = self.early.pop_front() {
            return early;
        }
        loop {
            tokio::select! {
                news = self.news.recv() => match news {
                    Some(News::Track(track)) => self.speaker = Some(track),
                    Some(News::State(RTCPeerConnectionState::Failed)) => return Happening::Broke,
                    Some(News::State(RTCPeerConnectionState::Closed)) | None => {
                        return Happening::Closed;
                    }
                    Some(News::Gathered | News::State(_)) => {}
                },
                event = self.channel.poll() => match event {
                    Some(DataChannelEvent::OnMessage(message)) => {
                        if let Some(text) = text(&message.data) {
                            return text;
                        }
                    }
                    Some(DataChannelEvent::OnClose) | None => return Happening::Closed,
                    Some(_) => {}
                },
                event = of_track(self.speaker.as_ref()) => match event {
                    Some(TrackRemoteEvent::OnRtpPacket(packet)) => {
                        if packet.header.payload_type == OPUS && !packet.payload.is_empty() {
                            return Happening::Packet(sound(packet));
                        }
                    }
                    Some(_) => {}
                    None => self.speaker = None,
                },
            }
        }
    }

    /// Something to send with.
    pub fn sender(&self) -> PeerSender {
        let Self { channel, microphone, ssrc, .. } = self;
        let (channel, microphone) = (Arc::clone(channel), Arc::clone(microphone));
        PeerSender { channel, microphone, ssrc: *ssrc }
    }

    /// Says goodbye and ends the connection.
    pub async fn close(self) {
        // It is over either way.
        let _ = self.connection.close().await;
    }
}

impl fmt::Debug for PeerSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerSender").field("ssrc", &self.ssrc).finish_non_exhaustive()
    }
}

impl PeerSender {
    /// Sends a packet of sound.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn sound(&self, packet: RtpPacket) -> Result<(), PeerError> {
        let header = rtp::Header {
            version: 2,
            marker: packet.marker,
            payload_type: OPUS,
            sequence_number: packet.sequence,
            timestamp: packet.timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        Ok(self.microphone.write_rtp(rtp::Packet { header, payload: packet.payload }).await?)
    }

    /// Sends a message on the channel `events`.
    ///
    /// # Errors
    /// When the channel is closed.
    pub async fn text(&self, text: &str) -> Result<(), PeerError> {
        Ok(self.channel.send_text(text).await?)
    }
}

struct Reporter(mpsc::Sender<News>);

#[async_trait]
impl PeerConnectionEventHandler for Reporter {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.0.try_send(News::Gathered);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let _ = self.0.try_send(News::State(state));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.0.try_send(News::Track(track));
    }
}

async fn connection(
    path: Path,
    servers: Vec<IceServer>,
    reporter: Reporter,
) -> Result<Box<dyn PeerConnection>, PeerError> {
    let mut media = MediaEngine::default();
    let opus = RTCRtpCodecParameters { rtp_codec: opus(), payload_type: OPUS };
    media.register_codec(opus, RtpCodecKind::Audio)?;
    let servers = servers.into_iter().map(|server| RTCIceServer {
        urls: server.urls,
        username: server.username,
        credential: server.credential,
    });
    // The wildcard stands for every address but those of this machine alone.
    let addresses = vec!["127.0.0.1:0", "0.0.0.0:0"];
    let builder = PeerConnectionBuilder::new()
        .with_configuration(
            RTCConfigurationBuilder::new().with_ice_servers(servers.collect()).build(),
        )
        .with_media_engine(media)
        .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
        .with_setting_engine(settings(path))
        .with_handler(Arc::new(reporter));
    let builder = match path {
        Path::Udp => builder.with_udp_addrs(addresses),
        Path::Tcp => builder.with_tcp_addrs(addresses),
    };
    Ok(Box::new(builder.build().await?))
}

fn settings(path: Path) -> SettingEngine {
    let networks = match path {
        Path::Udp => vec![NetworkType::Udp4, NetworkType::Udp6],
        Path::Tcp => vec![NetworkType::Tcp4, NetworkType::Tcp6],
    };
    SettingEngineBuilder::new()
        .with_network_types(networks)
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build()
}

/// RFC 7587, 7: always announced as stereo at 48 kHz, whatever is sent.
fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

/// A track of one stream of Opus.
pub(super) fn track_of_opus(ssrc: u32) -> MediaStreamTrack {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: opus(),
        ..Default::default()
    };
    let (stream, track, label) = ("rep".to_owned(), "microphone".to_owned(), "rep".to_owned());
    MediaStreamTrack::new(stream, track, label, RtpCodecKind::Audio, vec![coding])
}

async fn of_track(track: Option<&Arc<dyn TrackRemote>>) -> Option<TrackRemoteEvent> {
    match track {
        Some(track) => track.poll().await,
        None => std::future::pending().await,
    }
}

fn text(bytes: &[u8]) -> Option<Happening> {
    Some(Happening::Text(std::str::from_utf8(bytes).ok()?.to_owned()))
}

fn sound(packet: rtp::Packet) -> RtpPacket {
    let rtp::Packet { header, payload } = packet;
    RtpPacket {
        sequence: header.sequence_number,
        timestamp: header.timestamp,
        marker: header.marker,
        payload,
    }
}

/// The addresses of an answer that take TCP connections, as `a=candidate` names them.
fn passive_tcp_candidates(answer: &str) -> Vec<String> {
    let candidates = answer.lines().filter_map(|line| line.trim().strip_prefix("a="));
    candidates
        .filter(|line| line.starts_with("candidate:") && line.contains("tcptype passive"))
        .map(str::to_owned)
        .collect()
}
