//! A rep's end of a WebRTC connection, driven by the `webrtc` crate.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::ice::network_type::NetworkType;
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::MediaStreamTrack;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCConfigurationBuilder, RTCIceCandidateInit, RTCIceGatheringState, RTCSessionDescription,
    Registry, SettingEngineBuilder, configure_rtcp_reports,
};

/// What a browser sends for silence without DTX: 20 ms of Opus with nothing in it.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

/// Longer than anything takes that is waited for here.
const WITHIN: Duration = Duration::from_secs(60);

const OPUS: u8 = 111;

/// A connection, and a microphone that hears nothing.
pub(crate) struct Rep {
    connection: Arc<dyn PeerConnection>,
    transport: Transport,
    channel: Arc<dyn DataChannel>,
    gathered: mpsc::Receiver<()>,
    /// The answer that holds, and after a restart of ICE what it would be.
    answer: String,
    muted: watch::Sender<bool>,
    over: CancellationToken,
    tasks: TaskTracker,
    events: Vec<Value>,
}

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

struct Reporter(mpsc::Sender<()>);

#[async_trait]
impl PeerConnectionEventHandler for Reporter {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.0.try_send(());
        }
    }
}

impl Rep {
    /// A connection and its offer, with all its candidates.
    pub(crate) async fn offer() -> (Self, String) {
        Self::offer_over(Transport::Udp).await
    }

    /// The same over another transport.
    pub(crate) async fn offer_over(transport: Transport) -> (Self, String) {
        let (reporter, gathered) = mpsc::channel(16);
        let connection = connection(Reporter(reporter), transport).await;
        let channel = connection.create_data_channel("events", None).await.unwrap();
        let ssrc: u32 = rand::random();
        let track = Arc::new(TrackLocalStaticRTP::new(track(ssrc)));
        connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await.unwrap();
        let (muted, is_muted) = watch::channel(true);
        let (over, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(speak(track, ssrc, is_muted, over.clone()));
        let (answer, events) = (String::new(), Vec::new());
        let mut rep =
            Self { connection, transport, channel, gathered, answer, muted, over, tasks, events };
        let offer = rep.describe(None).await;
        (rep, offer)
    }

    async fn describe(&mut self, options: Option<RTCOfferOptions>) -> String {
        while self.gathered.try_recv().is_ok() {}
        let offer = self.connection.create_offer(options).await.unwrap();
        self.connection.set_local_description(offer).await.unwrap();
        timeout(WITHIN, self.gathered.recv()).await.expect("candidates are found").unwrap();
        self.connection.local_description().await.unwrap().sdp
    }

    /// Takes the answer, waits until the channel is open, and begins to send sound.
    pub(crate) async fn connect(&mut self, answer: String) {
        self.take(answer).await;
        loop {
            let event = timeout(WITHIN, self.channel.poll()).await.expect("it is connected");
            match event.expect("the channel opens") {
                DataChannelEvent::OnOpen => break,
                DataChannelEvent::OnMessage(message) => self.events.push(json(&message.data)),
                _ => {}
            }
        }
        self.mute(false);
    }

    async fn take(&mut self, answer: String) {
        let description = RTCSessionDescription::answer(answer.clone()).unwrap();
        self.connection.set_remote_description(description).await.unwrap();
        if self.transport == Transport::Tcp {
            let lines = answer.lines().filter_map(|line| line.strip_prefix("a="));
            for candidate in lines.filter(|line| line.contains("tcptype passive")) {
                // The library connects to those that are named one by one.
                let candidate = candidate.to_owned();
                let candidate = RTCIceCandidateInit { candidate, ..Default::default() };
                self.connection.add_ice_candidate(candidate).await.unwrap();
            }
        }
        self.answer = answer;
    }

    /// Stops sending sound, or goes on.
    pub(crate) fn mute(&self, mute: bool) {
        self.muted.send_replace(mute);
    }

    /// Begins ICE anew: the fragment for the server.
    pub(crate) async fn restart(&mut self) -> String {
        let options = RTCOfferOptions { ice_restart: true };
        let offer = self.describe(Some(options)).await;
        let of_ice = ["a=ice-ufrag:", "a=ice-pwd:", "a=candidate:"];
        // The first section's, which describes the transport of all.
        let section = offer.split("m=").nth(1).unwrap();
        let lines = section.lines().filter(|line| of_ice.iter().any(|of| line.starts_with(of)));
        lines.map(|line| format!("{line}\r\n")).collect()
    }

    /// Puts the server's fragment into its answer, as a page does.
    pub(crate) async fn restarted(&mut self, fragment: &str) {
        let of = |name: &'static str| {
            fragment.lines().filter(move |line| line.starts_with(name)).map(str::to_owned)
        };
        let candidates: Vec<String> = of("a=candidate:").collect();
        assert!(!candidates.is_empty(), "{fragment}");
        let mut lines = Vec::new();
        for line in self.answer.lines() {
            match line {
                line if line.starts_with("a=ice-ufrag:") => lines.extend(of("a=ice-ufrag:")),
                line if line.starts_with("a=ice-pwd:") => lines.extend(of("a=ice-pwd:")),
                line if line.starts_with("a=candidate:") => {}
                line if line.starts_with("a=mid:0") => {
                    lines.push(line.to_owned());
                    lines.extend(candidates.iter().cloned());
                }
                line => lines.push(line.to_owned()),
            }
        }
        self.take(lines.join("\r\n") + "\r\n").await;
    }

