//! When a paused turn is over: what the words say, what the recogniser says, and how long this rep
//! is used to pause.

use super::{Completeness, Policy, Words};
use crate::call::Hint;
use crate::units::{CallTime, Span};

/// How much a pause that was longer, or not longer, than the usual one moves the usual one. It
/// settles where one in five is longer: there, both ways, it moves as far as it moves back.
const LONGER_STEP: Span = Span::ms(80);
const NOT_LONGER_STEP: Span = Span::ms(20);

/// The first pauses of a call move it by more: little is known, and the rep waits for nobody.
const FIRST_PAUSES: u32 = 4;
const FIRST_PAUSES_FACTOR: u64 = 3;

/// Decides how long after the end of speech a turn is over.
///
/// This rep's usual pause is a running quantile, moved by a step for each pause in the middle of a
/// turn (Robbins and Monro, "A stochastic approximation method", 1951). A pause counts by its side
/// alone and not by its length, so that a single long one, of a rep who looks something up, moves it
/// no further than any other; a mean with its deviation, as in the retransmission timer of TCP,
/// would carry that one for the rest of the call. It needs neither memory nor division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpointer {
    usual: Span,
    pauses: u32,
    hint: Option<Hint>,
    /// The end of the speech that may have been the turn's end.
    paused: Option<CallTime>,
}

impl Endpointer {
    /// An endpointer that knows nothing of the rep: its waits are the policy's.
    pub const fn new(policy: &Policy) -> Self {
        Self { usual: policy.wait_unclear, pauses: 0, hint: None, paused: None }
    }

    /// How long after the end of speech a turn with such words is over.
    pub fn wait(&self, policy: &Policy, words: Words) -> Span {
        match self.hint {
            Some(Hint::EndOfTurn) => Span::ZERO,
            Some(Hint::EagerEndOfTurn) => policy.wait_complete,
            Some(Hint::TurnResumed) => policy.wait_incomplete,
            None => self.wait_for_words(policy, words.completeness),
        }
    }

    fn wait_for_words(&self, policy: &Policy, completeness: Completeness) -> Span {
        let longer = self.usual.saturating_sub(policy.wait_unclear);
        let wait = match completeness {
            // Half: what sounds complete most often is.
            Completeness::Complete => policy.wait_complete + Span(longer.0 / 2),
            Completeness::Unclear => policy.wait_unclear + longer,
            Completeness::Incomplete => return policy.wait_incomplete,
        };
        wait.min(policy.wait_incomplete.max(policy.wait(completeness)))
    }

    /// The rep paused: this may be the end of the turn.
    pub fn paused(&mut self, since: CallTime) {
        self.paused = Some(since);
    }

    /// The rep speaks again before anybody else did, so that the last pause was not the end.
    pub fn went_on(&mut self, policy: &Policy, at: CallTime) {
        self.hint = None;
        let Some(since) = self.paused.take() else { return };
        let pause = at.saturating_since(since);
        // Silence that no wait would have outlasted is no pause: the rep asks whether we are there.
        if pause < policy.turn_pause || policy.wait_incomplete < pause {
            return;
        }
        let factor = if self.pauses < FIRST_PAUSES { FIRST_PAUSES_FACTOR } else { 1 };
        self.pauses = self.pauses.saturating_add(1);
        let moved = if self.usual < pause {
            self.usual + Span(LONGER_STEP.0 * factor)
        } else {
            self.usual.saturating_sub(Span(NOT_LONGER_STEP.0 * factor))
        };
        let least = policy.wait_complete.min(policy.wait_unclear);
        self.usual = moved.clamp(least, policy.wait_unclear_most.max(least));
    }

    /// What the recogniser makes of the turn. It holds until the rep says more.
    pub fn hint(&mut self, hint: Hint) {
        self.hint = Some(hint);
    }

    /// Whether the recogniser says that the turn is over.
    pub fn is_told_the_end(&self) -> bool {
        self.hint == Some(Hint::EndOfTurn)
    }

    /// More words than those of which the recogniser spoke.
    pub fn more_words(&mut self) {
        self.hint = None;
    }

    /// The turn was taken. The rep may still go on before the reply is heard.
    pub fn committed(&mut self) {
        self.hint = None;
    }

