//! Worked cases of what is counted in words: pace, fillers, hedges, questions.

use ringcraft_media::record::{RecordParts, Threshold};
use serde_json::{Value, json};

use super::cases::{at, call, expect, expect_reason, persona, printed, rep, with_words};

#[test]
fn rates_need_enough_to_rest_on() {
    let text = |tokens| vec!["word"; tokens].join(" ");
    let wpm = |tokens, talk_ms| {
        let kpis = printed(call(60_000, &[rep("a", 0, talk_ms, &text(tokens))]));
        (at(&kpis, "rep.wpm").clone(), kpis["reasons"]["rep.wpm"].clone())
    };
    assert_eq!(wpm(70, 30_000), (json!(140.0), Value::Null));
    assert_eq!(wpm(20, 10_000), (json!(120.0), Value::Null));
    assert_eq!(wpm(19, 9_999), (Value::Null, json!("too_few_tokens")));
    assert_eq!(wpm(20, 9_999), (Value::Null, json!("too_little_talk")));
    assert_eq!(wpm(37, 11_000), (json!(201.82), Value::Null));
}

#[test]
fn pace() {
    let words = |count| vec!["word"; count].join(" ");
    let utterances = [rep("a", 0, 20_000, &words(50)), rep("b", 55_000, 65_000, &words(20))];
    let mut parts = call(125_000, &utterances);
    let kpis = printed(parts.clone());
    expect(&kpis, "rep.pace_by_minute", json!([144.0, 120.0]));
    expect(&kpis, "rep.wpm", json!(140.0));
    parts.params.insert(Threshold::MinPaceMs, 5_001);
    expect(&printed(parts.clone()), "rep.pace_by_minute", json!([144.0, null]));
    // A minute without talk has no pace, whatever is asked for.
    parts.params.insert(Threshold::MinPaceMs, 0);
    parts.duration_ms = 180_000;
    expect(&printed(parts), "rep.pace_by_minute", json!([144.0, 120.0, null]));
}

#[test]
fn a_token_is_said_with_its_word() {
    // As many words as tokens: the second is said in the second minute, by its word.
    let said =
        with_words(rep("a", 50_000, 70_000, "one two"), &[(50_000, 55_000), (64_000, 70_000)]);
    let kpis = printed(call(120_000, &[said]));
    expect(&kpis, "rep.pace_by_minute", json!([12.0, 10.0]));
    // One word for two tokens: in proportion to the time from 50000 to 70000, at 50000 and 60000.
    let said = with_words(rep("a", 50_000, 70_000, "one two"), &[(50_000, 70_000)]);
    let kpis = printed(call(120_000, &[said]));
    expect(&kpis, "rep.pace_by_minute", json!([6.0, 6.0]));
}

const WORDY: &str = "So, um, I think we could, you know, sort of lock it, like, today. So right now it \
                     is like 6.5, right?";

fn wordy() -> RecordParts {
    call(60_000, &[rep("a", 0, 22_000, WORDY)])
}

#[test]
fn fillers_and_hedges() {
    let kpis = printed(wordy());
    expect(&kpis, "rep.tokens", json!(22));
    expect(
        &kpis,
        "rep.fillers",
        json!({
            "by_word": {"so": 1, "um": 1, "you know": 1, "like": 1},
            "count": 4,
            "events": [
                {"at_ms": 0, "utterance_id": "a", "word": "so"},
                {"at_ms": 1_000, "utterance_id": "a", "word": "um"},
                {"at_ms": 6_000, "utterance_id": "a", "word": "you know"},
                {"at_ms": 12_000, "utterance_id": "a", "word": "like"},
            ],
            "per_min": 10.91,
        }),
    );
    expect(
        &kpis,
        "rep.hedges",
        json!({
            "count": 1,
            "events": [{"at_ms": 2_000, "phrase": "i think", "utterance_id": "a"}],
            "per_100_words": 4.55,
        }),
    );
    expect(&kpis, "rep.questions.total", json!(0));
    expect(&kpis, "cautions", json!({}));
}

