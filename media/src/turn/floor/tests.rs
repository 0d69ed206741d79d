//! What the floor does when a voice never ceases, or is nobody's. Times are in milliseconds.

use super::*;
use crate::call::StopCause;
use crate::turn::Completeness;
use crate::units::Span;

/// A floor, and what it decided with the times of the decisions.
struct Told {
    floor: Floor,
    now: CallTime,
    decided: Vec<(u64, Action)>,
}

impl Told {
    fn connected(policy: Policy) -> Self {
        let (floor, now) = (Floor::new(policy), CallTime::ZERO);
        let mut told = Self { floor, now, decided: Vec::new() };
        told.tell(0, Input::Connected);
        told
    }

    /// A call in which the opening line was heard out at 2 s.
    fn opened() -> Self {
        let mut told = Self::connected(Policy::default());
        told.wait(400);
        told.heard_out(1, 1_000, 2_000);
        told
    }

    fn heard_out(&mut self, reply: u32, from: u64, to: u64) {
        let reply = ReplyId(reply);
        self.tell(from, Input::Audible(reply));
        self.tell(to, Input::Silent(reply, StopCause::Drained, CallTime::from_ms(to)));
    }

    /// Lets every deadline up to that time pass, each at its time, then tells.
    fn tell(&mut self, at: u64, input: Input) {
        self.wait(at);
        self.floor.handle(self.now, input);
        self.drain();
    }

    fn voice_on(&mut self, at: u64) {
        self.tell(at, Input::VoiceOn(CallTime::from_ms(at)));
    }

    fn voice_off(&mut self, at: u64) {
        self.tell(at, Input::VoiceOff(CallTime::from_ms(at)));
    }

    fn wait(&mut self, until: u64) {
        let until = CallTime::from_ms(until);
        while let Some(due) = self.floor.deadline()
            && due <= until
        {
            assert!(self.now <= due, "{} is overdue", self.floor.state_name());
            self.now = due;
            self.floor.handle(due, Input::Tick);
            self.drain();
        }
        self.now = until;
    }

    fn drain(&mut self) {
        while let Some(action) = self.floor.poll() {
            self.decided.push((self.now.as_ms(), action));
        }
        let closed = self.floor.is_closed();
        assert_eq!(self.floor.deadline().is_none(), closed, "{}", self.floor.state_name());
    }

    /// What was decided after that time.
    fn since(&self, at: u64) -> Vec<(u64, Action)> {
        self.decided.iter().filter(|(when, _)| at < *when).copied().collect()
    }
}

fn words(count: u32, completeness: Completeness) -> Words {
    Words { count, backchannel: false, completeness }
}

const fn turn(number: u32) -> TurnId {
    TurnId(number)
}

const fn ms(at: u64) -> CallTime {
    CallTime::from_ms(at)
}

#[test]
fn a_voice_without_words_is_given_up_and_the_silence_counts_on() {
    let mut told = Told::opened();
    told.voice_on(3_000);
    told.wait(60_000);
    assert_eq!(
        told.since(3_000),
        [
            (3_200, Action::RepStarted(turn(0))),
            // 5 s after the turn began; the recogniser has until 1.5 s, a turn without a word,
            // after the news, and 1.2 s after it was asked.
            (8_200, Action::RepPaused(turn(0), ms(3_200))),
            (8_200, Action::Finalise(FinaliseId(1))),
            (9_400, Action::Discard),
            // 12 s after the persona fell silent, as if nobody had spoken.
            (14_000, Action::Compose(ReplyId(2), Cue::Nudge)),
            // Nobody makes its sound here: 8 s for the first, as long for the second.
            (22_000, Action::Withdraw(ReplyId(2))),
            (22_000, Action::Compose(ReplyId(3), Cue::Nudge)),
            (30_000, Action::Withdraw(ReplyId(3))),
            (30_000, Action::Close(EndReason::VendorLost)),
        ]
    );
}

#[test]
fn words_that_stand_still_under_a_voice_that_is_on_are_committed() {
    let mut told = Told::opened();
    told.voice_on(3_000);
    told.tell(3_500, Input::Words(words(2, Completeness::Unclear)));
    told.tell(4_000, Input::Words(words(5, Completeness::Incomplete)));
    // The same words again are no news.
    told.tell(8_900, Input::Words(words(5, Completeness::Incomplete)));
    told.wait(9_000);
    assert_eq!(
        told.since(4_000),
        [(9_000, Action::RepPaused(turn(0), ms(4_000))), (9_000, Action::Finalise(FinaliseId(1))),]
    );
    // The recogniser never answers: within 1.2 s it is over all the same.
    told.wait(11_000);
    assert_eq!(
        told.since(9_000),
        [(10_200, Action::Commit(turn(0))), (10_200, Action::Compose(ReplyId(2), Cue::Turn))]
    );
    // The noise goes on: it neither withdraws the answer nor stops it.
    told.heard_out(2, 11_500, 20_000);
    assert_eq!(told.since(10_200), [(20_000, Action::HeardOut(ReplyId(2)))]);
}

