//! Whole calls on a simulated clock against timelines as text. A difference in a timeline is a
//! difference in behaviour: read it, then change the file by hand.

use std::path::{Path, PathBuf};

use ringcraft_media::call::{
    Call, Command, Cue, EndReason, Event, FinaliseId, Live, Note, Setup, TimedWord,
};
use ringcraft_media::log::Entry;
use ringcraft_media::record::{Recogniser, RecordEvent, Speaker};
use ringcraft_media::sim::{self, Line, Outcome, Script, Start, Voices};
use ringcraft_media::turn::Policy;
use ringcraft_media::units::{CallTime, Dbfs, Span};

#[path = "calls/timing.rs"]
mod timing;

const OPENING: &str = "Hi, I am calling around for rates today.";
const NOTE: &str = "Hold on, what is your budget?";
const ANSWER: &str = "Just tell me your rate, please. Nobody else asked me so many questions.";

/// Calls of a buyer who cuts in after 4 s.
const CUTS_IN: &str = "cuts_in";
const CUTS_IN_AND_LOSES: &str = "cuts_in_and_loses";
const MONOLOGUE: &str =
    "we are a family business and we have been lending in this town for forty years";
const LONG_MONOLOGUE: &str = "we are a family business and we have been lending in this town for forty years so \
                              you can trust us";

fn setup() -> Setup {
    let recogniser = Recogniser {
        name: "simulated".into(),
        fillers: true,
        punctuation: false,
        word_times: true,
    };
    Setup {
        policy: Policy::default(),
        language: "en-US".into(),
        recogniser,
        fillers: vec!["Let me think.".into()],
    }
}

fn script(rep: Vec<Line>) -> Script {
    Script {
        rep,
        persona: vec![
            (Cue::Opening, vec![OPENING]),
            (Cue::Turn, vec![ANSWER, "Fine. Send it to me."]),
            (Cue::Reconnected, vec!["Sorry, you cut out."]),
            (Cue::ServerDrain, vec!["I have to go now. Goodbye."]),
            (Cue::Nudge, vec!["Hello? Are you there?"]),
            (Cue::Silent, vec!["I will try somebody else. Goodbye."]),
        ],
        hang_up_after: Some(Span::ms(1_000)),
        ..Script::default()
    }
}

fn line(start: Start, text: &'static str) -> Line {
    Line { start, text, typed: false }
}

fn typed(start: Start, text: &'static str) -> Line {
    Line { typed: true, ..line(start, text) }
}

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The scripts, each with the file that holds its timeline.
fn scripts() -> Vec<(&'static str, Script)> {
    let first = line(Start::After(1, Span::ms(500)), "hello this is Dana with Summit Lending");
    let cut_in = |text| line(Start::Into(2, Span::ms(1_500)), text);
    let note_over_2 = typed(Start::Into(2, Span::ms(1_500)), NOTE);
    let note_at = |ms| typed(Start::At(CallTime::from_ms(ms)), NOTE);
    let mut slow = script(vec![first.clone()]);
    slow.slow = vec![(2, Span::ms(9_000))];
    let filled = Script { slow: vec![(2, Span::ms(3_000))], ..script(vec![first.clone()]) };
    let filled_cut = Script {
        slow: vec![(2, Span::ms(6_000))],
        ..script(vec![first.clone(), line(Start::Into(2, Span::ms(300)), "sorry one more thing")])
    };
    let hello = line(Start::After(1, Span::ms(500)), "good morning Rachel Dana Summit here");
    let mut late = script(vec![hello]);
    late.voices = Voices { partial: Span::ms(1_700), settle: Span::ms(1_350), ..Voices::default() };
    let mut silent = script(Vec::new());
    silent.hang_up_after = None;
    let mut goodbye = script(vec![first.clone(), cut_in("wait what do you need")]);
    goodbye.goodbyes = vec![(2, EndReason::BuyerHungUp)];
    let mut mute = script(vec![first.clone()]);
    mute.mute_from = Some(2);
    let mut drain = script(vec![first.clone()]);
    drain.drain = Some(CallTime::from_ms(4_000));
    let mut held = script(vec![first.clone()]);
    held.lost = Some((CallTime::from_ms(8_000), Some(Span::ms(3_000))));
    let mut lost = held.clone();
    lost.lost = Some((CallTime::from_ms(8_000), None));
    let goodbye_typed = Script { rep: vec![first.clone(), note_over_2.clone()], ..goodbye.clone() };
    let held_typed = Script {
        rep: vec![first.clone(), typed(Start::At(CallTime::from_ms(9_000)), "Are you there?")],
        ..held.clone()
    };
    let monologue = |words| {
        let mut talk = script(vec![line(Start::After(1, Span::ms(500)), words)]);
        talk.persona.push((Cue::CutIn, vec!["Sorry, can I stop you there? I only need the rate."]));
        talk
    };
    vec![
        (CUTS_IN, monologue(MONOLOGUE)),
        (CUTS_IN_AND_LOSES, monologue(LONG_MONOLOGUE)),
        ("typed_first", script(vec![typed(Start::At(CallTime::from_ms(200)), "Hello Rachel.")])),
        ("typed", script(vec![typed(Start::After(1, Span::ms(500)), NOTE)])),
        ("typed_over_the_buyer", script(vec![first.clone(), note_over_2])),
        ("typed_while_the_buyer_thinks", script(vec![first.clone(), note_at(6_600)])),
        ("typed_while_the_rep_speaks", script(vec![first.clone(), note_at(5_000)])),
        (
            "typed_in_doubt",
            script(vec![
                first.clone(),
                cut_in("right"),
                typed(Start::Into(2, Span::ms(1_900)), NOTE),
            ]),
        ),
        ("typed_over_a_goodbye", goodbye_typed),
        ("typed_while_held", held_typed),
        ("plain_exchange", script(vec![first.clone()])),
        ("barge_in", script(vec![first.clone(), cut_in("wait what do you need")])),
        ("backchannel", script(vec![first.clone(), cut_in("right")])),
        ("cough", script(vec![first.clone(), cut_in("")])),
        ("short_no", script(vec![first.clone(), cut_in("no")])),
        ("slow_reply", slow),
        ("filler", filled),
        ("filler_cut", filled_cut),
        ("late_final", late),
        ("silent_rep", silent),
        ("goodbye_cannot_be_cut", goodbye),
        ("mute_voice", mute),
        ("drain", drain),
        ("held", held),
        ("lost", lost),
        (
            "rep_speaks_first",
            script(vec![line(Start::At(CallTime::from_ms(100)), "hello good morning")]),
        ),
    ]
}

