//! What a typed text does to the floor: it takes it from whoever has it and gives it to the buyer.

use super::{Action, Floor, State, Voice};
use crate::call::{Cue, TurnId};
use crate::units::CallTime;

impl Floor {
    /// Whether typed text would be taken now: the call is under way, and the line is not lost.
    pub fn takes_typing(&self) -> bool {
        !matches!(self.state, State::Ringing | State::Held { .. } | State::Closed)
    }

    /// A typed text is a whole turn, or ends the one that is being spoken: the buyer answers at
    /// once. Only a goodbye is not cut.
    pub(super) fn typed(&mut self, now: CallTime) {
        if !self.takes_typing() {
            return;
        }
        let goodbye = self.open_reply().is_some() && !self.plan.interruptible;
        if goodbye || matches!(self.state, State::Leaving { .. }) {
            return self.act(Action::KeepTyped);
        }
        match self.state {
            State::Composing { reply, .. } => self.act(Action::Withdraw(reply)),
            State::Persona { reply, .. } | State::Contested { reply, .. } => {
                self.act(Action::Interrupt(reply));
            }
            _ => {}
        }
        self.settle_open_speech();
        let turn = self.end_spoken_turn(now);
        self.nudged = false;
        self.act(Action::CommitTyped(turn));
        let cue = self.closing_cue(now).unwrap_or(Cue::Turn);
        self.compose(now, cue, false);
        // If the rep goes on speaking now, there is more to come before the answer.
        if let Voice::Speaking { .. } | Voice::TalkedOver = self.voice {
            self.voice = Voice::Speaking { since: now };
        }
    }

    /// Has the recogniser settle speech that nobody asked it to settle yet.
    pub(super) fn settle_open_speech(&mut self) {
        let is_on = matches!(self.voice, Voice::Speaking { .. } | Voice::TalkedOver);
        if is_on || matches!(self.state, State::Rep { .. }) || self.is_unasked() {
            self.finalise();
        }
    }

    /// What was said so far comes before the text, in the same turn.
    fn end_spoken_turn(&mut self, now: CallTime) -> TurnId {
        let spoken = match self.state {
            State::Rep { turn } | State::RepPaused { turn, .. } => Some(turn),
            _ => None,
        };
        let turn = spoken.unwrap_or_else(|| self.new_turn());
        if spoken.is_none() && self.words.taking() == 0 {
            // Words of listening; speech without words yet stays open.
            if 0 < self.words.count {
                self.set_aside();
            }
        } else if 0 < self.words.count {
            self.commit(turn);
            self.committed = Some(now);
        }
        turn
    }
}
