//! The times by which the floor decides.

use serde::{Deserialize, Serialize};

use crate::record::Speaker;
use crate::turn::Completeness;
use crate::units::Span;

/// Every threshold of the floor, in microseconds where it is a time. `docs/TURNS.md` gives the
/// source of each default. A call keeps the policy it ran with in its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Who speaks first.
    pub opens: Speaker,
    /// How long the buyer waits with its opening line, in case the rep speaks.
    pub opening: Span,
    /// Speech that starts a turn.
    pub turn_start: Span,
    /// Silence that pauses a turn.
    pub turn_pause: Span,
    /// Wait after the end of speech when the words are surely complete.
    pub wait_complete: Span,
    /// Wait when the words do not tell.
    pub wait_unclear: Span,
    /// The most that the pauses of a slow rep make of it.
    pub wait_unclear_most: Span,
    /// Wait when the words are surely not complete.
    pub wait_incomplete: Span,
    /// After this long the recogniser's final is not waited for any more.
    pub recogniser: Span,
    /// A turn without a word is given up this long after its speech ended.
    pub give_up: Span,
    /// A turn whose voice is on and whose words do not change for so long is paused: the voice is
    /// noise.
    pub watchdog: Span,
    /// A final this long after the commit still amends the turn.
    pub late_final: Span,
    /// Rep speech that pauses the persona.
    pub barge_in: Span,
    /// Rep speech that takes the floor, whatever the words.
    pub barge_in_confirm: Span,
    /// Words that take the floor when they are no backchannel.
    pub barge_in_words: u32,
    /// So many words that were being played, or more, can be echo.
    pub echo_words: u32,
    /// How far in time an echo may be from what the rep heard.
    pub echo_within: Span,
    /// How far an echo is at least under this rep's usual level, in decibels.
    pub echo_under_db: u32,
    /// A turn that lasts longer is cut in on by the buyer; none lets the rep finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_in: Option<Span>,
    /// A rep who was cut in on may go on so long beside the buyer before that counts as speech.
    pub yields: Span,
    /// The persona goes on at the latest this long after a speech that was no interruption.
    pub resume: Span,
    /// An answer that is not audible by then gets a line in front: "Let me think."
    pub filler: Span,
    /// A reply that is not audible by then is dropped and asked for once more.
    pub first_audio: Span,
    /// A reply whose sound runs dry for this long is over.
    pub starved: Span,
    /// How long a call without media waits for the rep.
    pub held: Span,
    /// Silence after which the buyer asks whether the rep is there, then says goodbye.
    pub rep_silence: Span,
    /// The longest call.
    pub call_limit: Span,
    /// How long before the limit the buyer says so.
    pub limit_notice: Span,
    /// How long a goodbye may take beyond the limit.
    pub limit_grace: Span,
    /// How long the line stays open after a goodbye, so that its end is heard.
    pub leave: Span,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            opens: Speaker::Persona,
            opening: Span::ms(400),
            turn_start: Span::ms(200),
            turn_pause: Span::ms(200),
            wait_complete: Span::ms(200),
            wait_unclear: Span::ms(600),
            wait_unclear_most: Span::ms(1_200),
            wait_incomplete: Span::ms(2_500),
            recogniser: Span::ms(1_200),
            give_up: Span::ms(1_500),
            watchdog: Span::ms(5_000),
            late_final: Span::ms(1_000),
            barge_in: Span::ms(120),
            barge_in_confirm: Span::ms(700),
            barge_in_words: 2,
            echo_words: 3,
            echo_within: Span::ms(300),
            echo_under_db: 12,
            cut_in: None,
            yields: Span::ms(1_000),
            resume: Span::ms(450),
            filler: Span::ms(2_500),
            first_audio: Span::ms(8_000),
            starved: Span::ms(3_000),
            held: Span::ms(30_000),
            rep_silence: Span::ms(12_000),
            call_limit: Span::ms(15 * 60_000),
            limit_notice: Span::ms(30_000),
            limit_grace: Span::ms(20_000),
            leave: Span::ms(400),
        }
    }
}

impl Policy {
    /// How long after the end of speech a turn with such words is over, of a rep nobody knows.
    pub fn wait(&self, completeness: Completeness) -> Span {
        match completeness {
            Completeness::Complete => self.wait_complete,
            Completeness::Unclear => self.wait_unclear,
            Completeness::Incomplete => self.wait_incomplete,
        }
    }
}
