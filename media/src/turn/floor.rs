//! The machine behind the floor: states, deadlines, and the one function that moves between them.

mod typed;

use std::collections::VecDeque;

use super::{Action, Input, Plan, Policy, Words};
use crate::call::{Cue, EndReason, FinaliseId, ReplyId, StopCause, TurnId};
use crate::record::Speaker;
use crate::units::{CallTime, Span};

/// The first reply of a call.
const FIRST_REPLY: ReplyId = ReplyId(1);

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
    /// The rep may have finished; `asked` is the request to settle that is not answered yet.
    RepPaused { turn: TurnId, since: CallTime, asked: Option<FinaliseId> },
    /// A reply is being made.
    Composing { reply: ReplyId, cue: Cue, since: CallTime, retried: bool },
    /// The persona speaks, or is about to go on after running dry since that time.
    Persona { reply: ReplyId, dry: Option<CallTime> },
    /// The persona is paused because the rep may be cutting in.
    Contested { reply: ReplyId, asked: Option<FinaliseId> },
    /// No media from the rep.
    Held { since: CallTime },
    /// The goodbye is over; its last sound is on its way.
    Leaving { reason: EndReason, since: CallTime },
    /// Over.
    Closed,
}

/// The rep's voice as the segmenter sees it: an observation, not a state of the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    Quiet { since: CallTime },
    Speaking { since: CallTime },
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
            policy,
            state: State::Ringing,
            voice: Voice::Quiet { since: CallTime::ZERO },
            words: Words::NONE,
            unsettled: false,
            plan: Plan::ORDINARY,
            committed: None,
            due_cue: None,
            notice_given: false,
            nudged: false,
            next_turn: 0,
            next_reply: FIRST_REPLY.0,
            next_finalise: 1,
            answered: FinaliseId(0),
            actions: VecDeque::new(),
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
            Input::Words(words) => self.shown(words),
            Input::Settled(id, words) => self.settled(now, id, words),
            Input::Late => self.late(now),
            Input::Typed => self.typed(now),
            Input::Planned(reply, plan) => self.planned(reply, plan),
            Input::Audible(reply) => self.audible(reply),
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
            self.state = match self.policy.opens {
                Speaker::Persona => State::Opening { from: now },
                Speaker::Rep => State::Open { since: now },
            };
        }
    }

    fn voice_on(&mut self, at: CallTime) {
        self.voice = Voice::Speaking { since: at };
        if let State::RepPaused { turn, .. } = self.state {
            self.state = State::Rep { turn };
            self.act(Action::RepStarted(turn));
        }
    }

    fn voice_off(&mut self, at: CallTime) {
        let Voice::Speaking { since } = self.voice else { return };
        self.voice = Voice::Quiet { since: at };
        let blip = at.saturating_since(since) < self.policy.barge_in;
        match self.state {
            State::Opening { .. } => self.state = State::Opening { from: at },
            State::Contested { reply, asked: None } => {
                let asked = Some(self.finalise());
                self.state = State::Contested { reply, asked };
            }
            // Too short to have started a turn, long enough for a word such as "no".
            State::Open { .. } if !blip => self.start_turn(),
            // Whether it was a word or a cough, the recogniser says.
            State::Open { .. }
            | State::Persona { .. }
            | State::Composing { .. }
            | State::Leaving { .. } => {
                self.finalise();
            }
            _ => {}
        }
    }

    fn shown(&mut self, words: Words) {
        self.unsettled = true;
        self.words(words);
        // No voice will cease that asks for them.
        let is_over = matches!(self.voice, Voice::Quiet { .. })
            && !matches!(self.state, State::Opening { .. } | State::Rep { .. });
        if is_over && self.is_unasked() {
            let id = self.finalise();
            if let State::RepPaused { asked, .. } = &mut self.state {
                *asked = Some(id);
            }
        }
    }

    /// Whether words were shown that the recogniser was not asked to settle.
    fn is_unasked(&self) -> bool {
        self.unsettled && self.answered.0 + 1 == self.next_finalise
    }

    fn words(&mut self, words: Words) {
        self.words = words;
        if let State::Contested { .. } = self.state
            && self.policy.barge_in_words <= words.taking()
        {
            self.interrupt();
        }
    }

    fn settled(&mut self, now: CallTime, answers: Option<FinaliseId>, words: Words) {
        self.unsettled = false;
        self.answered = self.answered.max(answers.unwrap_or(self.answered));
        self.words(words);
        let quiet_since = match self.voice {
            Voice::Quiet { since } => since,
            Voice::Speaking { .. } => return,
        };
        match &mut self.state {
            State::RepPaused { asked, .. } if asked.is_some() && *asked == answers => {
                *asked = None;
                if words.count == 0 {
                    self.give_up(now);
                }
            }
            State::Contested { reply, asked } if asked.is_some() && *asked == answers => {
                let reply = *reply;
                if 0 < words.taking() { self.interrupt() } else { self.resume(reply) }
            }
            State::Persona { .. } | State::Leaving { .. } => self.set_aside(),
            State::Open { .. } | State::Composing { .. } if words.taking() == 0 => self.set_aside(),
            State::Open { .. } => self.late_turn(quiet_since),
            State::Composing { reply, .. } => {
                let reply = *reply;
                if self.plan.interruptible {
                    self.act(Action::Withdraw(reply));
                    self.late_turn(quiet_since);
                }
            }
            _ => {}
        }
    }

    /// Words arrived for speech that had not started a turn while it lasted.
    fn late_turn(&mut self, spoken_until: CallTime) {
        self.start_turn();
        let State::Rep { turn } = self.state else { return };
        self.act(Action::RepPaused(turn, spoken_until));
        self.state = State::RepPaused { turn, since: spoken_until, asked: None };
    }

    /// The open speech takes no floor: its words are kept, if there are any.
    fn set_aside(&mut self) {
        if self.words.count == 0 {
            return self.discard();
        }
        self.words = Words::NONE;
        self.act(Action::KeepAside);
    }

    fn discard(&mut self) {
        self.words = Words::NONE;
        self.act(Action::Discard);
    }

    /// A turn turned out to have no words.
    fn give_up(&mut self, now: CallTime) {
        self.discard();
        self.state = State::Open { since: now };
        self.speak_if_due(now);
    }

    fn late(&mut self, now: CallTime) {
        let recent =
            self.committed.is_some_and(|at| now.saturating_since(at) <= self.policy.late_final);
        if let State::Composing { reply, cue: Cue::Turn, .. } = self.state
            && recent
        {
            self.act(Action::Withdraw(reply));
            self.compose(now, Cue::Turn, false);
        }
    }

    /// The buyer decides what a reply is like; that a goodbye ends the call is not its to change.
    fn planned(&mut self, reply: ReplyId, plan: Plan) {
        if self.open_reply() == Some(reply) && self.plan.hang_up.is_none() {
            self.plan = plan;
        }
    }

    fn audible(&mut self, reply: ReplyId) {
        match self.state {
            State::Composing { reply: open, .. } if open == reply => {
                self.state = State::Persona { reply, dry: None };
            }
            State::Persona { reply: open, .. } if open == reply => {
                self.state = State::Persona { reply, dry: None };
            }
            _ => {}
        }
    }

    fn silent(&mut self, now: CallTime, reply: ReplyId, cause: StopCause, at: CallTime) {
        if self.open_reply() != Some(reply) {
            return;
        }
        match cause {
            StopCause::Paused | StopCause::Cancelled => {}
            StopCause::Starved => {
                if let State::Persona { reply, .. } = self.state {
                    self.state = State::Persona { reply, dry: Some(at) };
                }
            }
            StopCause::Drained => {
                self.act(Action::HeardOut(reply));
                self.after_reply(now, at);
            }
        }
    }

    /// A reply that nothing can be heard of is asked for once more, then the call is given up.
    fn reply_failed(&mut self, now: CallTime, failed: ReplyId) {
        match self.state {
            State::Composing { reply, cue, retried, .. } if reply == failed => {
                if retried {
                    return self.close(EndReason::VendorLost);
                }
                self.act(Action::Withdraw(reply));
                self.compose(now, cue, true);
            }
            State::Persona { reply, .. } | State::Contested { reply, .. } if reply == failed => {
                self.act(Action::CutShort(reply));
                self.after_reply(now, now);
            }
            _ => {}
        }
    }

    /// Nobody speaks any more after a reply: leave, or give the floor away.
    fn after_reply(&mut self, now: CallTime, at: CallTime) {
        let plan = std::mem::replace(&mut self.plan, Plan::ORDINARY);
        if let Some(reason) = plan.hang_up {
            self.state = State::Leaving { reason, since: at.max(now) };
            return;
        }
        self.state = State::Open { since: at };
        self.speak_if_due(now);
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
        self.voice = Voice::Quiet { since: now };
        self.state = State::Held { since: now };
        self.act(Action::Hold);
    }

    fn regain_media(&mut self, now: CallTime) {
        if let State::Held { .. } = self.state {
            self.act(Action::Unhold);
            let first = ReplyId(self.next_reply) == FIRST_REPLY;
            let greeting = if first { Cue::Opening } else { Cue::Reconnected };
            let cue = self.closing_cue(now).unwrap_or(greeting);
            self.compose(now, cue, false);
        }
    }

    /// The earliest moment at which the floor has to look again.
    pub fn deadline(&self) -> Option<CallTime> {
        let policy = &self.policy;
        let own = match self.state {
            State::Ringing | State::Closed => return None,
            State::Opening { from } => match self.voice {
                Voice::Quiet { .. } => Some(from + policy.opening),
                Voice::Speaking { since } => Some(since + policy.turn_start),
            },
            State::Open { since } => match self.voice {
                Voice::Speaking { since } => Some(since + policy.turn_start),
                Voice::Quiet { .. } => Some((since + policy.rep_silence).min(self.next_limit())),
            },
            State::Rep { .. } => match self.voice {
                Voice::Quiet { since } => Some(since + policy.turn_pause),
                Voice::Speaking { .. } => None,
            },
            State::RepPaused { since, asked, .. } => Some(self.end_of_turn(since, asked)),
            State::Composing { since, .. } => match self.voice {
                Voice::Speaking { since: voice } if self.plan.interruptible => {
                    Some((voice + policy.turn_start).min(since + policy.first_audio))
                }
                _ => Some(since + policy.first_audio),
            },
            State::Persona { dry, .. } => {
                let starved = dry.map(|at| at + policy.starved);
                let barge_in = match self.voice {
                    Voice::Speaking { since } if self.plan.interruptible => {
                        Some(since + policy.barge_in)
                    }
                    _ => None,
                };
                starved.into_iter().chain(barge_in).min()
            }
            State::Contested { .. } => match self.voice {
                Voice::Speaking { since } => Some(since + policy.barge_in_confirm),
                Voice::Quiet { since } => Some(since + policy.resume),
            },
            State::Held { since } => Some(since + policy.held),
            State::Leaving { since, .. } => Some(since + policy.leave),
        };
        own.into_iter().chain([self.hard_limit()]).min()
    }

    /// Acts on the state's deadline, which has passed.
    fn expire(&mut self, now: CallTime) {
        if self.hard_limit() <= now {
            return self.close(EndReason::TimeLimit);
        }
        match self.state {
            State::Ringing | State::Closed => {}
            State::Opening { .. } => match self.voice {
                Voice::Quiet { .. } => self.compose(now, Cue::Opening, false),
                Voice::Speaking { .. } => self.start_turn(),
            },
            State::Open { .. } => match self.voice {
                Voice::Speaking { .. } => self.start_turn(),
                Voice::Quiet { .. } => {
                    let silence = if self.nudged { Cue::Silent } else { Cue::Nudge };
                    let cue = self.closing_cue(now).unwrap_or(silence);
                    self.compose(now, cue, false);
                }
            },
            State::Rep { turn } => {
                if let Voice::Quiet { since } = self.voice {
                    self.act(Action::RepPaused(turn, since));
                    let asked = Some(self.finalise());
                    self.state = State::RepPaused { turn, since, asked };
                }
            }
            State::RepPaused { turn, .. } => self.end_turn(now, turn),
            State::Composing { reply, since, .. } => {
                if since + self.policy.first_audio <= now {
                    self.reply_failed(now, reply);
                } else {
                    self.act(Action::Withdraw(reply));
                    self.start_turn();
                }
            }
            State::Persona { reply, dry } => {
                if dry.is_some_and(|at| at + self.policy.starved <= now) {
                    self.reply_failed(now, reply);
                } else {
                    self.act(Action::Pause(reply));
                    self.state = State::Contested { reply, asked: None };
                }
            }
            State::Contested { reply, .. } => match self.voice {
                Voice::Speaking { .. } => self.interrupt(),
                Voice::Quiet { .. } => self.resume(reply),
            },
            State::Held { .. } => self.close(EndReason::RepLost),
            State::Leaving { reason, .. } => self.close(reason),
        }
    }

    fn start_turn(&mut self) {
        let turn = self.new_turn();
        self.state = State::Rep { turn };
        self.act(Action::RepStarted(turn));
    }

    /// When a paused turn is over, as far as is known now.
    fn end_of_turn(&self, since: CallTime, asked: Option<FinaliseId>) -> CallTime {
        if self.words.count == 0 {
            return since + self.policy.give_up;
        }
        let wait = self.policy.wait(self.words.completeness);
        let recogniser = asked.map_or(Span::ZERO, |_| self.policy.recogniser);
        since + wait.max(recogniser)
    }

    fn end_turn(&mut self, now: CallTime, turn: TurnId) {
        if self.words.count == 0 {
            return self.give_up(now);
        }
        self.commit(turn);
        self.committed = Some(now);
        let cue = self.closing_cue(now).unwrap_or(Cue::Turn);
        self.compose(now, cue, false);
    }

    fn commit(&mut self, turn: TurnId) {
        self.words = Words::NONE;
        self.nudged = false;
        self.act(Action::Commit(turn));
    }

    fn interrupt(&mut self) {
        let State::Contested { reply, .. } = self.state else { return };
        self.act(Action::Interrupt(reply));
        self.plan = Plan::ORDINARY;
        self.start_turn();
    }

    fn resume(&mut self, reply: ReplyId) {
        self.set_aside();
        self.act(Action::Resume(reply));
        self.state = State::Persona { reply, dry: None };
    }

    fn compose(&mut self, now: CallTime, cue: Cue, retried: bool) {
        match cue {
            Cue::TimeNotice => self.notice_given = true,
            Cue::Nudge => self.nudged = true,
            _ => {}
        }
        if self.due_cue == Some(cue) {
            self.due_cue = None;
        }
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        self.plan = Plan::of(cue);
        self.state = State::Composing { reply, cue, since: now, retried };
        self.act(Action::Compose(reply, cue));
    }

    /// A goodbye or notice that is due now.
    fn closing_cue(&self, now: CallTime) -> Option<Cue> {
        let limit = CallTime::ZERO + self.policy.call_limit;
        if limit <= now {
            return Some(Cue::TimeUp);
        }
        if self.due_cue.is_some() {
            return self.due_cue;
        }
        let notice = limit.saturating_sub(self.policy.limit_notice);
        (notice <= now && !self.notice_given).then_some(Cue::TimeNotice)
    }

    /// When the next notice or goodbye for time is due.
    fn next_limit(&self) -> CallTime {
        let limit = CallTime::ZERO + self.policy.call_limit;
        if self.notice_given { limit } else { limit.saturating_sub(self.policy.limit_notice) }
    }

    fn hard_limit(&self) -> CallTime {
        CallTime::ZERO + self.policy.call_limit + self.policy.limit_grace
    }

    fn cue_when_free(&mut self, now: CallTime, cue: Cue) {
        self.due_cue = Some(cue);
        self.speak_if_due(now);
    }

    fn speak_if_due(&mut self, now: CallTime) {
        let free = matches!(self.state, State::Open { .. } | State::Opening { .. })
            && matches!(self.voice, Voice::Quiet { .. });
        if free && let Some(cue) = self.closing_cue(now) {
            self.compose(now, cue, false);
        }
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

    fn finalise(&mut self) -> FinaliseId {
        let id = FinaliseId(self.next_finalise);
        self.next_finalise += 1;
        self.act(Action::Finalise(id));
        id
    }

    fn new_turn(&mut self) -> TurnId {
        let turn = TurnId(self.next_turn);
        self.next_turn += 1;
        turn
    }

    fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }
}
