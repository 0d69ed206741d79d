//! Whether words of the rep's side are the persona's own, which left a loudspeaker and came back
//! through the microphone.
//!
//! They are when all of this holds; else they are the rep's, who may say the buyer's words on purpose:
//!
//! - the client does not report that echo is cancelled;
//! - they are words that were being heard at that moment by the playback clock, in the same order,
//!   and [`Policy::echo_words`] or more of them, in one voice or in several that follow each other;
//! - the voice they came in is [`Policy::echo_under_db`] under what is usual for this rep.
//!
//! A voice stops the persona after a word or two, and how loud it was is known when it ceases. So
//! words that may become echo are held back, from the first one on: until a word follows that is not
//! the persona's, or their voice was as loud as the rep, or nothing more of the reply can follow. Then
//! they are the rep's.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::event::ReplyId;
use crate::turn::Policy;
use crate::units::{CallTime, Dbfs};

/// Whether the rep's microphone is kept from hearing the persona.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoCancellation {
    /// Echo is cancelled, or there is no loudspeaker that it could come from.
    On,
    /// It is not.
    Off,
    /// Nobody knows.
    Unknown,
}

/// Voices that are remembered: words of earlier ones are settled. The oldest is forgotten.
const VOICES: usize = 16;

/// Voices of the rep that tell the usual level, the oldest of which is forgotten.
const LEVELS: usize = 9;

/// The level of a rep who has had no turn yet: what an endpoint shall give an average talker, 2600 of
/// 32767 (RFC 7874, section 4).
const NOMINAL: Dbfs = Dbfs(-22.0);

/// A word of the persona and when the rep heard it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sounded {
    pub(super) reply: ReplyId,
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
    /// Not known yet.
    Held,
    /// The persona's.
    Echo,
}

/// What may follow the last of the words that are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    Nothing,
    /// Another voice. It goes on with a few words of the persona, but not behind words of the rep.
    Voices,
    /// Words in the same voice.
    Words,
}

/// What is known of words that follow each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdicts: Vec<Verdict>,
    /// Enough of the words were being played, whatever their voice.
    pub(super) is_doubtful: bool,
    /// The reply whose words they began with.
    pub(super) reply: Option<ReplyId>,
}

/// What echo is told by.
#[derive(Debug)]
pub(super) struct Echo {
    cancellation: EchoCancellation,
    usual: UsualLevel,
    voices: VecDeque<Voice>,
    /// What was heard of the last reply that is over: its words may still be on their way.
    over: Vec<Sounded>,
    /// The last words that were settled were echo of this reply: what follows goes on with it.
    goes_on: Option<ReplyId>,
}

#[derive(Clone, Copy, Debug)]
struct Voice {
    from: CallTime,
    /// Where it ceased, and its level.
    ended: Option<(CallTime, Dbfs)>,
}

/// How loud the voice was in which a word came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Loudness {
    Quiet,
    /// It has not ceased.
    NotKnownYet,
    /// As loud as the rep, or nobody knows.
    Usual,
}

