//! The persona's side of the floor: a reply that is made, heard, contested, cut or heard out.

use super::{Action, FRUITLESS_MAX, Floor, Plan, State, Voice};
use crate::call::{Cue, EndReason, ReplyId, StopCause};
use crate::units::CallTime;

impl Floor {
    pub(super) fn compose(&mut self, now: CallTime, cue: Cue, retried: bool) {
        match cue {
            Cue::TimeNotice => self.notice_given = true,
            Cue::Nudge => self.nudged = true,
            _ => {}
        }
        if self.due_cue == Some(cue) {
            self.due_cue = None;
        }
        self.owed = None;
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        self.plan = Plan::of(cue);
        // Only an answer is waited for so long that something has to be said.
        let filler = (cue == Cue::Turn).then(|| now + self.policy.filler);
        self.state = State::Composing { reply, cue, since: now, filler, retried };
        self.act(Action::Compose(reply, cue));
    }

    /// The buyer decides what a reply is like; that a goodbye ends the call is not its to change.
    pub(super) fn planned(&mut self, reply: ReplyId, plan: Plan) {
        if self.open_reply() == Some(reply) && self.plan.hang_up.is_none() {
            self.plan = plan;
        }
    }

    pub(super) fn audible(&mut self, now: CallTime, reply: ReplyId) {
        match self.state {
            State::Composing { reply: open, .. } if open == reply => {
                self.endpoint.forget_pause();
                if let Voice::TalkedOver = self.voice {
                    self.voice = Voice::Speaking { since: now + self.policy.yields };
                }
                self.state = State::Persona { reply, dry: None };
            }
            State::Persona { reply: open, .. } if open == reply => {
                self.state = State::Persona { reply, dry: None };
            }
            _ => {}
        }
    }

    pub(super) fn silent(&mut self, now: CallTime, reply: ReplyId, cause: StopCause, at: CallTime) {
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
    pub(super) fn reply_failed(&mut self, now: CallTime, failed: ReplyId) {
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
        self.silence = at;
        self.state = State::Open { since: at };
        self.speak_if_due(now);
    }

    /// Drops a reply that is not audible for a voice that may be nobody's.
    pub(super) fn withdraw(&mut self, reply: ReplyId, cue: Cue) {
        self.act(Action::Withdraw(reply));
        self.owed = Some(cue);
    }

    /// Whether a voice alone, without words, stops the reply.
    pub(super) fn may_stop_persona(&self) -> bool {
        self.plan.interruptible && self.fruitless < FRUITLESS_MAX
    }

    pub(super) fn interrupt(&mut self, now: CallTime) {
        let State::Contested { reply, .. } = self.state else { return };
        self.act(Action::Interrupt(reply));
        self.plan = Plan::ORDINARY;
        self.silence = now;
        self.start_turn(now);
    }

    pub(super) fn resume(&mut self, reply: ReplyId) {
        if self.words.count == 0 {
            self.fruitless += 1;
        }
        self.set_aside();
        self.act(Action::Resume(reply));
        self.state = State::Persona { reply, dry: None };
    }
}
