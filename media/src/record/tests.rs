use super::*;

const WHOLE: &str = r#"{ "version": 1,
  "call_id": "c1",
  "duration_ms": 312000,
  "language": "en-US",
  "recogniser": { "name": "deepgram nova-3", "fillers": false, "punctuation": true, "word_times": true },
  "utterances": [
    { "id": "u1", "speaker": "rep", "start_ms": 1200, "end_ms": 4100, "text": "Hi, this",
      "words": [ { "text": "Hi,", "start_ms": 1200, "end_ms": 1430 },
                 { "text": "this", "start_ms": 1430, "end_ms": 1430 } ],
      "interrupted": false },
    { "id": "u2", "speaker": "persona", "start_ms": 0, "end_ms": 4000, "text": "", "interrupted": true } ],
  "events": [
    { "type": "objection_raised", "at_ms": 61000, "tag": "lower_quote" },
    { "type": "objection_satisfied", "at_ms": 75000, "tag": "lower_quote", "utterance_id": "u1" },
    { "type": "fact_revealed", "at_ms": 80000, "tag": "lease_ends" },
    { "type": "goal_reached", "at_ms": 290000, "tag": "application_link" },
    { "type": "reply_latency", "at_ms": 4100, "latency_ms": 640 },
    { "type": "reply_timing", "at_ms": 9300, "speech_end_ms": 8400, "final_ms": 8750, "due_ms": 8790,
      "committed_ms": 8791, "asked_ms": 8791, "first_text_ms": 8900, "first_chunk_ms": 8950, "first_audio_ms": 9299 },
    { "type": "reply_timing", "at_ms": 700, "asked_ms": 400, "committed_ms": null } ],
  "scenario": {
    "required_phrases": [
      { "id": "apr", "any_of": ["APR", "annual percentage rate"] },
      { "id": "estimate", "any_of": ["Loan Estimate"], "within_ms_of_start": 600000,
        "within_ms_of": { "phrase": "apr", "ms": 20000 } } ],
    "goals": ["application_link"],
    "targets": { "call.talk_listen.rep_share": { "min": 0.35, "max": 0.6 } },
    "compliance": [ { "rule": "REC", "seconds": 30 } ] },
  "params": { "silence_ms": 2500 } }"#;

fn utterance(fields: &str) -> String {
    format!(
        r#"{{"version":1,"duration_ms":9000,"utterances":[{{"id":"a","speaker":"rep","start_ms":0,"end_ms":9,"text":""}},{{{fields}}}]}}"#
    )
}

fn words(words: &str) -> String {
    utterance(&format!(
        r#""id":"b","speaker":"rep","start_ms":100,"end_ms":900,"text":"","words":[{words}]"#
    ))
}

fn beside(fields: &str) -> String {
    format!(
        r#"{{"version":1,"duration_ms":9000,"utterances":[{{"id":"a","speaker":"rep","start_ms":0,"end_ms":9,"text":""}}],{fields}}}"#
    )
}

