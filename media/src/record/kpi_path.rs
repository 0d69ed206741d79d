//! The numbers that a scenario can set a target on.

/// Every path of a number in `call`, `rep` or `persona` outside lists, in the order of the bytes.
pub const NUMBER_PATHS: [&str; 43] = [
    "call.duration_ms",
    "call.interactivity_per_min",
    "call.lead_in_ms",
    "call.overlap_ms",
    "call.overlap_share_of_speech",
    "call.silence_ms",
    "call.silence_share",
    "call.speaker_switches",
    "call.speech_ms",
    "call.tail_ms",
    "call.talk_listen.rep_share",
    "persona.backchannels.count",
    "persona.interruptions.count",
    "persona.interruptions.raw",
    "persona.longest_monologue_ms",
    "persona.monologues.count",
    "persona.response_ms.median",
    "persona.response_ms.p90",
    "persona.response_overlaps",
    "persona.sentiment.mean",
    "persona.talk_ms",
    "persona.tokens",
    "persona.wpm",
    "rep.backchannels.count",
    "rep.fillers.count",
    "rep.fillers.per_min",
    "rep.hedges.count",
    "rep.hedges.per_100_words",
    "rep.interruptions.count",
    "rep.interruptions.raw",
    "rep.longest_monologue_ms",
    "rep.monologues.count",
    "rep.questions.closed",
    "rep.questions.open",
    "rep.questions.per_10_min",
    "rep.questions.total",
    "rep.response_ms.median",
    "rep.response_ms.p90",
    "rep.response_overlaps",
    "rep.sentiment.mean",
    "rep.talk_ms",
    "rep.tokens",
    "rep.wpm",
];

/// Whether a target may name this path.
pub(super) fn is_number(path: &str) -> bool {
    NUMBER_PATHS.binary_search(&path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_in_order_so_that_the_search_finds_them() {
        assert!(NUMBER_PATHS.is_sorted_by(|a, b| a < b));
        assert!(is_number("rep.wpm"));
        assert!(is_number("call.talk_listen.rep_share"));
        for path in
            ["call.talk_listen", "call.silences", "rep.pace_by_minute", "params.pause_ms", ""]
        {
            assert!(!is_number(path), "{path}");
        }
    }
}
