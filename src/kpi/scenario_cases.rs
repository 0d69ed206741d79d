//! Worked cases of what a scenario asks.

use std::collections::BTreeMap;

use ringcraft_media::record::{
    Near, RecordEvent, RecordParts, RequiredPhrase, ScenarioRules, Tagged, Target,
};
use serde_json::{Number, Value, json};

use super::cases::{at, call, expect, persona, printed, rep};

fn tagged(at_ms: u64, tag: &str, utterance_id: Option<&str>) -> Tagged {
    Tagged { at_ms, tag: tag.to_owned(), utterance_id: utterance_id.map(str::to_owned) }
}

fn phrase(id: &str, any_of: &[&str]) -> RequiredPhrase {
    RequiredPhrase {
        id: id.to_owned(),
        any_of: any_of.iter().map(|form| form.to_string()).collect(),
        within_ms_of_start: None,
        within_ms_of: None,
    }
}

fn near(phrase: RequiredPhrase, other: &str, ms: u64) -> RequiredPhrase {
    RequiredPhrase { within_ms_of: Some(Near { phrase: other.to_owned(), ms }), ..phrase }
}

fn loan() -> RecordParts {
    let mut parts = call(
        60_000,
        &[
            rep("a", 10_000, 15_000, "Your A P R is six"),
            persona("b", 16_000, 20_000, "word"),
            rep("c", 21_000, 26_000, "Get a Loan-Estimate, please"),
        ],
    );
    let estimate = near(phrase("estimate", &["Loan Estimate"]), "apr", 20_000);
    parts.scenario.required_phrases = vec![
        phrase("apr", &["APR", "annual percentage rate"]),
        RequiredPhrase { within_ms_of_start: Some(600_000), ..estimate },
    ];
    parts.events = vec![
        RecordEvent::ObjectionSatisfied(tagged(26_000, "lower_quote", Some("c"))),
        RecordEvent::ObjectionRaised(tagged(16_000, "lower_quote", None)),
    ];
    parts
}

#[test]
fn phrases_and_objections() {
    let kpis = printed(loan());
    expect(
        &kpis,
        "scenario.required_phrases",
        json!([
            {"id": "apr", "hit": true, "at_ms": 10_833, "utterance_id": "a"},
            {"id": "estimate", "hit": true, "at_ms": 23_500, "utterance_id": "c"},
        ]),
    );
    expect(
        &kpis,
        "scenario.objections",
        json!([{"tag": "lower_quote", "raised_at_ms": 16_000, "satisfied_at_ms": 26_000,
            "turns_to_satisfy": 1, "utterance_id": "c"}]),
    );
}

#[test]
fn windows_of_phrases_include_their_edges() {
    let hit = |start_ms, near_ms| {
        let mut parts = loan();
        let estimate = &mut parts.scenario.required_phrases[1];
        estimate.within_ms_of_start = Some(start_ms);
        estimate.within_ms_of = Some(Near { phrase: "apr".to_owned(), ms: near_ms });
        at(&printed(parts), "scenario.required_phrases")[1].clone()
    };
    assert_eq!(hit(23_500, 12_667)["hit"], true);
    let missed = json!({"id": "estimate", "hit": false, "at_ms": null, "utterance_id": null});
    assert_eq!(hit(23_499, 12_667), missed);
    assert_eq!(hit(23_500, 12_666), missed);
}

#[test]
fn the_other_phrase_may_lie_outside_its_own_window() {
    let mut parts = loan();
    parts.scenario.required_phrases[0].within_ms_of_start = Some(5_000);
    let kpis = printed(parts);
    assert_eq!(at(&kpis, "scenario.required_phrases")[0]["hit"], false);
    assert_eq!(at(&kpis, "scenario.required_phrases")[1]["hit"], true);
}

#[test]
fn phrases_match_however_they_are_spelled() {
    let hit = |form: &str, text: &str| {
        let mut parts = call(60_000, &[rep("a", 0, 10_000, text)]);
        parts.scenario.required_phrases = vec![phrase("x", &[form])];
        at(&printed(parts), "scenario.required_phrases")[0]["at_ms"].as_u64()
    };
    for (form, text, at_ms) in [
        ("APR", "the a.p.r. is", Some(3_333)),
        ("pre-qual", "a pre - qual", Some(2_500)),
        ("NMLS 12", "my N M L S one two", Some(1_428)),
        ("6.5", "6.5%", Some(0)),
        ("6.5", "65", None),
        ("APR", "april", None),
        ("APR", "paprika", None),
        ("pr", "A P R", Some(3_333)),
        ("one one two", "1 1 1 2", Some(2_500)),
        ("annual percentage rate", "Annual, percentage; RATE!", Some(0)),
    ] {
        assert_eq!(hit(form, text), at_ms, "{form} in {text}");
    }
    // The persona's words do not count.
    let mut parts = call(60_000, &[persona("a", 0, 10_000, "APR")]);
    parts.scenario.required_phrases = vec![phrase("x", &["APR"])];
    assert_eq!(at(&printed(parts), "scenario.required_phrases")[0]["hit"], false);
}

