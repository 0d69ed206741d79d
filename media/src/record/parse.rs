//! From JSON to the parts of a record: types, needed fields and fields given twice.

use std::collections::BTreeMap;

use super::json::{self, Json, Node, Place};
use super::{
    Near, Problem, RECORD_VERSION, Recogniser, RecordError, RecordEvent, RecordParts, ReplyTiming,
    RequiredPhrase, ScenarioRules, Speaker, Tagged, Target, Threshold, Utterance, Word,
};

/// Reads the parts of a record, and the place of each event kept in the list it came from:
/// events of unknown types are left out, and a later error still has to name the right one.
pub(super) fn parse(bytes: &[u8]) -> Result<(RecordParts, Vec<usize>), RecordError> {
    let json = json::read(bytes)?;
    let root = Node::new(Place::Root, &json);
    if !matches!(json, Json::Object(_)) {
        return Err(root.place.error(Problem::Not("an object")));
    }
    let [version, call_id, duration_ms, language, recogniser, utterances, events, scenario, params] =
        root.fields([
            "version",
            "call_id",
            "duration_ms",
            "language",
            "recogniser",
            "utterances",
            "events",
            "scenario",
            "params",
        ])?;
    if version.whole()? != RECORD_VERSION {
        return Err(version.place.error(Problem::Not("version 1")));
    }
    let call_id = call_id.optional().map(|id| id.text().map(str::to_owned)).transpose()?;
    let duration_ms = duration_ms.whole()?;
    let language = language.optional().map(|tag| tag.text().map(str::to_owned)).transpose()?;
    let recogniser = parse_recogniser(&recogniser)?;
    if utterances.optional().is_none() {
        return Err(utterances.place.error(Problem::Missing));
    }
    let utterances = list(&utterances, parse_utterance)?;
    let (event_places, events) = list(&events, parse_event)?
        .into_iter()
        .enumerate()
        .filter_map(|(place, event)| event.map(|event| (place, event)))
        .unzip();
    let scenario = parse_scenario(&scenario)?;
    let params = parse_params(&params)?;
    let parts = RecordParts {
        call_id,
        duration_ms,
        language,
        recogniser,
        utterances,
        events,
        scenario,
        params,
    };
    Ok((parts, event_places))
}

