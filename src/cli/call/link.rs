//! What carries a call between the rep and the server.

use clap::ValueEnum;
use serde::Serialize;

use super::rep::Output;
use super::rtp_speaker::RtpPacket;
use super::wire::Sound;

pub(crate) mod webrtc;
pub(crate) mod websocket;

/// How a call's audio travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Samples in messages of a WebSocket: works wherever the server's address does
    Websocket,
    /// Opus over UDP, as in a browser
    Webrtc,
}

/// Something that came over a link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arrival {
    /// Sound of a reply.
    Sound(Sound),
    /// A packet of sound, of a reply that events name.
    Packet(RtpPacket),
    /// A message in JSON.
    Text(String),
    /// What nobody can read, and why.
    Unreadable(String),
    /// The link is over; where that is not how calls end, why.
    Closed(Option<String>),
}

/// The server reads too slowly for a call in real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// An open carrier of one call.
pub(crate) trait Link {
    /// Waits for what comes next. May be given up and called again. After [`Arrival::Closed`]
    /// nothing comes.
    async fn arrival(&mut self) -> Arrival;

    /// Sends without waiting.
    ///
    /// # Errors
    /// When too much is on its way already.
    fn send(&mut self, output: Output) -> Result<(), Full>;

    /// Sends what is still on its way and ends the link.
    ///
    /// # Errors
    /// What went wrong with what was sent, for people.
    async fn close(self) -> Result<(), String>;
}
