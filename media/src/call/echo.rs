//! Whether words of the rep's side are the persona's own, which left a loudspeaker and came back
//! through the microphone.
//!
//! They are when all of this holds; else they are the rep's, who may say the buyer's words on purpose:
//!
//! - the client does not report that echo is cancelled;
//! - they are words that were being heard at that moment by the playback clock, in the same order,
//!   and [`Policy::echo_words`] or more of them;
//! - the voice they came in is [`Policy::echo_under_db`] under what is usual for this rep.
//!
//! How loud a voice was is known when it ceases, and words are shown before that. Those that may
//! become echo are held back until then, from the first one on: two of them would cut the persona
//! before the third is there. A word that is not the persona's sets them free.

use std::collections::VecDeque;

use super::event::EchoCancellation;
use crate::turn::Policy;
use crate::units::{CallTime, Dbfs};

/// Voices that are remembered: words of earlier ones are settled. The oldest is forgotten.
const VOICES: usize = 16;

/// Voices of the rep that tell the usual level, the oldest of which is forgotten.
const LEVELS: usize = 9;

/// A word of the persona and when the rep heard it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sounded {
    /// Normalised.
    pub(super) word: String,
    pub(super) start: CallTime,
    pub(super) end: CallTime,
}

/// A word of the rep's side, and what is known of when it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Normalised.
    pub(super) word: String,
    pub(super) said: SaidAt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SaidAt {
    /// It sounded from there to there.
    Span(CallTime, CallTime),
    /// Without times of its own it was first shown then.
    Before(CallTime),
}

/// Whose a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The rep's.
    Own,
    /// Not known before the voice ceases, or the recogniser settles it.
    Held,
    /// The persona's.
    Echo,
}

/// What is known of the words of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdicts: Vec<Verdict>,
    /// Enough of the words were being played, whatever their voice.
    pub(super) doubtful: bool,
}

/// What echo is told by.
#[derive(Debug)]
pub(super) struct Echo {
    cancellation: EchoCancellation,
    usual: UsualLevel,
    voices: VecDeque<Voice>,
    /// What was heard of the last reply that is over: its words may still be on their way.
    over: Vec<Sounded>,
}

#[derive(Clone, Copy, Debug)]
struct Voice {
    from: CallTime,
    /// Where it ceased, and its level.
    ended: Option<(CallTime, Dbfs)>,
}

/// How loud the voice was in which a word came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loudness {
    Quiet,
    /// As loud as the rep, or nobody knows.
    Usual,
    /// It has not ceased.
    NotKnownYet,
}

impl Echo {
    /// A call that nobody told of echo has none.
    pub(super) fn new() -> Self {
        Self {
            cancellation: EchoCancellation::On,
            usual: UsualLevel::default(),
            voices: VecDeque::new(),
            over: Vec::new(),
        }
    }

    pub(super) fn reported(&mut self, cancellation: EchoCancellation) {
        self.cancellation = cancellation;
    }

    /// Whether anything could be echo.
    pub(super) fn is_possible(&self) -> bool {
        self.cancellation != EchoCancellation::On
    }

    pub(super) fn voice_on(&mut self, at: CallTime) {
        if self.voices.len() == VOICES {
            self.voices.pop_front();
        }
        self.voices.push_back(Voice { from: at, ended: None });
    }

    pub(super) fn voice_off(&mut self, at: CallTime, level: Dbfs) {
        if let Some(Voice { ended: ended @ None, .. }) = self.voices.back_mut() {
            *ended = Some((at, level));
            self.usual.ceased(level);
        }
    }

    /// The open speech was a turn of the rep, without a doubt or with some.
    pub(super) fn committed(&mut self, is_doubtful: bool) {
        if is_doubtful { self.usual.forget() } else { self.usual.learn() }
    }

    /// The open speech was none.
    pub(super) fn dropped(&mut self) {
        self.usual.forget();
    }

    /// A reply is over, of which this was heard.
    pub(super) fn reply_over(&mut self, sounded: Vec<Sounded>) {
        self.over = sounded;
    }

    /// Judges the words of one text, in order. `open` is what was heard of the open reply;
    /// `is_settled` says that no more words can follow.
    pub(super) fn judge(
        &self,
        policy: &Policy,
        open: &[Sounded],
        heard: &[Heard],
        is_settled: bool,
    ) -> Judgement {
        let sounded: Vec<&Sounded> = self.over.iter().chain(open).collect();
        let enough = policy.echo_words as usize;
        let mut verdicts = Vec::with_capacity(heard.len());
        let mut doubtful = false;
        while verdicts.len() < heard.len() {
            let rest = &heard[verdicts.len()..];
            let run = longest_run(policy, &sounded, rest);
            doubtful |= enough <= run.len();
            let may_go_on = run.len() == rest.len() && !is_settled;
            let loudness = run.iter().zip(rest).map(|(word, heard)| {
                let (from, to) = match heard.said {
                    SaidAt::Span(from, to) => (from, to),
                    SaidAt::Before(_) => (word.start, word.end),
                };
                self.loudness(policy, from, to)
            });
            let verdict = verdict(loudness, enough <= run.len(), may_go_on);
            verdicts.resize(verdicts.len() + run.len().max(1), verdict);
        }
        Judgement { verdicts, doubtful }
    }