impl Echo {
    /// A call that nobody told of echo has none.
    pub(super) fn new() -> Self {
        Self {
            cancellation: EchoCancellation::On,
            usual: UsualLevel::default(),
            voices: VecDeque::new(),
            over: Vec::new(),
            goes_on: None,
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

    /// Whether a voice is on.
    pub(super) fn hears_voice(&self) -> bool {
        self.voices.back().is_some_and(|voice| voice.ended.is_none())
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

    /// Words were settled, the last of which are whose.
    pub(super) fn settled(&mut self, reply: Option<ReplyId>, last: Verdict) {
        match last {
            Verdict::Own => self.goes_on = None,
            Verdict::Held => {}
            Verdict::Echo => self.goes_on = reply.or(self.goes_on),
        }
    }

    /// Judges words that follow each other. `open` is what was heard of the open reply.
    pub(super) fn judge(
        &self,
        policy: &Policy,
        open: &[Sounded],
        heard: &[Heard],
        more: More,
    ) -> Judgement {
        let sounded: Vec<&Sounded> = self.over.iter().chain(open).collect();
        let mut verdicts = Vec::with_capacity(heard.len());
        let (mut is_doubtful, mut reply) = (false, None);
        while verdicts.len() < heard.len() {
            let rest = &heard[verdicts.len()..];
            let run = longest_run(policy, &sounded, rest);
            let of = run.first().map(|word| word.reply);
            let goes_on = verdicts.is_empty() && of.is_some() && of == self.goes_on;
            let is_enough = goes_on || policy.echo_words as usize <= run.len();
            is_doubtful |= is_enough;
            reply = of.or(reply);
            let loudness = run.iter().zip(rest).map(|(word, heard)| match heard.said {
                SaidAt::Span(from, to) => self.loudness(policy, from, to),
                SaidAt::Before(_) => self.loudness(policy, word.start, word.end),
            });
            let is_first = verdicts.is_empty();
            let may_follow = more == More::Words || (more == More::Voices && is_first);
            let may_go_on = may_follow && run.len() == rest.len();
            let verdict = match loudness.max() {
                None | Some(Loudness::Usual) => Verdict::Own,
                Some(_) if !is_enough && !may_go_on => Verdict::Own,
                Some(Loudness::Quiet) if is_enough => Verdict::Echo,
                Some(_) => Verdict::Held,
            };
            verdicts.resize(verdicts.len() + run.len().max(1), verdict);
        }
        Judgement { verdicts, is_doubtful, reply }
    }

    /// How loud the voice was from there to there; the nearest one where there was none, since a
    /// recogniser and a segmenter do not agree to the millisecond.
    fn loudness(&self, policy: &Policy, from: CallTime, to: CallTime) -> Loudness {
        let quiet = self.usual.level().0 - policy.echo_under_db as f32;
        let slack = policy.echo_within;
        let in_it = self.loudest(quiet, from, to);
        in_it
            .or(self.loudest(quiet, from.saturating_sub(slack), to + slack))
            .unwrap_or(Loudness::Usual)
    }

    fn loudest(&self, quiet: f32, from: CallTime, to: CallTime) -> Option<Loudness> {
        let begun = self.voices.iter().filter(|voice| voice.from <= to);
        let loudness = begun.filter_map(|voice| match voice.ended {
            None => Some(Loudness::NotKnownYet),
            Some((ended, _)) if ended < from => None,
            Some((_, level)) if quiet < level.0 => Some(Loudness::Usual),
            Some(_) => Some(Loudness::Quiet),
        });
        loudness.max()
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

    fn level(&self) -> Dbfs {
        let mut levels: Vec<Dbfs> = self.turns.iter().copied().collect();
        levels.sort_by(|a, b| a.0.total_cmp(&b.0));
        levels.get(levels.len() / 2).copied().unwrap_or(NOMINAL)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_level_is_the_median_of_the_last_nine_voices_that_were_turns() {
        let mut usual = UsualLevel::default();
        assert_eq!(usual.level(), NOMINAL);
        let mut turn = |levels: &[f32], is_learnt: bool| {
            levels.iter().for_each(|level| usual.ceased(Dbfs(*level)));
            if is_learnt {
                usual.learn()
            } else {
                usual.forget()
            }
            usual.level().0
        };
        assert_eq!(turn(&[-50.0], false), NOMINAL.0, "a cough is no turn");
        assert_eq!(turn(&[-20.0], true), -20.0);
        assert_eq!(turn(&[-40.0], true), -20.0, "the louder of two");
        assert_eq!(turn(&[-19.0, -21.0], true), -20.0, "of -40, -21, -20, -19");
        assert_eq!(turn(&[-5.0], true), -20.0, "a shout is one place");
        assert_eq!(turn(&[-30.0; 5], true), -30.0, "five of the last nine");
    }

    #[test]
    fn words_are_compared_without_marks_and_case() {
        assert_eq!(normalised("\u{201c}Don't,"), "dont");
        assert_eq!(normalised("\u{2014}"), "");
    }
}
