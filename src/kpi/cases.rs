//! The worked cases of `docs/KPI.md`, by hand.

use ringcraft_media::record::{
    CallRecord, RecordParts, Speaker, Target, Threshold, Utterance, Word,
};
use serde_json::{Value, json};

use super::{VERSION, compute};

/// An utterance as the cases write it.
pub(super) fn said(
    id: &str,
    speaker: Speaker,
    start_ms: u64,
    end_ms: u64,
    text: &str,
) -> Utterance {
    Utterance {
        id: id.to_owned(),
        speaker,
        start_ms,
        end_ms,
        text: text.to_owned(),
        words: Vec::new(),
        interrupted: false,
        typed: false,
    }
}

pub(super) fn rep(id: &str, start_ms: u64, end_ms: u64, text: &str) -> Utterance {
    said(id, Speaker::Rep, start_ms, end_ms, text)
}

pub(super) fn persona(id: &str, start_ms: u64, end_ms: u64, text: &str) -> Utterance {
    said(id, Speaker::Persona, start_ms, end_ms, text)
}

pub(super) fn with_words(utterance: Utterance, times_ms: &[(u64, u64)]) -> Utterance {
    let word = |&(start_ms, end_ms)| Word { text: String::new(), start_ms, end_ms };
    Utterance { words: times_ms.iter().map(word).collect(), ..utterance }
}

pub(super) fn call(duration_ms: u64, utterances: &[Utterance]) -> RecordParts {
    RecordParts { duration_ms, utterances: utterances.to_vec(), ..RecordParts::default() }
}

/// What is printed for a record.
pub(super) fn printed(parts: RecordParts) -> Value {
    let record = CallRecord::new(parts).expect("a good record");
    serde_json::from_str(&compute(&record).to_json()).expect("JSON")
}

/// The value at a path such as `rep.wpm`.
pub(super) fn at<'v>(kpis: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(kpis, |value, field| {
        value.get(field).unwrap_or_else(|| panic!("no {field} for {path}"))
    })
}

#[track_caller]
pub(super) fn expect(kpis: &Value, path: &str, value: Value) {
    assert_eq!(*at(kpis, path), value, "{path}");
}

#[track_caller]
pub(super) fn expect_reason(kpis: &Value, path: &str, reason: &str) {
    assert_eq!(kpis["reasons"][path], reason, "the reason for {path}");
}

#[test]
fn pauses() {
    let a = with_words(
        rep("a", 0, 10_000, "one two three"),
        &[(0, 1_000), (2_800, 4_000), (7_500, 9_500)],
    );
    let kpis = printed(call(12_000, &[a]));
    expect(&kpis, "rep.talk_ms", json!(6_000));
    expect(&kpis, "call.silences", json!([{"start_ms": 4_000, "end_ms": 7_500}]));
    expect(&kpis, "call.silence_ms", json!(3_500));
    expect(&kpis, "call.silence_share", json!(0.2917));
    expect(&kpis, "call.lead_in_ms", json!(0));
    expect(&kpis, "call.tail_ms", json!(2_500));
    expect(&kpis, "call.talk_listen", json!({"rep_share": 1.0, "display": "100:0"}));
    expect_reason(&kpis, "call.talk_listen", "one_side_silent");
    expect(&kpis, "rep.wpm", Value::Null);
    expect_reason(&kpis, "rep.wpm", "too_few_tokens");
    expect_reason(&kpis, "persona.wpm", "no_talk");
    // Own pauses count, the one that is a silence too.
    expect(&kpis, "rep.longest_monologue_ms", json!(9_500));
}

