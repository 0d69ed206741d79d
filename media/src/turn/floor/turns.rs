//! The rep's side of the floor: speech that starts a turn, pauses it, ends it, or takes no floor.

use super::{Action, CUT_IN_WORDS, FRUITLESS_MAX, Floor, Request, State, Voice, Words};
use crate::call::{Cue, FinaliseId, Hint, TurnId};
use crate::record::Speaker;
use crate::units::CallTime;

impl Floor {
    pub(super) fn voice_on(&mut self, at: CallTime) {
        if let State::Composing { cue: Cue::CutIn, .. } = self.state {
            self.voice = Voice::TalkedOver;
            return;
        }
        self.voice = Voice::Speaking { since: at };
        if let State::RepPaused { turn, .. } = self.state {
            if self.is_overdue(at) {
                self.voice = Voice::Noise { since: at };
                return;
            }
            self.endpoint.went_on(&self.policy, at);
            self.state = State::Rep { turn };
            self.act(Action::RepStarted(turn));
        }
    }

    pub(super) fn voice_off(&mut self, at: CallTime) {
        let voice = std::mem::replace(&mut self.voice, Voice::Quiet { since: at });
        let since = match voice {
            Voice::Speaking { since } => since,
            Voice::TalkedOver => at,
            Voice::Noise { .. } => return self.noise_off(at),
            Voice::Quiet { .. } => return self.voice = voice,
        };
        let blip = at.saturating_since(since) < self.policy.barge_in;
        match self.state {
            State::Opening { .. } => self.state = State::Opening { from: at },
            State::Contested { reply, since, asked: None } => {
                let asked = Some(self.finalise());
                self.state = State::Contested { reply, since, asked };
            }
            // Too short to have started a turn, long enough for a word such as "no".
            State::Open { .. } if !blip => self.start_turn(at),
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

    /// A voice that was taken for noise is off. What was said in it meanwhile is asked for.
    fn noise_off(&mut self, at: CallTime) {
        if let State::RepPaused { asked, .. } = self.state {
            let until = asked.map_or(at + self.policy.recogniser, |request| request.until);
            self.ask(until);
        }
    }

    pub(super) fn shown(&mut self, now: CallTime, words: Words) {
        self.unsettled = true;
        if self.words.count < words.count {
            self.endpoint.more_words();
        }
        self.hear(now, words);
        // No voice will cease that asks for them.
        let is_over = self.voice.quiet_since().is_some()
            && !matches!(self.state, State::Opening { .. } | State::Rep { .. });
        if is_over && self.is_unasked() {
            if let State::RepPaused { since, .. } = self.state {
                self.ask(since + self.policy.recogniser);
            } else {
                self.finalise();
            }
        }
    }

    /// Asks for the words of a paused turn.
    fn ask(&mut self, until: CallTime) {
        let id = self.finalise();
        if let State::RepPaused { asked, .. } = &mut self.state {
            *asked = Some(Request { id, until });
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

    fn hear(&mut self, now: CallTime, words: Words) {
        let is_news = self.words.count < words.count;
        self.words = words;
        if is_news {
            self.news = now;
            self.fruitless = 0;
            self.hear_in_noise(now);
        }
        if let State::Contested { .. } = self.state
            && self.policy.barge_in_words <= words.taking()
        {
            self.interrupt(now);
        }
    }

    /// Somebody speaks after all, and no edge of the voice will tell when that is over.
    fn hear_in_noise(&mut self, now: CallTime) {
        let Voice::Noise { since } = &mut self.voice else { return };
        *since = now;
        let takes = 0 < self.words.taking() && self.plan.interruptible;
        match self.state {
            State::RepPaused { turn, .. } => {
                self.state = State::Rep { turn };
                self.act(Action::RepStarted(turn));
            }
            State::Opening { .. } | State::Open { .. } => self.start_turn(now),
            State::Composing { reply, cue, .. } if takes => {
                self.withdraw(reply, cue);
                self.start_turn(now);
            }
            State::Persona { reply, .. } if takes => {
                self.act(Action::Pause(reply));
                let asked = Some(self.finalise());
                self.state = State::Contested { reply, since: now, asked };
            }
            _ => {}
        }
    }

    /// Whether the open turn has said nothing new for too long.
    fn is_overdue(&self, at: CallTime) -> bool {
        self.news + self.policy.watchdog <= at
    }

    pub(super) fn settled(&mut self, now: CallTime, answers: Option<FinaliseId>, words: Words) {
        self.unsettled = false;
        self.answered = self.answered.max(answers.unwrap_or(self.answered));
        self.hear(now, words);
        let Some(quiet_since) = self.voice.quiet_since() else { return };
        match &mut self.state {
            State::RepPaused { asked, .. }
                if asked.is_some_and(|request| Some(request.id) == answers) =>
            {
                *asked = None;
                if words.count == 0 {
                    self.give_up(now);
                }
            }
            State::Contested { reply, asked, .. } if asked.is_some() && *asked == answers => {
                let reply = *reply;
                if 0 < words.taking() { self.interrupt(now) } else { self.resume(reply) }
            }
            State::Persona { .. } | State::Leaving { .. } => self.set_aside(),
            State::Open { .. } | State::Composing { .. } if words.taking() == 0 => self.set_aside(),
            // The end of what the buyer cuts in on.
            State::Composing { cue: Cue::CutIn, .. } => self.set_aside(),
            State::Open { .. } => self.late_turn(now, quiet_since),
            State::Composing { reply, .. } => {
                let reply = *reply;
                if self.plan.interruptible {
                    self.act(Action::Withdraw(reply));
                    self.late_turn(now, quiet_since);
                }
            }
            _ => {}
        }
    }

    /// Words arrived for speech that had not started a turn while it lasted.
    fn late_turn(&mut self, now: CallTime, spoken_until: CallTime) {
        self.start_turn(now);
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
        if self.is_overdue(now) {
            self.fruitless = FRUITLESS_MAX;
        } else {
            self.fruitless += 1;
            self.silence = now;
        }
        if let Some(cue) = self.owed {
            let cue = self.closing_cue(now).unwrap_or(cue);
            return self.compose(now, cue, false);
        }
        let since = self.silence;
        self.state = if self.policy.opens == Speaker::Persona && self.is_first_reply() {
            State::Opening { from: since }
        } else {
            State::Open { since }
        };
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

    pub(super) fn start_turn(&mut self, now: CallTime) {
        let turn = self.new_turn();
        self.began = now;
        self.news = now;
        self.state = State::Rep { turn };
        self.act(Action::RepStarted(turn));
    }

    /// Pauses the turn, of which nothing is expected since then, and waits for its words.
    pub(super) fn pause_turn(&mut self, turn: TurnId, since: CallTime, until: CallTime) {
        self.act(Action::RepPaused(turn, since));
        self.endpoint.paused(since);
        self.state = State::RepPaused { turn, since, asked: None };
        self.ask(until);
    }

    /// When a paused turn is over, as far as is known now.
    pub(super) fn end_of_turn(&self, since: CallTime, asked: Option<Request>) -> CallTime {
        let (wait, has_all) = match self.words.count {
            0 => (self.policy.give_up, false),
            _ => {
                let is_told = self.endpoint.is_told_the_end() && !self.unsettled;
                (self.endpoint.wait(&self.policy, self.words), is_told)
            }
        };
        let wait = since + wait;
        asked.filter(|_| !has_all).map_or(wait, |request| wait.max(request.until))
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

    /// When the buyer has heard enough of a turn that goes on, where its scenario lets it cut in.
    pub(super) fn cuts_in(&self) -> Option<CallTime> {
        let cut_in = self.policy.cut_in?;
        let speaks = matches!(self.voice, Voice::Speaking { .. });
        (speaks && CUT_IN_WORDS <= self.words.count).then(|| self.began + cut_in)
    }

    /// The buyer takes the floor from a rep who goes on. What was said so far is a turn, which the
    /// buyer knows when it speaks; the rest is kept beside it.
    pub(super) fn cut_in(&mut self, now: CallTime, turn: TurnId) {
        self.finalise();
        self.commit(turn);
        self.voice = Voice::TalkedOver;
        let cue = self.closing_cue(now).unwrap_or(Cue::CutIn);
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