#[test]
fn a_settled_answer_that_says_more_shows_that_the_rep_goes_on() {
    let mut told = Told::opened();
    told.voice_on(3_000);
    // A recogniser without partials: 6 s of speech without a break.
    told.wait(8_300);
    told.tell(8_400, Input::Settled(Some(FinaliseId(1)), words(12, Completeness::Unclear)));
    assert_eq!(told.since(8_200), [(8_400, Action::RepStarted(turn(0)))]);
    told.voice_off(9_200);
    told.wait(9_400);
    let paused = Action::RepPaused(turn(0), ms(9_200));
    assert_eq!(told.since(8_400), [(9_400, paused), (9_400, Action::Finalise(FinaliseId(2)))]);
    told.tell(9_500, Input::Settled(Some(FinaliseId(2)), words(14, Completeness::Complete)));
    assert_eq!(
        told.since(9_400),
        [(9_500, Action::Commit(turn(0))), (9_500, Action::Compose(ReplyId(2), Cue::Turn))]
    );
}

#[test]
fn words_alone_begin_and_end_a_turn_in_noise() {
    let mut told = Told::opened();
    told.voice_on(3_000);
    told.tell(10_000, Input::Words(words(1, Completeness::Unclear)));
    told.tell(10_400, Input::Words(words(3, Completeness::Complete)));
    told.wait(11_650);
    told.tell(11_700, Input::Settled(Some(FinaliseId(2)), words(3, Completeness::Complete)));
    assert_eq!(
        told.since(9_400),
        [
            (10_000, Action::RepStarted(turn(1))),
            // 1.2 s after the last new word.
            (11_600, Action::RepPaused(turn(1), ms(10_400))),
            (11_600, Action::Finalise(FinaliseId(2))),
            (11_700, Action::Commit(turn(1))),
            (11_700, Action::Compose(ReplyId(2), Cue::Turn)),
        ]
    );
    // Nor is the persona cut without words; two of them cut it at once.
    told.tell(12_500, Input::Audible(ReplyId(2)));
    told.tell(14_000, Input::Words(words(2, Completeness::Unclear)));
    assert_eq!(
        told.since(11_700),
        [
            (14_000, Action::Pause(ReplyId(2))),
            (14_000, Action::Finalise(FinaliseId(3))),
            (14_000, Action::Interrupt(ReplyId(2))),
            (14_000, Action::RepStarted(turn(2))),
        ]
    );
}

#[test]
fn noise_holds_up_neither_the_opening_line_nor_an_answer() {
    let mut told = Told::connected(Policy::default());
    told.voice_on(100);
    told.wait(7_000);
    let opening = (6_500, Action::Compose(ReplyId(1), Cue::Opening));
    assert_eq!(told.since(5_300).last(), Some(&opening), "{:?}", told.decided);

    let mut told = Told::opened();
    told.tell(3_000, Input::Typed);
    told.voice_on(3_100);
    told.wait(11_900);
    assert_eq!(
        told.since(3_000),
        [
            (3_300, Action::Withdraw(ReplyId(2))),
            (3_300, Action::RepStarted(turn(1))),
            (8_300, Action::RepPaused(turn(1), ms(3_300))),
            (8_300, Action::Finalise(FinaliseId(1))),
            (9_500, Action::Discard),
            (9_500, Action::Compose(ReplyId(3), Cue::Turn)),
        ]
    );
}

#[test]
fn a_cough_while_the_buyer_thinks_costs_no_answer() {
    let mut told = Told::opened();
    told.tell(3_000, Input::Typed);
    told.voice_on(3_100);
    told.voice_off(3_400);
    told.wait(3_650);
    told.tell(3_700, Input::Settled(Some(FinaliseId(1)), Words::NONE));
    let again = (3_700, Action::Compose(ReplyId(3), Cue::Turn));
    assert_eq!(told.since(3_000).last(), Some(&again), "{:?}", told.decided);
}

