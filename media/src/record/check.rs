//! The rules a record keeps, beyond the types of its fields.

use std::collections::BTreeSet;

use super::json::Place;
use super::{
    MAX_MS, Problem, RecordError, RecordEvent, RecordParts, ReplyTiming, RequiredPhrase,
    ScenarioRules, Threshold, Utterance, kpi_path, text,
};

const ROOT: Place<'static> = Place::Root;

/// Checks the parts of a record. `event_places` says where each event stood in the list it came from.
pub(super) fn check(parts: &RecordParts, event_places: &[usize]) -> Result<(), RecordError> {
    if MAX_MS < parts.duration_ms {
        return field("duration_ms").fail(Problem::Past("24 hours"));
    }
    if parts.language.as_deref().is_some_and(|tag| !is_language_tag(tag)) {
        return field("language").fail(Problem::Not("a language tag"));
    }
    check_utterances(parts)?;
    check_events(parts, event_places)?;
    check_scenario(&parts.scenario)?;
    for (name, threshold) in Threshold::ALL {
        if parts.params.get(&threshold).is_some_and(|value| MAX_MS < *value) {
            return Place::Field(&field("params"), name).fail(Problem::Past("86400000"));
        }
    }
    Ok(())
}

const fn field(name: &'static str) -> Place<'static> {
    Place::Field(&ROOT, name)
}

impl Place<'_> {
    fn fail(&self, problem: Problem) -> Result<(), RecordError> {
        Err(self.error(problem))
    }
}

/// Whether a tag has the form of RFC 5646, section 2.1: parts of one to eight letters and digits,
/// the first of letters. Whether its parts are registered is not asked.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    parts.next().is_some_and(|first| first.bytes().all(|b| b.is_ascii_alphabetic()))
        && tag.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

fn check_utterances(parts: &RecordParts) -> Result<(), RecordError> {
    let mut ids = BTreeSet::new();
    let list = field("utterances");
    for (i, utterance) in parts.utterances.iter().enumerate() {
        let place = Place::Item(&list, i);
        let id = Place::Field(&place, "id");
        if utterance.id.is_empty() {
            return id.fail(Problem::Empty);
        }
        if !ids.insert(utterance.id.as_str()) {
            return id.fail(Problem::NotUnique);
        }
        let end_ms = Place::Field(&place, "end_ms");
        if utterance.typed {
            check_typed(utterance, &place)?;
        } else if utterance.end_ms <= utterance.start_ms {
            return end_ms.fail(Problem::NoLength);
        }
        if parts.duration_ms < utterance.end_ms {
            return end_ms.fail(Problem::Past("duration_ms"));
        }
        check_words(utterance, &Place::Field(&place, "words"))?;
    }
    Ok(())
}

fn check_typed(utterance: &Utterance, place: &Place<'_>) -> Result<(), RecordError> {
    if utterance.end_ms != utterance.start_ms {
        return Place::Field(place, "end_ms").fail(Problem::TypedLength);
    }
    if !utterance.words.is_empty() {
        return Place::Field(place, "words").fail(Problem::TypedWords);
    }
    Ok(())
}

fn check_words(utterance: &Utterance, list: &Place<'_>) -> Result<(), RecordError> {
    let mut before = (utterance.start_ms, utterance.start_ms);
    for (i, word) in utterance.words.iter().enumerate() {
        let place = Place::Item(list, i);
        let (start_ms, end_ms) = (Place::Field(&place, "start_ms"), Place::Field(&place, "end_ms"));
        if word.start_ms < before.0 {
            let earlier = if i == 0 { "the utterance's" } else { "that of the word before" };
            return start_ms.fail(Problem::Before(earlier));
        }
        if word.end_ms < word.start_ms {
            return end_ms.fail(Problem::Before("start_ms"));
        }
        if word.end_ms < before.1 {
            return end_ms.fail(Problem::Before("that of the word before"));
        }
        if utterance.end_ms < word.end_ms {
            return end_ms.fail(Problem::Past("the end of the utterance"));
        }
        before = (word.start_ms, word.end_ms);
    }
    Ok(())
}

fn check_events(parts: &RecordParts, places: &[usize]) -> Result<(), RecordError> {
    let utterances: BTreeSet<&str> = parts.utterances.iter().map(|u| u.id.as_str()).collect();
    let list = field("events");
    for (event, place) in parts.events.iter().zip(places) {
        let place = Place::Item(&list, *place);
        if parts.duration_ms < event.at_ms() {
            return Place::Field(&place, "at_ms").fail(Problem::Past("duration_ms"));
        }
        if let RecordEvent::ReplyTiming(timing) = event {
            check_timing(timing, &place)?;
        }
        let (RecordEvent::ObjectionRaised(tagged)
        | RecordEvent::ObjectionSatisfied(tagged)
        | RecordEvent::FactRevealed(tagged)
        | RecordEvent::GoalReached(tagged)) = event
        else {
            continue;
        };
        if tagged.tag.is_empty() {
            return Place::Field(&place, "tag").fail(Problem::Empty);
        }
        if tagged.utterance_id.as_deref().is_some_and(|id| !utterances.contains(id)) {
            return Place::Field(&place, "utterance_id").fail(Problem::Unknown("utterance"));
        }
    }
    Ok(())
}

fn check_timing(timing: &ReplyTiming, place: &Place<'_>) -> Result<(), RecordError> {
    for (name, at_ms) in timing.moments() {
        if at_ms.is_some_and(|at_ms| timing.at_ms < at_ms) {
            return Place::Field(place, name).fail(Problem::Past("at_ms"));
        }
    }
    Ok(())
}

fn check_scenario(scenario: &ScenarioRules) -> Result<(), RecordError> {
    let at = field("scenario");
    check_phrases(&scenario.required_phrases, &Place::Field(&at, "required_phrases"))?;
    let goals = Place::Field(&at, "goals");
    if let Some(i) = scenario.goals.iter().position(String::is_empty) {
        return Place::Item(&goals, i).fail(Problem::Empty);
    }
    let targets = Place::Field(&at, "targets");
    for (kpi, target) in &scenario.targets {
        let place = Place::Field(&targets, kpi);
        if !kpi_path::is_number(kpi) {
            return place.fail(Problem::NoNumber);
        }
        if target.min.is_none() && target.max.is_none() {
            return place.fail(Problem::NoBound);
        }
    }
    Ok(())
}

fn check_phrases(phrases: &[RequiredPhrase], list: &Place<'_>) -> Result<(), RecordError> {
    let all_ids: BTreeSet<&str> = phrases.iter().map(|phrase| phrase.id.as_str()).collect();
    let mut ids = BTreeSet::new();
    for (i, phrase) in phrases.iter().enumerate() {
        let place = Place::Item(list, i);
        let id = Place::Field(&place, "id");
        if phrase.id.is_empty() {
            return id.fail(Problem::Empty);
        }
        if !ids.insert(phrase.id.as_str()) {
            return id.fail(Problem::NotUnique);
        }
        let any_of = Place::Field(&place, "any_of");
        if phrase.any_of.is_empty() {
            return any_of.fail(Problem::Empty);
        }
        for (i, form) in phrase.any_of.iter().enumerate() {
            if text::tokens(form).all(|token| text::squeeze(token).is_empty()) {
                return Place::Item(&any_of, i).fail(Problem::OnlyMarks);
            }
        }
        if let Some(near) = &phrase.within_ms_of
            && !all_ids.contains(near.phrase.as_str())
        {
            let near = Place::Field(&place, "within_ms_of");
            return Place::Field(&near, "phrase").fail(Problem::Unknown("phrase"));
        }
    }
    Ok(())
}