#[test]
fn overlaps() {
    let kpis = printed(call(
        12_000,
        &[
            persona("a", 0, 5_000, "word"),
            rep("b", 4_000, 8_000, "word"),
            persona("c", 7_800, 9_000, "word"),
            rep("d", 10_000, 11_000, "word"),
            persona("e", 10_000, 12_000, "word"),
        ],
    ));
    let first = json!({"start_ms": 4_000, "end_ms": 5_000, "later": "rep",
        "rep_utterance": "b", "persona_utterance": "a"});
    expect(
        &kpis,
        "call.overlaps",
        json!([
            first,
            {"start_ms": 7_800, "end_ms": 8_000, "later": "persona",
                "rep_utterance": "b", "persona_utterance": "c"},
            {"start_ms": 10_000, "end_ms": 11_000, "later": "both",
                "rep_utterance": "d", "persona_utterance": "e"},
        ]),
    );
    expect(&kpis, "call.overlap_ms", json!(2_200));
    expect(&kpis, "call.speech_ms", json!(11_000));
    expect(&kpis, "call.overlap_share_of_speech", json!(0.2));
    expect(&kpis, "rep.interruptions", json!({"raw": 1, "count": 1, "events": [first]}));
    expect(&kpis, "persona.interruptions", json!({"raw": 1, "count": 0, "events": []}));
    expect(&kpis, "call.talk_listen", json!({"rep_share": 0.3788, "display": "38:62"}));
}

#[test]
fn a_voice_that_is_cut_off() {
    let a = with_words(
        persona("a", 0, 4_000, "one two three"),
        &[(0, 1_000), (1_100, 2_000), (2_100, 3_600)],
    );
    let b = rep("b", 3_750, 9_000, "word");
    let cut_off = Utterance { interrupted: true, ..a.clone() };
    let kpis = printed(call(9_000, &[cut_off, b.clone()]));
    expect(&kpis, "persona.talk_ms", json!(4_000));
    expect(&kpis, "rep.interruptions.count", json!(1));
    expect(&kpis, "rep.response_overlaps", json!(1));
    expect(
        &kpis,
        "rep.response_ms.events",
        json!([{"at_ms": 3_750, "utterance_id": "b", "response_ms": -250}]),
    );
    expect_reason(&kpis, "rep.response_ms.median", "no_responses");

    let kpis = printed(call(9_000, &[a, b]));
    expect(&kpis, "persona.talk_ms", json!(3_600));
    expect(&kpis, "call.overlap_ms", json!(0));
    expect(&kpis, "rep.interruptions.raw", json!(0));
    expect(&kpis, "rep.response_ms.median", json!(150));
}

fn turns() -> Vec<Utterance> {
    vec![
        persona("a", 0, 10_000, "word"),
        rep("b", 3_000, 3_600, "Mm-hmm."),
        rep("c", 10_400, 10_900, "Got it."),
        rep("d", 12_000, 15_000, "word"),
        persona("e", 14_800, 20_000, "word"),
        rep("f", 21_000, 24_000, "word"),
    ]
}

#[test]
fn turns_and_responses() {
    let kpis = printed(call(25_000, &turns()));
    expect(
        &kpis,
        "rep.backchannels",
        json!({"count": 1, "events": [{"at_ms": 3_000, "utterance_id": "b"}]}),
    );
    expect(&kpis, "call.speaker_switches", json!(3));
    expect(&kpis, "call.interactivity_per_min", json!(7.2));
    expect(
        &kpis,
        "rep.response_ms",
        json!({"median": 400, "p90": 1_000, "events": [
            {"at_ms": 10_400, "utterance_id": "c", "response_ms": 400},
            {"at_ms": 21_000, "utterance_id": "f", "response_ms": 1_000},
        ]}),
    );
    expect(&kpis, "rep.response_overlaps", json!(0));
    expect(
        &kpis,
        "persona.response_ms",
        json!({"median": null, "p90": null, "events": [
            {"at_ms": 14_800, "utterance_id": "e", "response_ms": -200},
        ]}),
    );
    expect(&kpis, "persona.response_overlaps", json!(1));
    expect_reason(&kpis, "persona.response_ms.median", "no_responses");
    expect_reason(&kpis, "persona.response_ms.p90", "no_responses");
}

#[test]
fn a_response_starts_from_the_latest_end_of_the_turn_before() {
    let utterances = [
        persona("a", 0, 10_000, "word"),
        persona("b", 2_000, 4_000, "word"),
        rep("c", 10_500, 12_000, "word"),
    ];
    let kpis = printed(call(25_000, &utterances));
    expect(&kpis, "rep.response_ms.median", json!(500));
}

