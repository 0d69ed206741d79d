//! The rep without a person: what to send and when, decided from what arrives and the time.

use std::collections::VecDeque;

use ringcraft_media::call::{EndReason, Live, ReplyId};
use ringcraft_media::units::{SampleRate, Samples, Span};

use super::clip::Clip;
use super::loudspeaker::Loudspeaker;
use super::rtp_speaker::{Reception, RtpPacket, Taken};
use super::speaker::Refused;
use super::wire::{Control, Sound};

/// When the buyer says nothing for so long, the rep speaks anyway.
const PATIENCE: Span = Span::ms(5_000);

/// After its last file the rep has nothing left to say: it waits longer before it hangs up.
const LAST_PATIENCE: Span = Span::ms(10_000);

/// `call.connected` follows the first frames at once; without it there is no call.
const CONNECT_WITHIN: Span = Span::ms(10_000);

/// How long the server may take to answer a hang-up with `call.ended`.
const GOODBYE_WITHIN: Span = Span::ms(5_000);

/// How long the server may take to close the socket after `call.ended`.
const CLOSE_WITHIN: Span = Span::ms(2_000);

/// What the rep is going to do.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// What it says, in order.
    pub(crate) clips: Vec<Clip>,
    /// How long it waits after the buyer has finished.
    pub(crate) after: Span,
    /// Where it cuts in.
    pub(crate) barges: Vec<Barge>,
    /// How long it stays silently on the line after the last answer.
    pub(crate) hold: Span,
    /// When it hangs up whatever happens.
    pub(crate) limit: Span,
}

/// Cutting in: the next file starts when this much of the answer to a turn was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Barge {
    /// The turn that is being answered, counted from 1; 0 is the buyer's opening.
    pub(crate) turn: usize,
    /// How much of the answer is heard before.
    pub(crate) after: Span,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// 20 ms of the rep.
    Frame {
        /// The index of its first sample.
        first: Samples,
        /// The samples.
        samples: Vec<i16>,
    },
    /// How far a reply was played.
    Played {
        /// The reply.
        reply: ReplyId,
        /// The first sample that was not.
        sample: Samples,
    },
    /// How far sound with timestamps was played.
    PlayedTo {
        /// The timestamp of the first sample that was not.
        rtp_timestamp: u32,
    },
    /// The rep hangs up.
    HangUp,
}

/// One turn of the rep, in time since the link started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Whether it cut in.
    pub(crate) barged: bool,
    /// When its first frame was sent.
    pub(crate) began: Span,
    /// The index of its first sample in what the rep sent.
    pub(crate) first: Samples,
    /// When the frame with its last speech was sent.
    pub(crate) speech_ended: Option<Span>,
    /// When its last frame was sent.
    pub(crate) ended: Option<Span>,
    /// When the first sample of each reply that began since arrived.
    pub(crate) replies: Vec<(ReplyId, Span)>,
}

impl Turn {
    /// The reply that answers this turn: the first after its speech, else the last one in it.
    pub(crate) fn answer(&self) -> Option<(ReplyId, Span)> {
        let ended = self.speech_ended?;
        self.replies.iter().find(|(_, at)| ended <= *at).or(self.replies.last()).copied()
    }

    /// How long the answer took; negative where the buyer cut in.
    pub(crate) fn latency_ms(&self) -> Option<i64> {
        let ended = self.speech_ended?;
        let (_, began) = self.answer()?;
        Some(round_ms(began) - round_ms(ended))
    }
}

/// Rounds to the nearest millisecond.
fn round_ms(span: Span) -> i64 {
    (span + Span(500)).as_ms() as i64
}

/// The rep's whole state. Time counts from the start of the link and never runs backwards.
#[derive(Debug)]
pub(crate) struct Rep {
    rate: SampleRate,
    script: Script,
    stage: Stage,
    speaker: Loudspeaker,
    buyer: Buyer,
    opening: Vec<(ReplyId, Span)>,
    turns: Vec<Turn>,
    sent: Vec<i16>,
    connected: Option<Span>,
    ended: Option<EndReason>,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The link is there, the call is not.
    Connecting,
    /// It is the buyer's turn.
    Listening,
    /// The last turn is being spoken from this sample of its file on.
    Speaking { next: usize },
    /// All is said; the rep hangs up then.
    Holding { until: Span },
    /// It hung up and waits for the server until then.
    HangingUp { until: Span },
    /// The call is over; the server closes the link until then.
    Ended { until: Span },
    /// Nothing is left to do.
    Over,
}

/// What the live events say about the buyer.
#[derive(Debug, Default)]
struct Buyer {
    /// The reply that is thought of or spoken.
    open: Option<ReplyId>,
    newest: Option<ReplyId>,
    /// When the last reply was over.
    settled: Span,
    /// Only what is heard after this is an answer.
    asked: Span,
    /// When sound came that no event has named the reply of.
    unnamed: Option<Span>,
}

impl Buyer {
    fn opens(&mut self, reply: ReplyId) {
        self.open = self.open.max(Some(reply));
    }

