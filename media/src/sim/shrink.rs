//! The smallest script that still breaks a call, as a test to paste.

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::script::{Line, Script, Start};
use crate::call::Setup;
use crate::record::Speaker;
use crate::units::{CallTime, Span};

/// Scripts that are tried at most.
const TRIES: usize = 2_000;

/// Says what breaks when a script runs; `None` where all holds.
pub fn breaks(setup: &Setup, script: &Script) -> Option<String> {
    let run = AssertUnwindSafe(|| super::run(setup.clone(), script.clone()));
    let panic = catch_unwind(run).err()?;
    let told = panic.downcast_ref::<String>().cloned();
    let told = told.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Some(told.unwrap_or_else(|| "a panic without words".to_owned()))
}

/// What is left of a script that breaks a call.
#[derive(Debug)]
pub struct Smallest {
    /// What breaks.
    pub broken: String,
    /// The test to paste.
    pub test: String,
}

impl fmt::Display for Smallest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.broken, self.test)
    }
}

impl Smallest {
    /// Runs a script and, where it breaks the call, finds the smallest one that still does.
    pub fn of(setup: &Setup, script: Script) -> Option<Self> {
        breaks(setup, &script)?;
        let script = shrink(script, |script| breaks(setup, script).is_some());
        let broken = breaks(setup, &script)?;
        Some(Self { broken, test: paste(setup, &script) })
    }
}

/// Makes a script smaller as long as it `still` does what it did: leaves out what it can, then
/// rounds and shortens the rest.
pub fn shrink(mut script: Script, still: impl Fn(&Script) -> bool) -> Script {
    let mut tries = 0;
    'smaller: loop {
        for candidate in candidates(&script) {
            tries += 1;
            if TRIES < tries {
                return script;
            }
            if still(&candidate) {
                script = candidate;
                continue 'smaller;
            }
        }
        return script;
    }
}

/// Scripts that are smaller by one thing, those that leave out most first.
fn candidates(script: &Script) -> Vec<Script> {
    let mut all = Vec::new();
    let mut less = |change: &dyn Fn(&mut Script)| {
        let mut smaller = script.clone();
        change(&mut smaller);
        if smaller != *script {
            all.push(smaller);
        }
    };
    without_each(&mut less, |script| &mut script.rep, script.rep.len());
    without_each(&mut less, |script| &mut script.network.gaps, script.network.gaps.len());
    without_each(&mut less, |script| &mut script.hearing.finals, script.hearing.finals.len());
    without_each(&mut less, |script| &mut script.model, script.model.len());
    without_each(&mut less, |script| &mut script.voice, script.voice.len());
    without_each(&mut less, |script| &mut script.slow, script.slow.len());
    without_each(&mut less, |script| &mut script.goodbyes, script.goodbyes.len());
    without_each(&mut less, |script| &mut script.persona, script.persona.len());
    less(&|script| script.mute_from = None);
    less(&|script| script.drain = None);
    less(&|script| script.lost = None);
    less(&|script| script.hang_up_after = None);
    less(&|script| script.stale = false);
    less(&|script| script.echo = None);
    less(&|script| script.voices = super::Voices::default());
    less(&|script| script.hearing.mute = false);
    less(&|script| script.hearing.wavers = false);
    less(&|script| script.hearing.alone = None);
    less(&|script| script.network.jitter = Span::ZERO);
    less(&|script| script.network.delay = Span::ZERO);
    less(&|script| script.network.seed = 0);
    for index in 0..script.rep.len() {
        less(&|script| shorten(&mut script.rep[index]));
        less(&|script| script.rep[index].typed = false);
        less(&|script| script.rep[index].start = rounded(script.rep[index].start));
    }
    let spans: [fn(&mut Script) -> &mut Span; 5] = [
        |script| &mut script.voices.first_text,
        |script| &mut script.voices.first_sound,
        |script| &mut script.voices.partial,
        |script| &mut script.voices.settle,
        |script| &mut script.voices.piece,
    ];
    for span in spans {
        let usual = *span(&mut Script::default());
        // What is usual is not printed, so nothing is smaller.
        less(&|script| {
            let span = span(script);
            *span = if *span == usual { usual } else { round(*span) };
        });
    }
    less(&|script| script.voices.burst = 1);
    for index in 0..script.network.gaps.len() {
        less(&|script| {
            let (at, span) = &mut script.network.gaps[index];
            (*at, *span) = (CallTime(round(Span(at.0)).0), round(*span));
        });
    }
    all
}

fn without_each<T>(
    less: &mut impl FnMut(&dyn Fn(&mut Script)),
    list: fn(&mut Script) -> &mut Vec<T>,
    len: usize,
) {
    for index in (0..len).rev() {
        less(&|script| drop(list(script).remove(index)));
    }
}

fn shorten(line: &mut Line) {
    if let Some((rest, _)) = line.text.rsplit_once(' ') {
        line.text = rest;
    }
}

/// A time with one digit less.
fn round(span: Span) -> Span {
    let unit = [1_000_000, 100_000, 10_000]
        .into_iter()
        .find(|unit| *unit < span.0 && !span.0.is_multiple_of(*unit));
    unit.map_or(span, |unit| Span(span.0 / unit * unit))
}

fn rounded(start: Start) -> Start {
    match start {
        Start::At(at) => Start::At(CallTime(round(Span(at.0)).0)),
        Start::After(reply, span) => Start::After(reply, round(span)),
        Start::Into(reply, span) => Start::Into(reply, round(span)),
    }
}

