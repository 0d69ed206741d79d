//! A live call for somebody who listens: what is said in text, how it sounds in binary messages.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use ringcraft_media::tape::TAPE_RATE;
use ringcraft_media::units::SampleRate;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval_at, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{Ending, PING_EVERY, SILENT_AFTER, Sink, Source, broken, close, send};
use crate::clock;
use crate::model::CallId;
use crate::transport::text::events_missed;

/// The longest message of a listener, in bytes: they have nothing to say but pongs and goodbye.
const MAX_LISTENER_MESSAGE: usize = 4 * 1024;

/// What a listener gets of a call.
#[derive(Debug)]
pub struct Program {
    /// The call.
    pub call: CallId,
    /// What was said before, as live events.
    pub past: Vec<String>,
    /// The live events from now on; with their end the connection is closed.
    pub events: Receiver<Arc<str>>,
    /// Binary messages with the sound of both legs.
    pub sound: Receiver<Bytes>,
}

/// What became of a listener's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Why it ended.
    pub ending: Ending,
    /// Pieces of sound that were not taken in time.
    pub lost_pieces: u64,
}

/// The first message: what the binary ones hold.
#[derive(Serialize)]
#[serde(tag = "type", rename = "listening")]
struct Listening {
    call_id: CallId,
    sample_rate: SampleRate,
    channels: u8,
}

/// The first message to a listener.
pub fn greeting(call: CallId) -> String {
    let listening = Listening { call_id: call, sample_rate: TAPE_RATE, channels: 2 };
    serde_json::to_string(&listening).expect("an id and numbers always serialise")
}

/// Lets somebody listen over an upgraded connection until the call is over or they leave.
///
/// One who takes the sound too slowly loses some of it; one who takes nothing at all is let go.
pub async fn serve<S>(stream: S, already_read: Bytes, program: Program) -> Left
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_LISTENER_MESSAGE))
        .max_frame_size(Some(MAX_LISTENER_MESSAGE));
    let already_read = already_read.into();
    let socket =
        WebSocketStream::from_partially_read(stream, already_read, Role::Server, Some(config));
    let (mut sink, mut source) = socket.await.split();
    let mut lost_pieces = 0;
    let ending = tokio::select! {
        ending = read(&mut source) => ending,
        ending = write(&mut sink, program, &mut lost_pieces) => ending,
    };
    close(sink, source, ending.clone()).await;
    Left { ending, lost_pieces }
}

/// Waits until the listener is gone. Whatever they say is passed over.
async fn read<S>(source: &mut Source<S>) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match timeout_at(clock::now() + SILENT_AFTER, source.next()).await {
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(error))) => return broken(error),
            Ok(None) => return Ending::ClientLeft,
            Err(_) => return Ending::ClientSilent,
        }
    }
}

async fn write<S>(sink: &mut Sink<S>, program: Program, lost_pieces: &mut u64) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Program { call, past, mut events, mut sound } = program;
    for text in std::iter::once(greeting(call)).chain(past) {
        if let Err(ending) = send(sink, Message::Text(text.into())).await {
            return ending;
        }
    }
    let mut pings = interval_at(clock::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut told, mut sounding) = (true, true);
    while told || sounding {
        let message = tokio::select! {
            event = events.recv(), if told => match event {
                Ok(json) => Message::Text(Utf8Bytes::from(&*json)),
                Err(RecvError::Lagged(missed)) => Message::Text(events_missed(missed).into()),
                Err(RecvError::Closed) => {
                    told = false;
                    continue;
                }
            },
            piece = sound.recv(), if sounding => match piece {
                Ok(piece) => Message::Binary(piece),
                Err(RecvError::Lagged(missed)) => {
                    *lost_pieces += missed;
                    continue;
                }
                Err(RecvError::Closed) => {
                    sounding = false;
                    continue;
                }
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        if let Err(ending) = send(sink, message).await {
            return ending;
        }
    }
    Ending::Finished
}

#[cfg(test)]
mod tests;
