//! The machine behind the floor: states, deadlines, and the one function that moves between them.

mod deadlines;
mod replies;
mod turns;
mod typed;

use std::collections::VecDeque;

use super::{Action, Endpointer, Input, Plan, Policy, Words};
use crate::call::{Cue, EndReason, FinaliseId, ReplyId, TurnId};
use crate::record::Speaker;
use crate::units::CallTime;

/// The first reply of a call.
const FIRST_REPLY: ReplyId = ReplyId(1);

/// After so many voices without words the next one stops the persona only with words.
const FRUITLESS_MAX: u32 = 3;

/// A voice with fewer words is nothing to cut in on.
const CUT_IN_WORDS: u32 = 12;

/// Decisions of one input, for which there is room from the start.
const MOST_ACTIONS: usize = 16;

/// Who has the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first media.
    Ringing,
    /// Connected; the buyer is about to open unless the rep speaks.
    Opening { from: CallTime },
    /// Nobody has it.
    Open { since: CallTime },
    /// The rep speaks.
    Rep { turn: TurnId },
    /// The rep may have finished.
    RepPaused { turn: TurnId, since: CallTime, asked: Option<Request> },
    /// A reply is being made; `filler` is when a line in front of it is due.
    Composing { reply: ReplyId, cue: Cue, since: CallTime, filler: Option<CallTime>, retried: bool },
    /// The persona speaks, or is about to go on after running dry since that time.
    Persona { reply: ReplyId, dry: Option<CallTime> },
    /// The persona is paused because the rep may be cutting in.
    Contested { reply: ReplyId, since: CallTime, asked: Option<FinaliseId> },
    /// No media from the rep.
    Held { since: CallTime },
    /// The goodbye is over; its last sound is on its way.
    Leaving { reason: EndReason, since: CallTime },
    /// Over.
    Closed,
}

/// A request to settle that is not answered yet, and how long the answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    id: FinaliseId,
    until: CallTime,
}

/// The rep's voice as the segmenter sees it: an observation, not a state of the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    Quiet {
        since: CallTime,
    },
    Speaking {
        since: CallTime,
    },
    /// The buyer cuts in on one that goes on: what is said meanwhile takes nothing. It counts again when the rep has heard
    /// the buyer for a while.
    TalkedOver,
    /// The segmenter still hears one, but it has said nothing for so long that it is a fan or a
    /// television: silence since then. Words alone can begin a turn in it.
    Noise {
        since: CallTime,
    },
}

impl Voice {
    /// Since when nobody is taken to speak.
    const fn quiet_since(self) -> Option<CallTime> {
        match self {
            Self::Quiet { since } | Self::Noise { since } => Some(since),
            Self::Speaking { .. } | Self::TalkedOver => None,
        }
    }
}

/// The turn-taking machine of one call.
#[derive(Debug)]
pub struct Floor {
    policy: Policy,
    state: State,
    voice: Voice,
    /// The words of the open speech, and whether some of them were only shown so far.
    words: Words,
    unsettled: bool,
    endpoint: Endpointer,
    /// When the open turn began.
    began: CallTime,
    /// When the turn began or its words last changed.
    news: CallTime,
    /// Since when nobody has said anything: a turn that was noise leaves it as it was.
    silence: CallTime,
    /// A reply that was dropped for speech of which nothing is known yet.
    owed: Option<Cue>,
    /// Voices without words, since the last words, that stopped the persona or began a turn.
    fruitless: u32,
    /// What the current or coming reply is like.
    plan: Plan,
    /// The end of the last speech the floor was given, for a late final.
    committed: Option<CallTime>,
    /// A goodbye or notice that waits for the floor.
    due_cue: Option<Cue>,
    notice_given: bool,
    /// The buyer has asked whether the rep is there and got no turn since.
    nudged: bool,
    next_turn: u32,
    next_reply: u32,
    next_finalise: u32,
    /// The recogniser has answered up to this request.
    answered: FinaliseId,
    actions: VecDeque<Action>,
}

impl Floor {
    /// A floor before the call is connected.
    pub fn new(policy: Policy) -> Self {
        Self {
            endpoint: Endpointer::new(&policy),
            policy,
            state: State::Ringing,
            voice: Voice::Quiet { since: CallTime::ZERO },
            words: Words::NONE,
            unsettled: false,
            began: CallTime::ZERO,
            news: CallTime::ZERO,
            silence: CallTime::ZERO,
            owed: None,
            fruitless: 0,
            plan: Plan::ORDINARY,
            committed: None,
            due_cue: None,
            notice_given: false,
            nudged: false,
            next_turn: 0,
            next_reply: FIRST_REPLY.0,
            next_finalise: 1,
            answered: FinaliseId(0),
            actions: VecDeque::with_capacity(MOST_ACTIONS),
        }
    }