/// A test that runs a script, for `tests/random.rs`.
pub fn paste(setup: &Setup, script: &Script) -> String {
    let mut test = String::from("#[test]\nfn found_by_chance() {\n");
    let is_usual = setup.policy.opens == Speaker::Persona && !setup.recogniser.punctuation;
    let _ = writeln!(test, "    let {}setup = setup();", if is_usual { "" } else { "mut " });
    if setup.policy.opens == Speaker::Rep {
        test.push_str("    setup.policy.opens = Speaker::Rep;\n");
    }
    if setup.recogniser.punctuation {
        test.push_str("    setup.recogniser.punctuation = true;\n");
    }
    test.push_str("    let script = Script {\n");
    let usual = Script::default();
    let mut field = |name: &str, value: &dyn fmt::Debug, usual: &dyn fmt::Debug| {
        let fault = if name == "model" { "ModelFault" } else { "VoiceFault" };
        let value = source(value, fault);
        if value != source(usual, fault) {
            let _ = writeln!(test, "        {name}: {value},");
        }
    };
    field("rep", &script.rep, &usual.rep);
    field("persona", &script.persona, &usual.persona);
    field("voices", &script.voices, &usual.voices);
    field("slow", &script.slow, &usual.slow);
    field("goodbyes", &script.goodbyes, &usual.goodbyes);
    field("mute_from", &script.mute_from, &usual.mute_from);
    field("drain", &script.drain, &usual.drain);
    field("lost", &script.lost, &usual.lost);
    field("hang_up_after", &script.hang_up_after, &usual.hang_up_after);
    field("network", &script.network, &usual.network);
    field("hearing", &script.hearing, &usual.hearing);
    field("model", &script.model, &usual.model);
    field("voice", &script.voice, &usual.voice);
    field("stale", &script.stale, &usual.stale);
    field("echo", &script.echo, &usual.echo);
    test.push_str("        ..Script::default()\n    };\n    sim::run(setup, script);\n}\n");
    test
}

/// What a value derives as its debug text, made Rust: lists, and the variants by their paths.
fn source(value: &dyn fmt::Debug, fault: &str) -> String {
    const PATHS: [(&str, &str); 14] = [
        ("[", "vec!["),
        ("At(", "Start::At("),
        ("After(", "Start::After("),
        ("Into(", "Start::Into("),
        ("(Opening,", "(Cue::Opening,"),
        ("(Turn,", "(Cue::Turn,"),
        ("(CutIn,", "(Cue::CutIn,"),
        ("(Nudge,", "(Cue::Nudge,"),
        ("(Silent,", "(Cue::Silent,"),
        ("(Reconnected,", "(Cue::Reconnected,"),
        ("(TimeUp,", "(Cue::TimeUp,"),
        ("(ServerDrain,", "(Cue::ServerDrain,"),
        ("reported: ", "reported: EchoCancellation::"),
        ("BuyerHungUp", "EndReason::BuyerHungUp"),
    ];
    let mut text = format!("{value:?}");
    for variant in ["Fails(", "Stops(", "Untimed"] {
        text = text.replace(variant, &format!("{fault}::{variant}"));
    }
    PATHS.iter().fold(text, |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Cue;
    use crate::sim::{Chance, ModelFault, VoiceFault, any_script};

    #[test]
    fn what_does_not_matter_is_left_out() {
        let line = |ms, text| Line { start: Start::At(CallTime::from_ms(ms)), text, typed: true };
        let mut script = any_script(&mut Chance::Seed(7));
        script.rep.insert(0, line(12_345, "no"));
        script.rep.push(line(23_456, "what brings you in today"));
        script.model = vec![(1, ModelFault::Fails(0)), (3, ModelFault::Stops(2))];
        // Breaks with a line that says "what" after 20 s, and a third reply whose model stops.
        let still = |script: &Script| {
            let late = Start::At(CallTime::from_ms(20_000));
            let is_late = |line: &Line| match (line.start, late) {
                (Start::At(at), Start::At(late)) => late <= at && line.text.starts_with("what"),
                _ => false,
            };
            script.rep.iter().any(is_late) && script.model.iter().any(|(reply, _)| *reply == 3)
        };
        let expected = Script {
            rep: vec![Line { typed: false, ..line(23_000, "what") }],
            model: vec![(3, ModelFault::Stops(2))],
            ..Script::default()
        };
        assert_eq!(shrink(script, still), expected);
    }

    #[test]
    fn a_test_to_paste_is_rust() {
        let setup = crate::sim::any_setup(&mut Chance::Bytes(&[]));
        let script = Script {
            rep: vec![Line { start: Start::Into(2, Span::ms(150)), text: "no", typed: false }],
            persona: vec![(Cue::Turn, vec!["Hm."])],
            voice: vec![(2, VoiceFault::Fails(0)), (3, VoiceFault::Untimed)],
            model: vec![(1, ModelFault::Fails(0))],
            ..Script::default()
        };
        let expected = r#"#[test]
fn found_by_chance() {
    let setup = setup();
    let script = Script {
        rep: vec![Line { start: Start::Into(2, Span(150000)), text: "no", typed: false }],
        persona: vec![(Cue::Turn, vec!["Hm."])],
        model: vec![(1, ModelFault::Fails(0))],
        voice: vec![(2, VoiceFault::Fails(0)), (3, VoiceFault::Untimed)],
        ..Script::default()
    };
    sim::run(setup, script);
}
"#;
        assert_eq!(paste(&setup, &script), expected);
    }

    #[test]
    fn what_holds_has_nothing_to_shrink() {
        let mut chance = Chance::Seed(1);
        let setup = crate::sim::any_setup(&mut chance);
        assert_eq!(breaks(&setup, &Script::default()), None);
    }
}