#[test]
fn a_voice_that_comes_and_goes_without_words_stops_the_persona_three_times() {
    let mut told = Told::opened();
    told.tell(3_000, Input::Typed);
    told.tell(3_500, Input::Audible(ReplyId(2)));
    for cough in 0..10 {
        told.voice_on(4_000 + cough * 1_000);
        told.voice_off(4_300 + cough * 1_000);
    }
    let pauses =
        told.since(3_500).into_iter().filter(|(_, action)| *action == Action::Pause(ReplyId(2)));
    let pauses: Vec<u64> = pauses.map(|(at, _)| at).collect();
    assert_eq!(pauses, [4_120, 5_120, 6_120]);
    // With a word the voice counts again.
    told.voice_on(20_000);
    told.wait(20_500);
    assert_eq!(told.since(20_000), []);
    told.tell(20_600, Input::Words(words(1, Completeness::Unclear)));
    assert_eq!(told.since(20_000)[0], (20_600, Action::Pause(ReplyId(2))));
}

/// From no state on does a voice that is on for ever, or that flickers for ever, keep the call: the
/// persona speaks to the silence, and says goodbye.
#[test]
fn no_voice_without_words_keeps_a_call() {
    let begins = [0_u64, 300, 500, 900, 1_500, 2_100, 3_050, 3_400, 4_500, 6_000];
    let flickers =
        [(u64::MAX, 0_u64), (4_000, 300), (900, 100), (250, 150), (150, 700), (400, 1_300)];
    for (begin, (on, off)) in
        begins.into_iter().flat_map(|at| flickers.map(|flicker| (at, flicker)))
    {
        let mut told = Told::connected(Policy::default());
        let mut edges = Vec::new();
        let mut at = begin;
        while at < 200_000 {
            edges.push((at, true));
            at = at.saturating_add(on);
            edges.push((at, false));
            at = at.saturating_add(off);
        }
        let mut edges = edges.into_iter().peekable();
        let mut typed = Some(3_000);
        let mut sounds: Option<(ReplyId, u64, u64)> = None;
        let mut audible = false;
        let mut shown = 0;
        while !told.floor.is_closed() {
            let edge = edges.peek().map_or(u64::MAX, |(at, _)| *at);
            // Every reply sounds 500 ms after it was asked for, for 1.5 s of sound.
            let sound = sounds.map_or(u64::MAX, |(_, from, to)| if audible { to } else { from });
            let due = told.floor.deadline().map_or(u64::MAX, CallTime::as_ms);
            let next = edge.min(sound).min(due).min(typed.unwrap_or(u64::MAX));
            assert!(next < 180_000, "{begin}, {on}, {off}: {:?}", told.decided);
            if Some(next) == typed {
                typed = None;
                told.tell(next, Input::Typed);
            } else if next == edge && edge < u64::MAX {
                let on = edges.next().is_some_and(|(_, on)| on);
                if on { told.voice_on(next) } else { told.voice_off(next) }
            } else if next == sound {
                let (reply, _, to) = sounds.expect("a sound is due");
                if audible {
                    told.tell(next, Input::Silent(reply, StopCause::Drained, ms(to)));
                } else {
                    audible = true;
                    told.tell(next, Input::Audible(reply));
                }
            } else {
                told.wait(next);
            }
            for (at, action) in told.decided[shown..].iter().copied() {
                match action {
                    Action::Compose(reply, _) => {
                        (sounds, audible) = (Some((reply, at + 500, at + 2_000)), false);
                    }
                    // What is paused sounds on for ever until it is resumed.
                    Action::Pause(reply) => sounds = Some((reply, u64::MAX, u64::MAX)),
                    Action::Resume(reply) => sounds = Some((reply, at, at + 1_500)),
                    Action::Withdraw(_) | Action::Interrupt(_) | Action::HeardOut(_) => {
                        sounds = None;
                    }
                    _ => {}
                }
            }
            shown = told.decided.len();
        }
        let nudge = |(_, action): &(u64, Action)| matches!(action, Action::Compose(_, Cue::Nudge));
        assert!(told.decided.iter().any(nudge), "{begin}, {on}, {off}: {:?}", told.decided);
        assert_eq!(
            told.decided.last().map(|(_, action)| *action),
            Some(Action::Close(EndReason::RepSilent)),
            "{begin}, {on}, {off}: {:?}",
            told.decided
        );
    }
}

