//! Worked cases of what the rep sends in writing.

use ringcraft_media::record::Utterance;
use serde_json::json;

use super::cases::{call, expect, expect_reason, persona, printed, rep};

/// What the rep sent in writing.
fn typed(id: &str, at_ms: u64, text: &str) -> Utterance {
    Utterance { typed: true, ..rep(id, at_ms, at_ms, text) }
}

#[test]
fn typed_text_is_said_but_not_heard() {
    let utterances = [
        persona("a", 0, 4_000, "Tell me your rate."),
        typed("b", 4_300, "Okay"),
        persona("c", 5_200, 12_000, "word"),
        rep("d", 13_000, 15_000, "So, um, wait."),
        typed("e", 15_500, "So, um, I think it is fine. What matters most to you?"),
        persona("f", 16_500, 18_000, "word"),
        rep("g", 18_400, 20_000, "word"),
        typed("h", 22_000, "word"),
        persona("i", 24_000, 25_000, "word"),
    ];
    let kpis = printed(call(60_000, &utterances));
    // d and g: 2000 and 1600 ms of talk, three tokens and one.
    expect(&kpis, "rep.talk_ms", json!(3_600));
    expect(&kpis, "rep.tokens", json!(4));
    // Of the persona 4000, 6800, 1500 and 1000. What is typed breaks no silence.
    expect(&kpis, "call.speech_ms", json!(16_900));
    expect(&kpis, "call.silences", json!([{"start_ms": 20_000, "end_ms": 24_000}]));
    expect(&kpis, "call.overlap_ms", json!(0));
    // Spoken, b would be a backchannel. Turns: a, b, c, d with e, f, g with h, i.
    expect(&kpis, "rep.backchannels.count", json!(0));
    expect(&kpis, "call.speaker_switches", json!(6));
    // Speech answers speech in d and g alone.
    expect(
        &kpis,
        "rep.response_ms.events",
        json!([
            {"at_ms": 13_000, "utterance_id": "d", "response_ms": 1_000},
            {"at_ms": 18_400, "utterance_id": "g", "response_ms": 400},
        ]),
    );
    expect(&kpis, "persona.response_ms.events", json!([]));
    // Fillers and hedges are habits of speech; a question is one however it is asked.
    expect(&kpis, "rep.fillers.by_word", json!({"so": 1, "um": 1}));
    expect(&kpis, "rep.hedges.count", json!(0));
    expect(
        &kpis,
        "rep.questions.events",
        json!([{
            "at_ms": 15_500, "kind": "open", "utterance_id": "e",
            "text": "What matters most to you?",
        }]),
    );
}

#[test]
fn typed_text_cuts_a_voice_off_without_a_sound() {
    let words = "one two three";
    let cut = Utterance { interrupted: true, ..persona("a", 0, 40_000, words) };
    let kpis = printed(call(
        70_000,
        &[cut, typed("b", 40_000, "Stop."), persona("c", 41_000, 66_000, words)],
    ));
    expect(&kpis, "rep.interruptions", json!({"raw": 0, "count": 0, "events": []}));
    // What the rep sends ends the buyer's monologue: 40 s and 25 s, not 66.
    expect(&kpis, "persona.longest_monologue_ms", json!(40_000));
    expect_reason(&kpis, "call.talk_listen", "one_side_silent");
    expect_reason(&kpis, "rep.wpm", "no_talk");
    expect(&kpis, "rep.pace_by_minute", json!([null]));
}
