use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opus::Decoder;
use rtc::rtp;
use tokio::time::timeout;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCSessionDescription,
};

use super::*;
use crate::cli::call::peer::track_of_opus;

const RATE: SampleRate = SampleRate::Hz16000;

/// Only a hang comes near.
const WITHIN: Duration = Duration::from_secs(30);

/// What the server's side of a connection shows.
#[derive(Debug)]
struct Seen<T>(mpsc::Sender<T>, mpsc::Receiver<T>);

impl<T> Seen<T> {
    fn new() -> Self {
        let (sender, receiver) = mpsc::channel(64);
        Self(sender, receiver)
    }

    async fn next(&mut self) -> T {
        timeout(WITHIN, self.1.recv()).await.expect("in time").expect("somebody sends")
    }
}

struct Handler {
    gathered: mpsc::Sender<()>,
    tracks: mpsc::Sender<Arc<dyn TrackRemote>>,
    channels: mpsc::Sender<Arc<dyn DataChannel>>,
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.try_send(());
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.tracks.try_send(track);
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        let _ = self.channels.try_send(channel);
    }
}

/// A peer that answers, as a server does.
struct Answerer {
    connection: Box<dyn PeerConnection>,
    voice: Arc<TrackLocalStaticRTP>,
    tracks: Seen<Arc<dyn TrackRemote>>,
    channels: Seen<Arc<dyn DataChannel>>,
}

const SSRC: u32 = 4_711;

impl Answerer {
    async fn answer(path: Path, offer: String) -> (Self, String) {
        let (mut gathered, tracks, channels) = (Seen::new(), Seen::new(), Seen::new());
        let handler = Handler {
            gathered: gathered.0.clone(),
            tracks: tracks.0.clone(),
            channels: channels.0.clone(),
        };
        let mut media = MediaEngine::default();
        media.register_default_codecs().unwrap();
        let builder =
            PeerConnectionBuilder::new().with_media_engine(media).with_handler(Arc::new(handler));
        let builder = match path {
            Path::Udp => builder.with_udp_addrs(vec!["127.0.0.1:0"]),
            Path::Tcp => builder.with_tcp_addrs(vec!["127.0.0.1:0"]),
        };
        let connection: Box<dyn PeerConnection> = Box::new(builder.build().await.unwrap());
        let offer = RTCSessionDescription::offer(offer).unwrap();
        connection.set_remote_description(offer).await.unwrap();
        let voice = Arc::new(TrackLocalStaticRTP::new(track_of_opus(SSRC)));
        connection.add_track(Arc::clone(&voice) as Arc<dyn TrackLocal>).await.unwrap();
        let answer = connection.create_answer(None).await.unwrap();
        connection.set_local_description(answer).await.unwrap();
        gathered.next().await;
        let answer = connection.local_description().await.unwrap().sdp;
        (Self { connection, voice, tracks, channels }, answer)
    }

    async fn say(&self, packet: &RtpPacket) {
        let header = rtp::Header {
            version: 2,
            marker: packet.marker,
            payload_type: 111,
            sequence_number: packet.sequence,
            timestamp: packet.timestamp,
            ssrc: SSRC,
            ..Default::default()
        };
        let packet = rtp::Packet { header, payload: packet.payload.clone() };
        self.voice.write_rtp(packet).await.unwrap();
    }
}

/// Connects a link with a peer that answers.
async fn connected(path: Path) -> (WebRtc<'static>, Answerer) {
    let (mut peer, offer) = Peer::offer(path, Vec::new()).await.unwrap();
    assert!(offer.contains("m=audio") && offer.contains("m=application"), "{offer}");
    assert!(offer.contains("a=sendrecv") && offer.contains("127.0.0.1"), "{offer}");
    let (answerer, answer) = Answerer::answer(path, offer).await;
    timeout(WITHIN, peer.answered(answer)).await.unwrap().unwrap();
    (WebRtc::over(peer, RATE, None), answerer)
}

async fn next_text(channel: &Arc<dyn DataChannel>) -> String {
    loop {
        match timeout(WITHIN, channel.poll()).await.unwrap() {
            Some(DataChannelEvent::OnMessage(message)) => {
                return String::from_utf8(message.data.to_vec()).unwrap();
            }
            Some(_) => {}
            None => panic!("the channel is closed"),
        }
    }
}

async fn next_packet(track: &Arc<dyn TrackRemote>) -> rtp::Packet {
    loop {
        match timeout(WITHIN, track.poll()).await.unwrap() {
            Some(TrackRemoteEvent::OnRtpPacket(packet)) => return packet,
            Some(_) => {}
            None => panic!("the track is over"),
        }
    }
}

