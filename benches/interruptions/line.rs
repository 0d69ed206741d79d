//! A call's line: the audio WebSocket, or WebRTC with the peer of `ringcraft call`.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use opus::{Application, Bitrate, Channels, Encoder};
use ringcraft::cli::call::peer::{Happening, Path, Peer, PeerSender};
use ringcraft::cli::call::rtp_speaker::RtpPacket;
use ringcraft::cli::call::wire::{
    ChannelRequest, Control, Encoding, Request, Text, read_sound, read_text, write_frame,
};
use ringcraft_media::call::{EchoCancellation, Live, ReplyId};
use ringcraft_media::units::{SampleRate, Samples};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::ear::Played;

/// What is sent, on either link.
pub(crate) const RATE: SampleRate = SampleRate::Hz16000;

/// Timestamps of Opus count so (RFC 7587, 4.1).
const TIMESTAMP_HZ: u32 = 48_000;

/// As browsers spend on speech, in bits a second.
const BITRATE: i32 = 32_000;

const LONGEST_PACKET: usize = 1_275;

/// How a call's sound travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkKind {
    WebSocket,
    WebRtc,
}

/// An open line.
pub(crate) enum Line {
    Socket { socket: Box<WebSocketStream<MaybeTlsStream<TcpStream>>>, at: Place },
    Peer { peer: Box<Peer>, sender: PeerSender, microphone: Encoder, sequence: u16 },
}

/// Where the sound of a socket is.
#[derive(Debug, Default)]
pub(crate) struct Place {
    reply: u32,
    /// The server goes on after a pause.
    resumed: bool,
}

/// What came.
pub(crate) enum Arrival {
    /// Sound from one place to another; `begins` says that it follows a silence.
    Sound {
        reply: u32,
        from: u32,
        to: u32,
        begins: bool,
    },
    Live(Live),
    /// Be silent at once.
    Stop,
    Other,
    Over,
}

impl Line {
    /// Opens a call and its line.
    pub(crate) async fn open(kind: LinkKind, server: &str, api_key: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let asked = json!({"scenario_id": "talker"});
        let url = format!("{server}/api/calls");
        let opened = http.post(url).bearer_auth(api_key).json(&asked).send().await;
        let opened: Value = opened.expect("an answer").json().await.expect("JSON");
        let call = &opened["call"];
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        let token = text(&call["token"]);
        match kind {
            LinkKind::WebSocket => {
                socket(&format!("{}?token={token}", text(&call["links"]["audio"]))).await
            }
            LinkKind::WebRtc => peer(&http, &text(&call["links"]["webrtc"]), &token).await,
        }
    }

    /// Places in a second of the buyer's sound.
    pub(crate) fn places_hz(&self) -> u32 {
        match self {
            Self::Socket { .. } => RATE.hz(),
            Self::Peer { .. } => TIMESTAMP_HZ,
        }
    }

    /// Sends 20 ms.
    pub(crate) async fn speak(&mut self, first: u64, samples: &[i16]) {
        match self {
            Self::Socket { socket, .. } => {
                let frame = Message::binary(write_frame(Samples(first), samples));
                // Where the server hung up, that is read next.
                let _ = socket.send(frame).await;
            }
            Self::Peer { sender, microphone, sequence, .. } => {
                let payload = microphone.encode_vec(samples, LONGEST_PACKET).expect("20 ms");
                let timestamp = (first * u64::from(TIMESTAMP_HZ / RATE.hz())) as u32;
                *sequence = sequence.wrapping_add(1);
                let packet = RtpPacket {
                    sequence: *sequence,
                    timestamp,
                    marker: first == 0,
                    payload: Bytes::from(payload),
                };
                let _ = sender.sound(packet).await;
            }
        }
    }

    /// Tells how far the sound was played.
    pub(crate) async fn report(&mut self, played: Played) {
        let Played { reply, place } = played;
        let sample = Samples(place.into());
        match self {
            Self::Socket { socket, .. } => {
                let played = Request::Played { reply: ReplyId(reply), sample };
                let _ = socket.send(Message::text(json_of(&played))).await;
            }
            Self::Peer { sender, .. } => {
                let played = ChannelRequest::Played { rtp_timestamp: place };
                let _ = sender.text(&json_of(&played)).await;
            }
        }
    }