    fn closes(&mut self, now: Span, reply: ReplyId) {
        if self.open <= Some(reply) {
            self.open = None;
            self.settled = now;
        }
    }
}

impl Rep {
    /// A rep whose link has just started.
    pub(crate) fn new(rate: SampleRate, script: Script, speaker: Loudspeaker) -> Self {
        Self {
            rate,
            script,
            stage: Stage::Connecting,
            speaker,
            buyer: Buyer::default(),
            opening: Vec::new(),
            turns: Vec::new(),
            sent: Vec::new(),
            connected: None,
            ended: None,
            outputs: VecDeque::new(),
        }
    }

    /// The time for the next 20 ms has come.
    pub(crate) fn tick(&mut self, now: Span) {
        if !self.has_ended() {
            self.speaker.advance(now);
            self.send_reports();
        }
        self.decide(now);
        if !self.has_ended() {
            self.send_frame(now);
        }
    }

    /// Sound of the buyer arrived.
    ///
    /// # Errors
    /// When it belongs nowhere; it is as if it had not come.
    pub(crate) fn sound(&mut self, now: Span, sound: &Sound) -> Result<(), Refused> {
        let Loudspeaker::Replies(speaker) = &mut self.speaker else {
            return Err(Refused::OutOfPlace(sound.reply));
        };
        if matches!(self.stage, Stage::Ended { .. } | Stage::Over) {
            return Err(Refused::Stale(sound.reply));
        }
        speaker.take(now, sound)?;
        self.is_heard_of(sound.reply, now);
        self.send_reports();
        Ok(())
    }

    /// A packet of the buyer's sound arrived. Whose it is, events say: it is of the reply that is
    /// thought of or spoken, else of the next that an event names.
    pub(crate) fn packet(&mut self, now: Span, packet: &RtpPacket) {
        let Loudspeaker::Rtp(speaker) = &mut self.speaker else { return };
        if matches!(self.stage, Stage::Ended { .. } | Stage::Over) {
            return;
        }
        let taken = speaker.take(now, packet);
        match (taken, self.buyer.open) {
            (Taken::Dropped, _) | (Taken::GoesOn, None) => {}
            (Taken::Begins | Taken::GoesOn, Some(reply)) => self.is_heard_of(reply, now),
            (Taken::Begins, None) => self.buyer.unnamed = Some(now),
        }
        self.send_reports();
    }

    /// The server controls the playback.
    pub(crate) fn control(&mut self, now: Span, control: &Control) {
        if self.has_ended() {
            return;
        }
        match *control {
            Control::Pause { reply } => self.speaker.pause(now, reply),
            Control::Resume { reply, from_sample } => self.speaker.resume(now, reply, from_sample),
            Control::Clear { reply } => self.speaker.clear(now, reply),
            Control::Ready { .. } | Control::Error { .. } => {}
        }
        self.send_reports();
    }

    /// Something happened in the call.
    pub(crate) fn live(&mut self, now: Span, live: &Live) {
        match *live {
            Live::Connected if self.stage == Stage::Connecting => {
                self.connected = Some(now);
                self.buyer.asked = now;
                self.stage = Stage::Listening;
            }
            Live::ReplyThinking { reply } | Live::ReplyStarted { reply, .. } => {
                self.buyer.opens(reply);
                if let Some(came) = self.buyer.unnamed.take() {
                    self.is_heard_of(reply, came);
                }
            }
            Live::ReplyEnded { reply, .. } => self.buyer.closes(now, reply),
            Live::ReplyInterrupted { reply, .. } => {
                self.buyer.closes(now, reply);
                // What was cut off is no answer to what cut it off.
                self.buyer.asked = now;
            }
            Live::Ended { reason, .. } => {
                self.speaker.advance(now);
                self.ended = Some(reason);
                self.stage = Stage::Ended { until: now + CLOSE_WITHIN };
            }
            _ => {}
        }
    }

    /// The person wants to end the call.
    pub(crate) fn hang_up(&mut self, now: Span) {
        if !matches!(self.stage, Stage::HangingUp { .. }) && !self.has_ended() {
            self.outputs.push_back(Output::HangUp);
            self.stage = Stage::HangingUp { until: now + GOODBYE_WITHIN };
        }
    }

    /// The server closed the link.
    pub(crate) fn closed(&mut self, now: Span) {
        if !self.has_ended() {
            self.speaker.advance(now);
        }
        self.stage = Stage::Over;
    }

    /// What is to be sent next.
    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// When the call was connected.
    pub(crate) fn connected(&self) -> Option<Span> {
        self.connected
    }

    /// How the sound arrived, where it came as packets.
    pub(crate) fn reception(&self) -> Option<Reception> {
        self.speaker.reception()
    }

    /// Why the call ended, where the server said so.
    pub(crate) fn ended(&self) -> Option<EndReason> {
        self.ended
    }

