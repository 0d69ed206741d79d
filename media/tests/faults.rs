//! Faults that other systems have, each as a call in which it would show. `docs/TURNS.md` lists
//! them all with their tests.

use ringcraft_media::call::{Cue, EchoCancellation, EndReason, Event, Note, Setup};
use ringcraft_media::log::{self, Entry};
use ringcraft_media::record::{RecordEvent, Speaker, Utterance};
use ringcraft_media::sim::{
    self, Chance, Echo, Line, ModelFault, Outcome, Script, Start, VoiceFault, Voices, any_setup,
};
use ringcraft_media::units::Span;

const FIRST: &str = "hello this is Dana with Summit Lending";
const ANSWER: &str = "Just tell me your rate, please. Nobody else asked me so many questions.";

fn setup() -> Setup {
    any_setup(&mut Chance::Bytes(&[]))
}

fn line(start: Start, text: &'static str) -> Line {
    Line { start, text, typed: false }
}

/// The rep's first turn after the opening, then these lines.
fn script(rest: Vec<Line>) -> Script {
    let first = line(Start::After(1, Span::ms(500)), FIRST);
    Script {
        rep: [vec![first], rest].concat(),
        persona: vec![
            (Cue::Opening, vec!["Hi, I am calling around for rates today."]),
            (Cue::Turn, vec![ANSWER, "Fine. Send it to me."]),
        ],
        hang_up_after: Some(Span::ms(3_000)),
        ..Script::default()
    }
}

fn run(script: Script) -> Outcome {
    sim::run(setup(), script)
}

/// The utterances as they are at the end, amended ones in their place.
fn said(outcome: &Outcome, speaker: Speaker) -> Vec<Utterance> {
    let record = log::record(&outcome.log).expect("a record").into_parts();
    record.utterances.into_iter().filter(|said| said.speaker == speaker).collect()
}

fn texts(outcome: &Outcome, speaker: Speaker) -> Vec<String> {
    said(outcome, speaker).into_iter().map(|said| said.text).collect()
}

/// Lines of the timeline that hold a text, with their time in milliseconds.
fn times(outcome: &Outcome, what: &str) -> Vec<u64> {
    let ms = |line: &str| {
        let (s, ms) = line.trim().split_once(' ')?.0.split_once('.')?;
        Some(s.parse::<u64>().ok()? * 1_000 + ms.parse::<u64>().ok()?)
    };
    let lines = outcome.timeline.lines().filter(|line| line.contains(what));
    lines.map(|line| ms(line).expect("a line begins with its time")).collect()
}

/// What the model was asked to answer, request by request.
fn asked(outcome: &Outcome) -> Vec<&str> {
    let asked = outcome.timeline.lines().filter_map(|line| line.split_once(", turn: "));
    asked.map(|(_, said)| said).collect()
}

/// The final of the first turn takes 1.9 s, the turn is committed after 1.2 s with the words shown
/// by then. They are answered, and the next turn holds nothing of them.
#[test]
fn fault_01_answers_one_turn_behind() {
    let mut script = script(vec![line(Start::After(2, Span::ms(800)), "what do you need")]);
    script.hearing.finals = vec![(1, Some(Span::ms(1_900)))];
    script.voices.first_text = Span::ms(100);
    let outcome = run(script);
    assert_eq!(asked(&outcome), [FIRST, "what do you need"], "{}", outcome.timeline);
    assert_eq!(texts(&outcome, Speaker::Rep), [FIRST, "what do you need"]);
}

/// Words that only a late final has. Before the reply sounds it is made anew for all of them; after
/// that the utterance grows. Neither is a second turn.
#[test]
fn fault_02_a_late_final_opens_a_second_turn() {
    for (first_text, requests) in [(Span::ms(1_500), 2), (Span::ms(50), 1)] {
        let mut script = script(Vec::new());
        // The last word is shown too late, so the turn is committed without it.
        script.voices = Voices {
            first_text,
            first_sound: Span::ms(20),
            partial: Span::ms(1_700),
            settle: Span::ms(1_390),
            ..Voices::default()
        };
        let outcome = run(script);
        assert_eq!(asked(&outcome).len(), requests, "{}", outcome.timeline);
        assert_eq!(texts(&outcome, Speaker::Rep), [FIRST], "{}", outcome.timeline);
        assert_eq!(texts(&outcome, Speaker::Persona).len(), 2, "the opening and one answer");
    }
}

