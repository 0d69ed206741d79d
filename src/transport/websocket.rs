//! A call's media over a plain WebSocket: PCM frames in binary messages, all else in JSON text.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use ringcraft_media::call::EchoCancellation;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error as SocketError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::clock;
use crate::model::CallId;
use crate::transport::inbox::{Flooded, Inbox};
use crate::transport::text::{Fault, MAX_FAULTS};
use crate::transport::{LINK_OUTBOUND, Link, LinkFormat, LinkIn, LinkOut, Refused};
use session::{Reaction, Session};

pub mod listener;
mod session;
pub mod upgrade;
pub mod wire;
pub mod echo;

/// The longest message of a client, in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// How long a new client may take to send `start`.
pub const START_WITHIN: Duration = Duration::from_secs(5);

/// How often the client is pinged, so that idle proxies keep the connection.
pub const PING_EVERY: Duration = Duration::from_secs(10);

/// A client that sends nothing for so long, not even a pong, is gone.
pub const SILENT_AFTER: Duration = Duration::from_secs(30);

/// A client that takes no bytes for so long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// How long what is still to be told may take to come after the driver stopped listening.
const FAREWELL_WITHIN: Duration = Duration::from_secs(10);

/// How long the far side may take to agree to a close.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Faults waiting to be told: as many as there can be before the link is closed.
const COMPLAINTS: usize = MAX_FAULTS as usize;

/// What became of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Why it ended.
    pub ending: Ending,
    /// Frames of the rep that were dropped because the driver did not take them.
    pub lost_frames: u64,
    /// Messages that were not understood.
    pub faults: u32,
}

/// Why a link ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The driver let go of it.
    Finished,
    /// The client closed it, or its connection broke.
    ClientLeft,
    /// The client sent nothing for [`SILENT_AFTER`].
    ClientSilent,
    /// The client took no bytes.
    ClientStalled,
    /// The call did not take it.
    Refused(Refused),
    /// Audio came before `start`.
    AudioBeforeStart,
    /// No `start` came.
    NoStart,
    /// A message was longer than [`MAX_MESSAGE`].
    TooBig,
    /// Too many messages were not understood; this is the last of them.
    TooManyFaults(Fault),
    /// More messages came than a call can follow.
    Flooded,
    /// The bytes were no WebSocket messages.
    NotWebSocket,
}

type Sink<S> = SplitSink<WebSocketStream<S>, Message>;
type Source<S> = SplitStream<WebSocketStream<S>>;

/// Carries a call's media over an upgraded connection until either side is done with it.
///
/// `attach` is asked once, with the link, when the client has said what it sends.
pub async fn serve<S>(
    stream: S,
    already_read: Bytes,
    call: CallId,
    attach: impl FnOnce(Link) -> Result<(), Refused>,
) -> Closed
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sink, mut source) = open(stream, already_read, MAX_MESSAGE).await.split();
    let mut session = Session::new();
    let (mut inbox, inbound) = Inbox::new();
    let ending = match start(&mut sink, &mut source, &mut session).await {
        Ok((format, microphone)) => {
            // The first message of an empty box: it has room.
            let _ = microphone.map(|echo| inbox.push(LinkIn::Microphone(echo)));
            let (outbound, queue) = mpsc::channel(LINK_OUTBOUND);
            let link = Link { format, reports_playback: true, inbound, outbound };
            match attach(link) {
                Ok(()) => {
                    let ready = wire::ready(call, format.rate);
                    let read = Reading { source: &mut source, session: &mut session };
                    carry(&mut sink, read, &mut inbox, queue, ready).await
                }
                Err(refused) => Ending::Refused(refused),
            }
        }
        Err(ending) => ending,
    };
    let closed = Closed {
        ending: ending.clone(),
        lost_frames: inbox.lost_frames(),
        faults: session.faults(),
    };
    // The driver learns that the far side is gone before the socket is put away.
    drop(inbox);
    close(sink, source, ending).await;
    closed
}

