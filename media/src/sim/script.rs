//! What a simulated call is made of: what the rep does, and what the others do wrong.

use crate::call::{Cue, EchoCancellation, EndReason};
use crate::units::{CallTime, Span};

/// When the rep starts to say a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At a moment of the call.
    At(CallTime),
    /// This long after the n-th reply, counted from 1, was heard out.
    After(u32, Span),
    /// This long into the n-th reply.
    Into(u32, Span),
}

/// A line of the rep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub start: Start,
    /// The words, spoken in 300 ms each and 50 ms apart. Empty is a cough of 150 ms.
    pub text: &'static str,
    /// They are not spoken but sent in writing.
    pub typed: bool,
}

/// How long the outside systems take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voices {
    /// From the request to the model to its first word.
    pub first_text: Span,
    /// From a chunk to its first sound.
    pub first_sound: Span,
    /// From the end of a word to the partial that shows it.
    pub partial: Span,
    /// From the request to settle to the final.
    pub settle: Span,
    /// The model's words that come at once, 20 ms apart on the average.
    pub burst: u32,
    /// Between two pieces of sound of 200 ms each: more is a voice slower than real time.
    pub piece: Span,
}

impl Default for Voices {
    fn default() -> Self {
        Self {
            first_text: Span::ms(300),
            first_sound: Span::ms(120),
            partial: Span::ms(150),
            settle: Span::ms(80),
            burst: 1,
            piece: Span::ms(10),
        }
    }
}

/// The way between the rep and the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// How much later the rep hears what was sent, and the server what the client reports.
    pub delay: Span,
    /// How much later than that anything may be noticed, drawn by `seed`.
    pub jitter: Span,
    /// What the jitter is drawn from.
    pub seed: u64,
    /// Stretches of the rep's media that never arrive. After 2 s without any, the line is lost.
    pub gaps: Vec<(CallTime, Span)>,
}

/// The rep's microphone hears the persona: each of its words comes back after the way there and back,
/// in a voice that the segmenter notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// What the client reports.
    pub reported: EchoCancellation,
    /// How loud it is. The rep speaks at −20 dBFS.
    pub level_dbfs: i8,
}

/// What the recogniser does wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hearing {
    /// Requests to settle, counted from 1, with another time to their final, or none at all: then
    /// the words are lost with it.
    pub finals: Vec<(u32, Option<Span>)>,
    /// It shows nothing before it is final.
    pub mute: bool,
    /// The last word that it shows is another one until the next is there.
    pub wavers: bool,
    /// It settles without being asked after this much silence.
    pub alone: Option<Span>,
}

/// What the model does wrong, after so many words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFault {
    /// It says that it failed.
    Fails(u32),
    /// It says nothing more.
    Stops(u32),
}

/// What the voice does wrong, in a chunk counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceFault {
    /// It says that it failed, before any sound of the chunk.
    Fails(u32),
    /// It gives no sound of the chunk, and does not say so.
    Stops(u32),
    /// It does not tell when the words of the reply sound.
    Untimed,
}

/// A call to be simulated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// What the rep says.
    pub rep: Vec<Line>,
    /// What the persona says for a cue, in order; the last one is said again.
    pub persona: Vec<(Cue, Vec<&'static str>)>,
    /// How long the others take.
    pub voices: Voices,
    /// Replies, counted from 1, with another time to the first word.
    pub slow: Vec<(u32, Span)>,
    /// Replies, counted from 1, that cannot be cut and end the call for this reason.
    pub goodbyes: Vec<(u32, EndReason)>,
    /// From this reply on the voice makes no sound.
    pub mute_from: Option<u32>,
    /// The server begins to drain at this time.
    pub drain: Option<CallTime>,
    /// The line is lost at this time, and back after this long, or never.
    pub lost: Option<(CallTime, Option<Span>)>,
    /// The rep hangs up this long after the last line was answered, or never.
    pub hang_up_after: Option<Span>,
    /// The way between rep and server.
    pub network: Network,
    /// What the recogniser does wrong.
    pub hearing: Hearing,
    /// Replies, counted from 1, in which the model fails.
    pub model: Vec<(u32, ModelFault)>,
    /// Replies, counted from 1, in which the voice fails.
    pub voice: Vec<(u32, VoiceFault)>,
    /// What was asked for a reply that is cancelled still comes.
    pub stale: bool,
    /// What comes back from the rep's loudspeaker; without any the client reports nothing.
    pub echo: Option<Echo>,
}
