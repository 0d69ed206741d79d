//! What goes into a call and what comes out: the contract between deciding and performing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::{RecordEvent, Utterance};
use crate::units::{CallTime, Dbfs, Span};

/// A turn of the rep. Counts from 0 within a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnId(pub u32);

/// A reply of the persona. Counts from 1 within a call; a result with a stale id changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyId(pub u32);

/// A piece of a reply that is spoken in one request to the voice. Counts from 0 within a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChunkId(pub u32);

/// One request to the recogniser to settle what it has. The final that answers it carries the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FinaliseId(pub u32);

impl fmt::Display for ReplyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TurnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A recognised word on the call's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedWord {
    /// The word as the recogniser writes it.
    pub text: String,
    /// Where its sound starts.
    pub start: CallTime,
    /// Where its sound ends.
    pub end: CallTime,
}

/// A synthesised word, in time since its chunk began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoicedWord {
    /// The word as it was given to the voice.
    pub text: String,
    /// Where its sound starts.
    pub start: Span,
    /// Where its sound ends.
    pub end: Span,
}

/// Why a reply is asked for. The buyer turns it into a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cue {
    /// The buyer speaks first.
    Opening,
    /// The rep finished a turn.
    Turn,
    /// The rep's turn goes on and on: the buyer cuts in.
    CutIn,
    /// The rep has been silent for too long.
    Nudge,
    /// The rep stayed silent after the nudge: the buyer says goodbye and hangs up.
    Silent,
    /// The media came back after it was lost.
    Reconnected,
    /// The call's time is nearly over.
    TimeNotice,
    /// The call's time is over: the buyer says goodbye and hangs up.
    TimeUp,
    /// The server is going away: the buyer says goodbye and hangs up.
    ServerDrain,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The rep hung up.
    RepHungUp,
    /// The buyer hung up: patience, trust or a forbidden move.
    BuyerHungUp,
    /// The conversation came to its end and the buyer said goodbye.
    Completed,
    /// The rep said nothing.
    RepSilent,
    /// The rep's media was lost and did not come back.
    RepLost,
    /// The longest allowed call.
    TimeLimit,
    /// A vendor was lost for good.
    VendorLost,
    /// The server drained.
    ServerDrain,
    /// The server died; the call was sealed at its next start.
    ServerLost,
}

/// Why the playout stopped sending a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// It was told to pause.
    Paused,
    /// It was told to cancel.
    Cancelled,
    /// All of the reply was sent.
    Drained,
    /// More is to come, but it was not there in time.
    Starved,
}

/// What a recogniser that models turns makes of the one that is being spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// It may be over; the recogniser will say if not.
    EagerEndOfTurn,
    /// It goes on after all.
    TurnResumed,
    /// It is over.
    EndOfTurn,
}

