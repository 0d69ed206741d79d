//! Calls by chance: the simulator checks what must hold after every event of each. What breaks is
//! made as small as it gets and printed as a test to paste here.

use ringcraft_media::call::{Cue, EndReason, Setup};
use ringcraft_media::sim::{
    self, Chance, Hearing, Line, Script, Smallest, Start, Voices, any_script, any_setup,
};
use ringcraft_media::units::{CallTime, Span};

/// Enough that each fault of the world meets each other one.
const CALLS: u64 = 600;

/// Drawn once; a failure must be there again in the next run: chance is for the fuzzer.
const FIRST_SEED: u64 = 20_261_121;

/// The setup of the calls below.
fn setup() -> Setup {
    any_setup(&mut Chance::Bytes(&[]))
}

#[test]
fn no_script_breaks_a_call() {
    for seed in FIRST_SEED..FIRST_SEED + CALLS {
        let mut chance = Chance::Seed(seed);
        let (setup, script) = (any_setup(&mut chance), any_script(&mut chance));
        if let Some(smallest) = Smallest::of(&setup, script) {
            panic!("seed {seed} breaks a call: {smallest}");
        }
    }
}

#[test]
fn the_usual_setup_is_what_no_chance_gives() {
    assert_eq!(setup().policy.call_limit.as_ms(), 120_000);
}

/// A word is said while a goodbye is made, and then the voice turns out to be dead: the call is given
/// up, and the word is in the record.
#[test]
fn what_is_said_before_a_goodbye_that_never_sounds_is_kept() {
    let script = Script {
        rep: vec![Line { start: Start::At(CallTime::from_ms(11_000)), text: "wait", typed: false }],
        goodbyes: vec![(2, EndReason::BuyerHungUp)],
        mute_from: Some(1),
        ..Script::default()
    };
    let outcome = sim::run(setup(), script);
    assert!(outcome.timeline.contains("utterance"), "{}", outcome.timeline);
}

/// A word is settled when the line is lost already, and the rep never comes back: it is in the record.
#[test]
fn what_is_settled_while_the_line_is_lost_is_kept() {
    let script = Script {
        rep: vec![Line { start: Start::At(CallTime::from_ms(6_000)), text: "wait", typed: false }],
        persona: vec![(Cue::Opening, vec!["No."])],
        voices: Voices { settle: Span::ms(3_000), ..Voices::default() },
        hearing: Hearing { mute: true, ..Hearing::default() },
        lost: Some((CallTime::from_ms(7_000), None)),
        ..Script::default()
    };
    let outcome = sim::run(setup(), script);
    assert!(outcome.timeline.contains("rep 6."), "{}", outcome.timeline);
}
