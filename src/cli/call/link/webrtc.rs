//! A call over WebRTC: Opus both ways, everything else on the channel `events`.

use bytes::Bytes;
use opus::{Application, Bitrate, Channels, Encoder};
use ringcraft_media::call::EchoCancellation;
use ringcraft_media::units::{SampleRate, Samples};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::{Arrival, Full, Link};
use crate::cli::call::error::CallError;
use crate::cli::call::peer::{Happening, Path, Peer, PeerError, PeerSender};
use crate::cli::call::rep::Output;
use crate::cli::call::rtp_speaker::RtpPacket;
use crate::cli::call::server::{OpenCall, Server, Session};
use crate::cli::call::wire::ChannelRequest;

/// Messages on their way out: more than a second of audio. When full the connection takes no more,
/// and the call ends.
const OUTGOING: usize = 64;

/// What we spend on speech, in bits a second: clear at 16 kHz, with room for the copies.
const BITRATE: i32 = 32_000;

/// The loss that the copies in our packets are made for.
const EXPECTED_LOSS_PERCENT: i32 = 10;

/// No packet of 20 ms is longer at our rate; this is what the encoder may at most write.
const LARGEST_PACKET: usize = 1_275;

enum Outgoing {
    Sound(RtpPacket),
    Text(String),
}

/// A connection on which sound flows.
pub(crate) struct WebRtc<'a> {
    peer: Peer,
    microphone: Microphone,
    outgoing: mpsc::Sender<Outgoing>,
    /// Sends what is queued, to the end of the queue.
    writer: JoinHandle<Result<(), PeerError>>,
    session: Option<(&'a Server, Session)>,
}

impl<'a> WebRtc<'a> {
    /// Connects a call.
    ///
    /// # Errors
    /// When the server refuses, or there is no way to it.
    pub(crate) async fn open(
        server: &'a Server,
        call: &OpenCall,
        path: Path,
        rate: SampleRate,
    ) -> Result<Self, CallError> {
        let url = call.webrtc_url()?;
        let offered = Peer::offer(path, call.ice_servers.clone()).await;
        let (mut peer, offer) = offered.map_err(|error| CallError::WebRtc(error.to_string()))?;
        let (session, answer) = server.connect(url, &call.token, offer).await?;
        let addresses = addresses(&answer, path);
        match peer.answered(answer).await {
            Ok(()) => {
                let link = Self::over(peer, rate, Some((server, session)));
                // What it speaks is a file: it has no loudspeaker to hear. The queue is empty yet.
                let echo_cancellation = EchoCancellation::On;
                let microphone = ChannelRequest::Microphone { echo_cancellation };
                let _ = link.outgoing.try_send(text(&microphone));
                Ok(link)
            }
            Err(error) => {
                server.disconnect(&session).await;
                peer.close().await;
                Err(match error {
                    PeerError::NoPath => CallError::NoPath { path, addresses },
                    other => CallError::WebRtc(other.to_string()),
                })
            }
        }
    }

    /// A link over a connection that is up.
    fn over(peer: Peer, rate: SampleRate, session: Option<(&'a Server, Session)>) -> Self {
        let (outgoing, queue) = mpsc::channel(OUTGOING);
        let writer = TaskTracker::new().spawn(send_all(peer.sender(), queue));
        Self { peer, microphone: Microphone::new(rate), outgoing, writer, session }
    }
}

impl Link for WebRtc<'_> {
    async fn arrival(&mut self) -> Arrival {
        match self.peer.next().await {
            Happening::Packet(packet) => Arrival::Packet(packet),
            Happening::Text(json) => Arrival::Text(json),
            Happening::Closed => Arrival::Closed(Some("the server closed the connection".into())),
            Happening::Broke => Arrival::Closed(Some("no packet finds its way any more".into())),
        }
    }