/// Everything that can happen to a call. Audio enters as what ingress and playout made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A deadline of `poll_timeout` has passed.
    Tick,
    /// Media flows both ways. The first event of a call.
    Connected,
    /// Nothing has come from the rep's side since `since`.
    MediaLost {
        /// When the last audio arrived.
        since: CallTime,
    },
    /// The rep's media flows again, on the same or another link.
    MediaBack,
    /// The rep's voice began, in media time.
    VoiceOn {
        /// The first voiced sample.
        at: CallTime,
    },
    /// The rep's voice ceased, in media time.
    VoiceOff {
        /// The end of the last voiced sample.
        at: CallTime,
        /// How loud the voice was.
        level: Dbfs,
    },
    /// The rep's leg has a hole, filled with silence.
    Gap {
        /// Where it begins.
        at: CallTime,
        /// How long it is.
        span: Span,
    },
    /// What the client reports of the microphone in use. Before the first report there is no echo.
    Microphone {
        /// Whether it is kept from hearing the persona.
        echo_cancellation: super::EchoCancellation,
    },
    /// What the recogniser makes of the speech so far; each replaces the one before.
    Partial {
        /// Words since the last final.
        text: String,
    },
    /// Words that will not change any more.
    Final {
        /// The words, perhaps none.
        text: String,
        /// Their times; empty where the engine gives none.
        words: Vec<TimedWord>,
        /// The request this answers, where it answers one.
        finalise: Option<FinaliseId>,
    },
    /// What the recogniser makes of the turn, where it models turns.
    Hint {
        /// Whether the turn is over.
        hint: Hint,
    },
    /// The rep sends a turn in writing.
    Typed {
        /// What it says.
        text: String,
    },
    /// What the buyer decided for a reply, before its first word.
    Plan {
        /// The reply.
        reply: ReplyId,
        /// Whether the rep may cut in.
        interruptible: bool,
        /// The call ends for this reason once the reply was heard.
        hang_up: Option<EndReason>,
    },
    /// More of a reply's text.
    Text {
        /// The reply.
        reply: ReplyId,
        /// The piece.
        text: String,
    },
    /// A reply's text is complete.
    TextDone {
        /// The reply.
        reply: ReplyId,
    },
    /// The model gave up on a reply.
    TextFailed {
        /// The reply.
        reply: ReplyId,
    },
    /// More sound of a chunk has arrived.
    Voice {
        /// The reply.
        reply: ReplyId,
        /// The chunk.
        chunk: ChunkId,
        /// How long the new piece lasts.
        span: Span,
    },
    /// When the words of a chunk sound. May come in parts, in order.
    VoiceWords {
        /// The reply.
        reply: ReplyId,
        /// The chunk.
        chunk: ChunkId,
        /// The words.
        words: Vec<VoicedWord>,
    },
    /// A chunk's sound is complete.
    VoiceDone {
        /// The reply.
        reply: ReplyId,
        /// The chunk.
        chunk: ChunkId,
    },
    /// The voice gave up on a chunk.
    VoiceFailed {
        /// The reply.
        reply: ReplyId,
        /// The chunk.
        chunk: ChunkId,
    },
    /// The first sample of a run of a reply was sent.
    PlayStarted {
        /// The reply.
        reply: ReplyId,
        /// When it was sent.
        at: CallTime,
        /// Its place in the reply.
        from: Span,
    },
    /// The last sample of a run of a reply was sent.
    PlayStopped {
        /// The reply.
        reply: ReplyId,
        /// When the sound of that sample ends.
        at: CallTime,
        /// The end of the run in the reply.
        position: Span,
        /// Why.
        cause: StopCause,
    },
    /// The client reports how far it has played a reply.
    Played {
        /// The reply.
        reply: ReplyId,
        /// The place in the reply.
        position: Span,
    },
    /// The buyer's machine saw something worth keeping: an objection raised, a fact revealed.
    Mark {
        /// What it was.
        event: RecordEvent,
    },
    /// One side, or the server, ends the call now.
    HangUp {
        /// Why.
        reason: EndReason,
    },
    /// The server is going away: say goodbye, then end.
    Drain,
}

/// What the caller has to do. Performing one never waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Tell the recogniser to settle what it has heard.
    Finalise {
        /// To be returned by the final.
        id: FinaliseId,
    },
    /// Step the buyer, answer with [`Event::Plan`], then stream the reply's text.
    Compose {
        /// The reply.
        reply: ReplyId,
        /// Why it is asked for.
        cue: Cue,
        /// The turn it answers.
        turn: Option<TurnId>,
        /// What the rep said in that turn.
        said: String,
    },
    /// Have a chunk spoken.
    Speak {
        /// The reply.
        reply: ReplyId,
        /// The chunk.
        chunk: ChunkId,
        /// The words as the voice shall say them.
        spoken: String,
    },
    /// All sound of the reply has been queued: it is over when that is played.
    Finish {
        /// The reply.
        reply: ReplyId,
    },
    /// Let the reply be heard as soon as there is sound.
    Play {
        /// The reply.
        reply: ReplyId,
    },
    /// Fade out and stop at a known sample.
    Pause {
        /// The reply.
        reply: ReplyId,
    },
    /// Go on from a place in the reply.
    Resume {
        /// The reply.
        reply: ReplyId,
        /// The place.
        from: Span,
    },
    /// Drop the reply: its text, its voice and what is queued.
    Cancel {
        /// The reply.
        reply: ReplyId,
    },
    /// The reply is over. The buyer settles what its heard words carry.
    Heard {
        /// The reply.
        reply: ReplyId,
        /// What was heard.
        text: String,
        /// The utterance it became, where anything was heard.
        utterance_id: Option<String>,
        /// When its sound stopped.
        at: CallTime,
    },
    /// An utterance or event that belongs into the record.
    Note(Note),
    /// Something the page and observers see, once it is on disk.
    Tell(Live),
    /// The call is over. The last command of a call.
    Close {
        /// Why.
        reason: EndReason,
    },
}

