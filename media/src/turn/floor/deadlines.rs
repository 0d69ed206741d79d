//! When the floor has to look again, and what it does then.

use super::{Action, Floor, State, Voice};
use crate::call::{Cue, EndReason};
use crate::units::CallTime;

impl Floor {
    /// The earliest moment at which the floor has to look again.
    pub fn deadline(&self) -> Option<CallTime> {
        let policy = &self.policy;
        let own = match self.state {
            State::Closed => return None,
            State::Ringing => None,
            State::Opening { from } => match self.voice {
                Voice::Speaking { since } => Some(since + policy.turn_start),
                Voice::TalkedOver | Voice::Quiet { .. } | Voice::Noise { .. } => {
                    Some(from + policy.opening)
                }
            },
            State::Open { since } => match self.voice {
                Voice::Speaking { since } => Some(since + policy.turn_start),
                Voice::TalkedOver => Some(since),
                Voice::Quiet { .. } | Voice::Noise { .. } => {
                    Some((since + policy.rep_silence).min(self.next_limit()))
                }
            },
            State::Rep { .. } => match self.voice {
                Voice::Quiet { since } => Some(since + policy.turn_pause),
                Voice::Speaking { .. } | Voice::TalkedOver => {
                    [Some(self.news + policy.watchdog), self.cuts_in()].into_iter().flatten().min()
                }
                // Only the words tell that they are over.
                Voice::Noise { since } => Some(since + policy.recogniser),
            },
            State::RepPaused { since, asked, .. } => Some(self.end_of_turn(since, asked)),
            State::Composing { since, filler, .. } => {
                let voice = match self.voice {
                    Voice::Speaking { since } if self.may_stop_persona() => {
                        Some(since + policy.turn_start)
                    }
                    _ => None,
                };
                [Some(since + policy.first_audio), filler, voice].into_iter().flatten().min()
            }
            State::Persona { dry, .. } => {
                let starved = dry.map(|at| at + policy.starved);
                let barge_in = match self.voice {
                    Voice::Speaking { since } if self.may_stop_persona() => {
                        Some(since + policy.barge_in)
                    }
                    _ => None,
                };
                starved.into_iter().chain(barge_in).min()
            }
            State::Contested { since: paused, .. } => {
                let decided = match self.voice {
                    Voice::Speaking { since } => since + policy.barge_in_confirm,
                    Voice::TalkedOver => paused,
                    Voice::Quiet { since } | Voice::Noise { since } => since + policy.resume,
                };
                // A voice that comes and goes decides nothing by itself.
                Some(decided.min(paused + policy.barge_in_confirm + policy.recogniser))
            }
            State::Held { since } => Some(since + policy.held),
            State::Leaving { since, .. } => Some(since + policy.leave),
        };
        own.into_iter().chain([self.hard_limit()]).min()
    }

    /// Acts on the state's deadline, which has passed.
    pub(super) fn expire(&mut self, now: CallTime) {
        if self.hard_limit() <= now {
            return self.close(EndReason::TimeLimit);
        }
        match self.state {
            State::Ringing | State::Closed => {}
            State::Opening { .. } => match self.voice {
                Voice::Speaking { .. } => self.start_turn(now),
                Voice::TalkedOver | Voice::Quiet { .. } | Voice::Noise { .. } => {
                    self.compose(now, Cue::Opening, false);
                }
            },
            State::Open { .. } => match self.voice {
                Voice::Speaking { .. } => self.start_turn(now),
                Voice::TalkedOver => {
                    self.voice = Voice::Speaking { since: now };
                    self.start_turn(now);
                }
                Voice::Quiet { .. } | Voice::Noise { .. } => {
                    let silence = if self.nudged { Cue::Silent } else { Cue::Nudge };
                    let cue = self.closing_cue(now).unwrap_or(silence);
                    self.compose(now, cue, false);
                }
            },
            State::Rep { turn } if self.cuts_in().is_some_and(|due| due <= now) => {
                self.cut_in(now, turn);
            }
            State::Rep { turn } => {
                let (since, from) = match self.voice {
                    Voice::Quiet { since } => (since, since),
                    Voice::Speaking { .. } | Voice::TalkedOver | Voice::Noise { .. } => {
                        (self.news, now)
                    }
                };
                if let Voice::Speaking { .. } = self.voice {
                    self.voice = Voice::Noise { since };
                }
                self.pause_turn(turn, since, from + self.policy.recogniser);
            }
            State::RepPaused { turn, .. } => self.end_turn(now, turn),
            State::Composing { reply, cue, since, filler, retried } => {
                if since + self.policy.first_audio <= now {
                    self.reply_failed(now, reply);
                } else if filler.is_some_and(|due| due <= now) {
                    self.state = State::Composing { reply, cue, since, filler: None, retried };
                    self.act(Action::Fill(reply));
                } else {
                    if let Voice::Speaking { since } = self.voice {
                        self.endpoint.went_on(&self.policy, since);
                    }
                    self.withdraw(reply, cue);
                    self.start_turn(now);
                }
            }
            State::Persona { reply, dry } => {
                if dry.is_some_and(|at| at + self.policy.starved <= now) {
                    self.reply_failed(now, reply);
                } else {
                    self.act(Action::Pause(reply));
                    self.state = State::Contested { reply, since: now, asked: None };
                }
            }
            State::Contested { reply, .. } => match self.voice {
                Voice::Speaking { .. } => self.interrupt(now),
                Voice::TalkedOver | Voice::Quiet { .. } | Voice::Noise { .. } => self.resume(reply),
            },
            State::Held { .. } => self.close(EndReason::RepLost),
            State::Leaving { reason, .. } => self.close(reason),
        }
    }

    /// When the next notice or goodbye for time is due.
    fn next_limit(&self) -> CallTime {
        let limit = CallTime::ZERO + self.policy.call_limit;
        if self.notice_given { limit } else { limit.saturating_sub(self.policy.limit_notice) }
    }

    fn hard_limit(&self) -> CallTime {
        CallTime::ZERO + self.policy.call_limit + self.policy.limit_grace
    }

    /// A goodbye or notice that is due now.
    pub(super) fn closing_cue(&self, now: CallTime) -> Option<Cue> {
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

    pub(super) fn cue_when_free(&mut self, now: CallTime, cue: Cue) {
        self.due_cue = Some(cue);
        self.speak_if_due(now);
    }

    pub(super) fn speak_if_due(&mut self, now: CallTime) {
        let free = matches!(self.state, State::Open { .. } | State::Opening { .. })
            && self.voice.quiet_since().is_some();
        if free && let Some(cue) = self.closing_cue(now) {
            self.compose(now, cue, false);
        }
    }
}
