//! Random calls, from a seed or from the bytes of a fuzzer.

use super::script::{Echo, Hearing, Line, ModelFault, Network, Script, Start, VoiceFault, Voices};
use crate::call::{Cue, EchoCancellation, EndReason, FinaliseId, Setup, StopCause};
use crate::record::{Recogniser, Speaker};
use crate::turn::{Floor, Input, Plan, Policy, Words};
use crate::units::{CallTime, Span};

/// Where chance comes from. What is drawn last is what a fuzzer changes first, and bytes that have
/// run out are zeros, which draw nothing that goes wrong.
#[derive(Clone, Debug)]
pub enum Chance<'a> {
    /// Anything but the same seed gives another call.
    Seed(u64),
    /// Each byte decides something.
    Bytes(&'a [u8]),
}

impl Chance<'_> {
    /// A number below `n`.
    pub fn below(&mut self, n: u32) -> u32 {
        match self {
            Self::Seed(state) => {
                // SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number
                // generators", OOPSLA 2014, figure 17 with the constants of Java's SplittableRandom.
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut mixed = *state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                ((((mixed ^ (mixed >> 31)) >> 32) * u64::from(n)) >> 32) as u32
            }
            Self::Bytes(bytes) => {
                let Some((first, rest)) = bytes.split_first() else { return 0 };
                *bytes = rest;
                u32::from(*first) * n / 256
            }
        }
    }

    /// Up to so many milliseconds, in 200 steps.
    fn ms(&mut self, most: u32) -> Span {
        const STEPS: u32 = 200;
        Span::ms(u64::from(self.below(STEPS) * (most / STEPS).max(1)))
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) + 1 == n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(u32::try_from(from.len()).unwrap_or(u32::MAX)) as usize]
    }

    fn some<T>(&mut self, most: u32, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| draw(self)).collect()
    }
}

/// What a rep may say: nothing, words of listening, answers, questions, and turns that go on.
const TEXTS: [&str; 9] = [
    "hello this is Dana",
    "",
    "right",
    "no",
    "okay got it",
    "what brings you in today",
    "I need your income and",
    "the rate is six point five percent with an A P R of six point eight",
    "wait what do you need",
];

/// What the buyer may answer. No numbers: each word that is written is one that is spoken.
const ANSWERS: [&str; 5] = [
    "Just tell me your rate, please. Nobody else asked me so many questions.",
    "No.",
    "Well, we looked at a house near the school — my sister lives there — and it needs a new roof, \
     so we are not sure about it yet. What would you do?",
    "Hm… let me think. Fine, send it to me.",
    "…",
];

/// A call that ends within two minutes, whoever opens it.
pub fn any_setup(chance: &mut Chance<'_>) -> Setup {
    let mut policy = Policy { call_limit: Span::ms(120_000), ..Policy::default() };
    if chance.one_in(3) {
        policy.opens = Speaker::Rep;
    }
    let recogniser = Recogniser {
        name: "simulated".into(),
        fillers: true,
        punctuation: chance.one_in(4),
        word_times: true,
    };
    policy.cut_in = chance.one_in(3).then(|| Span::ms(1_000) + chance.ms(4_000));
    Setup { policy, language: "en-US".into(), recogniser, fillers: vec!["Let me think.".into()] }
}

/// A script of up to six lines in a world where about half goes wrong.
pub fn any_script(chance: &mut Chance<'_>) -> Script {
    let rep = chance.some(6, any_line);
    let answers = vec![chance.pick(&ANSWERS), chance.pick(&ANSWERS), chance.pick(&ANSWERS)];
    let hang_up_after = if chance.one_in(2) { None } else { Some(chance.ms(20_000)) };
    let voices = Voices {
        first_text: chance.ms(4_000),
        first_sound: chance.ms(2_000),
        partial: Span::ms(50) + chance.ms(1_400),
        settle: Span::ms(10) + chance.ms(3_000),
        burst: 1 + chance.below(8),
        piece: Span::ms(10) + if chance.one_in(5) { chance.ms(400) } else { Span::ZERO },
    };
    Script {
        rep,
        persona: vec![
            (Cue::Opening, vec!["Hi, I am calling around for rates today."]),
            (Cue::Turn, answers),
            (Cue::CutIn, vec!["Sorry, can I stop you there?"]),
            (Cue::Reconnected, vec!["Sorry, you cut out."]),
            (Cue::ServerDrain, vec!["I have to go now. Goodbye."]),
            (Cue::Nudge, vec!["Hello? Are you there?"]),
            (Cue::Silent, vec!["I will try somebody else. Goodbye."]),
            (Cue::TimeUp, vec!["I have to go. Goodbye."]),
        ],
        voices,
        hang_up_after,
        slow: rarely(chance, |chance| (any_reply(chance), chance.ms(12_000))),
        goodbyes: rarely(chance, |chance| (any_reply(chance), EndReason::BuyerHungUp)),
        mute_from: chance.one_in(20).then(|| any_reply(chance)),
        drain: chance.one_in(12).then(|| CallTime::ZERO + chance.ms(40_000)),
        lost: None,
        network: any_network(chance),
        hearing: any_hearing(chance),
        model: rarely(chance, |chance| (any_reply(chance), any_model_fault(chance))),
        voice: rarely(chance, |chance| (any_reply(chance), any_voice_fault(chance))),
        stale: chance.one_in(4),
        echo: chance.one_in(4).then(|| any_echo(chance)),
    }
}

