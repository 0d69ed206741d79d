//! The floor: who may speak. One state, one function that changes it, absolute deadlines.
//!
//! Nothing else decides whether the persona speaks. The floor knows no audio and no text, only
//! edges, word counts and the clock; `docs/TURNS.md` shows its states and explains its rules.

mod endpoint;
mod floor;
mod policy;
mod words;

pub use endpoint::Endpointer;
pub use floor::Floor;
pub use policy::Policy;
pub use words::{Completeness, Words};

use crate::call::{Cue, EndReason, FinaliseId, Hint, ReplyId, StopCause, TurnId};
use crate::units::CallTime;

/// What the floor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// Media flows both ways.
    Connected,
    /// The rep's voice began.
    VoiceOn(CallTime),
    /// The rep's voice ceased.
    VoiceOff(CallTime),
    /// All words of the open speech as far as they are known; the open speech is what no commit,
    /// discard or keeping has taken yet.
    Words(Words),
    /// Words of the open speech became final, perhaps as the answer to a request to settle.
    Settled(Option<FinaliseId>, Words),
    /// What the recogniser makes of the turn.
    Hint(Hint),
    /// A late final gave the last committed turn more words.
    Late,
    /// The rep sent a turn in writing.
    Typed,
    /// Whether a reply may be cut, and whether the call ends with it.
    Planned(ReplyId, Plan),
    /// The first sample of a run of a reply was sent; a line in front of it does not count.
    Audible(ReplyId),
    /// The last sample of a run of a reply was sent; its sound ends at this time.
    Silent(ReplyId, StopCause, CallTime),
    /// No sound of a reply will come.
    ReplyFailed(ReplyId),
    /// Nothing comes from the rep's side any more.
    MediaLost,
    /// It comes again.
    MediaBack,
    /// End the call now.
    HangUp(EndReason),
    /// End the call with a goodbye.
    Drain,
}

/// What the buyer decided about a reply that matters to the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whether the rep may cut in.
    pub interruptible: bool,
    /// The call ends for this reason when the reply was heard.
    pub hang_up: Option<EndReason>,
}

impl Plan {
    /// A reply like most.
    pub const ORDINARY: Self = Self { interruptible: true, hang_up: None };

    /// What a cue alone makes of a reply: some are goodbyes.
    const fn of(cue: Cue) -> Self {
        let hang_up = match cue {
            Cue::Silent => Some(EndReason::RepSilent),
            Cue::TimeUp => Some(EndReason::TimeLimit),
            Cue::ServerDrain => Some(EndReason::ServerDrain),
            _ => None,
        };
        Self { interruptible: hang_up.is_none(), hang_up }
    }
}

/// What the floor decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The rep has the floor.
    RepStarted(TurnId),
    /// The rep paused; the turn may be over.
    RepPaused(TurnId, CallTime),
    /// Have the recogniser settle the open speech.
    Finalise(FinaliseId),
    /// The turn is over: its words are an utterance that asks for a reply.
    Commit(TurnId),
    /// The open speech had no words or was a cough: forget it.
    Discard,
    /// The open speech had words but took no floor: keep it as an utterance without a reply.
    KeepAside,
    /// The typed text is part of the turn, or all of it: an utterance that asks for a reply.
    CommitTyped(TurnId),
    /// The typed text took no floor: keep it as an utterance without a reply.
    KeepTyped,
    /// Ask for a reply to everything that is unanswered.
    Compose(ReplyId, Cue),
    /// Drop a reply of which no more than a line in front was audible; what it answered is
    /// unanswered again.
    Withdraw(ReplyId),
    /// A reply is long in coming: have a line spoken in front of it, unless its sound is on its way.
    Fill(ReplyId),
    /// Stop the voice where a resume is possible.
    Pause(ReplyId),
    /// Let the voice go on.
    Resume(ReplyId),
    /// The rep took the floor: drop the rest of the reply.
    Interrupt(ReplyId),
    /// The reply ends here without anybody having cut it: it ran dry, or the line did.
    CutShort(ReplyId),
    /// The reply was heard to its end.
    HeardOut(ReplyId),
    /// The line is lost; the call waits.
    Hold,
    /// The line is back.
    Unhold,
    /// The call is over.
    Close(EndReason),
}