    /// Hangs up.
    pub(crate) async fn hang_up(mut self) {
        match &mut self {
            Self::Socket { socket, .. } => {
                let _ = socket.send(Message::text(json_of(&Request::Hangup))).await;
            }
            Self::Peer { sender, .. } => {
                let _ = sender.text(&json_of(&ChannelRequest::Hangup)).await;
            }
        }
        while !matches!(self.next().await, Arrival::Over) {}
        if let Self::Peer { peer, .. } = self {
            peer.close().await;
        }
    }

    /// Waits for what comes next. May be given up and called again.
    pub(crate) async fn next(&mut self) -> Arrival {
        match self {
            Self::Socket { socket, at } => match socket.next().await {
                Some(Ok(Message::Binary(bytes))) => at.sound(&bytes),
                Some(Ok(Message::Text(json))) => at.text(&json),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Arrival::Other,
                _ => Arrival::Over,
            },
            Self::Peer { peer, .. } => match peer.next().await {
                Happening::Packet(RtpPacket { timestamp: from, marker, .. }) => {
                    let to = from.wrapping_add(TIMESTAMP_HZ / 50);
                    Arrival::Sound { reply: 0, from, to, begins: marker }
                }
                Happening::Text(json) => Place::default().text(&json),
                Happening::Closed | Happening::Broke => Arrival::Over,
            },
        }
    }
}

impl Place {
    fn sound(&mut self, bytes: &[u8]) -> Arrival {
        let sound = read_sound(bytes).expect("a frame");
        let (reply, from) = (sound.reply.0, sound.offset.0 as u32);
        let begins = self.resumed || self.reply < reply;
        (self.reply, self.resumed) = (reply, false);
        Arrival::Sound { reply, from, to: from + sound.samples.len() as u32, begins }
    }

    fn text(&mut self, json: &str) -> Arrival {
        match read_text(json).expect("a message") {
            Text::Live(live) => Arrival::Live(live),
            Text::Control(Control::Pause { .. } | Control::Clear { .. }) => Arrival::Stop,
            Text::Control(Control::Resume { .. }) => {
                self.resumed = true;
                Arrival::Other
            }
            Text::Control(Control::Error { code, message }) => {
                panic!("the server says {code}: {message}")
            }
            Text::Control(Control::Ready { .. }) | Text::Unknown(_) => Arrival::Other,
        }
    }
}

async fn socket(url: &str) -> Line {
    let config = WebSocketConfig::default().write_buffer_size(0);
    let opened = connect_async_with_config(url, Some(config), true).await;
    let (mut socket, _) = opened.expect("an audio socket");
    let start = Request::Start {
        encoding: Encoding::PcmS16le,
        sample_rate: RATE,
        echo_cancellation: EchoCancellation::On,
    };
    socket.send(Message::text(json_of(&start))).await.expect("a server that reads");
    while !matches!(socket.next().await, Some(Ok(Message::Text(_)))) {}
    Line::Socket { socket: Box::new(socket), at: Place::default() }
}

async fn peer(http: &reqwest::Client, url: &str, token: &str) -> Line {
    let (mut peer, offer) = Peer::offer(Path::Udp, Vec::new()).await.expect("an offer");
    let request = http.post(url).bearer_auth(token).header("content-type", "application/sdp");
    let answer = request.body(offer).send().await.expect("an answer").text().await;
    peer.answered(answer.expect("an answer")).await.expect("a connection");
    let mut microphone =
        Encoder::new(RATE.hz(), Channels::Mono, Application::Voip).expect("an encoder");
    microphone.set_bitrate(Bitrate::Bits(BITRATE)).expect("a bitrate");
    let sender = peer.sender();
    let told = ChannelRequest::Microphone { echo_cancellation: EchoCancellation::On };
    sender.text(&json_of(&told)).await.expect("a channel that is open");
    Line::Peer { sender, peer: Box::new(peer), microphone, sequence: 0 }
}

fn json_of(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("a message is JSON")
}
