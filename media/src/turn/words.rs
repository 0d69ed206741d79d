//! What the words of a turn say about who wants the floor. English; other languages are unclear.

use serde::{Deserialize, Serialize};

/// Whether a turn sounds finished, from its words alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// More is sure to come: it ends in "and", "the", "um", a number being dictated.
    Incomplete,
    /// The words do not tell.
    Unclear,
    /// A question, a closed answer, or terminal punctuation.
    Complete,
}

/// What the floor needs to know about the words so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// How many there are.
    pub count: u32,
    /// There are some, and all of them only say "I am listening".
    pub backchannel: bool,
    /// Whether they sound finished.
    pub completeness: Completeness,
}

impl Words {
    /// No words.
    pub const NONE: Self =
        Self { count: 0, backchannel: false, completeness: Completeness::Unclear };

    /// Reads a text. `punctuation` says whether the recogniser writes any.
    pub fn read(text: &str, punctuation: bool) -> Self {
        let words: Vec<String> = text.split_whitespace().map(bare).collect();
        let words: Vec<&str> =
            words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        Self {
            count: u32::try_from(words.len()).unwrap_or(u32::MAX),
            backchannel: is_backchannel(&words),
            completeness: completeness(text, &words, punctuation),
        }
    }

    /// How many words could take the floor.
    pub const fn taking(&self) -> u32 {
        if self.backchannel { 0 } else { self.count }
    }
}

/// The longest run of words that can still be a backchannel.
const BACKCHANNEL_MAX_WORDS: usize = 3;

/// The backchannel words of `docs/KPI.md`, as the recogniser may write them.
const BACKCHANNELS: [&str; 19] = [
    "mm",
    "mmm",
    "mhm",
    "mm-hm",
    "mm-hmm",
    "mmhmm",
    "uh-huh",
    "yeah",
    "yep",
    "yup",
    "right",
    "ok",
    "okay",
    "sure",
    "exactly",
    "absolutely",
    "gotcha",
    "understood",
    "hmm",
];

/// Backchannels of two words.
const BACKCHANNEL_PAIRS: [[&str; 2]; 3] = [["got", "it"], ["i", "see"], ["makes", "sense"]];

/// A turn that ends in one of these goes on.
const OPEN_ENDS: [&str; 42] = [
    "a", "about", "also", "an", "and", "are", "as", "at", "because", "but", "by", "can", "er",
    "for", "from", "if", "in", "into", "is", "like", "my", "of", "on", "or", "our", "so", "than",
    "that's", "the", "their", "then", "to", "uh", "um", "we're", "what", "when", "which", "with",
    "would", "you're", "your",
];

/// A turn that is just one of these is finished.
const ANSWERS: [&str; 10] =
    ["yes", "no", "nope", "yeah", "correct", "sure", "okay", "hello", "hi", "thanks"];

/// A turn that starts so and has a few words asks something.
const QUESTION_STARTS: [&str; 22] = [
    "are", "can", "could", "did", "do", "does", "have", "how", "is", "may", "shall", "should",
    "what", "what's", "when", "where", "which", "who", "why", "will", "would", "whose",
];

/// Words of a number that is being dictated.
const DIGITS: [&str; 11] =
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// Dictated digits that make a number: fewer may be a count at the end of a sentence.
const DICTATED_MIN: usize = 2;

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn is_backchannel(words: &[&str]) -> bool {
    if words.is_empty() || BACKCHANNEL_MAX_WORDS < words.len() {
        return false;
    }
    let mut rest = words;
    while let Some((first, tail)) = rest.split_first() {
        if BACKCHANNELS.contains(first) {
            rest = tail;
        } else if rest.len() >= 2 && BACKCHANNEL_PAIRS.contains(&[rest[0], rest[1]]) {
            rest = &rest[2..];
        } else {
            return false;
        }
    }
    true
}

fn completeness(text: &str, words: &[&str], punctuation: bool) -> Completeness {
    let Some(last) = words.last() else { return Completeness::Unclear };
    if OPEN_ENDS.contains(last) || text.trim_end().ends_with([',', '-', '–', '—', '…']) {
        return Completeness::Incomplete;
    }
    let dictated = words.iter().rev().take_while(|word| DIGITS.contains(word)).count();
    if dictated >= DICTATED_MIN && dictated < words.len() {
        // A phone or licence number: more digits are likely, a full stop settles it.
        return if punctuation && text.trim_end().ends_with(['.', '?', '!']) {
            Completeness::Complete
        } else {
            Completeness::Unclear
        };
    }
    if punctuation && text.trim_end().ends_with(['.', '?', '!', '؟']) {
        return Completeness::Complete;
    }
    if words.len() <= 2 && words.iter().all(|word| ANSWERS.contains(word)) {
        return Completeness::Complete;
    }
    if asks(words) { Completeness::Complete } else { Completeness::Unclear }
}

/// Whether the last clause of unpunctuated words opens like a question.
fn asks(words: &[&str]) -> bool {
    const SHORTEST_QUESTION: usize = 3;
    let leads = words.iter().take_while(|word| matches!(**word, "so" | "and" | "okay" | "well"));
    let clause = &words[leads.count()..];
    clause.len() >= SHORTEST_QUESTION && QUESTION_STARTS.contains(&clause[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backchannels_are_short_and_made_of_nothing_else() {
        for text in ["Mm-hmm.", "right", "Okay, got it", "yeah yeah", "I see"] {
            let words = Words::read(text, true);
            assert!(words.backchannel, "{text}");
            assert_eq!(words.taking(), 0, "{text}");
        }
        for text in ["", "right now", "no", "okay but listen", "yeah yeah yeah yeah", "see"] {
            assert!(!Words::read(text, true).backchannel, "{text}");
        }
    }

    #[test]
    fn endings_tell_whether_more_is_to_come() {
        use Completeness::{Complete, Incomplete, Unclear};
        let cases = [
            ("so what I'd like to do is", false, Incomplete),
            ("we look at your income and", false, Incomplete),
            ("um", false, Incomplete),
            ("what brings you in today", false, Complete),
            ("so how soon do you need to move", false, Complete),
            ("yes", false, Complete),
            ("I can send you the estimate", false, Unclear),
            ("I can send you the estimate.", true, Complete),
            ("my licence number is four five", false, Unclear),
            ("my licence number is four five six.", true, Complete),
            ("rates, points,", true, Incomplete),
            ("", false, Unclear),
        ];
        for (text, punctuation, expected) in cases {
            assert_eq!(Words::read(text, punctuation).completeness, expected, "{text}");
        }
    }
}