/// 20 ms of a tone.
fn tone(first: usize) -> Vec<i16> {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    #[expect(clippy::cast_possible_truncation, reason = "within 16 bits")]
    let sample = |n: usize| (8_000.0 * (n as f64 * 0.157).sin()) as i16;
    (first..first + 320).map(sample).collect()
}

#[tokio::test]
async fn over_udp_sound_and_messages_go_both_ways() {
    both_ways(Path::Udp).await;
}

#[tokio::test]
async fn over_tcp_sound_and_messages_go_both_ways() {
    both_ways(Path::Tcp).await;
}

async fn both_ways(path: Path) {
    let (mut link, mut answerer) = connected(path).await;
    let channel = answerer.channels.next().await;
    assert_eq!(channel.label().await.unwrap(), "events");
    assert!(channel.ordered().await.unwrap());
    the_rep_is_heard(&mut link, &mut answerer).await;

    link.send(Output::PlayedTo { rtp_timestamp: u32::MAX }).unwrap();
    link.send(Output::HangUp).unwrap();
    assert_eq!(next_text(&channel).await, r#"{"type":"played","rtp_timestamp":4294967295}"#);
    assert_eq!(next_text(&channel).await, r#"{"type":"hangup"}"#);

    let sent = RtpPacket {
        sequence: u16::MAX,
        timestamp: 960,
        marker: true,
        payload: Bytes::from_static(&[8, 1, 2, 3]),
    };
    answerer.say(&sent).await;
    let long = format!(r#"{{"type":"x","text":"{}"}}"#, "a".repeat(20_000));
    channel.send_text(&long).await.unwrap();
    let mut came = [next(&mut link).await, next(&mut link).await];
    came.sort_by_key(|arrival| matches!(arrival, Arrival::Text(_)));
    assert_eq!(came, [Arrival::Packet(sent), Arrival::Text(long)]);

    answerer.connection.close().await.unwrap();
    assert!(matches!(next(&mut link).await, Arrival::Closed(Some(_))));
    assert_eq!(link.close().await, Ok(()));
}

async fn next(link: &mut WebRtc<'_>) -> Arrival {
    timeout(WITHIN, link.arrival()).await.expect("in time")
}

/// Half a second of a tone arrives as packets of 20 ms that sound like it.
async fn the_rep_is_heard(link: &mut WebRtc<'_>, answerer: &mut Answerer) {
    for n in 0..25 {
        let first = n * 320;
        link.send(Output::Frame { first: Samples(first as u64), samples: tone(first) }).unwrap();
    }
    let track = answerer.tracks.next().await;
    let mut decoder = Decoder::new(16_000, Channels::Mono).unwrap();
    let first = next_packet(&track).await;
    assert!(first.header.marker);
    let mut sound = Vec::new();
    let mut packet = first.clone();
    for n in 1..=25 {
        let mut pcm = vec![0; 320];
        assert_eq!(decoder.decode(&packet.payload, &mut pcm, false).unwrap(), 320);
        sound.extend(pcm);
        if n == 25 {
            break;
        }
        packet = next_packet(&track).await;
        assert!(!packet.header.marker);
        assert_eq!(packet.header.sequence_number, first.header.sequence_number.wrapping_add(n));
        let timestamp = first.header.timestamp.wrapping_add(960 * u32::from(n));
        assert_eq!(packet.header.timestamp, timestamp);
    }
    // The tone's power is 8000²/2; the codec changes little of it once it has begun.
    #[expect(clippy::cast_precision_loss, reason = "a level needs no more")]
    let level = |pcm: &[i16]| {
        (pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len() as f64).sqrt()
    };
    let level = level(&sound[1_600..]);
    assert!((4_500.0..7_000.0).contains(&level), "{level}");
}

#[test]
fn where_the_server_is_stands_in_its_answer() {
    let answer = "v=0\r\na=candidate:1 1 udp 2130706431 192.0.2.7 40000 typ host\r\n\
                  a=candidate:2 1 TCP 1671430143 192.0.2.8 40001 typ host tcptype passive\r\n\
                  a=candidate:3 1 UDP 2130706175 2001:db8::1 40000 typ host\r\na=candidate:4\r\n";
    assert_eq!(addresses(answer, Path::Udp), "192.0.2.7 port 40000, 2001:db8::1 port 40000");
    assert_eq!(addresses(answer, Path::Tcp), "192.0.2.8 port 40001");
    assert_eq!(addresses("v=0\r\n", Path::Udp), "the server");
    let error = CallError::NoPath { path: Path::Udp, addresses: addresses(answer, Path::Udp) };
    let error = error.to_string();
    assert!(error.starts_with("no UDP path to 192.0.2.7 port 40000"), "{error}");
    assert!(error.contains("--rtc-tcp") && error.contains("--link websocket"), "{error}");
}
