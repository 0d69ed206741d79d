//! What the rep hears by: sound by its reply, or sound by its timestamp.

use ringcraft_media::call::ReplyId;
use ringcraft_media::units::{SampleRate, Samples, Span};

use super::rep::Output;
use super::rtp_speaker::{Reception, RtpSpeaker};
use super::speaker::Speaker;

/// A loudspeaker for what a kind of link carries.
#[derive(Debug)]
pub(crate) enum Loudspeaker {
    /// Sound says which reply it is of.
    Replies(Speaker),
    /// Sound has timestamps; events say which reply it is of.
    Rtp(Box<RtpSpeaker>),
}

impl Loudspeaker {
    /// One for an audio socket.
    pub(crate) fn of_replies(rate: SampleRate) -> Self {
        Self::Replies(Speaker::new(rate))
    }

    /// One for WebRTC.
    pub(crate) fn of_rtp(rate: SampleRate) -> Self {
        Self::Rtp(Box::new(RtpSpeaker::new(rate)))
    }

    /// Plays up to `now`.
    pub(crate) fn advance(&mut self, now: Span) {
        match self {
            Self::Replies(speaker) => speaker.advance(now),
            Self::Rtp(speaker) => speaker.advance(now),
        }
    }

    /// Stops at once and reports where.
    pub(crate) fn pause(&mut self, now: Span, reply: ReplyId) {
        match self {
            Self::Replies(speaker) => speaker.pause(now, reply),
            Self::Rtp(speaker) => speaker.pause(now, reply),
        }
    }

    /// Goes on from a place in the reply.
    pub(crate) fn resume(&mut self, now: Span, reply: ReplyId, from: Samples) {
        match self {
            Self::Replies(speaker) => speaker.resume(now, reply, from),
            Self::Rtp(speaker) => speaker.resume(now),
        }
    }

    /// Drops a reply and reports how far it came.
    pub(crate) fn clear(&mut self, now: Span, reply: ReplyId) {
        match self {
            Self::Replies(speaker) => speaker.clear(now, reply),
            Self::Rtp(speaker) => speaker.clear(now, reply),
        }
    }

    /// Takes the reports that are due.
    pub(crate) fn reports(&mut self, outputs: &mut impl Extend<Output>) {
        match self {
            Self::Replies(speaker) => outputs.extend(
                speaker
                    .reports()
                    .map(|report| Output::Played { reply: report.reply, sample: report.sample }),
            ),
            Self::Rtp(speaker) => outputs
                .extend(speaker.reports().map(|rtp_timestamp| Output::PlayedTo { rtp_timestamp })),
        }
    }

    /// Whether nothing plays, waits to play or is paused.
    pub(crate) fn is_silent(&self) -> bool {
        match self {
            Self::Replies(speaker) => speaker.is_silent(),
            Self::Rtp(speaker) => speaker.is_silent(),
        }
    }

    /// When the last sample was heard, and `now` while one is.
    pub(crate) fn last_sound(&self) -> Option<Span> {
        match self {
            Self::Replies(speaker) => speaker.last_sound(),
            Self::Rtp(speaker) => speaker.last_sound(),
        }
    }

    /// How much of a reply was heard.
    pub(crate) fn heard_of(&self, reply: ReplyId) -> Span {
        match self {
            Self::Replies(speaker) => speaker.heard_of(reply),
            Self::Rtp(speaker) => speaker.heard_of(reply),
        }
    }

    /// The reply that is played, paused or, where nothing is, was played last.
    pub(crate) fn current(&self) -> Option<ReplyId> {
        match self {
            Self::Replies(speaker) => speaker.current(),
            Self::Rtp(speaker) => speaker.current(),
        }
    }

    /// Everything that was heard, from the start of the link on, without the silence at its end.
    pub(crate) fn heard(&self) -> &[i16] {
        match self {
            Self::Replies(speaker) => speaker.heard(),
            Self::Rtp(speaker) => speaker.heard(),
        }
    }

    /// How the sound arrived, where it came as packets.
    pub(crate) fn reception(&self) -> Option<Reception> {
        match self {
            Self::Replies(_) => None,
            Self::Rtp(speaker) => Some(speaker.reception()),
        }
    }
}