#[test]
fn going_on_over_an_interruption_is_no_response() {
    let count = |first_ends_ms| {
        let utterances = [
            rep("a", 0, first_ends_ms, "word"),
            persona("b", 5_000, 6_000, "word"),
            rep("c", 8_000, 9_000, "word"),
        ];
        let kpis = printed(call(25_000, &utterances));
        at(&kpis, "rep.response_ms.events").as_array().expect("a list").len()
    };
    assert_eq!(count(6_000), 1);
    assert_eq!(count(6_001), 0);
}

#[test]
fn a_backchannel_between_two_utterances_of_the_other_side() {
    let mut utterances = turns();
    utterances.push(persona("g", 11_500, 11_900, "word"));
    let kpis = printed(call(25_000, &utterances));
    expect(&kpis, "rep.backchannels.count", json!(2));
    expect(&kpis, "call.speaker_switches", json!(3));
    expect(
        &kpis,
        "rep.response_ms.events",
        json!([
            {"at_ms": 12_000, "utterance_id": "d", "response_ms": 100},
            {"at_ms": 21_000, "utterance_id": "f", "response_ms": 1_000},
        ]),
    );
    expect(&kpis, "rep.response_ms.median", json!(100));
    expect(&kpis, "rep.response_ms.p90", json!(1_000));
}

#[test]
fn an_answer_is_no_backchannel() {
    let kpis = |question, start_ms, end_ms| {
        let a = persona("a", 0, 10_000, question);
        printed(call(25_000, &[a, rep("b", start_ms, end_ms, "Yeah.")]))
    };
    let asked = "Is that your own home?";
    expect(&kpis(asked, 9_800, 10_200), "rep.backchannels.count", json!(0));
    expect(&kpis(asked, 9_800, 10_000), "rep.backchannels.count", json!(1));
    expect(&kpis("That is my home.", 9_800, 10_200), "rep.backchannels.count", json!(1));
    expect(&kpis("That is my home.", 10_000, 10_200), "rep.backchannels.count", json!(0));
}

#[test]
fn the_edges_of_a_backchannel() {
    // O ends at 5000; the candidate starts at its given time; the other side goes on at 7000.
    let count = |start_ms, end_ms, text: &str| {
        let utterances = [
            persona("o", 0, 5_000, "word"),
            rep("b", start_ms, end_ms, text),
            persona("p", 7_000, 8_000, "word"),
        ];
        at(&printed(call(9_000, &utterances)), "rep.backchannels.count").clone()
    };
    for (start_ms, end_ms, text, expected) in [
        (5_500, 6_000, "Right.", 1),
        (5_501, 6_001, "Right.", 0),
        (5_500, 5_999, "Right.", 0),
        (5_400, 6_400, "Right.", 1),
        (5_400, 6_401, "Right.", 0),
        (1_000, 1_500, "Yeah yeah yeah", 1),
        (1_000, 1_500, "Yeah yeah yeah yeah", 0),
        (1_000, 1_500, "Yeah no", 0),
    ] {
        assert_eq!(count(start_ms, end_ms, text), expected, "{start_ms} {end_ms} {text}");
    }
}

#[test]
fn monologues() {
    let kpis = printed(call(
        70_000,
        &[
            rep("a", 0, 30_000, "word"),
            persona("b", 20_000, 20_500, "Okay."),
            rep("c", 32_000, 70_000, "word"),
            persona("e", 65_000, 66_000, "Wait, hold on."),
        ],
    ));
    expect(&kpis, "rep.longest_monologue_ms", json!(65_000));
    expect(
        &kpis,
        "rep.monologues",
        json!({"count": 1, "events": [{"start_ms": 0, "end_ms": 65_000}]}),
    );
    expect(&kpis, "rep.talk_ms", json!(68_000));
    expect(&kpis, "persona.longest_monologue_ms", json!(1_000));
    expect(
        &kpis,
        "persona.monologues",
        json!({"count": 0, "events": [{"start_ms": 65_000, "end_ms": 66_000}]}),
    );
}

