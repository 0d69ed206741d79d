//! What is known of when a turn ended and how far the reply to it has come.

use crate::record::ReplyTiming;
use crate::units::CallTime;

/// The end of the turn that a reply answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct TurnEnd {
    /// Where its speech ended; typed text has none.
    pub(super) speech: Option<CallTime>,
    /// When its words were settled, where they were.
    pub(super) settled: Option<CallTime>,
    /// When the rule that ended it was met.
    pub(super) due: Option<CallTime>,
    /// When it was ended.
    pub(super) committed: CallTime,
}

impl TurnEnd {
    /// The end of a spoken turn.
    pub(super) fn spoken(
        speech: CallTime,
        settled: Option<CallTime>,
        due: CallTime,
        committed: CallTime,
    ) -> Self {
        Self { speech: Some(speech), settled, due: Some(due.max(speech)), committed }
    }

    /// The end of a turn that came in writing.
    pub(super) fn typed(committed: CallTime) -> Self {
        Self { speech: None, settled: None, due: None, committed }
    }
}

/// How far a reply has come on its way to its first sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    asked: CallTime,
    first_text: Option<CallTime>,
    first_chunk: Option<CallTime>,
    first_audio: Option<CallTime>,
}

impl Progress {
    pub(super) fn new(asked: CallTime) -> Self {
        Self { asked, first_text: None, first_chunk: None, first_audio: None }
    }

    pub(super) fn text(&mut self, now: CallTime) {
        self.first_text.get_or_insert(now);
    }

    pub(super) fn chunk(&mut self, now: CallTime) {
        self.first_chunk.get_or_insert(now);
    }

    pub(super) fn audio(&mut self, now: CallTime) {
        self.first_audio.get_or_insert(now);
    }

    /// How the reply came about whose first sample was just sent, in answer to a turn or to none.
    pub(super) fn timing(&self, turn: Option<TurnEnd>, sent: CallTime) -> ReplyTiming {
        // The playout may have sent a sound a moment before this call was told that it had come.
        let ms = |at: Option<CallTime>| at.map(|at| at.min(sent).as_ms());
        ReplyTiming {
            at_ms: sent.as_ms(),
            speech_end_ms: ms(turn.and_then(|turn| turn.speech)),
            final_ms: ms(turn.and_then(|turn| turn.settled)),
            due_ms: ms(turn.and_then(|turn| turn.due)),
            committed_ms: ms(turn.map(|turn| turn.committed)),
            asked_ms: ms(Some(self.asked)),
            first_text_ms: ms(self.first_text),
            first_chunk_ms: ms(self.first_chunk),
            first_audio_ms: ms(self.first_audio),
        }
    }
}
