//! An hour of conversation on a simulated clock: core, playout and tape. Past its budget, it fails.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::process::ExitCode;
use std::time::Duration;

use criterion::measurement::{Measurement, WallTime};
use ringcraft_media::call::{Cue, Setup};
use ringcraft_media::record::Recogniser;
use ringcraft_media::sim::{self, Line, Script, Start};
use ringcraft_media::turn::Policy;
use ringcraft_media::units::Span;

/// So that a thousand hours of random calls fit into a coffee break.
const BUDGET: Duration = Duration::from_secs(2);

const ROUNDS: usize = 5;

/// Exchanges of about 18 s: a turn of 15 words, a reply of 22, an interruption every third time.
const EXCHANGES: u32 = 200;

const QUESTION: &str =
    "so tell me a little about the house you found and when do you need to move in";
const ANSWER: &str = "Well, we looked at three of them. The last one was near the school, and it \
                      needs a new roof, so we are not sure about it yet.";

fn main() -> ExitCode {
    let mut times = Vec::new();
    let mut events = 0;
    let mut minutes = 0.0;
    for _ in 0..ROUNDS {
        let start = WallTime.start();
        let outcome = sim::run(setup(), script());
        times.push(WallTime.end(start));
        events = outcome.events;
        minutes = outcome.persona_leg.len() as f64 / 16_000.0 / 60.0;
    }
    times.sort_unstable();
    let median = times[ROUNDS / 2];
    println!(
        "hour: {minutes:.0} minutes of conversation, {events} events: {:.2} s (budget {} s), \
         median of {ROUNDS}",
        median.as_secs_f64(),
        BUDGET.as_secs(),
    );
    if median <= BUDGET { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn setup() -> Setup {
    let recogniser = Recogniser {
        name: "simulated".into(),
        fillers: true,
        punctuation: false,
        word_times: true,
    };
    let policy = Policy { call_limit: Span::ms(2 * 3_600_000), ..Policy::default() };
    Setup { policy, language: "en-US".into(), recogniser, fillers: Vec::new() }
}

fn script() -> Script {
    let mut rep = Vec::new();
    let mut reply = 1;
    for exchange in 0..EXCHANGES {
        rep.push(Line { start: Start::After(reply, Span::ms(600)), text: QUESTION, typed: false });
        reply += 1;
        if exchange % 3 == 0 {
            rep.push(Line {
                start: Start::Into(reply, Span::ms(2_000)),
                text: "wait why is that",
                typed: false,
            });
            reply += 1;
        }
    }
    Script {
        rep,
        persona: vec![
            (Cue::Opening, vec!["Hi, I am calling about a loan."]),
            (Cue::Turn, vec![ANSWER]),
        ],
        hang_up_after: Some(Span::ms(1_000)),
        ..Script::default()
    }
}