fn rarely<T>(chance: &mut Chance<'_>, draw: impl FnMut(&mut Chance<'_>) -> T) -> Vec<T> {
    if chance.one_in(4) { chance.some(3, draw) } else { Vec::new() }
}

fn any_line(chance: &mut Chance<'_>) -> Line {
    let start = match chance.below(3) {
        0 => Start::After(any_reply(chance), chance.ms(3_000)),
        1 => Start::Into(any_reply(chance), chance.ms(4_000)),
        _ => Start::At(CallTime::ZERO + chance.ms(20_000)),
    };
    let text = chance.pick(&TEXTS);
    let typed = chance.one_in(5);
    Line { start, text: if typed && text.is_empty() { "yes please" } else { text }, typed }
}

fn any_reply(chance: &mut Chance<'_>) -> u32 {
    1 + chance.below(5)
}

fn any_network(chance: &mut Chance<'_>) -> Network {
    let mut from = CallTime::ZERO;
    let gap = |chance: &mut Chance<'_>| {
        let at = from + Span::ms(500) + chance.ms(20_000);
        let longest = if chance.one_in(3) { 34_000 } else { 1_800 };
        let span = Span::ms(240) + chance.ms(longest);
        // Gaps follow each other, with media in between.
        from = at + span + Span::ms(100);
        (at, span)
    };
    let gaps = rarely(chance, gap);
    Network {
        delay: chance.ms(400),
        jitter: chance.ms(200),
        seed: u64::from(chance.below(256)),
        gaps,
    }
}

fn any_hearing(chance: &mut Chance<'_>) -> Hearing {
    Hearing {
        finals: rarely(chance, |chance| {
            let never = chance.one_in(2);
            (1 + chance.below(6), if never { None } else { Some(chance.ms(6_000)) })
        }),
        mute: chance.one_in(6),
        wavers: chance.one_in(4),
        alone: chance.one_in(4).then(|| Span::ms(20) + chance.ms(1_000)),
    }
}

/// Mostly so quiet that it can be told from the rep.
fn any_echo(chance: &mut Chance<'_>) -> Echo {
    const REPORTS: [EchoCancellation; 3] =
        [EchoCancellation::Off, EchoCancellation::Unknown, EchoCancellation::On];
    Echo { reported: chance.pick(&REPORTS), level_dbfs: chance.pick(&[-40, -33, -31, -20]) }
}

fn any_model_fault(chance: &mut Chance<'_>) -> ModelFault {
    let words = if chance.one_in(2) { 0 } else { chance.below(12) };
    if chance.one_in(2) { ModelFault::Stops(words) } else { ModelFault::Fails(words) }
}

fn any_voice_fault(chance: &mut Chance<'_>) -> VoiceFault {
    match chance.below(3) {
        0 => VoiceFault::Untimed,
        1 => VoiceFault::Fails(chance.below(3)),
        _ => VoiceFault::Stops(chance.below(3)),
    }
}

/// An input to a floor that was told so many before: mostly what may come in its state, at times
/// what may not.
pub fn any_input(chance: &mut Chance<'_>, floor: &Floor, now: CallTime, told: u32) -> Input {
    const SAID: [&str; 5] = ["", "right", "no", "what do you need", "I need your income and"];
    const CAUSES: [StopCause; 4] =
        [StopCause::Paused, StopCause::Drained, StopCause::Starved, StopCause::Cancelled];
    if told == 0 {
        return Input::Connected;
    }
    let words = Words::read(chance.pick(&SAID), false);
    let reply = floor.open_reply();
    match (chance.below(16), reply) {
        (0..=2, _) => Input::VoiceOn(now.saturating_sub(chance.ms(200))),
        (3..=5, _) => Input::VoiceOff(now.saturating_sub(chance.ms(200))),
        (6 | 7, _) => Input::Words(words),
        (8, _) => Input::Settled(None, words),
        (9, _) => Input::Settled(Some(FinaliseId(chance.below(told))), words),
        (10, Some(reply)) => Input::Audible(reply),
        (11, Some(reply)) => Input::Silent(reply, chance.pick(&CAUSES), now),
        (12, Some(reply)) if chance.one_in(4) => Input::Planned(reply, Plan::ORDINARY),
        (12, _) => Input::Late,
        (13, _) if chance.one_in(8) => Input::MediaLost,
        (13, _) => Input::MediaBack,
        (14, _) if chance.one_in(8) => Input::Typed,
        (14, _) if chance.one_in(100) => Input::Drain,
        (15, Some(reply)) if chance.one_in(50) => Input::ReplyFailed(reply),
        (15, _) if chance.one_in(500) => Input::HangUp(EndReason::RepHungUp),
        _ => Input::Tick,
    }
}