    /// How loud the voice was from there to there; the nearest one where there was none, since a
    /// recogniser and a segmenter do not agree to the millisecond.
    fn loudness(&self, policy: &Policy, from: CallTime, to: CallTime) -> Loudness {
        let Some(Dbfs(usual)) = self.usual.level() else { return Loudness::Usual };
        let quiet = usual - policy.echo_under_db as f32;
        let slack = policy.echo_within;
        let in_it = self.loudest(quiet, from, to);
        in_it
            .or(self.loudest(quiet, from.saturating_sub(slack), to + slack))
            .unwrap_or(Loudness::Usual)
    }

    fn loudest(&self, quiet: f32, from: CallTime, to: CallTime) -> Option<Loudness> {
        let mut loudest = None;
        for voice in &self.voices {
            let is_there = voice.from <= to && voice.ended.is_none_or(|(ended, _)| from <= ended);
            match voice.ended {
                _ if !is_there => {}
                Some((_, level)) if quiet < level.0 => return Some(Loudness::Usual),
                Some(_) => {
                    loudest.get_or_insert(Loudness::Quiet);
                }
                None => loudest = Some(Loudness::NotKnownYet),
            }
        }
        loudest
    }
}

fn verdict(loudness: impl Iterator<Item = Loudness>, is_enough: bool, may_go_on: bool) -> Verdict {
    let mut is_known = true;
    let mut is_any = false;
    for loudness in loudness {
        is_any = true;
        match loudness {
            Loudness::Usual => return Verdict::Own,
            Loudness::NotKnownYet => is_known = false,
            Loudness::Quiet => {}
        }
    }
    match (is_any && (is_enough || may_go_on), is_enough && is_known) {
        (false, _) => Verdict::Own,
        (true, false) => Verdict::Held,
        (true, true) => Verdict::Echo,
    }
}

/// The longest run of words from the first one on that were being heard, in their order.
fn longest_run<'a>(policy: &Policy, sounded: &[&'a Sounded], heard: &[Heard]) -> Vec<&'a Sounded> {
    let Some(begin) = heard.first() else { return Vec::new() };
    let mut longest = Vec::new();
    for first in 0..sounded.len() {
        if !was_heard_then(policy, sounded[first], begin) {
            continue;
        }
        let mut later = sounded[first..].iter().copied();
        let matches = |heard: &Heard| later.find(|word| was_heard_then(policy, word, heard));
        let run: Vec<&Sounded> = heard.iter().map_while(matches).collect();
        if longest.len() < run.len() {
            longest = run;
        }
    }
    longest
}

/// Whether a word is the one that was being heard when it was said. A word without times was said
/// at the latest when it was shown, and no longer before that than a final is waited for.
fn was_heard_then(policy: &Policy, sounded: &Sounded, heard: &Heard) -> bool {
    let within = policy.echo_within;
    sounded.word == heard.word
        && match heard.said {
            SaidAt::Span(from, _) => {
                sounded.start <= from + within && from <= sounded.start + within
            }
            SaidAt::Before(shown) => {
                sounded.end <= shown + within && shown <= sounded.end + within + policy.recogniser
            }
        }
}

/// The level of this rep's voice: the median of the last voices that were turns. A cough or a fan is
/// no turn, and of what is one a whisper and a shout move a median by a place each, where an average
/// would follow them. Of two in the middle it is the louder one: what is not the rep's is quieter.
#[derive(Debug, Default)]
struct UsualLevel {
    turns: VecDeque<Dbfs>,
    /// Of the open speech, of which nobody knows yet what it is.
    open: VecDeque<Dbfs>,
}

impl UsualLevel {
    fn ceased(&mut self, level: Dbfs) {
        keep_last(&mut self.open, level);
    }

    fn learn(&mut self) {
        for level in self.open.drain(..) {
            keep_last(&mut self.turns, level);
        }
    }

    fn forget(&mut self) {
        self.open.clear();
    }

    /// `None` before the first turn.
    fn level(&self) -> Option<Dbfs> {
        let mut levels: Vec<Dbfs> = self.turns.iter().copied().collect();
        levels.sort_by(|a, b| a.0.total_cmp(&b.0));
        levels.get(levels.len() / 2).copied()
    }
}

fn keep_last(levels: &mut VecDeque<Dbfs>, level: Dbfs) {
    if levels.len() == LEVELS {
        levels.pop_front();
    }
    levels.push_back(level);
}

/// A word as it is compared: its letters and digits alone, in lower case.
pub(super) fn normalised(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