fn run(name: &str) -> Outcome {
    let (_, script) = scripts().into_iter().find(|(known, _)| *known == name).expect("a script");
    let mut setup = setup();
    if [CUTS_IN, CUTS_IN_AND_LOSES].contains(&name) {
        setup.policy.cut_in = Some(Span::ms(4_000));
    }
    sim::run(setup, script)
}

#[test]
fn timelines_are_as_written() {
    let mut different = Vec::new();
    for (name, _) in scripts() {
        let outcome = run(name);
        let path = goldens().join(name).with_extension("txt");
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if outcome.timeline != expected {
            different.push(format!("== {name}: is now\n{}", outcome.timeline));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_timeline_belongs_to_a_script() {
    let known: Vec<&str> = scripts().iter().map(|(name, _)| *name).collect();
    for file in std::fs::read_dir(goldens()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(known.contains(&name), "{name} belongs to no script");
    }
}

/// The line in front is part of what the reply said, and heard; what it answers stays unanswered
/// until the reply itself comes.
#[test]
fn a_line_in_front_of_a_late_reply_is_part_of_what_was_heard() {
    let outcome = run("filler");
    let answer = outcome.utterances().last().expect("an answer");
    assert_eq!(answer.text, format!("Let me think. {ANSWER}"), "{}", outcome.timeline);
    let thinking = |entry: &&Entry| match entry {
        Entry::Event { commands, .. } => commands.iter().any(|it| it.starts_with("compose")),
        _ => false,
    };
    assert_eq!(outcome.log.iter().filter(thinking).count(), 2, "the opening and one answer");

    let outcome = run("filler_cut");
    let said: Vec<_> = outcome.utterances().map(|said| (said.interrupted, &*said.text)).collect();
    // Cut 500 ms into it, of which the rep has heard 450: words last 250 ms.
    assert_eq!(said[2], (true, "Let"), "{}", outcome.timeline);
    assert!(
        outcome.timeline.contains(
            "compose 3, turn: hello this is Dana with Summit Lending sorry one more thing"
        ),
        "{}",
        outcome.timeline
    );
}

#[test]
fn an_interrupted_reply_keeps_what_was_heard() {
    let outcome = run("barge_in");
    let cut = outcome.utterances().find(|said| said.interrupted).expect("one was cut");
    assert_eq!(cut.speaker, Speaker::Persona);
    // Words last 250 ms. The rep speaks 1.5 s in; the voice stops within 200 ms of that, and the
    // client hears it 50 ms late: five to six words.
    let words = cut.text.split_whitespace().count();
    assert!((5..=7).contains(&words), "{}", cut.text);
    assert!(ANSWER.starts_with(&cut.text));
    assert_eq!(cut.words.len(), words);
}

#[test]
fn a_backchannel_is_kept_but_gets_no_reply() {
    let outcome = run("backchannel");
    let rep: Vec<_> = outcome.utterances().filter(|said| said.speaker == Speaker::Rep).collect();
    assert_eq!(rep.len(), 2);
    assert_eq!(rep[1].text, "right");
    let persona: Vec<_> =
        outcome.utterances().filter(|said| said.speaker == Speaker::Persona).collect();
    assert_eq!(persona.len(), 2, "the opening and one answer");
    assert_eq!(persona[1].text, ANSWER, "heard whole");
}

#[test]
fn the_tape_holds_the_persona_where_the_record_says() {
    let outcome = run("plain_exchange");
    for said in outcome.utterances().filter(|said| said.speaker == Speaker::Persona) {
        let place = |ms: u64| usize::try_from(ms * 16).unwrap();
        let sound = &outcome.persona_leg[place(said.start_ms + 20)..place(said.end_ms - 40)];
        assert!(sound.iter().all(|sample| *sample != 0), "silence inside {}", said.id);
        let before =
            &outcome.persona_leg[place(said.start_ms.saturating_sub(100))..place(said.start_ms)];
        assert!(before.iter().all(|sample| *sample == 0), "sound before {}", said.id);
    }
}

/// An engine that lags: words of the turn are shown and settled after it was committed with those
/// known by then. They make that utterance right; they are not said a second time.
#[test]
fn words_that_come_after_their_turn_was_committed_are_said_once() {
    let mut call = Call::new(setup());
    let ms = CallTime::from_ms;
    let mut told = |at, event| {
        call.handle(ms(at), event);
        std::iter::from_fn(|| call.poll_command()).collect::<Vec<_>>()
    };
    let partial = |text: &str| Event::Partial { text: text.into() };
    let last = |text: &str, finalise| {
        let timed = |word: &str| TimedWord { text: word.into(), start: ms(200), end: ms(900) };
        let words = text.split_whitespace().map(timed).collect();
        Event::Final { text: text.into(), words, finalise: Some(FinaliseId(finalise)) }
    };
    let utterances = |commands: &[Command]| {
        let said = commands.iter().filter_map(|command| match command {
            Command::Note(Note::Utterance(said)) => Some(("new", said.text.clone())),
            Command::Note(Note::Amended(said)) => Some(("amended", said.text.clone())),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    told(0, Event::Connected);
    told(160, Event::VoiceOn { at: ms(100) });
    told(300, Event::Tick);
    told(1_160, Event::VoiceOff { at: ms(1_000), level: Dbfs(-20.0) });
    let asked = told(1_200, Event::Tick);
    assert!(asked.contains(&Command::Finalise { id: FinaliseId(1) }), "{asked:?}");
    told(1_250, Event::VoiceOn { at: ms(1_200) });
    told(2_160, Event::VoiceOff { at: ms(2_000), level: Dbfs(-20.0) });
    let asked = told(2_200, Event::Tick);
    assert!(asked.contains(&Command::Finalise { id: FinaliseId(2) }), "{asked:?}");
    told(2_300, partial("what do"));
    // The recogniser had 1.2 s to answer; both requests are open.
    let committed = told(3_200, Event::Tick);
    assert_eq!(utterances(&committed), [("new", "what do".into())]);

    assert_eq!(told(3_300, partial("what do you")), [], "words of an utterance that is known");
    let settled = told(3_400, last("what do you pay", 1));
    assert_eq!(utterances(&settled), [("amended", "what do you pay".into())]);
    assert_eq!(told(3_500, partial("for")), [], "so are those of the second request");
    assert_eq!(told(3_600, partial("for the loan")), []);
    let settled = told(3_700, last("for the loan", 2));
    assert_eq!(utterances(&settled), [("amended", "what do you pay for the loan".into())]);
    let Some(Command::Note(Note::Amended(said))) = settled.first() else { panic!("{settled:?}") };
    assert_eq!(said.words.len(), 7, "every word of a settled text has its times");
    let Some(Command::Compose { said, .. }) =
        settled.iter().find(|command| matches!(command, Command::Compose { .. }))
    else {
        panic!("{settled:?}")
    };
    assert_eq!(said, "what do you pay for the loan", "nothing is audible yet: answered anew");

    // What is said from now on is new.
    told(3_960, Event::VoiceOn { at: ms(3_900) });
    let shown = told(4_300, partial("monthly"));
    assert!(shown.contains(&Command::Tell(Live::Partial { text: "monthly".into() })), "{shown:?}");
    let history: Vec<&str> = call.history().iter().map(|said| said.text.as_str()).collect();
    assert_eq!(history, ["what do you pay for the loan"]);
}

/// The recogniser takes longer than the persona waits: the word that was kept aside as a partial is
/// made right by its final and kept once.
#[test]
fn a_word_kept_aside_in_doubt_is_kept_once() {
    let mut script = script(vec![
        line(Start::After(1, Span::ms(500)), "hello this is Dana with Summit Lending"),
        line(Start::Into(2, Span::ms(1_500)), "no"),
    ]);
    script.voices = Voices { settle: Span::ms(900), ..Voices::default() };
    let outcome = sim::run(setup(), script);
    let rep = outcome.utterances().filter(|said| said.speaker == Speaker::Rep);
    let rep: Vec<_> = rep.map(|said| said.text.as_str()).collect();
    assert_eq!(rep, ["hello this is Dana with Summit Lending", "no"], "{}", outcome.timeline);
}

/// Speech that lost media cut off is settled there: the engine does not tell it again with what is
/// said once the media is back.
#[test]
fn speech_before_the_media_was_lost_is_said_once() {
    let mut script = script(vec![
        line(Start::After(1, Span::ms(500)), "hello this is Dana with Summit Lending"),
        line(Start::After(2, Span::ms(500)), "good morning"),
    ]);
    // In the middle of the first line, before a pause asks for it.
    script.lost = Some((CallTime::from_ms(5_000), Some(Span::ms(3_000))));
    let outcome = sim::run(setup(), script);
    let rep = outcome.utterances().filter(|said| said.speaker == Speaker::Rep);
    let rep: Vec<_> = rep.map(|said| said.text.as_str()).collect();
    // What the engine told while the call was held waits for the next turn.
    assert_eq!(
        rep,
        ["hello this is Dana", "with Summit Lending good morning"],
        "{}",
        outcome.timeline
    );
}

/// The recogniser settles what was shown as a partial only after the text was sent: the words
/// before the text are corrected, not said a second time.
#[test]
fn speech_before_a_typed_text_is_settled_in_its_place() {
    let mut call = Call::new(setup());
    let ms = CallTime::from_ms;
    let mut told = |at, event| {
        call.handle(ms(at), event);
        std::iter::from_fn(|| call.poll_command()).collect::<Vec<_>>()
    };
    told(0, Event::Connected);
    told(160, Event::VoiceOn { at: ms(100) });
    told(300, Event::Tick);
    told(900, Event::Partial { text: "what raid".into() });
    let sent = told(1_000, Event::Typed { text: "Sorry, rate.".into() });
    let asked = sent.iter().find_map(|command| match command {
        Command::Finalise { id } => Some(*id),
        _ => None,
    });
    assert!(asked.is_some(), "the voice is on, so nobody else would ask: {sent:?}");
    // Until it has answered, the engine tells of what was said before the text.
    assert_eq!(told(1_050, Event::Partial { text: "what rate".into() }), []);
    let settled =
        told(1_100, Event::Final { text: "what rate".into(), words: Vec::new(), finalise: asked });
    let Some(Command::Note(Note::Amended(said))) = settled.first() else { panic!("{settled:?}") };
    assert_eq!((said.text.as_str(), said.start_ms, said.end_ms), ("what rate", 100, 1_000));
    let again = settled.iter().find_map(|command| match command {
        Command::Compose { said, .. } => Some(said.as_str()),
        _ => None,
    });
    assert_eq!(again, Some("what rate Sorry, rate."), "the answer is to the words as settled");
    let history: Vec<&str> = call.history().iter().map(|said| said.text.as_str()).collect();
    assert_eq!(history, ["what rate", "Sorry, rate."]);
}

/// Found by chance: a cough while the buyer speaks.
#[test]
fn a_cough_that_ends_as_it_is_noticed() {
    let mut script = script(vec![line(Start::Into(1, Span::ms(510)), "")]);
    script.hang_up_after = None;
    script.voices = Voices {
        first_text: Span::ZERO,
        first_sound: Span::ZERO,
        partial: Span::ms(50),
        settle: Span::ms(10),
        ..Voices::default()
    };
    let outcome = sim::run(setup(), script);
    assert!(outcome.timeline.ends_with("close: RepSilent\n"), "{}", outcome.timeline);
}