/// A fact of the record, in the log the moment it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// What one side said.
    Utterance(Utterance),
    /// A late final gave an utterance more text: it replaces the one with its id.
    Amended(Utterance),
    /// Something that happened.
    Event(RecordEvent),
}

/// A live event as the page sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Live {
    /// Media flows both ways.
    #[serde(rename = "call.connected")]
    Connected,
    /// The rep's media is lost; the call waits for it.
    #[serde(rename = "call.held")]
    Held {
        /// When it was noticed.
        at_ms: u64,
    },
    /// The rep's media is back.
    #[serde(rename = "call.resumed")]
    Resumed {
        /// When it came back.
        at_ms: u64,
    },
    /// The rep began a turn or went on with one.
    #[serde(rename = "rep.started")]
    RepStarted {
        /// First voiced sample.
        at_ms: u64,
    },
    /// The rep paused.
    #[serde(rename = "rep.stopped")]
    RepStopped {
        /// Last voiced sample.
        at_ms: u64,
    },
    /// What the recogniser makes of the turn so far.
    #[serde(rename = "transcript.partial")]
    Partial {
        /// The whole turn so far.
        text: String,
    },
    /// An utterance is settled. One with a known id replaces it.
    #[serde(rename = "utterance")]
    Utterance {
        /// The utterance.
        utterance: Utterance,
    },
    /// The rep's turn is over and a reply is on its way.
    #[serde(rename = "reply.thinking")]
    ReplyThinking {
        /// The reply.
        reply: ReplyId,
    },
    /// The first sample of a reply was sent.
    #[serde(rename = "reply.started")]
    ReplyStarted {
        /// The reply.
        reply: ReplyId,
        /// When.
        at_ms: u64,
    },
    /// The rep may be cutting in; the voice waits.
    #[serde(rename = "reply.paused")]
    ReplyPaused {
        /// The reply.
        reply: ReplyId,
        /// When.
        at_ms: u64,
    },
    /// The rep was not cutting in; the voice goes on.
    #[serde(rename = "reply.resumed")]
    ReplyResumed {
        /// The reply.
        reply: ReplyId,
        /// When.
        at_ms: u64,
    },
    /// The rep cut in; the rest of the reply is dropped.
    #[serde(rename = "reply.interrupted")]
    ReplyInterrupted {
        /// The reply.
        reply: ReplyId,
        /// When its sound stopped.
        at_ms: u64,
    },
    /// A reply was heard to its end.
    #[serde(rename = "reply.ended")]
    ReplyEnded {
        /// The reply.
        reply: ReplyId,
        /// When its sound stopped.
        at_ms: u64,
    },
    /// Somebody began or ceased to listen. A call does not decide on it, so none makes this.
    #[serde(rename = "call.listeners")]
    Listeners {
        /// Everybody who listens now.
        listeners: Vec<Listener>,
    },
    /// The call is over.
    #[serde(rename = "call.ended")]
    Ended {
        /// Why.
        reason: EndReason,
        /// The call's length.
        at_ms: u64,
    },
}

/// Somebody who listens to a live call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// What they are called.
    pub name: String,
}
