//! When is a turn over? Turns cut off before their end, against the wait after it, for policies
//! that know nothing, the words, or the words and the rep. Printed by
//! `cargo test -p ringcraft-media --test endpointing -- --nocapture`.

#![expect(clippy::print_stdout, reason = "the curve is there to be read")]

#[path = "endpointing/conversation.rs"]
mod conversation;
#[path = "endpointing/turns.rs"]
mod turns;

use conversation::{Outcome, outcomes};
use ringcraft_media::turn::Policy;
use ringcraft_media::units::Span;
use turns::{Rep, by_hand, generated};

const GENERATED_REPS: usize = 12;
const SEED: u64 = 20_261_121;

/// The share of turns that were cut off, and the wait of all, as read off a table.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Figures {
    turns: usize,
    cut_off: usize,
    talked_over: usize,
    /// Of the rep who was cut off most.
    worst_percent: usize,
    mean_ms: u64,
    median_ms: u64,
    p90_ms: u64,
}

impl Figures {
    fn of(reps: &[Rep], policy: &Policy, punctuation: bool) -> Self {
        let by_rep: Vec<Vec<Outcome>> =
            reps.iter().map(|rep| outcomes(rep, policy, punctuation)).collect();
        let cut_off = |turns: &[Outcome]| turns.iter().filter(|turn| turn.cut_off).count();
        let worst = by_rep.iter().max_by_key(|turns| cut_off(turns) * 1_000 / turns.len());
        let worst_percent = worst.map_or(0, |turns| cut_off(turns) * 100 / turns.len());
        let all: Vec<Outcome> = by_rep.iter().flatten().copied().collect();
        let mut waits: Vec<u64> = all.iter().filter_map(|outcome| outcome.wait_ms).collect();
        waits.sort_unstable();
        Self {
            turns: all.len(),
            cut_off: cut_off(&all),
            worst_percent,
            talked_over: all.iter().filter(|outcome| outcome.talked_over).count(),
            mean_ms: waits.iter().sum::<u64>() / waits.len() as u64,
            median_ms: waits[waits.len() / 2],
            p90_ms: waits[waits.len() * 9 / 10],
        }
    }

    fn line(&self, name: &str) -> String {
        let percent = |count: usize| count as f64 * 100.0 / self.turns as f64;
        format!(
            "| {name} | {:.1} % | {:.1} % | {} % | {} | {} | {} |",
            percent(self.cut_off),
            percent(self.talked_over),
            self.worst_percent,
            self.mean_ms,
            self.median_ms,
            self.p90_ms
        )
    }
}

/// The same wait whatever is said.
fn fixed(ms: u64) -> Policy {
    let wait = Span::ms(ms);
    Policy {
        wait_complete: wait,
        wait_unclear: wait,
        wait_unclear_most: wait,
        wait_incomplete: wait,
        ..Policy::default()
    }
}

/// Waits by the words alone.
fn words((complete_ms, unclear_ms): (u64, u64)) -> Policy {
    Policy {
        wait_complete: Span::ms(complete_ms),
        wait_unclear: Span::ms(unclear_ms),
        wait_unclear_most: Span::ms(unclear_ms),
        ..Policy::default()
    }
}

/// Waits by the words, and by this rep's pauses up to twice as long.
fn words_and_rep(waits: (u64, u64)) -> Policy {
    Policy { wait_unclear_most: Span::ms(2 * waits.1), ..words(waits) }
}

const FIXED_MS: [u64; 7] = [300, 500, 700, 900, 1_200, 1_600, 2_000];
const WAITS_MS: [(u64, u64); 5] = [(200, 400), (200, 600), (400, 800), (600, 1_000), (800, 1_200)];

fn print(title: &str, reps: &[Rep], punctuation: bool) {
    println!("\n{title}\n");
    println!(
        "| policy | cut off | talked over | worst rep | mean ms | median ms | p90 ms |\n|---|---|---|---|---|---|---|"
    );
    for ms in FIXED_MS {
        println!("{}", Figures::of(reps, &fixed(ms), punctuation).line(&format!("fixed {ms} ms")));
    }
    for waits in WAITS_MS {
        let name = format!("words {} / {} ms", waits.0, waits.1);
        println!("{}", Figures::of(reps, &words(waits), punctuation).line(&name));
    }
    for waits in WAITS_MS {
        let name = format!("words and rep {} / {} ms", waits.0, waits.1);
        println!("{}", Figures::of(reps, &words_and_rep(waits), punctuation).line(&name));
    }
}