    /// Waits for a message of this type and returns it.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        let wanted = |event: &Value| event["type"] == kind;
        loop {
            if let Some(at) = self.events.iter().position(wanted) {
                return self.events.drain(..=at).next_back().unwrap();
            }
            let event = timeout(WITHIN, self.channel.poll()).await;
            match event.unwrap_or_else(|_| panic!("no {kind}: {:?}", self.events)) {
                Some(DataChannelEvent::OnMessage(message)) => {
                    self.events.push(json(&message.data));
                }
                Some(DataChannelEvent::OnClose) | None => panic!("no {kind}: {:?}", self.events),
                Some(_) => {}
            }
        }
    }

    /// Waits until the server closes the channel.
    pub(crate) async fn until_closed(&mut self) {
        loop {
            match timeout(WITHIN, self.channel.poll()).await.expect("the server closes it") {
                Some(DataChannelEvent::OnClose) | None => return,
                Some(_) => {}
            }
        }
    }

    /// Sends a text.
    pub(crate) async fn say(&self, text: &str) {
        self.channel.send_text(text).await.unwrap();
    }

    /// Says goodbye, as a page does that goes away.
    pub(crate) async fn close(self) {
        self.over.cancel();
        self.connection.close().await.unwrap();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Rep {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

async fn speak(
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    muted: watch::Receiver<bool>,
    over: CancellationToken,
) {
    let mut frames = interval(Duration::from_millis(20));
    frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut sequence_number, mut timestamp) = (1_u16, 1_000_u32);
    loop {
        tokio::select! {
            () = over.cancelled() => return,
            _ = frames.tick() => {}
        }
        timestamp = timestamp.wrapping_add(960);
        if *muted.borrow() {
            continue;
        }
        sequence_number = sequence_number.wrapping_add(1);
        let header = rtp::Header {
            version: 2,
            payload_type: OPUS,
            sequence_number,
            timestamp,
            ssrc,
            ..Default::default()
        };
        let payload = Bytes::from_static(&SILENCE);
        // Between two ways through the network a packet may find none.
        let _ = track.write_rtp(rtp::Packet { header, payload }).await;
    }
}

async fn connection(reporter: Reporter, transport: Transport) -> Arc<dyn PeerConnection> {
    let mut media = MediaEngine::default();
    let codec = RTCRtpCodecParameters { rtp_codec: opus(), payload_type: OPUS };
    media.register_codec(codec, RtpCodecKind::Audio).unwrap();
    let networks = match transport {
        Transport::Udp => vec![NetworkType::Udp4],
        Transport::Tcp => vec![NetworkType::Tcp4],
    };
    let settings = SettingEngineBuilder::new()
        .with_network_types(networks)
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build();
    let builder = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_media_engine(media)
        .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
        .with_setting_engine(settings)
        .with_handler(Arc::new(reporter));
    let addresses = vec!["127.0.0.1:0"];
    let builder = match transport {
        Transport::Udp => builder.with_udp_addrs(addresses),
        Transport::Tcp => builder.with_tcp_addrs(addresses),
    };
    Arc::new(builder.build().await.unwrap())
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

fn track(ssrc: u32) -> MediaStreamTrack {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: opus(),
        ..Default::default()
    };
    let (stream, track, label) = ("rep".to_owned(), "microphone".to_owned(), "rep".to_owned());
    MediaStreamTrack::new(stream, track, label, RtpCodecKind::Audio, vec![encoding])
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("the server says JSON")
}
