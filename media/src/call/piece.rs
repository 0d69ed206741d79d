//! Words of the rep's side that the recogniser told in one go.

use std::borrow::Cow;

use super::echo::{Heard, SaidAt, Verdict, normalised};
use super::event::TimedWord;
use crate::units::CallTime;

/// A final, or the partial that is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    text: String,
    /// Times of its words, where the engine gives them.
    words: Vec<TimedWord>,
    /// When each word of the text was first shown.
    shown: Vec<CallTime>,
    /// Whose each word is, where not all are the rep's: of those with times, else of the text.
    verdicts: Vec<Verdict>,
}

impl Piece {
    /// Takes the next partial in place of the last. Its words were first shown when there were so
    /// many for the first time.
    pub(super) fn show(&mut self, now: CallTime, text: &str) {
        text.trim().clone_into(&mut self.text);
        self.verdicts.clear();
        self.note_shown(now);
    }

    /// Makes a final of what was shown.
    pub(super) fn settle(&mut self, now: CallTime, text: &str, words: Vec<TimedWord>) -> Self {
        let mut settled = std::mem::take(self);
        text.trim().clone_into(&mut settled.text);
        settled.words = words;
        settled.verdicts.clear();
        settled.note_shown(now);
        settled
    }

    fn note_shown(&mut self, now: CallTime) {
        let words = self.text.split_whitespace().count();
        if self.shown.len() < words {
            self.shown.resize(words, now);
        }
    }

    /// Its words as they are judged.
    pub(super) fn heard(&self) -> Vec<Heard> {
        if self.words.is_empty() {
            let said = self.shown.iter().map(|at| SaidAt::Before(*at));
            let words = self.text.split_whitespace().zip(said);
            return words.map(|(word, said)| Heard { word: normalised(word), said }).collect();
        }
        let timed = self.words.iter().map(|word| Heard {
            word: normalised(&word.text),
            said: SaidAt::Span(word.start, word.end),
        });
        timed.collect()
    }

    /// Keeps whose its words are.
    pub(super) fn judged(&mut self, verdicts: Vec<Verdict>) {
        self.verdicts = verdicts;
    }

    /// Whose the last word is, where it was judged.
    pub(super) fn last_verdict(&self) -> Option<Verdict> {
        self.verdicts.last().copied()
    }

    /// Whether it was not judged yet, or could not be.
    pub(super) fn is_to_judge(&self) -> bool {
        self.verdicts.is_empty() || self.has_held()
    }

    /// Whether it is not known yet whose some of its words are.
    pub(super) fn has_held(&self) -> bool {
        self.verdicts.contains(&Verdict::Held)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Lets go of all words but those of which it is not known. Says whether there are any.
    pub(super) fn keep_held(&mut self) -> bool {
        let held = |place: usize| self.verdicts.get(place) == Some(&Verdict::Held);
        let words: Vec<&str> = if self.words.is_empty() {
            self.text.split_whitespace().collect()
        } else {
            self.words.iter().map(|word| word.text.as_str()).collect()
        };
        let kept: Vec<usize> = (0..words.len()).filter(|place| held(*place)).collect();
        let text = kept.iter().map(|place| words[*place]).collect::<Vec<_>>().join(" ");
        let at = |place: &usize| self.words.get(*place).cloned();
        let words = kept.iter().filter_map(at).collect();
        let shown = kept.iter().filter_map(|place| self.shown.get(*place).copied()).collect();
        let verdicts = vec![Verdict::Held; kept.len()];
        *self = Self { text, words, shown, verdicts };
        !self.is_empty()
    }

    /// Takes what is not known for the rep's.
    pub(super) fn release(&mut self) {
        for verdict in &mut self.verdicts {
            if *verdict == Verdict::Held {
                *verdict = Verdict::Own;
            }
        }
    }

    /// The rep's own words, as far as it is known that they are.
    pub(super) fn text(&self) -> Cow<'_, str> {
        if self.is_all_own() {
            return Cow::Borrowed(&self.text);
        }
        let own: Vec<&str> = if self.words.is_empty() {
            self.own(self.text.split_whitespace()).collect()
        } else {
            self.own(self.words.iter().map(|word| word.text.as_str())).collect()
        };
        Cow::Owned(own.join(" "))
    }

    /// Those of them that have times.
    pub(super) fn words(&self) -> impl Iterator<Item = &TimedWord> {
        self.own(self.words.iter())
    }

    fn is_all_own(&self) -> bool {
        self.verdicts.iter().all(|verdict| *verdict == Verdict::Own)
    }

    fn own<T>(&self, words: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let verdicts = self.verdicts.iter().copied().chain(std::iter::repeat(Verdict::Own));
        words.zip(verdicts).filter_map(|(word, verdict)| (verdict == Verdict::Own).then_some(word))
    }
}