#[test]
fn the_curve_is_printed() {
    let generated = generated(GENERATED_REPS, SEED);
    print("Generated turns, no punctuation", &generated, false);
    print("Turns by hand, no punctuation", &by_hand(), false);
    print("Turns by hand, with punctuation", &by_hand(), true);
    let default = words_and_rep((200, 600));
    assert_eq!(default, Policy::default(), "the table has the policy that calls run with");
}

#[test]
fn the_sets_are_what_the_table_says() {
    let hand: Vec<Rep> = by_hand();
    assert_eq!(hand.iter().map(|rep| rep.turns.len()).collect::<Vec<_>>(), [15, 15, 15, 15]);
    let generated = generated(GENERATED_REPS, SEED);
    assert_eq!(generated.iter().map(|rep| rep.turns.len()).sum::<usize>(), 360);
    let mut pauses: Vec<u64> =
        generated.iter().flat_map(|rep| &rep.turns).flat_map(turns::Turn::pauses).collect();
    pauses.sort_unstable();
    let long = pauses.iter().filter(|pause| 1_000 <= **pause).count() * 100 / pauses.len();
    let median = pauses[pauses.len() / 2];
    println!("{} pauses, median {median} ms, {long} % of a second or more", pauses.len());
    assert!((350..600).contains(&median), "a typical pause lasts about half a second: {median}");
    assert!((5..25).contains(&long), "{long} % are long");
}

/// At the wait that it costs, in the median and on average, a fixed wait cuts off more.
fn assert_beats_a_fixed_wait(reps: &[Rep], punctuation: bool) {
    for waits in WAITS_MS {
        let adaptive = Figures::of(reps, &words_and_rep(waits), punctuation);
        for wait_ms in [adaptive.median_ms, adaptive.mean_ms] {
            let as_slow = Figures::of(reps, &fixed(wait_ms), punctuation);
            assert_eq!((as_slow.median_ms, as_slow.mean_ms), (wait_ms, wait_ms));
            assert!(
                adaptive.cut_off < as_slow.cut_off,
                "{waits:?}: {adaptive:?} against a fixed wait: {as_slow:?}"
            );
        }
    }
}

#[test]
fn generated_turns_are_cut_off_less_than_by_a_fixed_wait_that_costs_as_much() {
    assert_beats_a_fixed_wait(&generated(GENERATED_REPS, SEED), false);
}

#[test]
fn turns_by_hand_are_cut_off_less_than_by_a_fixed_wait_that_costs_as_much() {
    assert_beats_a_fixed_wait(&by_hand(), false);
    assert_beats_a_fixed_wait(&by_hand(), true);
}

#[test]
fn knowing_the_rep_cuts_off_fewer_turns_than_the_words_alone() {
    for reps in [generated(GENERATED_REPS, SEED), by_hand()] {
        let by_words = Figures::of(&reps, &words((200, 600)), false);
        let by_both = Figures::of(&reps, &Policy::default(), false);
        assert!(by_both.cut_off < by_words.cut_off, "{by_both:?} {by_words:?}");
        // The gain is the slow rep's: the others must not be the ones who pay for it.
        assert!(by_both.worst_percent < by_words.worst_percent, "{by_both:?} {by_words:?}");
        assert_eq!(by_both.median_ms, by_words.median_ms);
    }
}

/// The turns by hand that calls' own policy cuts off. When this changes, read which.
#[test]
fn which_turns_by_hand_are_cut_off() {
    let cut_off: Vec<String> = by_hand()
        .iter()
        .flat_map(|rep| {
            let outcomes = outcomes(rep, &Policy::default(), false);
            let cut = rep.turns.iter().zip(outcomes).filter(|(_, outcome)| outcome.cut_off);
            cut.map(|(turn, _)| turn.first_words(3)).collect::<Vec<_>>()
        })
        .collect();
    let expected = [
        "Sure. My direct",
        "I can do",
        "Does that sound",
        "Hello, this is",
        "I understand. A",
        "I'd want to",
        "Sounds good. I'll",
    ];
    assert_eq!(cut_off, expected);
}