#[test]
fn fillers_by_their_place() {
    let found = |text: &str| {
        let kpis = printed(call(60_000, &[rep("a", 0, 10_000, text)]));
        let by_word = at(&kpis, "rep.fillers.by_word").as_object().expect("an object").clone();
        by_word.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    for (text, words) in [
        ("Right, so, we go", "right so"),
        ("So we go, right", ""),
        ("Done. Basically, yes", "basically"),
        ("Done basically, yes", ""),
        ("It is, kind of, fine", "kind of"),
        ("It is, kind, of, fine", ""),
        ("um uhhh er ah hm", "ah er hmm uh um"),
        ("I mean we go", ""),
        ("Dr. so, we go", ""),
    ] {
        assert_eq!(found(text), words, "{text}");
    }
}

#[test]
fn words_are_looked_for_in_what_the_rep_says_in_turns() {
    let kpis = printed(call(
        60_000,
        &[
            persona("p", 0, 10_000, "Um, maybe. What is it?"),
            rep("b", 3_000, 3_500, "Right, right"),
            rep("r", 20_000, 30_000, "Perhaps"),
        ],
    ));
    expect(&kpis, "rep.fillers.count", json!(0));
    expect(&kpis, "rep.questions.total", json!(0));
    expect(&kpis, "rep.hedges.count", json!(1));
    // Backchannels are tokens of the rep all the same.
    expect(&kpis, "rep.hedges.per_100_words", json!(33.33));
}

#[test]
fn a_language_without_word_lists_has_no_such_numbers() {
    let kpis = printed(RecordParts { language: Some("ar-EG".to_owned()), ..wordy() });
    expect(
        &kpis,
        "rep.fillers",
        json!({"by_word": {}, "count": null, "events": [], "per_min": null}),
    );
    expect(&kpis, "rep.hedges", json!({"count": null, "events": [], "per_100_words": null}));
    expect(
        &kpis,
        "rep.questions",
        json!({"closed": null, "events": [], "open": null, "per_10_min": null, "total": null}),
    );
    for path in [
        "rep.fillers.count",
        "rep.fillers.per_min",
        "rep.hedges.count",
        "rep.hedges.per_100_words",
        "rep.questions.closed",
        "rep.questions.open",
        "rep.questions.per_10_min",
        "rep.questions.total",
    ] {
        expect_reason(&kpis, path, "language_not_supported");
    }
}

#[test]
fn what_the_recogniser_cannot_give_is_said() {
    let mut parts = wordy();
    parts.recogniser.punctuation = false;
    let kpis = printed(parts.clone());
    let no_punctuation =
        json!({"rep.fillers.count": "no_punctuation", "rep.questions.total": "no_punctuation"});
    expect(&kpis, "cautions", no_punctuation);
    parts.recogniser.fillers = false;
    let kpis = printed(parts);
    for name in ["count", "per_min"] {
        expect(&kpis, &format!("rep.fillers.{name}"), Value::Null);
        expect_reason(&kpis, &format!("rep.fillers.{name}"), "recogniser_drops_fillers");
    }
    expect(&kpis, "cautions", json!({"rep.questions.total": "no_punctuation"}));
}

/// The kinds of the questions in a text.
fn kinds(text: &str) -> Vec<String> {
    let kpis = printed(call(60_000, &[rep("a", 0, 10_000, text)]));
    let events = at(&kpis, "rep.questions.events").as_array().expect("a list").clone();
    let kinds = events.iter().map(|event| event["kind"].as_str().expect("a kind").to_owned());
    kinds.collect()
}

#[test]
fn open_questions() {
    for text in [
        "So, what brings you in?",
        "When you refinance, what matters most?",
        "Could you tell me a bit about your income?",
        "Tell me about Mr. Lee.",
        "Tell me one, two, three about it.",
        "what time works for you",
        "Or what is the plan?",
        "Well, how’s your search going so far?",
        "Would you please just walk me through it?",
        "Describe your home!",
        "How are you? Why now",
        "How are you, and what brings you in?",
        "What's new?",
    ] {
        assert_eq!(kinds(text), ["open"], "{text}");
    }
}

#[test]
fn closed_questions() {
    for text in [
        "How much do you owe?",
        "Is it fixed or adjustable?",
        "Would tomorrow work?",
        "How long, or how far?",
        "is the house yours",
        "Do you rent",
        "Who referred you?",
        "What works, mornings or evenings?",
        "Could you tell me your rate?",
        "Tell me your name.",
        "Tell me one, two, three, four about it.",
        "Really?",
        "You own the house?",
    ] {
        assert_eq!(kinds(text), ["closed"], "{text}");
    }
}

#[test]
fn no_questions() {
    for text in [
        "How are you today?",
        "So, how's it going this morning?",
        "how have you been",
        "You're in Austin, right?",
        "That is a lot, isn't it?",
        "That helps, you see?",
        "What I do is send a link.",
        "when you are ready we start",
        "do the math",
        "have it your way",
        "What a day.",
        "Is it.",
        "?",
        "- ?",
        "",
    ] {
        assert!(kinds(text).is_empty(), "{text}");
    }
}

#[test]
fn questions_name_their_place_and_words() {
    let text = "I see.  What  brings you in? You, maybe?";
    let mut parts =
        call(120_000, &[rep("b", 10_000, 19_000, text), rep("a", 60_000, 61_000, "Why now?")]);
    let kpis = printed(parts.clone());
    expect(
        &kpis,
        "rep.questions",
        json!({
            "closed": 1,
            "events": [
                {"at_ms": 12_250, "kind": "open", "text": "What brings you in?", "utterance_id": "b"},
                {"at_ms": 16_750, "kind": "closed", "text": "You, maybe?", "utterance_id": "b"},
                {"at_ms": 60_000, "kind": "open", "text": "Why now?", "utterance_id": "a"},
            ],
            "open": 2,
            "per_10_min": 15.0,
            "total": 3,
        }),
    );
    parts.utterances.reverse();
    assert_eq!(printed(parts), kpis);
}
