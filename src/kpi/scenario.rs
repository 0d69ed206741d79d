//! What the call reached of what its scenario asks.

use std::collections::BTreeMap;

use ringcraft_media::record::{RecordEvent, RecordParts, Speaker, Tagged, Target};
use serde::Serialize;
use serde_json::Number;

use super::conversation::Conversation;
use super::phrase;

/// What the call reached of what its scenario asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioKpis {
    /// Hidden facts the buyer told.
    pub facts_revealed: Vec<Fact>,
    /// Goals of the scenario, and others that were reached.
    pub goals: Vec<Goal>,
    /// Objections of the buyer.
    pub objections: Vec<Objection>,
    /// Phrases the rep must say.
    pub required_phrases: Vec<PhraseHit>,
    /// Where KPIs should lie.
    pub targets: Vec<TargetResult>,
}

/// A fact the buyer told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// When, for the first time.
    pub at_ms: u64,
    /// The fact.
    pub tag: String,
    /// Where it was told.
    pub utterance_id: Option<String>,
}

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Goal {
    /// When it was reached, if it was.
    pub reached_at_ms: Option<u64>,
    /// The goal.
    pub tag: String,
    /// Where it was reached.
    pub utterance_id: Option<String>,
}

/// An objection. One that was not raised is no failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Objection {
    /// When it was raised first.
    pub raised_at_ms: Option<u64>,
    /// When it was first satisfied, not before it was raised.
    pub satisfied_at_ms: Option<u64>,
    /// The objection.
    pub tag: String,
    /// Turns of the rep from the one to the other.
    pub turns_to_satisfy: Option<u64>,
    /// Where it was satisfied.
    pub utterance_id: Option<String>,
}

/// Whether a required phrase was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhraseHit {
    /// When it was said first where it counts.
    pub at_ms: Option<u64>,
    /// Whether it was said where it counts.
    pub hit: bool,
    /// The phrase.
    pub id: String,
    /// Where it was said.
    pub utterance_id: Option<String>,
}

/// Where a KPI should lie, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetResult {
    /// The path of the KPI.
    pub kpi: String,
    /// The largest good value.
    pub max: Option<Number>,
    /// Whether the value is a good one; unknown where there is no value.
    pub met: Option<bool>,
    /// The smallest good value.
    pub min: Option<Number>,
    /// The value as it is printed.
    pub value: Option<Number>,
}

/// What the call reached, with the numbers of which targets speak.
pub(super) fn scenario(
    conversation: &Conversation<'_>,
    parts: &RecordParts,
    numbers: &serde_json::Value,
) -> ScenarioKpis {
    let happened = Happened::new(&parts.events);
    let goals: BTreeMap<&str, Option<&Tagged>> = parts
        .scenario
        .goals
        .iter()
        .map(|tag| (tag.as_str(), None))
        .chain(happened.reached.iter().map(|(tag, events)| (*tag, events.first().copied())))
        .collect();
    ScenarioKpis {
        facts_revealed: happened
            .revealed
            .values()
            .filter_map(|events| events.first())
            .map(|event| Fact {
                at_ms: event.at_ms,
                tag: event.tag.clone(),
                utterance_id: event.utterance_id.clone(),
            })
            .collect(),
        goals: goals
            .into_iter()
            .map(|(tag, event)| Goal {
                reached_at_ms: event.map(|event| event.at_ms),
                tag: tag.to_owned(),
                utterance_id: event.and_then(|event| event.utterance_id.clone()),
            })
            .collect(),
        objections: objections(conversation, &happened),
        required_phrases: phrase::hits(conversation, &parts.scenario.required_phrases),
        targets: parts
            .scenario
            .targets
            .iter()
            .map(|(kpi, target)| target_result(kpi, target, numbers))
            .collect(),
    }
}

type ByTag<'r> = BTreeMap<&'r str, Vec<&'r Tagged>>;

/// The events of the record by tag, each tag's in order.
struct Happened<'r> {
    raised: ByTag<'r>,
    satisfied: ByTag<'r>,
    revealed: ByTag<'r>,
    reached: ByTag<'r>,
}

impl<'r> Happened<'r> {
    fn new(events: &'r [RecordEvent]) -> Self {
        let (mut raised, mut satisfied, mut revealed, mut reached) =
            <(ByTag<'r>, ByTag<'r>, ByTag<'r>, ByTag<'r>)>::default();
        for event in events {
            let (by_tag, event) = match event {
                RecordEvent::ObjectionRaised(event) => (&mut raised, event),
                RecordEvent::ObjectionSatisfied(event) => (&mut satisfied, event),
                RecordEvent::FactRevealed(event) => (&mut revealed, event),
                RecordEvent::GoalReached(event) => (&mut reached, event),
                RecordEvent::ReplyTiming(_) | RecordEvent::ReplyLatency { .. } => continue,
            };
            by_tag.entry(event.tag.as_str()).or_default().push(event);
        }
        for by_tag in [&mut raised, &mut satisfied, &mut revealed, &mut reached] {
            for events in by_tag.values_mut() {
                // At the same moment, the event of no utterance is first.
                events.sort_unstable_by_key(|event| (event.at_ms, &event.utterance_id));
            }
        }
        Self { raised, satisfied, revealed, reached }
    }
}

fn objections(conversation: &Conversation<'_>, happened: &Happened<'_>) -> Vec<Objection> {
    let rep_starts_ms: Vec<u64> = conversation
        .turns
        .iter()
        .filter(|turn| turn.speaker == Speaker::Rep)
        .map(|turn| turn.start_ms)
        .collect();
    let tags: BTreeMap<&str, ()> =
        happened.raised.keys().chain(happened.satisfied.keys()).map(|tag| (*tag, ())).collect();
    tags.into_keys()
        .map(|tag| {
            let raised_at_ms =
                happened.raised.get(tag).and_then(|events| events.first()).map(|e| e.at_ms);
            let satisfied = raised_at_ms.and_then(|raised_at_ms| {
                let events = happened.satisfied.get(tag)?;
                events.get(events.partition_point(|event| event.at_ms < raised_at_ms))
            });
            let turns = raised_at_ms.zip(satisfied).map(|(raised_at_ms, satisfied)| {
                let before = |at_ms| rep_starts_ms.partition_point(|start_ms| *start_ms < at_ms);
                (before(satisfied.at_ms + 1) - before(raised_at_ms)) as u64
            });
            Objection {
                raised_at_ms,
                satisfied_at_ms: satisfied.map(|event| event.at_ms),
                tag: tag.to_owned(),
                turns_to_satisfy: turns,
                utterance_id: satisfied.and_then(|event| event.utterance_id.clone()),
            }
        })
        .collect()
}

fn target_result(kpi: &str, target: &Target, numbers: &serde_json::Value) -> TargetResult {
    let value = kpi.split('.').try_fold(numbers, |value, name| value.get(name));
    let value = value.and_then(|value| value.as_number().cloned());
    // Every printed value and every sensible bound is exact, or the nearest f64, on both sides.
    let met = value.as_ref().and_then(Number::as_f64).map(|value| {
        let is_within = |bound: &Option<Number>, holds: fn(f64, f64) -> bool| {
            bound.as_ref().and_then(Number::as_f64).is_none_or(|bound| holds(bound, value))
        };
        is_within(&target.min, |min, value| min <= value)
            && is_within(&target.max, |max, value| value <= max)
    });
    TargetResult {
        kpi: kpi.to_owned(),
        max: target.max.clone(),
        met,
        min: target.min.clone(),
        value,
    }
}