    fn send(&mut self, output: Output) -> Result<(), Full> {
        let outgoing = match output {
            Output::Frame { first, samples } => {
                Outgoing::Sound(self.microphone.packet(first, &samples))
            }
            Output::PlayedTo { rtp_timestamp } => text(&ChannelRequest::Played { rtp_timestamp }),
            Output::HangUp => text(&ChannelRequest::Hangup),
            // There are none: sound without a number of its reply is reported by its timestamp.
            Output::Played { .. } => return Ok(()),
        };
        self.outgoing.try_send(outgoing).map_err(|_| Full)
    }

    async fn close(self) -> Result<(), String> {
        let Self { peer, outgoing, writer, session, microphone: _ } = self;
        drop(outgoing);
        let sent = writer.await;
        if let Some((server, session)) = session {
            server.disconnect(&session).await;
        }
        peer.close().await;
        match sent {
            Ok(Err(error)) => Err(format!("the WebRTC connection broke: {error}")),
            _ => Ok(()),
        }
    }
}

/// Makes packets of what the rep says.
struct Microphone {
    encoder: Encoder,
    rate: SampleRate,
    sequence: u16,
    /// The timestamp of the first sample.
    zero: u32,
    packet: Vec<u8>,
}

impl Microphone {
    fn new(rate: SampleRate) -> Self {
        const VALID: &str = "Opus encodes speech from each rate of a link with these settings";
        let mut encoder = Encoder::new(rate.hz(), Channels::Mono, Application::Voip).expect(VALID);
        encoder.set_bitrate(Bitrate::Bits(BITRATE)).expect(VALID);
        encoder.set_inband_fec(true).expect(VALID);
        encoder.set_packet_loss_perc(EXPECTED_LOSS_PERCENT).expect(VALID);
        let (sequence, zero) = (rand::random(), rand::random());
        Self { encoder, rate, sequence, zero, packet: vec![0; LARGEST_PACKET] }
    }

    fn packet(&mut self, first: Samples, samples: &[i16]) -> RtpPacket {
        let written = self.encoder.encode(samples, &mut self.packet);
        let length = written.expect("20 ms at the encoder's own rate");
        let step = u64::from(SampleRate::Hz48000.hz() / self.rate.hz());
        #[expect(clippy::cast_possible_truncation, reason = "a timestamp is modulo 2^32")]
        let timestamp = self.zero.wrapping_add((first.0 * step) as u32);
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let payload = Bytes::copy_from_slice(&self.packet[..length]);
        RtpPacket { sequence, timestamp, marker: first == Samples(0), payload }
    }
}

/// Sends what is queued until the queue is closed.
async fn send_all(
    sender: PeerSender,
    mut queue: mpsc::Receiver<Outgoing>,
) -> Result<(), PeerError> {
    while let Some(outgoing) = queue.recv().await {
        match outgoing {
            Outgoing::Sound(packet) => sender.sound(packet).await?,
            Outgoing::Text(text) => sender.text(&text).await?,
        }
    }
    Ok(())
}

fn text(request: &ChannelRequest) -> Outgoing {
    let json = serde_json::to_string(request);
    Outgoing::Text(json.expect("a request has no map and no custom key"))
}

/// Where an answer says that its sender is, for people.
fn addresses(answer: &str, path: Path) -> String {
    let wanted = match path {
        Path::Udp => "udp",
        Path::Tcp => "tcp",
    };
    let candidates = answer.lines().filter_map(|line| line.trim().strip_prefix("a=candidate:"));
    let addresses = candidates.filter_map(|candidate| {
        let mut fields = candidate.split(' ').skip(2);
        let (protocol, _, address, port) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        protocol.eq_ignore_ascii_case(wanted).then(|| format!("{address} port {port}"))
    });
    let addresses: Vec<String> = addresses.collect();
    if addresses.is_empty() { "the server".to_owned() } else { addresses.join(", ") }
}

#[cfg(test)]
mod tests;
