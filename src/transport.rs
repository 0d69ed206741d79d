//! Carriers of a call's media. Every carrier becomes the same [`Link`].

use std::borrow::Cow;

use bytes::Bytes;
use ringcraft_media::call::{EchoCancellation, ReplyId};
pub use ringcraft_media::codec::Encoding;
use ringcraft_media::units::{CallTime, SampleRate, Samples};
use tokio::sync::mpsc;

mod inbox;
pub mod socket;
pub mod text;
pub mod webrtc;
pub mod websocket;

/// Messages waiting for the driver: 2.5 s of audio. When full the oldest audio is lost and counted.
pub const LINK_INBOUND: usize = 128;

/// Messages waiting for the carrier. When full the far side is too slow and the link is closed.
pub const LINK_OUTBOUND: usize = 256;

/// What a link carries in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFormat {
    /// How samples are written.
    pub encoding: Encoding,
    /// How many a second.
    pub rate: SampleRate,
}

/// 20 ms of the rep's audio as it arrived.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// The carrier's number of the packet, unwrapped: each packet that was sent has one more than
    /// the one before, so a number that never comes is loss.
    pub seq: u64,
    /// The sender's index of the first sample, unwrapped.
    pub media_time: Samples,
    /// The encoded samples.
    pub payload: Bytes,
}

/// From the carrier to the driver.
#[derive(Clone, Debug)]
pub enum LinkIn {
    /// Audio of the rep.
    Audio(Inbound),
    /// The client has played a reply up to this sample of the reply, at the link's rate.
    Played {
        /// The reply.
        reply: ReplyId,
        /// Samples of the reply that were played.
        sample: Samples,
    },
    /// The rep sends a turn in writing; the text is one line without control characters.
    Say(String),
    /// What the client knows of the microphone in use.
    Microphone(EchoCancellation),
    /// The client hangs up.
    HangUp,
}

/// From the driver to the carrier.
#[derive(Clone, Debug)]
pub enum LinkOut {
    /// 20 ms of a reply.
    Audio {
        /// The reply.
        reply: ReplyId,
        /// Its first sample's place in the reply, at the link's rate.
        offset: Samples,
        /// When its first sample starts to sound: what a carrier's timestamps count from.
        at: CallTime,
        /// The encoded samples.
        payload: Bytes,
    },
    /// Stop at once, report, keep what is buffered.
    Pause(ReplyId),
    /// Drop what is buffered from this sample on; sound from there follows.
    Resume(ReplyId, Samples),
    /// Drop everything of the reply.
    Clear(ReplyId),
    /// A live event, already on disk, as JSON.
    Live(std::sync::Arc<str>),
    /// The call does not do what the client asked for.
    Refused(Refused),
}

/// One carrier of one call: the same channels for every kind. Dropping it closes the carrier; a
/// closed `inbound` says that the far side is gone.
#[derive(Debug)]
pub struct Link {
    /// What it carries.
    pub format: LinkFormat,
    /// Whether the client reports what it has played.
    pub reports_playback: bool,
    /// From the far side.
    pub inbound: mpsc::Receiver<LinkIn>,
    /// To the far side.
    pub outbound: mpsc::Sender<LinkOut>,
}

/// Why a call does not take a link, or what came over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: Cow<'static, str>,
}
