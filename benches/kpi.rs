//! KPIs of call records, with their budgets; past one of them, the bench fails.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use criterion::measurement::{Measurement, WallTime};
use ringcraft::kpi;
use ringcraft_media::record::{CallRecord, RecordParts, Speaker, Utterance, Word};

/// One record and how long its KPIs may take.
struct Load {
    name: &'static str,
    utterances: usize,
    rounds: usize,
    budget: Duration,
}

const LOADS: [Load; 2] = [
    // 600 utterances of 16 words in an hour: both sides talk at 160 words a minute, in turns of 6 s.
    Load {
        name: "one hour of conversation",
        utterances: 600,
        rounds: 101,
        budget: Duration::from_millis(5),
    },
    // Not a conversation: what is quadratic in utterances takes far longer here.
    Load {
        name: "100,000 utterances in 24 hours",
        utterances: 100_000,
        rounds: 5,
        budget: Duration::from_millis(2_000),
    },
];

fn main() -> ExitCode {
    let mut is_within = true;
    for load in &LOADS {
        let record = record(load.utterances);
        let bytes = serde_json::to_vec(&record).expect("a record has only text as keys");
        let computed = median(load.rounds, || drop(black_box(kpi::compute(black_box(&record)))));
        let read =
            median(load.rounds, || drop(black_box(CallRecord::from_json(black_box(&bytes)))));
        println!(
            "kpi: {}: compute {:.3} ms (budget {} ms), read {} KB {:.3} ms; medians of {}",
            load.name,
            computed.as_secs_f64() * 1e3,
            load.budget.as_millis(),
            bytes.len() / 1_000,
            read.as_secs_f64() * 1e3,
            load.rounds,
        );
        is_within &= computed <= load.budget;
    }
    if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn median(rounds: usize, work: impl Fn()) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = WallTime.start();
            work();
            WallTime.end(start)
        })
        .collect();
    times.sort_unstable();
    times[rounds / 2]
}

/// A call in which the sides alternate; every fifth utterance is a backchannel inside the one before,
/// and every seventh starts before the other side has ended.
fn record(utterances: usize) -> CallRecord {
    let slot_ms = if utterances <= 600 { 6_000 } else { 860 };
    let call: Vec<Utterance> = (0..utterances)
        .map(|place| {
            let speaker = if place % 2 == 0 { Speaker::Persona } else { Speaker::Rep };
            let slot_start_ms = place as u64 * slot_ms;
            if place % 5 == 4 {
                let start_ms = slot_start_ms - slot_ms / 2;
                return said(place, speaker, start_ms, slot_ms / 10, "Mm-hmm, right.");
            }
            let early_ms = if place % 7 == 6 { slot_ms / 8 } else { 0 };
            said(place, speaker, slot_start_ms - early_ms, slot_ms * 19 / 20, SENTENCES[place % 3])
        })
        .collect();
    let duration_ms = utterances as u64 * slot_ms + slot_ms;
    let parts = RecordParts { duration_ms, utterances: call, ..RecordParts::default() };
    CallRecord::new(parts).expect("a good record")
}

const SENTENCES: [&str; 3] = [
    "So, um, what I think matters most is, you know, the total cash you need at closing.",
    "Could you tell me a bit about your income, and what made you look into this now?",
    "The rate today is six point five percent, and the A P R is six point seven two.",
];

fn said(place: usize, speaker: Speaker, start_ms: u64, length_ms: u64, text: &str) -> Utterance {
    let count = text.split_whitespace().count() as u64;
    let step_ms = length_ms / count;
    let words = text
        .split_whitespace()
        .zip(0..)
        .map(|(word, k)| Word {
            text: word.to_owned(),
            start_ms: start_ms + k * step_ms,
            end_ms: start_ms + (k + 1) * step_ms - step_ms / 8,
        })
        .collect();
    Utterance {
        id: format!("u{place}"),
        speaker,
        start_ms,
        end_ms: start_ms + length_ms,
        text: text.to_owned(),
        words,
        interrupted: place % 7 == 5,
        typed: false,
    }
}