/// Reads every item of a list.
fn list<T>(
    node: &Node<'_>,
    parse_item: impl Fn(&Node<'_>) -> Result<T, RecordError>,
) -> Result<Vec<T>, RecordError> {
    let items = node.items()?.iter().enumerate();
    items.map(|(i, json)| parse_item(&Node::new(Place::Item(&node.place, i), json))).collect()
}

/// An item of a list of objects: absent is no object.
fn object<'a, const N: usize>(
    node: &'a Node<'a>,
    names: [&'static str; N],
) -> Result<[Node<'a>; N], RecordError> {
    match node.optional() {
        Some(_) => node.fields(names),
        None => Err(node.place.error(Problem::Not("an object"))),
    }
}

fn parse_recogniser(node: &Node<'_>) -> Result<Recogniser, RecordError> {
    let [name, fillers, punctuation, word_times] =
        node.fields(["name", "fillers", "punctuation", "word_times"])?;
    let truth = |node: Node<'_>| node.optional().map_or(Ok(true), |node| node.truth());
    Ok(Recogniser {
        name: name.optional().map_or(Ok(""), |name| name.text())?.to_owned(),
        fillers: truth(fillers)?,
        punctuation: truth(punctuation)?,
        word_times: truth(word_times)?,
    })
}

fn parse_utterance(node: &Node<'_>) -> Result<Utterance, RecordError> {
    let [id, speaker, start_ms, end_ms, text, words, interrupted, typed, unheard] = object(
        node,
        ["id", "speaker", "start_ms", "end_ms", "text", "words", "interrupted", "typed", "unheard"],
    )?;
    let flag = |node: Node<'_>| node.optional().map_or(Ok(false), |node| node.truth());
    Ok(Utterance {
        id: id.label()?.to_owned(),
        speaker: match speaker.text()? {
            "rep" => Speaker::Rep,
            "persona" => Speaker::Persona,
            _ => return Err(speaker.place.error(Problem::Not("rep or persona"))),
        },
        start_ms: start_ms.whole()?,
        end_ms: end_ms.whole()?,
        text: text.text()?.to_owned(),
        words: list(&words, parse_word)?,
        interrupted: flag(interrupted)?,
        typed: flag(typed)?,
        unheard: unheard.optional().map(|rest| rest.label().map(str::to_owned)).transpose()?,
    })
}

fn parse_word(node: &Node<'_>) -> Result<Word, RecordError> {
    let [text, start_ms, end_ms] = object(node, ["text", "start_ms", "end_ms"])?;
    Ok(Word { text: text.text()?.to_owned(), start_ms: start_ms.whole()?, end_ms: end_ms.whole()? })
}

/// Reads an event; one of an unknown type is nothing, whatever else it holds.
fn parse_event(node: &Node<'_>) -> Result<Option<RecordEvent>, RecordError> {
    let [kind] = object(node, ["type"])?;
    let tagged = || -> Result<Tagged, RecordError> {
        let [at_ms, tag, utterance_id] = node.fields(["at_ms", "tag", "utterance_id"])?;
        Ok(Tagged {
            at_ms: at_ms.whole()?,
            tag: tag.label()?.to_owned(),
            utterance_id: utterance_id
                .optional()
                .map(|id| id.label().map(str::to_owned))
                .transpose()?,
        })
    };
    Ok(Some(match kind.text()? {
        "objection_raised" => RecordEvent::ObjectionRaised(tagged()?),
        "objection_satisfied" => RecordEvent::ObjectionSatisfied(tagged()?),
        "fact_revealed" => RecordEvent::FactRevealed(tagged()?),
        "goal_reached" => RecordEvent::GoalReached(tagged()?),
        "reply_timing" => RecordEvent::ReplyTiming(parse_timing(node)?),
        "reply_latency" => {
            let [at_ms, latency_ms] = node.fields(["at_ms", "latency_ms"])?;
            RecordEvent::ReplyLatency { at_ms: at_ms.whole()?, latency_ms: latency_ms.whole()? }
        }
        _ => return Ok(None),
    }))
}

fn parse_timing(node: &Node<'_>) -> Result<ReplyTiming, RecordError> {
    let [at, speech_end, settled, due, committed, asked, first_text, first_chunk, first_audio] =
        node.fields([
            "at_ms",
            "speech_end_ms",
            "final_ms",
            "due_ms",
            "committed_ms",
            "asked_ms",
            "first_text_ms",
            "first_chunk_ms",
            "first_audio_ms",
        ])?;
    let moment = |node: Node<'_>| node.optional().map(|at| at.whole()).transpose();
    Ok(ReplyTiming {
        at_ms: at.whole()?,
        speech_end_ms: moment(speech_end)?,
        final_ms: moment(settled)?,
        due_ms: moment(due)?,
        committed_ms: moment(committed)?,
        asked_ms: moment(asked)?,
        first_text_ms: moment(first_text)?,
        first_chunk_ms: moment(first_chunk)?,
        first_audio_ms: moment(first_audio)?,
    })
}

fn parse_scenario(node: &Node<'_>) -> Result<ScenarioRules, RecordError> {
    let [required_phrases, goals, targets, compliance] =
        node.fields(["required_phrases", "goals", "targets", "compliance"])?;
    Ok(ScenarioRules {
        required_phrases: list(&required_phrases, parse_phrase)?,
        goals: list(&goals, |goal| goal.label().map(str::to_owned))?,
        targets: parse_targets(&targets)?,
        compliance: compliance.items()?.iter().map(serde_json::Value::from).collect(),
    })
}

fn parse_phrase(node: &Node<'_>) -> Result<RequiredPhrase, RecordError> {
    let [id, any_of, within_ms_of_start, within_ms_of] =
        object(node, ["id", "any_of", "within_ms_of_start", "within_ms_of"])?;
    Ok(RequiredPhrase {
        id: id.label()?.to_owned(),
        any_of: list(&any_of, |form| form.text().map(str::to_owned))?,
        within_ms_of_start: within_ms_of_start.optional().map(|ms| ms.whole()).transpose()?,
        within_ms_of: within_ms_of.optional().map(|near| parse_near(&near)).transpose()?,
    })
}

fn parse_near(node: &Node<'_>) -> Result<Near, RecordError> {
    let [phrase, ms] = node.fields(["phrase", "ms"])?;
    Ok(Near { phrase: phrase.label()?.to_owned(), ms: ms.whole()? })
}

fn parse_targets(node: &Node<'_>) -> Result<BTreeMap<String, Target>, RecordError> {
    let mut targets = BTreeMap::new();
    for (kpi, json) in node.entries()? {
        let target = Node::new(Place::Field(&node.place, kpi), json);
        if target.optional().is_none() {
            continue;
        }
        let [min, max] = target.fields(["min", "max"])?;
        let bound = |node: Node<'_>| node.optional().map(|node| node.number()).transpose();
        let bounds = Target { min: bound(min)?, max: bound(max)? };
        if targets.insert(kpi.to_string(), bounds).is_some() {
            return Err(target.place.error(Problem::Twice));
        }
    }
    Ok(targets)
}

fn parse_params(node: &Node<'_>) -> Result<BTreeMap<Threshold, u64>, RecordError> {
    let values = node.fields(Threshold::ALL.map(|(name, _)| name))?;
    let mut params = BTreeMap::new();
    for ((_, threshold), value) in Threshold::ALL.into_iter().zip(values) {
        if let Some(value) = value.optional() {
            params.insert(threshold, value.whole()?);
        }
    }
    Ok(params)
}
