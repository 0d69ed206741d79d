//! What a scenario's types alone cannot say: that its references hold and its tells are told.

use std::collections::BTreeSet;

use super::words::{Ear, Phrase, Words};
use super::{Needs, PersonaError, Scenario, Unlock, When, Wordings};

/// The longest thinking pause a scenario may bear, in seconds.
const MOST_PATIENCE_S: u32 = 30;

type Checked = Result<(), (String, String)>;

/// Checks a scenario whole and stops at the first fault.
pub(super) fn scenario(file: &str, scenario: &Scenario) -> Result<(), PersonaError> {
    let checks = [basics, ids, facts, objections, traps, goals, hang_ups, measures];
    for check in checks {
        check(scenario).map_err(|(path, reason)| PersonaError::invalid(file, path, reason))?;
    }
    Ok(())
}

fn fault(path: impl Into<String>, reason: impl Into<String>) -> Checked {
    Err((path.into(), reason.into()))
}

fn basics(scenario: &Scenario) -> Checked {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if scenario.id.is_empty() || !scenario.id.chars().all(plain) {
        return fault("id", "lower-case letters, digits and underscores only");
    }
    if scenario.version == 0 {
        return fault("version", "versions count from 1");
    }
    for (path, text) in [
        ("title", &scenario.title),
        ("brief", &scenario.brief),
        ("language", &scenario.language),
        ("persona.name", &scenario.persona.name),
        ("persona.role", &scenario.persona.role),
    ] {
        if text.trim().is_empty() {
            return fault(path, "is empty");
        }
    }
    if !scenario.voice.contains_key("flite") && scenario.language.starts_with("en") {
        return fault("voice.flite", "the offline voice is missing");
    }
    if !(1..=MOST_PATIENCE_S).contains(&scenario.patience_s) {
        return fault("patience_s", format!("1 to {MOST_PATIENCE_S} seconds"));
    }
    Ok(())
}

/// Tags are unique within the scenario: events of the record carry nothing else.
fn ids(scenario: &Scenario) -> Checked {
    let mut seen = BTreeSet::new();
    let all = [
        ("facts", scenario.facts.iter().map(|it| &it.id).collect::<Vec<_>>()),
        ("answers", scenario.answers.iter().map(|it| &it.id).collect()),
        ("objections", scenario.objections.iter().map(|it| &it.id).collect()),
        ("traps", scenario.traps.iter().map(|it| &it.id).collect()),
        ("goals", scenario.goals.iter().map(|it| &it.id).collect()),
        ("hang_ups", scenario.hang_ups.iter().map(|it| &it.id).collect()),
    ];
    for (list, ids) in all {
        for (i, id) in ids.into_iter().enumerate() {
            if id.is_empty() || !seen.insert(id) {
                return fault(format!("{list}[{i}].id"), "is empty or stands there twice");
            }
        }
    }
    Ok(())
}

fn facts(scenario: &Scenario) -> Checked {
    for (i, fact) in scenario.facts.iter().enumerate() {
        unlock(scenario, &format!("facts[{i}].unlock"), &fact.unlock)?;
        told(&format!("facts[{i}]"), &fact.tells, &[&fact.lines])?;
        if 0 < fact.trust.get() && fact.withheld.is_none() {
            return fault(format!("facts[{i}].withheld"), "a fact that needs trust needs this");
        }
    }
    for (i, answer) in scenario.answers.iter().enumerate() {
        unlock(scenario, &format!("answers[{i}].unlock"), &answer.unlock)?;
    }
    Ok(())
}

fn objections(scenario: &Scenario) -> Checked {
    for (i, objection) in scenario.objections.iter().enumerate() {
        when(scenario, &format!("objections[{i}].when"), &objection.when)?;
        let path = format!("objections[{i}].satisfied_by");
        needs(scenario, &path, &objection.satisfied_by)?;
        if objection.satisfied_by == Needs::default() {
            return fault(path, "nothing would satisfy it at once; say what does");
        }
        told(&format!("objections[{i}]"), &objection.tells, &[&objection.lines])?;
    }
    if let Some(id) = &scenario.opening.raises {
        let Some(objection) = scenario.objections.iter().find(|it| it.id == *id) else {
            return fault("opening.raises", format!("there is no objection {id:?}"));
        };
        told("opening", &objection.tells, &[&scenario.opening.lines])?;
    }
    Ok(())
}

fn traps(scenario: &Scenario) -> Checked {
    for (i, trap) in scenario.traps.iter().enumerate() {
        when(scenario, &format!("traps[{i}].when"), &trap.when)?;
    }
    Ok(())
}