fn refusal(json: &str) -> String {
    match CallRecord::from_json(json.as_bytes()) {
        Ok(_) => format!("accepted: {json}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_whole_record_is_read() {
    let record = CallRecord::from_json(WHOLE.as_bytes()).expect("a good record");
    let parts = record.parts();
    assert_eq!(parts.call_id.as_deref(), Some("c1"));
    assert_eq!(parts.duration_ms, 312_000);
    assert!(!parts.recogniser.fillers && parts.recogniser.punctuation);
    assert_eq!(parts.utterances[0].words[1].end_ms, 1430);
    assert!(parts.utterances[1].interrupted);
    assert_eq!(parts.events.len(), 7);
    assert_eq!(parts.events[4], RecordEvent::ReplyLatency { at_ms: 4100, latency_ms: 640 });
    let RecordEvent::ReplyTiming(timing) = &parts.events[5] else { panic!("a timing") };
    let moments = [8_400, 8_750, 8_790, 8_791, 8_791, 8_900, 8_950, 9_299].map(Some);
    assert_eq!((timing.at_ms, timing.moments().map(|(_, at_ms)| at_ms)), (9_300, moments));
    let opening = ReplyTiming { at_ms: 700, asked_ms: Some(400), ..ReplyTiming::default() };
    assert_eq!(parts.events[6], RecordEvent::ReplyTiming(opening));
    let near = parts.scenario.required_phrases[1].within_ms_of.as_ref().expect("a distance");
    assert_eq!((near.phrase.as_str(), near.ms), ("apr", 20_000));
    assert_eq!(parts.params, BTreeMap::from([(Threshold::SilenceMs, 2500)]));
    assert_eq!(parts.scenario.compliance[0]["seconds"], 30);
}

#[test]
fn a_record_that_is_written_is_read_back_equal() {
    let record = CallRecord::from_json(WHOLE.as_bytes()).expect("a good record");
    let written = serde_json::to_vec(&record).expect("a record has only text as keys");
    assert_eq!(CallRecord::from_json(&written), Ok(record.clone()));
    assert_eq!(CallRecord::new(record.clone().into_parts()), Ok(record));
}

#[test]
fn what_may_be_absent_may_be_null_and_what_is_unknown_is_ignored() {
    let bare = r#"{"version":1,"duration_ms":9000,"utterances":[]}"#;
    let record = CallRecord::from_json(bare.as_bytes()).expect("nothing else is needed");
    assert_eq!(record.parts().recogniser, Recogniser::default());
    for same in [
        r#"{"version":1,"duration_ms":9000,"utterances":[],"call_id":null,"language":null,
            "recogniser":null,"events":null,"scenario":null,"params":null}"#,
        r#"{"version":1,"duration_ms":9000,"utterances":[],"recogniser":{"fillers":null,"name":null},
            "scenario":{"goals":null,"required_phrases":null,"targets":{"rep.wpm":null},
            "compliance":null},"params":{"pause_ms":null,"unknown":-1.5}}"#,
        r#"{"version":1,"duration_ms":9000,"utterances":[],"x":{"y":[1.5,{"z":1,"z":2}]},"x":0,
            "events":[{"type":"sneeze","at_ms":-1,"at_ms":"no","tag":""}]}"#,
        "\n { \"utterances\" : [ ] , \"duration_ms\" : 9000 , \"v\\u0065rsion\" : 1 } \t",
    ] {
        assert_eq!(CallRecord::from_json(same.as_bytes()).as_ref(), Ok(&record), "{same}");
    }
    let null_words = words("").replace(r#""words":[]"#, r#""words":null,"interrupted":null"#);
    assert_eq!(
        CallRecord::from_json(null_words.as_bytes()),
        CallRecord::from_json(words("").as_bytes()),
    );
    for edge in [
        r#"{"version":1,"duration_ms":86400000,"utterances":[],"params":{"pause_ms":86400000}}"#,
        r#"{"version":1,"duration_ms":0,"utterances":[],
            "events":[{"type":"reply_latency","at_ms":0,"latency_ms":90000000,"tag":1}]}"#,
    ] {
        assert!(CallRecord::from_json(edge.as_bytes()).is_ok(), "{edge}");
    }
}