#[test]
fn the_other_side_ends_a_monologue_only_where_it_talks() {
    let monologues = |pause: &[(u64, u64)]| {
        let long = with_words(persona("p", 1_000, 9_500, "one two"), pause);
        let utterances = [rep("a", 500, 2_500, "word"), rep("b", 6_000, 9_000, "word"), long];
        at(&printed(call(10_000, &utterances)), "rep.monologues.events").clone()
    };
    // The gap of the rep lies in a pause of the persona, who is still in the same utterance.
    assert_eq!(
        monologues(&[(1_000, 2_000), (9_000, 9_500)]),
        json!([{"start_ms": 1_000, "end_ms": 9_000}])
    );
    assert_eq!(
        monologues(&[(1_000, 2_600), (9_000, 9_500)]),
        json!([{"start_ms": 6_000, "end_ms": 9_000}])
    );
    // Where the other side starts just as the rep goes on, what came before is over.
    let utterances = [
        rep("a", 0, 2_000, "word"),
        rep("b", 3_000, 4_000, "word"),
        persona("p", 3_000, 3_500, "word"),
    ];
    let kpis = printed(call(10_000, &utterances));
    expect(&kpis, "rep.monologues.events", json!([{"start_ms": 0, "end_ms": 2_000}]));
}

#[test]
fn nothing() {
    let kpis = printed(call(60_000, &[]));
    expect(&kpis, "call.lead_in_ms", json!(60_000));
    expect(&kpis, "call.tail_ms", json!(0));
    expect(&kpis, "call.silence_share", json!(0.0));
    expect(&kpis, "call.interactivity_per_min", json!(0.0));
    expect(&kpis, "call.talk_listen", Value::Null);
    expect(&kpis, "rep.longest_monologue_ms", json!(0));
    expect(&kpis, "rep.backchannels.count", json!(0));
    for (path, reason) in [
        ("call.talk_listen", "no_speech"),
        ("call.overlap_share_of_speech", "no_speech"),
        ("rep.wpm", "no_talk"),
        ("persona.wpm", "no_talk"),
        ("rep.response_ms.median", "no_responses"),
        ("persona.response_ms.p90", "no_responses"),
        ("rep.fillers.per_min", "no_talk"),
        ("rep.hedges.per_100_words", "no_tokens"),
    ] {
        expect_reason(&kpis, path, reason);
    }
    expect(&kpis, "rep.questions.per_10_min", json!(0.0));
    expect(&kpis, "rep.pace_by_minute", json!([null]));
    expect(&kpis, "rep.fillers.count", json!(0));
    expect(
        &kpis,
        "scenario",
        json!({"facts_revealed": [], "goals": [], "objections": [], "required_phrases": [], "targets": []}),
    );
    expect(&kpis, "version", json!(VERSION));
}

#[test]
fn a_call_of_no_length() {
    let kpis = printed(call(0, &[]));
    expect_reason(&kpis, "call.silence_share", "no_duration");
    expect_reason(&kpis, "call.interactivity_per_min", "no_duration");
    expect_reason(&kpis, "rep.questions.per_10_min", "no_duration");
}

#[test]
fn an_interruption_counts_once_for_each_utterance_that_interrupts() {
    // The rep's one utterance meets three pieces of the persona's; the first is too young.
    let a = with_words(
        persona("a", 500, 20_000, "one two three"),
        &[(500, 3_000), (6_000, 9_000), (12_000, 15_000)],
    );
    let b = with_words(
        rep("b", 1_000, 16_000, "one two three"),
        &[(1_000, 4_000), (7_500, 10_500), (13_500, 16_000)],
    );
    let kpis = printed(call(20_000, &[a, b]));
    expect(&kpis, "rep.interruptions.raw", json!(3));
    expect(&kpis, "rep.interruptions.count", json!(1));
    expect(
        &kpis,
        "rep.interruptions.events",
        json!([{"start_ms": 7_500, "end_ms": 9_000,
        "later": "rep", "rep_utterance": "b", "persona_utterance": "a"}]),
    );
}