#[test]
fn a_goodbye_is_neither_paused_nor_cut() {
    let mut told = Told::opened();
    told.tell(3_000, Input::Typed);
    let goodbye = Plan { interruptible: false, hang_up: Some(EndReason::BuyerHungUp) };
    told.tell(3_100, Input::Planned(ReplyId(2), goodbye));
    // The rep speaks before it is heard, and through it.
    told.voice_on(3_200);
    told.tell(3_800, Input::Audible(ReplyId(2)));
    told.tell(4_500, Input::Words(words(6, Completeness::Unclear)));
    told.voice_off(5_000);
    told.tell(5_100, Input::Settled(Some(FinaliseId(1)), words(6, Completeness::Unclear)));
    told.voice_on(5_200);
    told.tell(6_000, Input::Silent(ReplyId(2), StopCause::Drained, ms(6_000)));
    told.wait(7_000);
    assert_eq!(
        told.since(3_000),
        [
            (5_000, Action::Finalise(FinaliseId(1))),
            (5_100, Action::KeepAside),
            (6_000, Action::HeardOut(ReplyId(2))),
            (6_400, Action::Discard),
            (6_400, Action::Close(EndReason::BuyerHungUp)),
        ]
    );
}

#[test]
fn only_an_answer_that_is_late_gets_a_line_in_front() {
    let mut told = Told::connected(Policy::default());
    told.wait(8_000);
    assert_eq!(told.since(0), [(400, Action::Compose(ReplyId(1), Cue::Opening))]);
    let mut told = Told::opened();
    told.tell(3_000, Input::Typed);
    told.wait(10_000);
    assert_eq!(told.since(3_000), [(5_500, Action::Fill(ReplyId(2)))]);
}

/// A call of a buyer who cuts in after 10 s, in which the opening line was heard out at 2 s and
/// the rep speaks from 3 s on.
fn monologue() -> Told {
    let mut told = Told::connected(Policy { cut_in: Some(Span::ms(10_000)), ..Policy::default() });
    told.wait(400);
    told.heard_out(1, 1_000, 2_000);
    told.voice_on(3_000);
    for second in 4..=13 {
        let count = 3 * u32::try_from(second - 3).expect("few words");
        told.tell(1_000 * second, Input::Words(words(count, Completeness::Unclear)));
    }
    told
}

#[test]
fn a_buyer_cuts_in_on_a_turn_that_goes_on_where_its_scenario_lets_it() {
    let mut told = monologue();
    told.wait(15_000);
    assert_eq!(
        told.since(3_200),
        [
            // The turn was known after 200 ms of speech.
            (13_200, Action::Finalise(FinaliseId(1))),
            (13_200, Action::Commit(turn(0))),
            (13_200, Action::Compose(ReplyId(2), Cue::CutIn)),
        ],
        "the rep goes on, and takes nothing back"
    );

    let mut patient = Told::opened();
    patient.voice_on(3_000);
    for second in 4..60 {
        let count = u32::try_from(second).expect("few words");
        patient.tell(1_000 * second, Input::Words(words(count, Completeness::Unclear)));
    }
    assert_eq!(patient.since(3_200), [], "others hear the rep out");
}

#[test]
fn a_rep_who_is_cut_in_on_and_yields_loses_the_floor() {
    let mut told = monologue();
    told.voice_off(13_500);
    // A breath, and on.
    told.voice_on(13_800);
    told.tell(14_000, Input::Audible(ReplyId(2)));
    told.voice_off(14_900);
    told.tell(15_000, Input::Settled(Some(FinaliseId(3)), words(2, Completeness::Unclear)));
    assert_eq!(
        told.since(13_200),
        [
            (13_500, Action::Finalise(FinaliseId(2))),
            (14_900, Action::Finalise(FinaliseId(3))),
            (15_000, Action::KeepAside),
        ],
        "what was said meanwhile is kept, and is no turn"
    );
}

#[test]
fn a_rep_who_is_cut_in_on_and_goes_on_gets_the_floor_back() {
    let mut told = monologue();
    told.tell(14_000, Input::Audible(ReplyId(2)));
    told.wait(16_000);
    assert_eq!(
        told.since(13_200),
        [
            // A second beside the buyer, and 120 ms.
            (15_120, Action::Pause(ReplyId(2))),
            (15_700, Action::Interrupt(ReplyId(2))),
            (15_700, Action::RepStarted(turn(1))),
        ]
    );
}

#[test]
fn a_voice_without_words_is_nothing_to_cut_in_on() {
    let policy = Policy { cut_in: Some(Span::ms(1_000)), ..Policy::default() };
    let mut told = Told::connected(policy);
    told.wait(400);
    told.heard_out(1, 1_000, 2_000);
    told.voice_on(3_000);
    told.tell(3_500, Input::Words(words(4, Completeness::Unclear)));
    told.wait(8_000);
    assert_eq!(told.since(3_200), []);
}