/// The server's end of an upgraded connection, for messages of at most so many bytes.
async fn open<S>(stream: S, already_read: Bytes, longest: usize) -> WebSocketStream<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // Small buffers: the library's own cost 256 KiB a connection.
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest));
    let (already_read, role) = (already_read.into(), Role::Server);
    WebSocketStream::from_partially_read(stream, already_read, role, Some(config)).await
}

/// Waits for the client's `start`.
async fn start<S>(
    sink: &mut Sink<S>,
    source: &mut Source<S>,
    session: &mut Session,
) -> Result<(LinkFormat, Option<EchoCancellation>), Ending>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deadline = clock::now() + START_WITHIN;
    loop {
        let next = timeout_at(deadline, source.next()).await.map_err(|_| Ending::NoStart)?;
        let message = next.ok_or(Ending::ClientLeft)?.map_err(broken)?;
        match session.receive(&message) {
            Reaction::Start(format, microphone) => return Ok((format, microphone)),
            Reaction::Complain(fault) => send(sink, complaint(fault)).await?,
            Reaction::GiveUp(fault) => return Err(Ending::TooManyFaults(fault)),
            Reaction::AudioBeforeStart => return Err(Ending::AudioBeforeStart),
            Reaction::Deliver(_) | Reaction::None => {}
        }
    }
}

struct Reading<'a, S> {
    source: &'a mut Source<S>,
    session: &'a mut Session,
}

/// Reads and writes at the same time: a client that is slow to take does not delay what it says.
async fn carry<S>(
    sink: &mut Sink<S>,
    reading: Reading<'_, S>,
    inbox: &mut Inbox,
    mut queue: mpsc::Receiver<LinkOut>,
    ready: Message,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (complaints, mut untold) = mpsc::channel(COMPLAINTS);
    let ending = tokio::select! {
        ending = read(reading, inbox, &complaints) => ending,
        ending = write(sink, &mut queue, &mut untold, ready) => ending,
    };
    while let Ok(fault) = untold.try_recv() {
        if send(sink, complaint(fault)).await.is_err() {
            break;
        }
    }
    ending
}

async fn read<S>(
    reading: Reading<'_, S>,
    inbox: &mut Inbox,
    complaints: &mpsc::Sender<Fault>,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let driver = inbox.driver();
    let mut heard_at = clock::now();
    let mut farewell_until = None;
    loop {
        let next = tokio::select! {
            next = timeout_at(heard_at + SILENT_AFTER, reading.source.next()) => next,
            () = inbox.hand_over() => continue,
            () = driver.closed(), if farewell_until.is_none() => {
                farewell_until = Some(clock::now() + FAREWELL_WITHIN);
                continue;
            }
            () = sleep_until(farewell_until.unwrap_or(heard_at)), if farewell_until.is_some() => {
                return Ending::Finished;
            }
        };
        let message = match next {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => return broken(error),
            Ok(None) => return Ending::ClientLeft,
            Err(_) => return Ending::ClientSilent,
        };
        heard_at = clock::now();
        match reading.session.receive(&message) {
            Reaction::Deliver(event) => {
                if let Err(Flooded) = inbox.push(event) {
                    return Ending::Flooded;
                }
            }
            Reaction::Complain(fault) => {
                // There is room for every fault that a session allows.
                let _ = complaints.try_send(fault);
            }
            Reaction::GiveUp(fault) => return Ending::TooManyFaults(fault),
            Reaction::AudioBeforeStart => return Ending::AudioBeforeStart,
            Reaction::Start(..) | Reaction::None => {}
        }
    }
}

async fn write<S>(
    sink: &mut Sink<S>,
    queue: &mut mpsc::Receiver<LinkOut>,
    complaints: &mut mpsc::Receiver<Fault>,
    ready: Message,
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Err(ending) = send(sink, ready).await {
        return ending;
    }
    let mut pings = interval_at(clock::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            out = queue.recv() => match out {
                Some(out) => wire::write(out),
                None => return Ending::Finished,
            },
            Some(fault) = complaints.recv() => complaint(fault),
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        if let Err(ending) = send(sink, message).await {
            return ending;
        }
    }
}