    /// Whether the call is over.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// The reply that is being made or heard.
    pub fn open_reply(&self) -> Option<ReplyId> {
        match self.state {
            State::Composing { reply, .. }
            | State::Persona { reply, .. }
            | State::Contested { reply, .. } => Some(reply),
            _ => None,
        }
    }

    /// Whether the voice that is on is taken for noise: what it said before its next words is nothing.
    pub fn hears_noise(&self) -> bool {
        matches!(self.voice, Voice::Noise { .. })
    }

    /// The name of the state, for timelines and pages.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            State::Ringing => "ringing",
            State::Opening { .. } => "opening",
            State::Open { .. } => "open",
            State::Rep { .. } => "rep",
            State::RepPaused { .. } => "rep_paused",
            State::Composing { .. } => "composing",
            State::Persona { .. } => "persona",
            State::Contested { .. } => "contested",
            State::Held { .. } => "held",
            State::Leaving { .. } => "leaving",
            State::Closed => "closed",
        }
    }

    /// The next decision. Drained before the next input.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Takes one input at a time that does not run backwards, and every deadline due by then.
    pub fn handle(&mut self, now: CallTime, input: Input) {
        self.take(now, input);
        // Each deadline leaves its state or moves past itself, so this ends.
        while let Some(due) = self.deadline()
            && due <= now
        {
            self.expire(now);
        }
    }

    fn take(&mut self, now: CallTime, input: Input) {
        if self.is_closed() {
            return;
        }
        match input {
            Input::Tick => {}
            Input::Connected => self.connect(now),
            Input::VoiceOn(at) => self.voice_on(at),
            Input::VoiceOff(at) => self.voice_off(at),
            Input::Words(words) => self.shown(now, words),
            Input::Settled(id, words) => self.settled(now, id, words),
            Input::Hint(hint) => self.hint(hint),
            Input::Late => self.late(now),
            Input::Typed => self.typed(now),
            Input::Planned(reply, plan) => self.planned(reply, plan),
            Input::Audible(reply) => self.audible(now, reply),
            Input::Silent(reply, cause, at) => self.silent(now, reply, cause, at),
            Input::ReplyFailed(reply) => self.reply_failed(now, reply),
            Input::MediaLost => self.lose_media(now),
            Input::MediaBack => self.regain_media(now),
            Input::HangUp(reason) => self.close(reason),
            Input::Drain => self.cue_when_free(now, Cue::ServerDrain),
        }
    }

    fn connect(&mut self, now: CallTime) {
        if self.state == State::Ringing {
            self.voice = Voice::Quiet { since: now };
            self.silence = now;
            self.state = match self.policy.opens {
                Speaker::Persona => State::Opening { from: now },
                Speaker::Rep => State::Open { since: now },
            };
        }
    }

    fn lose_media(&mut self, now: CallTime) {
        match self.state {
            State::Ringing | State::Held { .. } | State::Leaving { .. } | State::Closed => return,
            _ => {
                self.settle_open_speech();
                self.abandon();
            }
        }
        self.plan = Plan::ORDINARY;
        self.endpoint.forget_pause();
        self.voice = Voice::Quiet { since: now };
        self.state = State::Held { since: now };
        self.act(Action::Hold);
    }

    fn regain_media(&mut self, now: CallTime) {
        if let State::Held { .. } = self.state {
            self.act(Action::Unhold);
            let greeting = if self.is_first_reply() { Cue::Opening } else { Cue::Reconnected };
            let cue = self.closing_cue(now).unwrap_or(greeting);
            self.compose(now, cue, false);
        }
    }

    /// Whether the persona was not asked for anything yet.
    fn is_first_reply(&self) -> bool {
        ReplyId(self.next_reply) == FIRST_REPLY
    }

    fn close(&mut self, reason: EndReason) {
        let reason = match self.state {
            // The goodbye was said: that the far side hangs up then is only manners.
            State::Leaving { reason, .. } => reason,
            _ => reason,
        };
        self.abandon();
        self.state = State::Closed;
        self.act(Action::Close(reason));
    }

    /// Settles what is open, because nobody will go on with it.
    fn abandon(&mut self) {
        match self.state {
            State::Composing { reply, .. } => self.act(Action::Withdraw(reply)),
            State::Persona { reply, .. } | State::Contested { reply, .. } => {
                self.act(Action::CutShort(reply));
                self.set_aside();
            }
            State::Rep { turn } | State::RepPaused { turn, .. } => self.commit(turn),
            // What was said over a goodbye belongs to the record too.
            State::Opening { .. } | State::Open { .. } | State::Leaving { .. } => self.set_aside(),
            State::Ringing | State::Held { .. } | State::Closed => {}
        }
    }

    fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }
}

#[cfg(test)]
mod tests;
