//! What must hold for every record, and what the definitions say when they are followed literally.

use proptest::prelude::*;
use ringcraft_media::record::{
    CallRecord, Near, RecordEvent, RecordParts, RequiredPhrase, ScenarioRules, Speaker, Tagged,
    Threshold, Utterance, Word,
};
use serde_json::{Value, json};

use super::cases::printed;
use super::compute;

/// Times are drawn from so few that edges meet often.
const DURATION_MS: u64 = 60;

const TEXTS: [&str; 12] = [
    "Okay.",
    "Mm-hmm, yeah",
    "I see.",
    "Right, got it",
    "Is that so?",
    "So, um, what is, you know, the rate?",
    "A P R",
    "Well I think six point five. Tell me more",
    "",
    "...",
    "one two three four five six seven",
    "How are you? maybe",
];

fn utterance(id: usize) -> impl Strategy<Value = Utterance> {
    let speaker = prop_oneof![Just(Speaker::Rep), Just(Speaker::Persona)];
    let times = (0..DURATION_MS - 1, 1..20_u64);
    let words = proptest::collection::vec((0..6_u64, 0..6_u64), 0..5);
    let typed = proptest::bool::weighted(0.15);
    (speaker, times, words, 0..TEXTS.len(), any::<bool>(), typed).prop_map(
        move |(speaker, (start_ms, length_ms), steps, text, interrupted, typed)| {
            let length_ms = if typed { 0 } else { length_ms };
            let steps = if typed { Vec::new() } else { steps };
            let end_ms = (start_ms + length_ms).min(DURATION_MS);
            let mut words = Vec::new();
            let mut at_ms = start_ms;
            for (gap_ms, length_ms) in steps {
                let start_ms = (at_ms + gap_ms).min(end_ms);
                at_ms = (start_ms + length_ms).min(end_ms);
                words.push(Word { text: String::new(), start_ms, end_ms: at_ms });
            }
            // The ids sort unlike the times.
            let id = format!("u{}", id * 7 % 10);
            let text = TEXTS[text].to_owned();
            Utterance {
                id,
                speaker,
                start_ms,
                end_ms,
                text,
                words,
                interrupted,
                typed,
                unheard: None,
            }
        },
    )
}

fn event() -> impl Strategy<Value = RecordEvent> {
    (0..4, 0..DURATION_MS, 0..2).prop_map(|(kind, at_ms, tag)| {
        let tagged = Tagged { at_ms, tag: format!("tag{tag}"), utterance_id: None };
        match kind {
            0 => RecordEvent::ObjectionRaised(tagged),
            1 => RecordEvent::ObjectionSatisfied(tagged),
            2 => RecordEvent::FactRevealed(tagged),
            _ => RecordEvent::GoalReached(tagged),
        }
    })
}

/// A short call with thresholds to match.
fn record() -> impl Strategy<Value = RecordParts> {
    let utterances =
        (0..9_usize).prop_flat_map(|count| (0..count).map(utterance).collect::<Vec<_>>());
    (utterances, proptest::collection::vec(event(), 0..5)).prop_map(|(utterances, events)| {
        RecordParts {
            duration_ms: DURATION_MS,
            utterances,
            events,
            params: [
                (Threshold::PauseMs, 2),
                (Threshold::SilenceMs, 4),
                (Threshold::MinWpmTokens, 3),
                (Threshold::MinWpmMs, 5),
                (Threshold::MonologueMs, 15),
                (Threshold::MinOverlapMs, 3),
                (Threshold::MinAgeMs, 2),
                (Threshold::BackchannelMaxMs, 8),
                (Threshold::BackchannelAfterMs, 2),
                (Threshold::BackchannelResumeMs, 3),
                (Threshold::MinPaceMs, 1),
            ]
            .into(),
            scenario: scenario(),
            ..RecordParts::default()
        }
    })
}