    /// The pause is no pause of a turn any more.
    pub fn forget_pause(&mut self) {
        self.hint = None;
        self.paused = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNCLEAR: Words = Words { count: 6, ..Words::NONE };
    const COMPLETE: Words = Words { completeness: Completeness::Complete, ..UNCLEAR };
    const INCOMPLETE: Words = Words { completeness: Completeness::Incomplete, ..UNCLEAR };

    fn after(pauses_ms: &[u64]) -> Endpointer {
        let policy = Policy::default();
        let mut endpointer = Endpointer::new(&policy);
        for pause in pauses_ms {
            endpointer.paused(CallTime::from_ms(10_000));
            endpointer.went_on(&policy, CallTime::from_ms(10_000 + pause));
        }
        endpointer
    }

    fn waits_ms(endpointer: Endpointer) -> [u64; 3] {
        let policy = Policy::default();
        [COMPLETE, UNCLEAR, INCOMPLETE].map(|words| endpointer.wait(&policy, words).as_ms())
    }

    #[test]
    fn a_rep_of_whom_nothing_is_known_gets_the_policys_waits() {
        assert_eq!(waits_ms(after(&[])), [200, 600, 2_500]);
    }

    #[test]
    fn a_rep_who_pauses_for_long_is_given_more_time_and_a_quick_one_no_less_than_the_default() {
        // The first four move by 240 ms up and 60 ms down, the others by 80 ms and 20 ms:
        // 600, 840, 1,080, 1,020, 960; 940, 920.
        assert_eq!(waits_ms(after(&[900; 4])), [200 + 180, 960, 2_500]);
        assert_eq!(waits_ms(after(&[900; 6])), [200 + 160, 920, 2_500]);
        assert_eq!(waits_ms(after(&[250; 30])), [200, 600, 2_500]);
    }

    #[test]
    fn one_long_pause_moves_the_waits_by_one_step_and_many_no_further_than_the_cap() {
        let quick = [300; 10];
        let mut pauses = quick.to_vec();
        pauses.push(2_400);
        // It is at 340 ms before and at 420 ms after: the default still.
        assert_eq!(waits_ms(after(&pauses)), [200, 600, 2_500]);
        assert_eq!(waits_ms(after(&[2_400; 30])), [200 + 300, 1_200, 2_500]);
    }

    #[test]
    fn one_pause_in_five_is_longer_than_the_usual_one() {
        let pauses = [400, 450, 500, 550, 600, 650, 700, 750, 900, 1_150];
        for rounds in 5..30 {
            let usual = after(&pauses.repeat(rounds)).usual.as_ms();
            assert!((750..1_000).contains(&usual), "after {rounds} rounds: {usual}");
        }
    }

    #[test]
    fn what_is_no_pause_of_a_turn_teaches_nothing() {
        // A breath, and a rep who asks after 4 s whether somebody is there.
        assert_eq!(waits_ms(after(&[120, 4_000, 4_000])), [200, 600, 2_500]);
        let policy = Policy::default();
        let mut endpointer = after(&[]);
        endpointer.paused(CallTime::from_ms(1_000));
        endpointer.forget_pause();
        endpointer.went_on(&policy, CallTime::from_ms(2_000));
        assert_eq!(endpointer, after(&[]));
    }

    #[test]
    fn the_recogniser_overrules_the_words_until_there_are_more() {
        let mut endpointer = after(&[]);
        endpointer.hint(Hint::EndOfTurn);
        assert_eq!(waits_ms(endpointer), [0, 0, 0]);
        endpointer.hint(Hint::EagerEndOfTurn);
        assert_eq!(waits_ms(endpointer), [200, 200, 200]);
        endpointer.hint(Hint::TurnResumed);
        assert_eq!(waits_ms(endpointer), [2_500, 2_500, 2_500]);
        endpointer.more_words();
        assert_eq!(waits_ms(endpointer), [200, 600, 2_500]);
    }

    #[test]
    fn an_impatient_buyer_waits_for_nobody() {
        let policy = Policy {
            wait_unclear_most: Span::ms(600),
            wait_incomplete: Span::ms(1_000),
            ..Policy::default()
        };
        let mut endpointer = Endpointer::new(&policy);
        for _ in 0..20 {
            endpointer.paused(CallTime::from_ms(1_000));
            endpointer.went_on(&policy, CallTime::from_ms(1_950));
        }
        let wait = |words| endpointer.wait(&policy, words).as_ms();
        assert_eq!([wait(COMPLETE), wait(UNCLEAR), wait(INCOMPLETE)], [200, 600, 1_000]);
    }
}
