//! The socket and the clock around a [`Rep`].

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use ringcraft_media::call::Live;
use ringcraft_media::units::{SampleRate, Span};
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, interval_at, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use super::error::CallError;
use super::rep::{Output, Rep};
use super::server::{refusal, without_query};
use super::trust::{self, Trust};
use super::wire::{self, Control, Encoding, Request, Text};
use crate::clock;

/// Messages on their way out: more than a second of audio. When full, the server reads too slowly
/// for a call in real time, and the call ends.
const OUTGOING: usize = 64;

/// The largest message of a server: a long utterance with the times of its words.
const LARGEST_MESSAGE: usize = 256 * 1024;

/// How long the socket may take to open, and the server to say `ready`.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// How long the last messages and the closing of the socket may take.
const FLUSHED_WITHIN: Duration = Duration::from_secs(2);

/// The most faults that are kept: a server that is wrong in every frame is told apart by fewer.
const FAULTS: usize = 100;

/// How often the rep sends.
const FRAME: Duration = Duration::from_millis(ringcraft_media::units::FRAME_MS);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An open audio socket whose server is ready.
#[derive(Debug)]
pub(crate) struct AudioSocket {
    sink: SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
}

/// A live event and when it arrived, in time since the link started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// When it arrived.
    pub(crate) at: Span,
    /// As it was sent.
    pub(crate) json: String,
}

/// What a call left behind.
#[derive(Debug)]
pub(crate) struct Conversation {
    /// The rep at the end.
    pub(crate) rep: Rep,
    /// Every live event, known or not.
    pub(crate) received: Vec<Received>,
    /// What went wrong, for people: errors of the server, sound out of place, a broken link.
    pub(crate) faults: Vec<String>,
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
            let start = Request::Start { encoding: Encoding::PcmS16le, sample_rate: rate };
            socket
                .send(text(&start))
                .await
                .map_err(|error| CallError::Socket(error.to_string()))?;
            wait_until_ready(&mut socket, rate).await?;
            Ok::<_, CallError>(socket)
        };
        let late = || CallError::Socket("was not ready within 10 s".into());
        let (sink, stream) = timeout(READY_WITHIN, ready).await.map_err(|_| late())??.split();
        Ok(Self { sink, stream })
    }

    /// Holds the call until it is over. A first Ctrl-C hangs up, a second one leaves at once.
    /// `watch` sees each live event as it arrives.
    pub(crate) async fn hold(self, rep: Rep, watch: &mut dyn FnMut(&Live)) -> Conversation {
        let Self { sink, stream } = self;
        let (outgoing, queue) = mpsc::channel(OUTGOING);
        let link = Link {
            stream,
            outgoing,
            origin: clock::now(),
            call: Conversation { rep, received: Vec::new(), faults: Vec::new() },
        };
        let (sent, mut call) = tokio::join!(send_all(sink, queue), link.run(watch));
        // A peer that closed first takes no goodbye, and that is no fault.
        if let Err(error) = sent
            && call.rep.ended().is_none()
            && call.faults.is_empty()
        {
            call.faults.push(format!("the audio socket broke: {error}"));
        }
        call
    }
}

struct Link {
    stream: SplitStream<Socket>,
    outgoing: mpsc::Sender<Message>,
    origin: Instant,
    call: Conversation,
}

impl Link {
    async fn run(mut self, watch: &mut dyn FnMut(&Live)) -> Conversation {
        // Deadlines count from the origin, so a late tick is made up for and nothing adds up.
        let mut ticks = interval_at(self.origin, FRAME);
        // Without a handler Ctrl-C ends the program, which is what it would do anyway.
        let mut signal = signal(SignalKind::interrupt()).ok();
        let mut interrupts = 0;
        while !self.call.rep.is_over() && interrupts < 2 {
            tokio::select! {
                // Frames leave on time whatever arrives.
                biased;
                _ = ticks.tick() => {
                    let now = self.now();
                    self.call.rep.tick(now);
                }
                message = self.stream.next() => self.take(message, watch),
                Some(()) = interrupted(&mut signal) => {
                    interrupts += 1;
                    let now = self.now();
                    self.call.rep.hang_up(now);
                }
            }
            self.send();
        }
        self.call
    }

    fn take(
        &mut self,
        message: Option<Result<Message, SocketError>>,
        watch: &mut dyn FnMut(&Live),
    ) {
        let now = self.now();
        match message {
            Some(Ok(Message::Binary(bytes))) => match wire::read_sound(&bytes) {
                Ok(sound) => {
                    if let Err(refused) = self.call.rep.sound(now, &sound) {
                        self.fault(refused.to_string());
                    }
                }
                Err(error) => self.fault(error.to_string()),
            },
            Some(Ok(Message::Text(json))) => self.take_text(now, json.as_str(), watch),
            Some(Ok(Message::Close(frame))) => {
                if self.call.rep.ended().is_none() {
                    let why = frame.map_or(String::new(), |frame| {
                        format!(" ({} {})", u16::from(frame.code), frame.reason)
                    });
                    self.fault(format!("the server closed the audio socket{why}"));
                }
                self.call.rep.closed(now);
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                if self.call.rep.ended().is_none() {
                    self.fault(format!("the audio socket broke: {error}"));
                }
                self.call.rep.closed(now);
            }
            None => self.call.rep.closed(now),
        }
    }

    fn take_text(&mut self, now: Span, json: &str, watch: &mut dyn FnMut(&Live)) {
        match wire::read_text(json) {
            Ok(Text::Control(Control::Error { code, message })) => {
                self.fault(format!("the server says {code}: {message}"));
            }
            Ok(Text::Control(control)) => self.call.rep.control(now, &control),
            Ok(Text::Live(live)) => {
                self.call.rep.live(now, &live);
                watch(&live);
                self.call.received.push(Received { at: now, json: json.to_owned() });
            }
            Ok(Text::Unknown(_)) => {
                self.call.received.push(Received { at: now, json: json.to_owned() });
            }
            Err(error) => self.fault(error.to_string()),
        }
    }

    fn fault(&mut self, what: String) {
        if self.call.faults.len() < FAULTS {
            self.call.faults.push(what);
        }
    }

    /// Hands everything the rep wants to send to the socket, without waiting.
    fn send(&mut self) {
        while let Some(output) = self.call.rep.poll() {
            let message = match output {
                Output::Frame { first, samples } => {
                    Message::binary(wire::write_frame(first, &samples))
                }
                Output::Played { reply, sample } => text(&Request::Played { reply, sample }),
                Output::HangUp => text(&Request::Hangup),
            };
            if self.outgoing.try_send(message).is_err() {
                let now = self.now();
                if !self.call.rep.is_over() {
                    self.fault("the server takes no more audio".into());
                }
                self.call.rep.closed(now);
            }
        }
    }

    fn now(&self) -> Span {
        let micros = clock::now().saturating_duration_since(self.origin).as_micros();
        Span(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

async fn interrupted(signal: &mut Option<Signal>) -> Option<()> {
    match signal {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
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
    timeout(FLUSHED_WITHIN, sink.close()).await.unwrap_or(Ok(()))
}

fn text(request: &Request) -> Message {
    Message::text(serde_json::to_string(request).expect("a request has no map and no custom key"))
}