/// Two phrases, of which one counts only near the other.
fn scenario() -> ScenarioRules {
    let phrase = |id: &str, form: &str, within_ms_of| RequiredPhrase {
        id: id.to_owned(),
        any_of: vec![form.to_owned(), "one two".to_owned()],
        within_ms_of_start: None,
        within_ms_of,
    };
    let near = Near { phrase: "apr".to_owned(), ms: 10 };
    ScenarioRules {
        required_phrases: vec![phrase("apr", "APR", None), phrase("rate", "6 point", Some(near))],
        goals: vec!["tag0".to_owned()],
        ..ScenarioRules::default()
    }
}

/// The value without the fields of these names, at any depth.
fn without(mut value: Value, names: &[&str]) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !names.contains(&name.as_str()));
            fields.values_mut().for_each(|field| *field = without(field.take(), names));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| *item = without(item.take(), names));
        }
        _ => {}
    }
    value
}

fn number(kpis: &Value, path: &str) -> u64 {
    super::cases::at(kpis, path).as_u64().unwrap_or_else(|| panic!("{path} is no whole number"))
}

fn shifted(mut parts: RecordParts, by_ms: u64) -> RecordParts {
    parts.duration_ms += by_ms;
    for utterance in &mut parts.utterances {
        utterance.start_ms += by_ms;
        utterance.end_ms += by_ms;
        for word in &mut utterance.words {
            word.start_ms += by_ms;
            word.end_ms += by_ms;
        }
    }
    for event in &mut parts.events {
        match event {
            RecordEvent::ObjectionRaised(tagged)
            | RecordEvent::ObjectionSatisfied(tagged)
            | RecordEvent::FactRevealed(tagged)
            | RecordEvent::GoalReached(tagged) => tagged.at_ms += by_ms,
            RecordEvent::ReplyTiming(timing) => timing.at_ms += by_ms,
            RecordEvent::ReplyLatency { at_ms, .. } => *at_ms += by_ms,
        }
    }
    parts
}

fn swapped(mut parts: RecordParts) -> RecordParts {
    for utterance in &mut parts.utterances {
        utterance.speaker = super::conversation::other(utterance.speaker);
    }
    parts
}

/// The KPIs with the names of the sides exchanged in every overlap.
fn with_sides_exchanged(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            if let Some(later) = fields.get_mut("later") {
                *later = match later.as_str() {
                    Some("rep") => json!("persona"),
                    Some("persona") => json!("rep"),
                    _ => later.take(),
                };
                let rep = fields.remove("rep_utterance").expect("an overlap names both");
                let persona = fields.insert("persona_utterance".to_owned(), rep);
                fields.insert("rep_utterance".to_owned(), persona.expect("both"));
            }
            fields.values_mut().for_each(|field| *field = with_sides_exchanged(field.take()));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| *item = with_sides_exchanged(item.take()));
        }
        _ => {}
    }
    value
}