#[test]
fn the_shape_of_a_record_is_checked() {
    for (json, message) in [
        ("[]", ".: is not an object"),
        ("null", ".: is not an object"),
        (r#"{"duration_ms":1,"utterances":[]}"#, "version: is missing"),
        (r#"{"version":2,"duration_ms":1,"utterances":[]}"#, "version: is not version 1"),
        (
            r#"{"version":"1","duration_ms":1,"utterances":[]}"#,
            "version: is not a whole number from 0",
        ),
        (r#"{"version":1,"utterances":[]}"#, "duration_ms: is missing"),
        (r#"{"version":1,"duration_ms":null,"utterances":[]}"#, "duration_ms: is missing"),
        (r#"{"version":1,"duration_ms":1}"#, "utterances: is missing"),
        (r#"{"version":1,"duration_ms":1,"utterances":null}"#, "utterances: is missing"),
        (r#"{"version":1,"duration_ms":1,"utterances":{}}"#, "utterances: is not a list"),
        (r#"{"version":1,"duration_ms":1,"utterances":[null]}"#, "utterances[0]: is not an object"),
        (
            r#"{"version":1,"duration_ms":1,"utterances":[],"duration_ms":1}"#,
            "duration_ms: is given twice",
        ),
        (
            r#"{"version":1,"duration_ms":1,"utterances":[],"call_id":null,"call_id":"x"}"#,
            "call_id: is given twice",
        ),
        (
            r#"{"version":1,"duration_ms":1200.0,"utterances":[]}"#,
            "duration_ms: is not a whole number from 0",
        ),
        (
            r#"{"version":1,"duration_ms":1.2e3,"utterances":[]}"#,
            "duration_ms: is not a whole number from 0",
        ),
        (
            r#"{"version":1,"duration_ms":-1,"utterances":[]}"#,
            "duration_ms: is not a whole number from 0",
        ),
        (
            r#"{"version":1,"duration_ms":99999999999999999999,"utterances":[]}"#,
            "duration_ms: is not a whole number from 0",
        ),
        (
            r#"{"version":1,"duration_ms":86400001,"utterances":[]}"#,
            "duration_ms: is past 24 hours",
        ),
        (r#"{"version":1,"duration_ms":1,"utterances":[],"call_id":7}"#, "call_id: is not text"),
    ] {
        assert_eq!(refusal(json), message, "{json}");
    }
}

#[test]
fn utterances_and_words_are_checked() {
    for (json, message) in [
        (
            utterance(r#""speaker":"rep","start_ms":0,"end_ms":9,"text":"""#),
            "utterances[1].id: is missing",
        ),
        (
            utterance(r#""id":"","speaker":"rep","start_ms":0,"end_ms":9,"text":"""#),
            "utterances[1].id: is empty",
        ),
        (
            utterance(r#""id":"a","speaker":"rep","start_ms":0,"end_ms":9,"text":"""#),
            "utterances[1].id: is the id of an earlier one",
        ),
        (
            utterance(r#""id":"b","id":"c","speaker":"rep","start_ms":0,"end_ms":9,"text":"""#),
            "utterances[1].id: is given twice",
        ),
        (
            utterance(r#""id":"b","speaker":"Rep","start_ms":0,"end_ms":9,"text":"""#),
            "utterances[1].speaker: is not rep or persona",
        ),
        (
            utterance(r#""id":"b","speaker":"rep","start_ms":9,"end_ms":9,"text":"""#),
            "utterances[1].end_ms: is not after start_ms",
        ),
        (
            utterance(r#""id":"b","speaker":"rep","start_ms":9,"end_ms":9001,"text":"""#),
            "utterances[1].end_ms: is past duration_ms",
        ),
        (
            utterance(r#""id":"b","speaker":"rep","start_ms":-9,"end_ms":9,"text":"""#),
            "utterances[1].start_ms: is not a whole number from 0",
        ),
        (
            utterance(r#""id":"b","speaker":"rep","start_ms":0,"end_ms":9"#),
            "utterances[1].text: is missing",
        ),
        (
            utterance(
                r#""id":"b","speaker":"rep","start_ms":0,"end_ms":9,"text":"","interrupted":1"#,
            ),
            "utterances[1].interrupted: is not true or false",
        ),
        (
            words(r#"{"text":"x","start_ms":100,"end_ms":200},7"#),
            "utterances[1].words[1]: is not an object",
        ),
        (words(r#"{"text":"x","start_ms":100}"#), "utterances[1].words[0].end_ms: is missing"),
        (
            words(r#"{"text":null,"start_ms":100,"end_ms":200}"#),
            "utterances[1].words[0].text: is missing",
        ),
        (
            words(r#"{"text":"x","start_ms":99,"end_ms":200}"#),
            "utterances[1].words[0].start_ms: is before the utterance's",
        ),
        (
            words(r#"{"text":"x","start_ms":200,"end_ms":199}"#),
            "utterances[1].words[0].end_ms: is before start_ms",
        ),
        (
            words(r#"{"text":"x","start_ms":200,"end_ms":901}"#),
            "utterances[1].words[0].end_ms: is past the end of the utterance",
        ),
        (
            words(
                r#"{"text":"x","start_ms":200,"end_ms":300},{"text":"y","start_ms":199,"end_ms":300}"#,
            ),
            "utterances[1].words[1].start_ms: is before that of the word before",
        ),
        (
            words(
                r#"{"text":"x","start_ms":200,"end_ms":300},{"text":"y","start_ms":200,"end_ms":299}"#,
            ),
            "utterances[1].words[1].end_ms: is before that of the word before",
        ),
        (
            words(r#"{"text":"x","start_ms":200,"end_ms":300,"end_ms":300}"#),
            "utterances[1].words[0].end_ms: is given twice",
        ),
    ] {
        assert_eq!(refusal(&json), message, "{json}");
    }
}

#[test]
fn what_stands_beside_the_speech_is_checked() {
    for (fields, message) in [
        (r#""language":"en_US""#, "language: is not a language tag"),
        (r#""language":"""#, "language: is not a language tag"),
        (r#""recogniser":{"fillers":"yes"}"#, "recogniser.fillers: is not true or false"),
        (r#""recogniser":[]"#, "recogniser: is not an object"),
        (r#""events":[{"at_ms":1,"tag":"x"}]"#, "events[0].type: is missing"),
        (
            r#""events":[{"type":"sneeze","type":"goal_reached","at_ms":1,"tag":"x"}]"#,
            "events[0].type: is given twice",
        ),
        (
            r#""events":[{"type":"sneeze"},{"type":"goal_reached","at_ms":9001,"tag":"x"}]"#,
            "events[1].at_ms: is past duration_ms",
        ),
        (
            r#""events":[{"type":"sneeze"},{"type":"goal_reached","at_ms":9000,"tag":""}]"#,
            "events[1].tag: is empty",
        ),
        (r#""events":[{"type":"fact_revealed","at_ms":1}]"#, "events[0].tag: is missing"),
        (
            r#""events":[{"type":"fact_revealed","at_ms":1,"tag":"x","utterance_id":"z"}]"#,
            "events[0].utterance_id: names no utterance of the record",
        ),
        (r#""events":[{"type":"reply_latency","at_ms":1}]"#, "events[0].latency_ms: is missing"),
        (r#""events":[{"type":"reply_timing","asked_ms":1}]"#, "events[0].at_ms: is missing"),
        (
            r#""events":[{"type":"reply_timing","at_ms":9001}]"#,
            "events[0].at_ms: is past duration_ms",
        ),
        (
            r#""events":[{"type":"reply_timing","at_ms":70,"asked_ms":70,"first_audio_ms":71}]"#,
            "events[0].first_audio_ms: is past at_ms",
        ),
        (
            r#""events":[{"type":"reply_timing","at_ms":70,"due_ms":-1}]"#,
            "events[0].due_ms: is not a whole number from 0",
        ),
        (r#""params":{"pause_ms":86400001}"#, "params.pause_ms: is past 86400000"),
        (r#""params":{"pause_ms":1.0}"#, "params.pause_ms: is not a whole number from 0"),
        (r#""params":{"pause_ms":1,"pause_ms":1}"#, "params.pause_ms: is given twice"),
        (r#""scenario":{"goals":["x",""]}"#, "scenario.goals[1]: is empty"),
        (r#""scenario":{"goals":[null]}"#, "scenario.goals[0]: is missing"),
        (r#""scenario":{"compliance":{}}"#, "scenario.compliance: is not a list"),
        (
            r#""scenario":{"targets":{"rep.speed":{"min":1}}}"#,
            "scenario.targets.rep.speed: is not the path of a number in call, rep or persona",
        ),
        (
            r#""scenario":{"targets":{"rep.pace_by_minute":{"min":1}}}"#,
            "scenario.targets.rep.pace_by_minute: is not the path of a number in call, rep or persona",
        ),
        (
            r#""scenario":{"targets":{"rep.wpm":{}}}"#,
            "scenario.targets.rep.wpm: has neither min nor max",
        ),
        (
            r#""scenario":{"targets":{"rep.wpm":{"min":"1"}}}"#,
            "scenario.targets.rep.wpm.min: is not a number",
        ),
        (
            r#""scenario":{"targets":{"rep.wpm":{"min":1},"rep.wpm":{"min":1}}}"#,
            "scenario.targets.rep.wpm: is given twice",
        ),
        (
            r#""scenario":{"required_phrases":[{"any_of":["x"]}]}"#,
            "scenario.required_phrases[0].id: is missing",
        ),
        (
            r#""scenario":{"required_phrases":[{"id":"p"}]}"#,
            "scenario.required_phrases[0].any_of: is empty",
        ),
        (
            r#""scenario":{"required_phrases":[{"id":"p","any_of":["x"," -- "]}]}"#,
            "scenario.required_phrases[0].any_of[1]: holds nothing but marks",
        ),
        (
            r#""scenario":{"required_phrases":[{"id":"p","any_of":["x"]},{"id":"p","any_of":["x"]}]}"#,
            "scenario.required_phrases[1].id: is the id of an earlier one",
        ),
        (
            r#""scenario":{"required_phrases":[{"id":"p","any_of":["x"],"within_ms_of":{"phrase":"q","ms":1}}]}"#,
            "scenario.required_phrases[0].within_ms_of.phrase: names no phrase of the record",
        ),
        (
            r#""scenario":{"required_phrases":[{"id":"p","any_of":["x"],"within_ms_of":{"phrase":"p"}}]}"#,
            "scenario.required_phrases[0].within_ms_of.ms: is missing",
        ),
    ] {
        assert_eq!(refusal(&beside(fields)), message, "{fields}");
    }
}

#[test]
fn what_is_no_json_is_refused_at_its_place() {
    let deep = format!(r#"{{"version":1,"deep":{}}}"#, "[".repeat(200_000));
    for (json, start) in [
        (b"".to_vec(), ".: is not JSON: EOF"),
        (b"{\"version\":NaN}".to_vec(), "version: is not JSON: "),
        (b"{\"version\":1} 2".to_vec(), ".: is not JSON: trailing characters"),
        (
            b"{\"version\":1,\"duration_ms\":1e999}".to_vec(),
            "duration_ms: is not JSON: number out of range",
        ),
        (
            b"{\"utterances\":[{\"text\":\"\xff\"}]}".to_vec(),
            "utterances[0].text: is not JSON: invalid unicode",
        ),
        (b"{\"unknown\":[0,\"a\xc0\"]}".to_vec(), "unknown[1]: is not JSON: invalid unicode"),
        (br#"{"utterances":[{},{"text":"\ud83d"}]}"#.to_vec(), "utterances[1].text: is not JSON: "),
        (
            br#"{"unknown":{"x":"\udc00"}}"#.to_vec(),
            "unknown.x: is not JSON: lone leading surrogate",
        ),
        (
            br#"{"utterances":[{"words":[{"text":"tab	"}]}]}"#.to_vec(),
            "utterances[0].words[0].text: is not JSON: control character",
        ),
        (deep.into_bytes(), "deep[0][0][0]"),
    ] {
        let message = CallRecord::from_json(&json).expect_err("no JSON").to_string();
        assert!(message.starts_with(start), "{message} does not start with {start}");
    }
}

#[test]
fn parts_made_by_hand_are_checked_too() {
    let mut parts = CallRecord::from_json(WHOLE.as_bytes()).expect("a good record").into_parts();
    parts.utterances[0].words[1].end_ms = 4101;
    let error = CallRecord::new(parts).expect_err("a word past its utterance");
    assert_eq!(error.path, "utterances[0].words[1].end_ms");
    assert_eq!(error.problem, Problem::Past("the end of the utterance"));
}

proptest::proptest! {
    /// Remote bytes never panic, and what is accepted can be written and read again.
    #[test]
    fn damaged_records_are_refused_or_good(
        damage in proptest::collection::vec((0..WHOLE.len(), proptest::num::u8::ANY), 1..6),
        length in 0..=WHOLE.len(),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (place, byte) in damage {
            bytes[place] = byte;
        }
        for bytes in [&bytes[..], &bytes[..length]] {
            if let Ok(record) = CallRecord::from_json(bytes) {
                let written = serde_json::to_vec(&record).expect("a record has only text as keys");
                proptest::prop_assert_eq!(CallRecord::from_json(&written), Ok(record));
            }
        }
    }
}