    /// What was spoken, in order, each with its file.
    pub(crate) fn turns(&self) -> impl Iterator<Item = (&Clip, &Turn)> {
        self.script.clips.iter().zip(&self.turns)
    }

    /// How many files there are to speak.
    pub(crate) fn clip_count(&self) -> usize {
        self.script.clips.len()
    }

    /// What was sent and what was heard, both from `call.connected` on and equally long.
    pub(crate) fn legs(&self) -> (Vec<i16>, Vec<i16>) {
        let zero = self.connected.unwrap_or_default().samples(self.rate).0;
        let cut = |leg: &[i16]| {
            let skipped = usize::try_from(zero).map_or(leg.len(), |zero| zero.min(leg.len()));
            leg[skipped..].to_vec()
        };
        let (mut sent, mut heard) = (cut(&self.sent), cut(self.speaker.heard()));
        let length = sent.len().max(heard.len());
        sent.resize(length, 0);
        heard.resize(length, 0);
        (sent, heard)
    }

    fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. } | Stage::Over)
    }

    fn decide(&mut self, now: Span) {
        match self.stage {
            Stage::Connecting if CONNECT_WITHIN <= now => {
                self.hang_up(now);
                self.stage = Stage::Over;
            }
            Stage::Listening if self.cuts_in() => self.speak(now, true),
            Stage::Listening if self.has_the_floor(now) => {
                if self.turns.len() < self.script.clips.len() {
                    self.speak(now, false);
                } else {
                    self.stage = Stage::Holding { until: now + self.script.hold };
                }
            }
            Stage::HangingUp { until } | Stage::Ended { until } if until <= now => {
                self.stage = Stage::Over;
            }
            _ => {}
        }
        let held = matches!(self.stage, Stage::Holding { until } if until <= now);
        if held || self.script.limit <= now {
            self.hang_up(now);
        }
    }

    /// Whether enough of the answer was heard to cut in.
    fn cuts_in(&self) -> bool {
        let turn = self.turns.len();
        if self.script.clips.len() <= turn {
            return false;
        }
        let replies = self.turns.last().map_or(&self.opening, |turn| &turn.replies);
        let Some(reply) = self.speaker.current() else { return false };
        replies.iter().any(|&(id, _)| id == reply)
            && self
                .script
                .barges
                .iter()
                .any(|barge| barge.turn == turn && barge.after <= self.speaker.heard_of(reply))
    }

    /// Whether the buyer has finished, or says nothing for too long.
    fn has_the_floor(&self, now: Span) -> bool {
        let last_sound = self.speaker.last_sound().unwrap_or_default();
        let answered = self.buyer.asked < last_sound;
        if answered && self.speaker.is_silent() && self.buyer.open.is_none() {
            return last_sound.max(self.buyer.settled) + self.script.after <= now;
        }
        let all_said = self.turns.len() == self.script.clips.len();
        let patience = if all_said { LAST_PATIENCE } else { PATIENCE };
        last_sound.max(self.buyer.asked) + patience <= now
    }

    fn speak(&mut self, now: Span, barged: bool) {
        self.turns.push(Turn {
            barged,
            began: now,
            first: Samples(self.sent.len() as u64),
            speech_ended: None,
            ended: None,
            replies: Vec::new(),
        });
        self.stage = Stage::Speaking { next: 0 };
    }

    fn send_frame(&mut self, now: Span) {
        let length = self.rate.frame_len();
        let first = Samples(self.sent.len() as u64);
        let mut samples = vec![0; length];
        if let Stage::Speaking { next } = self.stage
            && let Some(turn) = self.turns.len().checked_sub(1)
        {
            let clip = &self.script.clips[turn];
            let end = clip.samples.len().min(next + length);
            samples[..end - next].copy_from_slice(&clip.samples[next..end]);
            let spoken = &mut self.turns[turn];
            if clip.speech_end.is_some_and(|last| (next as u64) < last.0 && last.0 <= end as u64) {
                spoken.speech_ended = spoken.speech_ended.or(Some(now));
            }
            self.stage = Stage::Speaking { next: end };
            if end == clip.samples.len() {
                spoken.ended = Some(now);
                self.buyer.asked = now;
                self.stage = Stage::Listening;
            }
        }
        self.sent.extend_from_slice(&samples);
        self.outputs.push_back(Output::Frame { first, samples });
    }

    /// Sound of a reply came then; the first of it answers somebody.
    fn is_heard_of(&mut self, reply: ReplyId, came: Span) {
        if self.buyer.newest < Some(reply) {
            self.buyer.newest = Some(reply);
            self.replies_mut().push((reply, came));
            if let Loudspeaker::Rtp(speaker) = &mut self.speaker {
                speaker.attribute(reply);
            }
        }
    }

    fn send_reports(&mut self) {
        self.speaker.reports(&mut self.outputs);
    }

    fn replies_mut(&mut self) -> &mut Vec<(ReplyId, Span)> {
        self.turns.last_mut().map_or(&mut self.opening, |turn| &mut turn.replies)
    }
}

#[cfg(test)]
mod tests;