proptest! {
    #[test]
    fn shifting_the_call_changes_only_what_is_measured_from_its_start(
        parts in record(), by_ms in 1..200_u64,
    ) {
        const FROM_THE_START: [&str; 10] = [
            "duration_ms", "lead_in_ms", "silence_share", "interactivity_per_min", "per_10_min",
            "pace_by_minute", "by_quarter", "start_ms", "end_ms", "at_ms",
        ];
        const MOMENTS: [&str; 3] = ["raised_at_ms", "satisfied_at_ms", "reached_at_ms"];
        let (before, after) = (printed(parts.clone()), printed(shifted(parts, by_ms)));
        prop_assert_eq!(
            number(&after, "call.lead_in_ms"), number(&before, "call.lead_in_ms") + by_ms
        );
        let rest = |kpis| without(without(kpis, &FROM_THE_START), &MOMENTS);
        prop_assert_eq!(rest(before), rest(after));
    }

    #[test]
    fn swapping_the_speakers_swaps_the_sides(parts in record()) {
        let before = printed(parts.clone());
        let after = with_sides_exchanged(printed(swapped(parts)));
        const REP_ONLY: [&str; 4] = ["fillers", "hedges", "questions", "pace_by_minute"];
        let side = |kpis: &Value, side: &str| without(kpis[side].clone(), &REP_ONLY);
        prop_assert_eq!(side(&before, "rep"), side(&after, "persona"));
        prop_assert_eq!(side(&before, "persona"), side(&after, "rep"));
        prop_assert_eq!(
            without(before["call"].clone(), &["talk_listen"]),
            without(after["call"].clone(), &["talk_listen"])
        );
        let share = |kpis: &Value| kpis["call"]["talk_listen"]["rep_share"].as_f64();
        match (share(&before), share(&after)) {
            (Some(rep), Some(persona)) => prop_assert!((rep + persona - 1.0).abs() < 0.000_11),
            (rep, persona) => prop_assert_eq!(rep, persona),
        }
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(parts in record(), seed in any::<u64>()) {
        let line = |parts: RecordParts| {
            compute(&CallRecord::new(parts).expect("a good record")).to_json()
        };
        let before = line(parts.clone());
        let mut other = parts;
        let places = other.utterances.len().max(1) as u64;
        other.utterances.rotate_left((seed % places) as usize);
        if seed & (1 << 40) == 0 {
            other.utterances.reverse();
        }
        other.events.reverse();
        prop_assert_eq!(before, line(other));
    }

    #[test]
    fn totals_add_up(parts in record()) {
        let kpis = printed(parts.clone());
        let call = |name: &str| number(&kpis, &format!("call.{name}"));
        prop_assert_eq!(
            number(&kpis, "rep.talk_ms") + number(&kpis, "persona.talk_ms") - call("overlap_ms"),
            call("speech_ms")
        );
        let short_gaps_ms = literal::short_gaps_ms(&parts);
        prop_assert_eq!(
            call("speech_ms") + call("silence_ms") + short_gaps_ms + call("lead_in_ms")
                + call("tail_ms"),
            call("duration_ms")
        );
        let overlaps = kpis["call"]["overlaps"].as_array().expect("a list");
        let both = overlaps.iter().filter(|overlap| overlap["later"] == "both").count() as u64;
        let mut raw = 0;
        for side in ["rep", "persona"] {
            let side = |name: &str| number(&kpis, &format!("{side}.interruptions.{name}"));
            prop_assert!(side("count") <= side("raw"));
            raw += side("raw");
        }
        prop_assert_eq!(raw + both, overlaps.len() as u64);
        let questions = |name: &str| number(&kpis, &format!("rep.questions.{name}"));
        prop_assert_eq!(questions("open") + questions("closed"), questions("total"));
        let events = kpis["rep"]["questions"]["events"].as_array().expect("a list");
        prop_assert_eq!(questions("total"), events.len() as u64);
    }

    #[test]
    fn splitting_an_utterance_keeps_the_totals(
        parts in record(),
        mut lengths_ms in proptest::collection::vec(0..4_u64, 2..8),
        split in 1..7_usize,
        speaker in prop_oneof![Just(Speaker::Rep), Just(Speaker::Persona)],
    ) {
        // One utterance whose words follow each other without a gap, and the same in two parts.
        let split = split.min(lengths_ms.len() - 1);
        let last = lengths_ms.len() - 1;
        lengths_ms[0] += 1;
        lengths_ms[last] += 1;
        let mut at_ms = 10;
        let words: Vec<Word> = lengths_ms
            .iter()
            .map(|length_ms| {
                let start_ms = at_ms;
                at_ms += length_ms;
                Word { text: "x".to_owned(), start_ms, end_ms: at_ms }
            })
            .collect();
        let part = |id: &str, words: &[Word]| Utterance {
            id: id.to_owned(),
            speaker,
            start_ms: words[0].start_ms,
            end_ms: words[words.len() - 1].end_ms,
            text: vec!["x"; words.len()].join(" "),
            words: words.to_vec(),
            interrupted: false,
            typed: false,
            unheard: None,
        };

        let mut whole = parts.clone();
        whole.utterances.push(part("whole", &words));
        let mut cut = parts;
        cut.utterances.push(part("first", &words[..split]));
        cut.utterances.push(part("second", &words[split..]));
        let (whole, cut) = (printed(whole), printed(cut));
        for path in ["talk_ms", "tokens", "wpm"] {
            prop_assert_eq!(&whole["rep"][path], &cut["rep"][path], "{}", path);
            prop_assert_eq!(&whole["persona"][path], &cut["persona"][path], "{}", path);
        }
        for path in ["speech_ms", "silence_ms", "silences", "overlap_ms", "lead_in_ms", "tail_ms"] {
            prop_assert_eq!(&whole["call"][path], &cut["call"][path], "{}", path);
        }
    }

    #[test]
    fn sweeps_find_what_the_definitions_say(parts in record()) {
        let kpis = printed(parts.clone());
        prop_assert_eq!(number(&kpis, "call.overlap_ms"), literal::overlap_ms(&parts));
        prop_assert_eq!(&kpis["call"]["overlaps"], &literal::overlaps(&parts));
        for (name, speaker) in [("rep", Speaker::Rep), ("persona", Speaker::Persona)] {
            let side = &kpis[name];
            prop_assert_eq!(&side["talk_ms"], &json!(literal::talk(&parts, speaker).len()));
            let found: Vec<&Value> = side["backchannels"]["events"]
                .as_array().expect("a list").iter().map(|event| &event["utterance_id"]).collect();
            prop_assert_eq!(json!(found), json!(literal::backchannels(&parts, speaker)));
            prop_assert_eq!(
                &side["longest_monologue_ms"], &json!(literal::longest_monologue_ms(&parts, speaker))
            );
        }
    }
}

/// The definitions, followed word by word: every millisecond, every pair.
mod literal {
    use std::collections::BTreeSet;

    use super::super::words;
    use super::*;

    fn threshold(parts: &RecordParts, threshold: Threshold) -> u64 {
        parts.params[&threshold]
    }

    fn pieces(parts: &RecordParts, utterance: &Utterance) -> Vec<(u64, u64)> {
        if utterance.typed {
            return Vec::new();
        }
        let mut pieces: Vec<(u64, u64)> = Vec::new();
        for word in &utterance.words {
            match pieces.last_mut() {
                Some(last) if word.start_ms <= last.1 + threshold(parts, Threshold::PauseMs) => {
                    last.1 = word.end_ms;
                }
                _ => pieces.push((word.start_ms, word.end_ms)),
            }
        }
        if utterance.interrupted
            && let Some(last) = pieces.last_mut()
        {
            last.1 = utterance.end_ms;
        }
        pieces.retain(|piece| piece.0 < piece.1);
        if pieces.is_empty() { vec![(utterance.start_ms, utterance.end_ms)] } else { pieces }
    }

    fn start_ms(parts: &RecordParts, utterance: &Utterance) -> u64 {
        pieces(parts, utterance).first().map_or(utterance.start_ms, |piece| piece.0)
    }

    fn end_ms(parts: &RecordParts, utterance: &Utterance) -> u64 {
        pieces(parts, utterance).last().map_or(utterance.end_ms, |piece| piece.1)
    }

    fn in_order(parts: &RecordParts) -> Vec<&Utterance> {
        let mut utterances: Vec<&Utterance> = parts.utterances.iter().collect();
        utterances.sort_by_key(|u| (start_ms(parts, u), end_ms(parts, u), u.id.clone()));
        utterances
    }

    /// The milliseconds in which some of the utterances talk.
    fn covered<'u>(
        parts: &RecordParts,
        utterances: impl Iterator<Item = &'u Utterance>,
    ) -> BTreeSet<u64> {
        utterances.flat_map(|u| pieces(parts, u)).flat_map(|(start, end)| start..end).collect()
    }

    pub(super) fn talk(parts: &RecordParts, speaker: Speaker) -> BTreeSet<u64> {
        covered(parts, parts.utterances.iter().filter(|u| u.speaker == speaker))
    }

    pub(super) fn overlap_ms(parts: &RecordParts) -> u64 {
        let (rep, persona) = (talk(parts, Speaker::Rep), talk(parts, Speaker::Persona));
        rep.intersection(&persona).count() as u64
    }

    pub(super) fn short_gaps_ms(parts: &RecordParts) -> u64 {
        let speech = covered(parts, parts.utterances.iter());
        let gaps =
            speech.iter().zip(speech.iter().skip(1)).map(|(before, after)| after - before - 1);
        gaps.filter(|gap| *gap <= threshold(parts, Threshold::SilenceMs)).sum()
    }

    pub(super) fn overlaps(parts: &RecordParts) -> Value {
        let utterances = in_order(parts);
        let mut found = Vec::new();
        for (r, rep) in utterances.iter().enumerate().filter(|(_, u)| u.speaker == Speaker::Rep) {
            for (p, persona) in utterances.iter().enumerate() {
                if persona.speaker == Speaker::Rep {
                    continue;
                }
                for ours in pieces(parts, rep) {
                    for theirs in pieces(parts, persona) {
                        let (start, end) = (ours.0.max(theirs.0), ours.1.min(theirs.1));
                        let later = match ours.0.cmp(&theirs.0) {
                            std::cmp::Ordering::Less => "persona",
                            std::cmp::Ordering::Equal => "both",
                            std::cmp::Ordering::Greater => "rep",
                        };
                        if start < end {
                            found.push((
                                (start, end, r.min(p), r.max(p)),
                                json!({
                                    "start_ms": start, "end_ms": end, "later": later,
                                    "rep_utterance": rep.id, "persona_utterance": persona.id,
                                }),
                            ));
                        }
                    }
                }
            }
        }
        found.sort_by_key(|(key, _)| *key);
        found.into_iter().map(|(_, overlap)| overlap).collect()
    }

    fn is_backchannel(parts: &RecordParts, candidate: &Utterance) -> bool {
        let (start, end) = (start_ms(parts, candidate), end_ms(parts, candidate));
        let tokens = words::cut(&candidate.text);
        let others = || parts.utterances.iter().filter(|o| o.speaker != candidate.speaker);
        let goes_on = others().any(|other| {
            let other_start = start_ms(parts, other);
            start <= other_start
                && other_start <= end + threshold(parts, Threshold::BackchannelResumeMs)
        });
        !candidate.typed
            && tokens.len() <= 3
            && words::is_backchannel(&tokens)
            && end - start <= threshold(parts, Threshold::BackchannelMaxMs)
            && others().any(|other| {
                let asks = words::asks(&words::cut(&other.text));
                let (other_start, other_end) = (start_ms(parts, other), end_ms(parts, other));
                let inside = other_start <= start && start < other_end;
                let after = other_end <= start
                    && start - other_end <= threshold(parts, Threshold::BackchannelAfterMs);
                (inside && (end <= other_end || !asks)) || (after && !asks && goes_on)
            })
    }

    pub(super) fn backchannels(parts: &RecordParts, speaker: Speaker) -> Vec<String> {
        let utterances = in_order(parts).into_iter();
        utterances
            .filter(|u| u.speaker == speaker && is_backchannel(parts, u))
            .map(|u| u.id.clone())
            .collect()
    }

    /// Walks the call: a monologue goes on with each millisecond of talk until the other side, its
    /// backchannels aside, starts or talks in a gap.
    pub(super) fn longest_monologue_ms(parts: &RecordParts, speaker: Speaker) -> u64 {
        let lasting = || parts.utterances.iter().filter(|u| !is_backchannel(parts, u));
        let own = covered(parts, lasting().filter(|u| u.speaker == speaker));
        let others = covered(parts, lasting().filter(|u| u.speaker != speaker));
        let cuts: BTreeSet<u64> =
            lasting().filter(|u| u.speaker != speaker).map(|u| start_ms(parts, u)).collect();
        let (mut longest, mut monologue) = (0, None);
        for ms in 0..=parts.duration_ms {
            if cuts.contains(&ms) || (others.contains(&ms) && !own.contains(&ms)) {
                monologue = None;
            }
            if own.contains(&ms) {
                let start = *monologue.get_or_insert(ms);
                longest = longest.max(ms + 1 - start);
            }
        }
        longest
    }
}