#[test]
fn fault_03_words_of_listening_kill_the_reply() {
    for text in ["mhm", "right", "okay"] {
        let outcome = run(script(vec![line(Start::Into(2, Span::ms(1_500)), text)]));
        assert_eq!(texts(&outcome, Speaker::Rep), [FIRST, text], "{}", outcome.timeline);
        assert_eq!(texts(&outcome, Speaker::Persona)[1..], [ANSWER], "{}", outcome.timeline);
        assert_eq!(asked(&outcome), [FIRST], "it asks for no answer");
    }
}

/// A word of the persona lasts 250 ms and the ear is 50 ms behind. Wherever the rep cuts in, the
/// record ends within the word that was heard: one that began to sound may be missing, not a
/// sentence, and no word that did not sound is there.
#[test]
fn fault_04_the_context_claims_what_was_not_heard() {
    let mut lengths = Vec::new();
    for into_ms in (300..3_000).step_by(130) {
        let cut = line(Start::Into(2, Span::ms(into_ms)), "wait what do you need");
        let outcome = run(script(vec![cut]));
        let stopped = outcome.log.iter().find_map(|entry| match entry {
            Entry::Event { event: Event::PlayStopped { reply, position, .. }, .. }
                if reply.0 == 2 =>
            {
                Some(position.as_ms())
            }
            _ => None,
        });
        let heard_ms = stopped.expect("it was cut") - 50;
        let known = &said(&outcome, Speaker::Persona)[1];
        assert!(known.interrupted && ANSWER.starts_with(&known.text));
        let words = known.words.len() as u64;
        assert_eq!(words, heard_ms / 250, "{into_ms}: {} {heard_ms}", known.text);
        lengths.push(words);
    }
    lengths.dedup();
    assert!(6 < lengths.len(), "cut in many places: {lengths:?}");
}

/// What was played before a cut is in the record before what cut it.
#[test]
fn fault_05_an_interruption_overtakes_what_was_heard() {
    let outcome = run(script(vec![line(Start::Into(2, Span::ms(1_500)), "wait what do you need")]));
    let record = log::record(&outcome.log).expect("a record").into_parts();
    let order: Vec<(Speaker, bool)> =
        record.utterances.iter().map(|said| (said.speaker, said.interrupted)).collect();
    let (rep, persona) = (Speaker::Rep, Speaker::Persona);
    assert_eq!(
        order,
        [(persona, false), (rep, false), (persona, true), (rep, false), (persona, false)]
    );
    let [_, _, cut, by, _] = record.utterances.as_slice() else { panic!("five") };
    assert!(cut.start_ms < by.start_ms, "{cut:?} {by:?}");
    // The model knows of the cut before it is asked again.
    let heard = times(&outcome, "interrupted")[0];
    assert!(heard < times(&outcome, "compose 3")[0]);
}

/// The voice dies before any sound or in mid-reply, for good: no reply is waited for longer than
/// 8 s, nor the rest of one longer than 3 s, and the call comes to its end.
#[test]
fn fault_06_a_dead_voice_leaves_dead_air() {
    for fault in [VoiceFault::Fails(0), VoiceFault::Stops(0), VoiceFault::Stops(2)] {
        let mut script = script(Vec::new());
        script.voice = (2..9).map(|reply| (reply, fault)).collect();
        script.hang_up_after = None;
        let outcome = run(script);
        assert!(waits(&outcome, "compose ") <= 8_000, "{fault:?}\n{}", outcome.timeline);
        assert!(waits(&outcome, "Starved") <= 3_000, "{fault:?}\n{}", outcome.timeline);
    }
}

/// The recogniser shows words and never answers: the turn is over 1.2 s after the speech.
#[test]
fn fault_07_a_recogniser_that_never_finalises_adds_seconds() {
    let mut script = script(Vec::new());
    script.hearing.finals = (1..9).map(|request| (request, None)).collect();
    let outcome = run(script);
    let spoke = said(&outcome, Speaker::Rep)[0].end_ms;
    let composed = times(&outcome, "compose 2")[0];
    assert_eq!(composed - spoke, 1_200, "{}", outcome.timeline);
    assert_eq!(asked(&outcome), [FIRST]);
}