fn goals(scenario: &Scenario) -> Checked {
    if scenario.goals.is_empty() {
        return fault("goals", "a scenario needs a goal");
    }
    for (i, goal) in scenario.goals.iter().enumerate() {
        unlock(scenario, &format!("goals[{i}].unlock"), &goal.unlock)?;
        needs(scenario, &format!("goals[{i}].needs"), &goal.needs)?;
        told(&format!("goals[{i}]"), &goal.tells, &[&goal.lines])?;
        if let Some(tell) = tells_early(&goal.tells, &goal.not_yet) {
            return fault(format!("goals[{i}].not_yet[{tell}]"), "holds a tell, so it would count");
        }
    }
    Ok(())
}

fn hang_ups(scenario: &Scenario) -> Checked {
    if scenario.hang_ups.is_empty() {
        return fault("hang_ups", "a buyer who never leaves is no buyer");
    }
    for (i, rule) in scenario.hang_ups.iter().enumerate() {
        when(scenario, &format!("hang_ups[{i}].when"), &rule.when)?;
    }
    Ok(())
}

fn measures(scenario: &Scenario) -> Checked {
    for (i, phrase) in scenario.required_phrases.iter().enumerate() {
        let path = format!("required_phrases[{i}]");
        if phrase.any_of.is_empty() || phrase.any_of.iter().any(|it| Words::of(it).is_empty()) {
            return fault(format!("{path}.any_of"), "words are missing");
        }
        if scenario.required_phrases[..i].iter().any(|it| it.id == phrase.id) {
            return fault(format!("{path}.id"), "stands there twice");
        }
        if let Some(near) = &phrase.within_ms_of
            && !scenario.required_phrases.iter().any(|it| it.id == near.phrase)
        {
            return fault(format!("{path}.within_ms_of.phrase"), "there is no such phrase");
        }
    }
    for (path, target) in &scenario.targets {
        let ordered = match (target.min, target.max) {
            (Some(min), Some(max)) => min <= max,
            (None, None) => false,
            _ => true,
        };
        if !ordered {
            return fault(format!("targets.{path}"), "needs min, max or both, min first");
        }
    }
    let weight: u32 = scenario.rubric.iter().map(|it| u32::from(it.weight)).sum();
    if weight != 100 {
        return fault("rubric", format!("weights add up to {weight}, not 100"));
    }
    Ok(())
}

fn topics<'a>(
    scenario: &Scenario,
    path: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Checked {
    match names.into_iter().find(|name| !scenario.topics.contains_key(*name)) {
        Some(name) => fault(path, format!("there is no topic {name:?}")),
        None => Ok(()),
    }
}

fn satisfiable<'a>(
    scenario: &Scenario,
    path: &str,
    ids: impl IntoIterator<Item = &'a String>,
) -> Checked {
    match ids.into_iter().find(|id| !scenario.objections.iter().any(|it| it.id == **id)) {
        Some(id) => fault(path, format!("there is no objection {id:?}")),
        None => Ok(()),
    }
}

fn unlock(scenario: &Scenario, path: &str, unlock: &Unlock) -> Checked {
    if unlock.topics.is_empty() && unlock.phrases.is_empty() {
        return fault(path, "needs topics or phrases");
    }
    topics(scenario, &format!("{path}.topics"), &unlock.topics)
}

fn when(scenario: &Scenario, path: &str, when: &When) -> Checked {
    if *when == When::default() {
        return fault(path, "needs a condition");
    }
    topics(scenario, &format!("{path}.said"), &when.said)?;
    topics(scenario, &format!("{path}.unsaid"), &when.unsaid)?;
    satisfiable(scenario, &format!("{path}.unsatisfied"), &when.unsatisfied)
}

fn needs(scenario: &Scenario, path: &str, needs: &Needs) -> Checked {
    topics(scenario, &format!("{path}.said"), needs.said.iter().flatten())?;
    satisfiable(scenario, &format!("{path}.satisfied"), &needs.satisfied)
}

/// What is said must be noticed as said: each wording holds a tell.
fn told(path: &str, tells: &[Phrase], wordings: &[&Wordings]) -> Checked {
    for lines in wordings {
        for (i, line) in lines.iter().enumerate() {
            let words = Words::of(line);
            if !tells.iter().any(|tell| words.contains(tell, Ear::Sharp)) {
                return fault(format!("{path}.lines[{i}]"), "holds none of the tells");
            }
        }
    }
    Ok(())
}

fn tells_early(tells: &[Phrase], lines: &Wordings) -> Option<usize> {
    lines.iter().position(|line| {
        let words = Words::of(line);
        tells.iter().any(|tell| words.contains(tell, Ear::Sharp))
    })
}