async fn send<S>(sink: &mut Sink<S>, message: Message) -> Result<(), Ending>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let sent = timeout(SEND_WITHIN, sink.send(message)).await;
    sent.map_err(|_| Ending::ClientStalled)?.map_err(broken)
}

/// Says goodbye as the ending asks for.
async fn close<S>(sink: Sink<S>, source: Source<S>, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if matches!(ending, Ending::ClientStalled | Ending::ClientSilent) {
        return;
    }
    let is_unread = ending.leaves_unread();
    let goodbye = Goodbye { error: ending.error(), frame: ending.close_frame(), is_unread };
    say_goodbye(sink, source, goodbye).await;
}

/// What a far side is told last.
struct Goodbye {
    error: Option<Message>,
    frame: Option<CloseFrame>,
    /// Whether something of it is on its way that cannot be read.
    is_unread: bool,
}

/// Says goodbye and waits shortly for the far side to agree.
async fn say_goodbye<S>(mut sink: Sink<S>, mut source: Source<S>, goodbye: Goodbye)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let farewell = async {
        if let Some(error) = goodbye.error {
            sink.send(error).await?;
        }
        if let Some(frame) = goodbye.frame {
            sink.send(Message::Close(Some(frame))).await?;
        }
        while source.next().await.transpose()?.is_some() {}
        Ok::<(), SocketError>(())
    };
    let _ = timeout(CLOSE_WITHIN, farewell).await;
    let Ok(mut socket) = sink.reunite(source) else { return };
    let linger = async {
        let stream = socket.get_mut();
        // Over TLS this tells the client that nothing was cut off.
        stream.shutdown().await?;
        if !goodbye.is_unread {
            return Ok(());
        }
        // What the library could not read is still on its way. Closing over it would reset the
        // connection, and the client would never see why.
        let mut scrap = [0; 4_096];
        while stream.read(&mut scrap).await? != 0 {}
        Ok::<(), std::io::Error>(())
    };
    let _ = timeout(CLOSE_WITHIN, linger).await;
}

fn complaint(fault: Fault) -> Message {
    wire::error(fault.code(), &fault.to_string())
}

fn broken(error: SocketError) -> Ending {
    match error {
        SocketError::Capacity(_) => Ending::TooBig,
        SocketError::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake
            | tokio_tungstenite::tungstenite::error::ProtocolError::SendAfterClosing,
        ) => Ending::ClientLeft,
        SocketError::Protocol(_) | SocketError::Utf8(_) => Ending::NotWebSocket,
        _ => Ending::ClientLeft,
    }
}

impl Ending {
    fn leaves_unread(&self) -> bool {
        matches!(self, Self::TooBig | Self::NotWebSocket)
    }

    fn error(&self) -> Option<Message> {
        match self {
            Self::Refused(refused) => Some(wire::error(refused.code, &refused.message)),
            Self::TooManyFaults(fault) => Some(complaint(*fault)),
            _ => None,
        }
    }

    fn close_frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Finished => (CloseCode::Normal, "the call is over"),
            Self::ClientLeft | Self::ClientSilent | Self::ClientStalled => return None,
            Self::Refused(refused) => (CloseCode::Policy, refused.code),
            Self::AudioBeforeStart => (CloseCode::Policy, "audio came before \"start\""),
            Self::NoStart => (CloseCode::Policy, "no \"start\" within 5 s"),
            Self::TooBig => (CloseCode::Policy, "messages may have at most 65536 bytes"),
            Self::TooManyFaults(_) => (CloseCode::Policy, "20 messages were not understood"),
            Self::Flooded => (CloseCode::Policy, "more messages than a call can follow"),
            Self::NotWebSocket => (CloseCode::Protocol, "these are no WebSocket messages"),
        };
        Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }
}

#[cfg(test)]
mod tests;