#[test]
fn overlaps_at_the_same_time_follow_the_order_of_utterances() {
    let kpis = printed(call(
        9_000,
        &[
            persona("z", 0, 5_000, "word"),
            persona("y", 0, 5_000, "word"),
            rep("b", 1_000, 2_000, "word"),
            rep("a", 1_000, 2_000, "word"),
        ],
    ));
    let pairs: Vec<(&str, &str)> = at(&kpis, "call.overlaps")
        .as_array()
        .expect("a list")
        .iter()
        .map(|overlap| {
            let id = |side: &str| overlap[side].as_str().expect("an id");
            (id("persona_utterance"), id("rep_utterance"))
        })
        .collect();
    assert_eq!(pairs, [("y", "a"), ("y", "b"), ("z", "a"), ("z", "b")]);
    expect(&kpis, "call.overlap_ms", json!(1_000));
}

#[test]
fn a_language_without_word_lists_has_no_backchannels() {
    let mut parts = call(25_000, &turns());
    parts.language = Some("ar-EG".to_owned());
    let kpis = printed(parts.clone());
    for side in ["rep", "persona"] {
        expect(&kpis, &format!("{side}.backchannels"), json!({"count": null, "events": []}));
        expect_reason(&kpis, &format!("{side}.backchannels.count"), "language_not_supported");
    }
    // b takes a turn now: a, b + c + d, e, f.
    expect(&kpis, "call.speaker_switches", json!(3));
    expect(
        &kpis,
        "rep.response_ms.events",
        json!([
            {"at_ms": 3_000, "utterance_id": "b", "response_ms": -7_000},
            {"at_ms": 21_000, "utterance_id": "f", "response_ms": 1_000},
        ]),
    );
    parts.language = Some("EN".to_owned());
    expect(&printed(parts), "rep.backchannels.count", json!(1));
}

#[test]
fn thresholds_can_be_overridden_and_are_printed() {
    let mut parts = call(12_000, &[rep("a", 0, 1_000, "x"), rep("b", 3_000, 4_000, "x")]);
    parts.params.insert(Threshold::SilenceMs, 1_999);
    let kpis = printed(parts.clone());
    expect(&kpis, "call.silence_ms", json!(2_000));
    expect(&kpis, "params.silence_ms", json!(1_999));
    expect(
        &kpis,
        "params",
        json!({
            "backchannel_after_ms": 500, "backchannel_max_ms": 1_000, "backchannel_max_tokens": 3,
            "backchannel_resume_ms": 1_000, "min_age_ms": 1_000, "min_overlap_ms": 500,
            "min_pace_ms": 5_000, "min_wpm_ms": 10_000, "min_wpm_tokens": 20, "monologue_ms": 60_000,
            "pause_ms": 1_800, "silence_ms": 1_999,
        }),
    );
    parts.params.insert(Threshold::SilenceMs, 2_000);
    expect(&printed(parts), "call.silences", json!([]));
}

#[test]
fn keys_are_sorted_and_nothing_unbuilt_is_shown() {
    let mut parts = call(25_000, &turns());
    let target = Target { min: Some(0.into()), max: None };
    parts.scenario.targets.insert("rep.wpm".to_owned(), target);
    let record = CallRecord::new(parts).expect("a good record");
    let line = compute(&record).to_json();
    // serde_json's own map sorts its keys, so writing the parsed line again must not move anything.
    let sorted: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(serde_json::to_string(&sorted).expect("JSON"), line);
    assert!(!line.contains('\n'));
    let fields = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(
        fields(&sorted),
        ["call", "cautions", "params", "persona", "reasons", "rep", "scenario", "version"]
    );
    let both = [
        "backchannels",
        "interruptions",
        "longest_monologue_ms",
        "monologues",
        "response_ms",
        "response_overlaps",
        "talk_ms",
        "tokens",
        "wpm",
    ];
    assert_eq!(fields(&sorted["persona"]), both);
    let mut rep = [&both[..], &["fillers", "hedges", "pace_by_minute", "questions"]].concat();
    rep.sort_unstable();
    assert_eq!(fields(&sorted["rep"]), rep);
}