#[test]
fn objections_goals_and_facts_go_by_their_first_event() {
    let mut parts = call(60_000, &[rep("a", 0, 1_000, "x"), rep("b", 2_000, 3_000, "x")]);
    parts.scenario.goals = vec!["link".to_owned(), "date".to_owned()];
    parts.events = vec![
        RecordEvent::ObjectionSatisfied(tagged(5_000, "fees", Some("a"))),
        RecordEvent::ObjectionRaised(tagged(6_000, "fees", None)),
        RecordEvent::ObjectionSatisfied(tagged(6_000, "fees", Some("b"))),
        RecordEvent::ObjectionSatisfied(tagged(6_000, "fees", Some("a"))),
        RecordEvent::ObjectionRaised(tagged(9_000, "bank", None)),
        RecordEvent::ObjectionSatisfied(tagged(1_000, "spouse", None)),
        RecordEvent::FactRevealed(tagged(4_000, "lease", Some("a"))),
        RecordEvent::FactRevealed(tagged(4_000, "lease", None)),
        RecordEvent::FactRevealed(tagged(3_000, "twins", Some("b"))),
        RecordEvent::GoalReached(tagged(8_000, "email", Some("b"))),
        RecordEvent::GoalReached(tagged(7_000, "link", Some("a"))),
    ];
    let kpis = printed(parts);
    expect(
        &kpis,
        "scenario.objections",
        json!([
            {"tag": "bank", "raised_at_ms": 9_000, "satisfied_at_ms": null,
                "turns_to_satisfy": null, "utterance_id": null},
            {"tag": "fees", "raised_at_ms": 6_000, "satisfied_at_ms": 6_000,
                "turns_to_satisfy": 0, "utterance_id": "a"},
            {"tag": "spouse", "raised_at_ms": null, "satisfied_at_ms": null,
                "turns_to_satisfy": null, "utterance_id": null},
        ]),
    );
    expect(
        &kpis,
        "scenario.facts_revealed",
        json!([
            {"tag": "lease", "at_ms": 4_000, "utterance_id": null},
            {"tag": "twins", "at_ms": 3_000, "utterance_id": "b"},
        ]),
    );
    expect(
        &kpis,
        "scenario.goals",
        json!([
            {"tag": "date", "reached_at_ms": null, "utterance_id": null},
            {"tag": "email", "reached_at_ms": 8_000, "utterance_id": "b"},
            {"tag": "link", "reached_at_ms": 7_000, "utterance_id": "a"},
        ]),
    );
}

#[test]
fn targets_are_held_against_the_value_as_printed() {
    let bound = |bound: f64| Number::from_f64(bound);
    let mut parts =
        call(60_000, &[rep("a", 0, 3_500, "word"), persona("b", 4_000, 12_500, "word")]);
    let mut targets = BTreeMap::new();
    for (kpi, min, max) in [
        // 3500 / 12000 is a little less than what is printed, 0.2917.
        ("call.talk_listen.rep_share", bound(0.2917), bound(0.2917)),
        ("call.speech_ms", None, bound(11_999.5)),
        ("rep.tokens", Some(1.into()), None),
        ("rep.wpm", Some(120.into()), Some(180.into())),
    ] {
        targets.insert(kpi.to_owned(), Target { min, max });
    }
    parts.scenario = ScenarioRules { targets, ..ScenarioRules::default() };
    expect(
        &printed(parts),
        "scenario.targets",
        json!([
            {"kpi": "call.speech_ms", "min": null, "max": 11_999.5, "value": 12_000, "met": false},
            {"kpi": "call.talk_listen.rep_share", "min": 0.2917, "max": 0.2917, "value": 0.2917, "met": true},
            {"kpi": "rep.tokens", "min": 1, "max": null, "value": 1, "met": true},
            {"kpi": "rep.wpm", "min": 120, "max": 180, "value": null, "met": null},
        ]),
    );
}

#[test]
fn every_target_path_that_is_built_has_a_number() {
    // All numbers of this call have a value, so a path without one is misspelled here or there.
    let talk = vec!["word"; 40].join(" ");
    let parts = call(
        60_000,
        &[
            rep("a", 0, 20_000, &talk),
            persona("b", 21_000, 41_000, &talk),
            rep("c", 42_000, 45_000, "word"),
        ],
    );
    let kpis = printed(parts);
    for path in ringcraft_media::record::NUMBER_PATHS {
        let value = path.split('.').try_fold(&kpis, |value: &Value, name| value.get(name));
        let is_built = !path.ends_with("sentiment.mean");
        assert_eq!(value.is_some_and(Value::is_number), is_built, "{path}");
    }
}
