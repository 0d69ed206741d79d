//! Backchannels: short words of a listener that ask for no turn.

use ringcraft_media::record::Speaker;

use super::conversation::{Said, other};
use super::thresholds::Thresholds;
use super::words;

/// Marks the backchannels among utterances in order.
pub(super) fn mark(said: &mut [Said<'_>], thresholds: &Thresholds) {
    let heard = [Speaker::Rep, Speaker::Persona].map(|speaker| Heard::new(said, speaker));
    for said in said {
        let [rep, persona] = &heard;
        let other_side = match other(said.speaker()) {
            Speaker::Rep => rep,
            Speaker::Persona => persona,
        };
        said.is_backchannel = said.is_spoken()
            && said.tokens.len() as u64 <= thresholds.backchannel_max_tokens
            && said.end_ms() - said.start_ms() <= thresholds.backchannel_max_ms
            && words::is_backchannel(&said.tokens)
            && (other_side.is_talking(said) || other_side.goes_on(said, thresholds));
    }
}

/// One side's utterances, arranged for questions about a moment.
struct Heard {
    /// In order.
    starts_ms: Vec<u64>,
    /// The latest end of the utterances up to each place.
    latest_end_ms: Vec<u64>,
    /// The same of those that do not ask; 0 where there is none.
    latest_unasking_end_ms: Vec<u64>,
    /// The ends of those that do not ask, in order.
    unasking_ends_ms: Vec<u64>,
}

impl Heard {
    fn new(said: &[Said<'_>], speaker: Speaker) -> Self {
        let mut heard = Self {
            starts_ms: Vec::new(),
            latest_end_ms: Vec::new(),
            latest_unasking_end_ms: Vec::new(),
            unasking_ends_ms: Vec::new(),
        };
        let (mut latest_ms, mut latest_unasking_ms) = (0, 0);
        for said in said.iter().filter(|said| said.speaker() == speaker) {
            latest_ms = latest_ms.max(said.end_ms());
            if !words::asks(&said.tokens) {
                latest_unasking_ms = latest_unasking_ms.max(said.end_ms());
                heard.unasking_ends_ms.push(said.end_ms());
            }
            heard.starts_ms.push(said.start_ms());
            heard.latest_end_ms.push(latest_ms);
            heard.latest_unasking_end_ms.push(latest_unasking_ms);
        }
        heard.unasking_ends_ms.sort_unstable();
        heard
    }

    /// Whether some utterance of this side is under way where `said` starts, and either asks
    /// nothing or is under way where `said` ends too.
    fn is_talking(&self, said: &Said<'_>) -> bool {
        let begun = self.starts_ms.partition_point(|start_ms| *start_ms <= said.start_ms());
        let Some(last) = begun.checked_sub(1) else { return false };
        said.start_ms() < self.latest_unasking_end_ms[last]
            || said.end_ms() <= self.latest_end_ms[last]
    }

    /// Whether some utterance of this side, asking nothing, had just ended where `said` starts, and
    /// the side goes on soon after.
    fn goes_on(&self, said: &Said<'_>, thresholds: &Thresholds) -> bool {
        let earliest_ms = said.start_ms().saturating_sub(thresholds.backchannel_after_ms);
        let latest_ms = said.end_ms() + thresholds.backchannel_resume_ms;
        any_within(&self.unasking_ends_ms, earliest_ms, said.start_ms())
            && any_within(&self.starts_ms, said.start_ms(), latest_ms)
    }
}

/// Whether one of the moments, which are in order, lies between two others or is one of them.
fn any_within(moments_ms: &[u64], first_ms: u64, last_ms: u64) -> bool {
    let place = moments_ms.partition_point(|moment_ms| *moment_ms < first_ms);
    moments_ms.get(place).is_some_and(|moment_ms| *moment_ms <= last_ms)
}