/// From the pause to the last sample that is sent: the frames under way and the fade.
#[test]
fn fault_08_half_a_second_plays_after_stop() {
    for into_ms in (1_000..1_100).step_by(7) {
        let cut = line(Start::Into(2, Span::ms(into_ms)), "wait what do you need");
        let outcome = run(script(vec![cut]));
        let pause = outcome.log.iter().find_map(|entry| match entry {
            Entry::Event { at, commands, .. }
                if commands.iter().any(|name| name.starts_with("pause ")) =>
            {
                Some(at.as_ms())
            }
            _ => None,
        });
        let pause = usize::try_from(pause.expect("a pause")).expect("small") * 16;
        let sound = outcome.persona_leg[pause..].iter().take_while(|sample| **sample != 0);
        let sound_ms = sound.count() / 16;
        assert!((20..=80).contains(&sound_ms), "{into_ms}: {sound_ms} ms after the pause");
    }
}

/// A loudspeaker that the microphone hears. The voice stops the persona three times; then it goes on,
/// and what comes back of its words is nobody's.
#[test]
fn fault_10_the_buyer_hears_itself() {
    for reported in [EchoCancellation::Off, EchoCancellation::Unknown] {
        let mut script = script(vec![line(Start::After(2, Span::ms(800)), "what do you need")]);
        script.echo = Some(Echo { reported, level_dbfs: -40 });
        let outcome = run(script);
        let told = [FIRST, "what do you need"];
        assert_eq!(asked(&outcome), told, "{}", outcome.timeline);
        assert_eq!(texts(&outcome, Speaker::Rep), told, "{}", outcome.timeline);
        let heard = said(&outcome, Speaker::Persona);
        assert_eq!(heard.len(), 3, "{}", outcome.timeline);
        assert!(heard.iter().all(|said| !said.interrupted), "{}", outcome.timeline);
        assert_eq!(heard[1].text, ANSWER);
        for reply in 1..=3 {
            let pauses = times(&outcome, &format!("pause {reply}")).len();
            assert!(pauses <= 3, "{pauses} of {reply}\n{}", outcome.timeline);
        }
    }
}

/// The wait for an answer counts from the last voiced sample, not from when it was noticed 160 ms
/// later, nor from the commit.
#[test]
fn fault_11_latency_is_measured_from_the_wrong_end() {
    let outcome = run(script(Vec::new()));
    let spoke = said(&outcome, Speaker::Rep)[0].end_ms;
    let sounded = times(&outcome, "reply 2 sounds from 0 ms")[0];
    let noted = outcome.log.iter().find_map(|entry| match entry {
        Entry::Note { note: Note::Event(RecordEvent::ReplyTiming(timing)), .. } => {
            Some((timing.speech_end_ms?, timing.total_ms()?))
        }
        _ => None,
    });
    assert_eq!(noted, Some((spoke, sounded - spoke)), "{}", outcome.timeline);
}

/// The model fails, or never answers, before and in mid-reply, once or for good.
#[test]
fn fault_12_a_call_hangs_in_thinking() {
    for fault in [ModelFault::Fails(0), ModelFault::Stops(0), ModelFault::Stops(3)] {
        for replies in [2..3, 2..99] {
            let for_good = replies.len() != 1;
            let mut script = script(Vec::new());
            script.model = replies.map(|reply| (reply, fault)).collect();
            script.hang_up_after = None;
            let outcome = run(script);
            assert!(waits(&outcome, "compose ") <= 8_000, "{fault:?}\n{}", outcome.timeline);
            if for_good && fault != ModelFault::Stops(3) {
                let end = format!("close: {:?}\n", EndReason::VendorLost);
                assert!(outcome.timeline.ends_with(&end), "{}", outcome.timeline);
            }
        }
    }
}

/// How long nobody is heard or given up after such a line of the timeline, at most.
fn waits(outcome: &Outcome, what: &str) -> u64 {
    let heard = ["sounds from", "cancel ", "close: ", "Drained"];
    let mut over: Vec<u64> = heard.iter().flat_map(|what| times(outcome, what)).collect();
    over.sort_unstable();
    let wait = |from: u64| over.iter().find(|at| from <= **at).map_or(u64::MAX, |at| at - from);
    let longest = times(outcome, what).into_iter().map(wait).max();
    longest.unwrap_or(0)
}
