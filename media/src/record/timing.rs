//! How a reply came about: the moments from the end of the rep's speech to the first sample.

use serde::{Deserialize, Serialize};

/// The moments on the way to a reply's first sample, on the call's clock. What did not happen is
/// absent: an opening line answers no speech, a typed turn has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTiming {
    /// When the first sample was sent. No other moment is later.
    pub at_ms: u64,
    /// Where the rep's speech ended, in media time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_end_ms: Option<u64>,
    /// When the final came that settled the words; absent where partial words were answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_ms: Option<u64>,
    /// When the rule that ended the turn was met: a wait was over, or the words were settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// When the turn was ended; for a typed one, when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_ms: Option<u64>,
    /// When this reply was asked for. Later than the end of the turn where it was asked for anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_ms: Option<u64>,
    /// When the first of its text came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_text_ms: Option<u64>,
    /// When the voice was given its first chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_chunk_ms: Option<u64>,
    /// When the first sound came from the voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_audio_ms: Option<u64>,
}

/// A moment's name in a record, and when it was.
pub(super) type Moment = (&'static str, Option<u64>);

impl ReplyTiming {
    /// Every moment before the first sample, by its name in a record.
    pub(super) fn moments(&self) -> [Moment; 8] {
        [
            ("speech_end_ms", self.speech_end_ms),
            ("final_ms", self.final_ms),
            ("due_ms", self.due_ms),
            ("committed_ms", self.committed_ms),
            ("asked_ms", self.asked_ms),
            ("first_text_ms", self.first_text_ms),
            ("first_chunk_ms", self.first_chunk_ms),
            ("first_audio_ms", self.first_audio_ms),
        ]
    }

    /// All of it: from the end of the speech, or the coming of a typed turn, to the first sample.
    pub fn total_ms(&self) -> Option<u64> {
        span(self.speech_end_ms.or(self.committed_ms), Some(self.at_ms))
    }

    /// How long the rules waited for the rep to go on and for the words to settle.
    pub fn wait_ms(&self) -> Option<u64> {
        span(self.speech_end_ms, self.due_ms)
    }

    /// How long after the speech the final came.
    pub fn recogniser_ms(&self) -> Option<u64> {
        span(self.speech_end_ms, self.final_ms)
    }

    /// How long the model took for the first of its text.
    pub fn first_text_took_ms(&self) -> Option<u64> {
        span(self.asked_ms, self.first_text_ms)
    }

    /// How long it then took until there was enough to be spoken.
    pub fn first_chunk_took_ms(&self) -> Option<u64> {
        span(self.first_text_ms, self.first_chunk_ms)
    }

    /// How long the voice took for its first sound.
    pub fn first_audio_took_ms(&self) -> Option<u64> {
        span(self.first_chunk_ms, self.first_audio_ms)
    }

    /// What the server itself added: it ended the turn late, or kept sound waiting.
    pub fn own_ms(&self) -> Option<u64> {
        let late = span(self.due_ms, self.committed_ms).unwrap_or(0);
        span(self.first_audio_ms, Some(self.at_ms)).map(|kept| late + kept)
    }
}

/// From one moment to the next. A final may come after the turn was ended without it, and a clock
/// of whole milliseconds may put two moments into one.
fn span(from: Option<u64>, to: Option<u64>) -> Option<u64> {
    Some(to?.saturating_sub(from?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_answer_add_up() {
        let timing = ReplyTiming {
            at_ms: 5_603,
            speech_end_ms: Some(4_100),
            final_ms: Some(4_480),
            due_ms: Some(4_700),
            committed_ms: Some(4_702),
            asked_ms: Some(4_702),
            first_text_ms: Some(5_102),
            first_chunk_ms: Some(5_202),
            first_audio_ms: Some(5_600),
        };
        assert_eq!(timing.wait_ms(), Some(600));
        assert_eq!(timing.recogniser_ms(), Some(380));
        assert_eq!(timing.first_text_took_ms(), Some(400));
        assert_eq!(timing.first_chunk_took_ms(), Some(100));
        assert_eq!(timing.first_audio_took_ms(), Some(398));
        assert_eq!(timing.own_ms(), Some(2 + 3));
        assert_eq!(timing.total_ms(), Some(600 + 400 + 100 + 398 + 5));
    }

    #[test]
    fn what_did_not_happen_took_no_time_at_all() {
        let opening = ReplyTiming {
            at_ms: 900,
            asked_ms: Some(400),
            first_text_ms: Some(500),
            first_chunk_ms: Some(500),
            first_audio_ms: Some(900),
            ..ReplyTiming::default()
        };
        assert_eq!((opening.total_ms(), opening.wait_ms()), (None, None));
        assert_eq!(opening.recogniser_ms(), None);
        assert_eq!(opening.own_ms(), Some(0));
        let typed = ReplyTiming { committed_ms: Some(300), ..opening };
        assert_eq!((typed.total_ms(), typed.wait_ms()), (Some(600), None));
    }
}
