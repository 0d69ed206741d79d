//! A call over the audio WebSocket.

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use ringcraft_media::call::EchoCancellation;
use ringcraft_media::units::SampleRate;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tokio_util::task::TaskTracker;

use super::{Arrival, Full, Link};
use crate::cli::call::error::CallError;
use crate::cli::call::rep::Output;
use crate::cli::call::server::{refusal, without_query};
use crate::cli::call::trust::{self, Trust};
use crate::cli::call::wire::{self, Control, Encoding, Request, Text};

/// Messages on their way out: more than a second of audio. When full, the server reads too slowly
/// for a call in real time, and the call ends.
const OUTGOING: usize = 64;

/// The largest message of a server: a long utterance with the times of its words.
const LARGEST_MESSAGE: usize = 256 * 1024;

/// How long the socket may take to open, and the server to say `ready`.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// How long the closing of the socket may take.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An open audio socket whose server is ready.
#[derive(Debug)]
pub(crate) struct AudioSocket {
    stream: SplitStream<Socket>,
    outgoing: mpsc::Sender<Message>,
    /// Sends what is queued. The link that drops it leaves it to end with the queue.
    writer: JoinHandle<Result<(), SocketError>>,
}

impl AudioSocket {
    /// Opens the socket and waits until audio may flow.
    ///
    /// # Errors
    /// When the server is not there, refuses or does not become ready in time.
    pub(crate) async fn open(
        url: &str,
        rate: SampleRate,
        trust: &Trust,
    ) -> Result<Self, CallError> {
        let ready = async {
            let mut socket = connect(url, trust).await?;
            let start = Request::Start {
                encoding: Encoding::PcmS16le,
                sample_rate: rate,
                // What it speaks is a file: it has no loudspeaker to hear.
                echo_cancellation: EchoCancellation::On,
            };
            socket
                .send(text(&start))
                .await
                .map_err(|error| CallError::Socket(error.to_string()))?;
            wait_until_ready(&mut socket, rate).await?;
            Ok::<_, CallError>(socket)
        };
        let late = || CallError::Socket("was not ready within 10 s".into());
        let (sink, stream) = timeout(READY_WITHIN, ready).await.map_err(|_| late())??.split();
        let (outgoing, queue) = mpsc::channel(OUTGOING);
        let writer = TaskTracker::new().spawn(send_all(sink, queue));
        Ok(Self { stream, outgoing, writer })
    }
}

impl Link for AudioSocket {
    async fn arrival(&mut self) -> Arrival {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => match wire::read_sound(&bytes) {
                    Ok(sound) => Arrival::Sound(sound),
                    Err(error) => Arrival::Unreadable(error.to_string()),
                },
                Some(Ok(Message::Text(json))) => Arrival::Text(json.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map_or(String::new(), |frame| {
                        format!(" ({} {})", u16::from(frame.code), frame.reason)
                    });
                    Arrival::Closed(Some(format!("the server closed the audio socket{why}")))
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => {
                    Arrival::Closed(Some(format!("the audio socket broke: {error}")))
                }
                None => Arrival::Closed(None),
            };
        }
    }

    fn send(&mut self, output: Output) -> Result<(), Full> {
        let message = match output {
            Output::Frame { first, samples } => Message::binary(wire::write_frame(first, &samples)),
            Output::Played { reply, sample } => text(&Request::Played { reply, sample }),
            Output::HangUp => text(&Request::Hangup),
            // There are none: sound with the number of its reply is reported by that.
            Output::PlayedTo { .. } => return Ok(()),
        };
        self.outgoing.try_send(message).map_err(|_| Full)
    }

    async fn close(self) -> Result<(), String> {
        let Self { stream, outgoing, writer } = self;
        drop(outgoing);
        let sent = writer.await;
        drop(stream);
        match sent {
            Ok(Err(error)) => Err(format!("the audio socket broke: {error}")),
            _ => Ok(()),
        }
    }
}

async fn connect(url: &str, trust: &Trust) -> Result<Socket, CallError> {
    let config = WebSocketConfig::default()
        .write_buffer_size(0)
        .max_message_size(Some(LARGEST_MESSAGE))
        .max_frame_size(Some(LARGEST_MESSAGE));
    let connector = Some(trust.connector());
    match connect_async_tls_with_config(url, Some(config), true, connector).await {
        Ok((socket, _)) => Ok(socket),
        Err(SocketError::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err(refusal(url, response.status().as_u16(), body))
        }
        Err(error) => match trust::doubt(&error) {
            Some(reason) => Err(CallError::NotTrusted { url: without_query(url).into(), reason }),
            None => Err(CallError::Socket(format!("cannot be opened: {error}"))),
        },
    }
}

/// Live events wait until audio flows, so nothing but `ready` comes first.
async fn wait_until_ready(socket: &mut Socket, rate: SampleRate) -> Result<(), CallError> {
    let unexpected = |what: &str| CallError::Socket(format!("was not made ready: {what}"));
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(json))) => match wire::read_text(json.as_str()) {
                Ok(Text::Control(Control::Ready { sample_rate, .. })) if sample_rate == rate => {
                    return Ok(());
                }
                Ok(Text::Control(Control::Error { code, message })) => {
                    return Err(unexpected(&format!("{code}: {message}")));
                }
                Ok(_) => return Err(unexpected("another message came first")),
                Err(error) => return Err(unexpected(&error.to_string())),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(Some(frame)))) => {
                return Err(unexpected(&format!("{} {}", u16::from(frame.code), frame.reason)));
            }
            Some(Ok(_)) => return Err(unexpected("another message came first")),
            Some(Err(error)) => return Err(unexpected(&error.to_string())),
            None => return Err(unexpected("the server closed it")),
        }
    }
}

/// Sends what is queued until the queue is closed, then closes the socket.
async fn send_all(
    mut sink: SplitSink<Socket, Message>,
    mut queue: mpsc::Receiver<Message>,
) -> Result<(), SocketError> {
    while let Some(message) = queue.recv().await {
        sink.send(message).await?;
    }
    // The call is over: a peer that does not read the goodbye is left.
    timeout(CLOSED_WITHIN, sink.close()).await.unwrap_or(Ok(()))
}

fn text(request: &Request) -> Message {
    Message::text(serde_json::to_string(request).expect("a request has no map and no custom key"))
}
