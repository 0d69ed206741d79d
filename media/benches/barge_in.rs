//! How long the persona goes on when the rep cuts in; past its budget, the bench fails.
//!
//! Real speech through ingress and its segmenter, the real call and playout, on a simulated clock:
//! the figures are the same on every machine. Time counts from the first sample of the first phone,
//! known from how the clips were made, not from our detector.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

#[path = "barge_in/scene.rs"]
mod scene;

use std::process::ExitCode;

use scene::{Outcome, Scene, scenes};

/// Onset of speech to the last frame that is sent, which fades out.
const SENT_P50_MS: u64 = 220;
const SENT_P95_MS: u64 = 280;

/// What was sent last sounds up to 60 ms later: it is sent 40 ms ahead and lasts 20.
const SOUND_P50_MS: u64 = SENT_P50_MS + 60;
const SOUND_P95_MS: u64 = SENT_P95_MS + 60;

/// Onset of speech to the cut by its words.
const CONFIRM_MS: u64 = 700;

/// The length of the speech alone is known as well as its onset: a breathed one is detected up to
/// 100 ms late.
const CONFIRM_BY_LENGTH_MS: u64 = CONFIRM_MS + 100;

/// End of a sound that was no interruption to the next sample of the voice.
const RESUME_MS: u64 = 500;

fn main() -> ExitCode {
    let outcomes: Vec<(Scene, Outcome)> = scenes().map(|scene| (scene, scene.play())).collect();
    let all = |what: fn(&Scene, &Outcome) -> Option<u64>| {
        let mut all: Vec<u64> =
            outcomes.iter().filter_map(|(scene, out)| what(scene, out)).collect();
        all.sort_unstable();
        all
    };
    let checks = [
        Check::of("speech to the last frame sent", all(|_, out| out.sent_ms))
            .within(SENT_P50_MS, SENT_P95_MS),
        Check::of("speech to the end of its sound", all(|_, out| out.stopped_ms))
            .within(SOUND_P50_MS, SOUND_P95_MS),
        Check::of(
            "speech to the cut, by words",
            all(|of, out| out.cut_ms.filter(|_| of.has_words)),
        )
        .within(CONFIRM_MS, CONFIRM_MS),
        Check::of(
            "speech to the cut, by its length",
            all(|of, out| out.cut_ms.filter(|_| !of.has_words)),
        )
        .within(CONFIRM_BY_LENGTH_MS, CONFIRM_BY_LENGTH_MS),
        Check::of("end of a short sound to the voice", all(|_, out| out.resumed_ms))
            .within(RESUME_MS, RESUME_MS),
    ];
    let missed = outcomes.iter().filter(|(_, out)| out.sent_ms.is_none()).count();
    println!("barge_in: {missed} of {} were not noticed", outcomes.len());
    let is_within = checks.iter().all(|is_within| *is_within) && missed == 0;
    if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Times in milliseconds, sorted.
struct Check(&'static str, Vec<u64>);

impl Check {
    fn of(what: &'static str, times: Vec<u64>) -> Self {
        Self(what, times)
    }

    /// Prints the figures; says whether they are within the budget.
    fn within(self, p50_budget: u64, p95_budget: u64) -> bool {
        let Self(what, times) = self;
        let rank = |percent: usize| times.get(times.len() * percent / 100).copied();
        let (Some(p50), Some(p95), Some(most)) = (rank(50), rank(95), times.last()) else {
            println!("barge_in: {what}: never");
            return false;
        };
        println!(
            "barge_in: {what}: p50 {p50} ms (budget {p50_budget}), p95 {p95} ms (budget \
             {p95_budget}), longest {most} ms, of {}",
            times.len()
        );
        p50 <= p50_budget && p95 <= p95_budget
    }
}
