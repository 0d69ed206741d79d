//! How long a side waits before it answers.

use ringcraft_media::record::Speaker;
use serde::Serialize;

use super::conversation::{Conversation, Turn};
use super::number::{Reason, Reasons};

/// The waits before a side's answers, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Responses {
    /// Every answer, also those that began before the other side had ended.
    pub events: Vec<Response>,
    /// The wait of which half are no longer; none where nothing was answered.
    pub median: Option<u64>,
    /// The wait of which nine in ten are no longer.
    pub p90: Option<u64>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Response {
    /// When it began.
    pub at_ms: u64,
    /// From the end of the other side's turn; negative where it began before.
    pub response_ms: i64,
    /// Its first utterance.
    pub utterance_id: String,
}

/// A side's answers, and how many of them began before the other side had ended.
pub(super) fn responses(
    conversation: &Conversation<'_>,
    speaker: Speaker,
    side: &str,
    reasons: &mut Reasons,
) -> (Responses, u64) {
    let turns = &conversation.turns;
    let mut events = Vec::new();
    for (place, pair) in turns.windows(2).enumerate() {
        let (theirs, answer) = (pair[0], pair[1]);
        let own_before = place.checked_sub(1).map(|place| turns[place]);
        // Between a voice and a text there is no wait: nobody hears when typing begins.
        let is_heard = theirs.ends_spoken && answer.starts_spoken;
        let is_in_turn = own_before.is_none_or(|own| own.end_ms <= theirs.end_ms);
        if answer.speaker == speaker && is_heard && is_in_turn {
            events.push(Response {
                at_ms: answer.start_ms,
                response_ms: wait_ms(theirs, answer),
                utterance_id: conversation.said[answer.first].utterance.id.clone(),
            });
        }
    }
    let mut waits_ms: Vec<u64> =
        events.iter().filter_map(|event| u64::try_from(event.response_ms).ok()).collect();
    waits_ms.sort_unstable();
    let overlaps = (events.len() - waits_ms.len()) as u64;
    let mut at = |name: &str, percent| {
        let value = nearest_rank(&waits_ms, percent).ok_or(Reason::NoResponses);
        reasons.keep(format!("{side}.response_ms.{name}"), value)
    };
    let (median, p90) = (at("median", 50), at("p90", 90));
    (Responses { events, median, p90 }, overlaps)
}

fn wait_ms(theirs: Turn, answer: Turn) -> i64 {
    answer.start_ms as i64 - theirs.end_ms as i64
}

/// The value at place ceil(percent · n / 100) from the smallest.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let place = (percent * sorted.len()).div_ceil(100);
    sorted.get(place.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_values_that_occurred() {
        let ten: Vec<u64> = (1..=10).collect();
        for (sorted, percent, value) in [
            (&ten[..], 50, Some(5)),
            (&ten, 90, Some(9)),
            (&ten[..3], 50, Some(2)),
            (&ten[..2], 50, Some(1)),
            (&ten[..2], 90, Some(2)),
            (&ten[..1], 50, Some(1)),
            (&[], 50, None),
        ] {
            assert_eq!(nearest_rank(sorted, percent), value, "{percent} of {sorted:?}");
        }
    }
}
