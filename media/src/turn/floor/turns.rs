//! The rep's side of the floor: speech that starts a turn, pauses it, ends it, or takes no floor.

use super::{Action, Floor, State, Voice, Words};
use crate::call::{Cue, FinaliseId, Hint, TurnId};
use crate::units::{CallTime, Span};

impl Floor {
    pub(super) fn voice_on(&mut self, at: CallTime) {
        self.voice = Voice::Speaking { since: at };
        if let State::RepPaused { turn, .. } = self.state {
            self.endpoint.went_on(&self.policy, at);
            self.state = State::Rep { turn };
            self.act(Action::RepStarted(turn));
        }
    }

    pub(super) fn voice_off(&mut self, at: CallTime) {
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

    pub(super) fn shown(&mut self, words: Words) {
        self.unsettled = true;
        if self.words.count < words.count {
            self.endpoint.more_words();
        }
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

    /// The recogniser speaks of the turn it hears, which only an open one can be.
    pub(super) fn hint(&mut self, hint: Hint) {
        if matches!(self.state, State::Rep { .. } | State::RepPaused { .. }) {
            self.endpoint.hint(hint);
        }
    }

    /// Whether words were shown that the recogniser was not asked to settle.
    pub(super) fn is_unasked(&self) -> bool {
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

    pub(super) fn settled(&mut self, now: CallTime, answers: Option<FinaliseId>, words: Words) {
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
        self.endpoint.paused(spoken_until);
        self.state = State::RepPaused { turn, since: spoken_until, asked: None };
    }

    /// The open speech takes no floor: its words are kept, if there are any.
    pub(super) fn set_aside(&mut self) {
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
        self.endpoint.forget_pause();
        self.discard();
        self.state = State::Open { since: now };
        self.speak_if_due(now);
    }

    pub(super) fn late(&mut self, now: CallTime) {
        let recent =
            self.committed.is_some_and(|at| now.saturating_since(at) <= self.policy.late_final);
        if let State::Composing { reply, cue: Cue::Turn, .. } = self.state
            && recent
        {
            self.act(Action::Withdraw(reply));
            self.compose(now, Cue::Turn, false);
        }
    }

    pub(super) fn start_turn(&mut self) {
        let turn = self.new_turn();
        self.state = State::Rep { turn };
        self.act(Action::RepStarted(turn));
    }

    /// When a paused turn is over, as far as is known now.
    pub(super) fn end_of_turn(&self, since: CallTime, asked: Option<FinaliseId>) -> CallTime {
        if self.words.count == 0 {
            return since + self.policy.give_up;
        }
        let wait = self.endpoint.wait(&self.policy, self.words);
        let has_all = asked.is_none() || self.endpoint.is_told_the_end() && !self.unsettled;
        let recogniser = if has_all { Span::ZERO } else { self.policy.recogniser };
        since + wait.max(recogniser)
    }

    pub(super) fn end_turn(&mut self, now: CallTime, turn: TurnId) {
        if self.words.count == 0 {
            return self.give_up(now);
        }
        self.commit(turn);
        self.committed = Some(now);
        let cue = self.closing_cue(now).unwrap_or(Cue::Turn);
        self.compose(now, cue, false);
    }

    pub(super) fn commit(&mut self, turn: TurnId) {
        self.endpoint.committed();
        self.words = Words::NONE;
        self.nudged = false;
        self.act(Action::Commit(turn));
    }

    pub(super) fn finalise(&mut self) -> FinaliseId {
        let id = FinaliseId(self.next_finalise);
        self.next_finalise += 1;
        self.act(Action::Finalise(id));
        id
    }

    pub(super) fn new_turn(&mut self) -> TurnId {
        let turn = TurnId(self.next_turn);
        self.next_turn += 1;
        turn
    }
}
