//! What the words of a turn say about who wants the floor. English; other languages are unclear.

mod dictation;
mod ending;
mod question;

use serde::{Deserialize, Serialize};

use ending::Clause;

/// Whether a turn sounds finished, from its words alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// More is sure to come: it ends in "and", "the", "um", in the middle of a telephone number.
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
        let lower = text.to_lowercase().replace('’', "'");
        let words: Vec<&str> = bare_words(&lower).collect();
        Self {
            count: u32::try_from(words.len()).unwrap_or(u32::MAX),
            backchannel: is_backchannel(&words),
            completeness: Clause::last(&lower, &words, punctuation).completeness(),
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
const BACKCHANNELS: WordList = WordList(
    "\
    mm mmm mhm mm-hm mm-hmm mmhmm uh-huh yeah yep yup right ok okay sure exactly absolutely \
    gotcha understood hmm",
);

/// Backchannels of two words.
const BACKCHANNEL_PAIRS: [[&str; 2]; 3] = [["got", "it"], ["i", "see"], ["makes", "sense"]];

/// Words that share a property, a space between two of them.
#[derive(Clone, Copy, Debug)]
struct WordList(&'static str);

impl WordList {
    fn contains(self, word: &str) -> bool {
        self.0.split(' ').any(|known| known == word)
    }
}

/// Runs of words that share a property, a bar between two of them.
#[derive(Clone, Copy, Debug)]
struct Phrases(&'static str);

impl Phrases {
    fn contains(self, words: &[&str]) -> bool {
        self.0.split('|').any(|known| known.split(' ').eq(words.iter().copied()))
    }

    fn ends(self, words: &[&str]) -> bool {
        self.0.split('|').any(|known| {
            let count = known.split(' ').count();
            count <= words.len()
                && known.split(' ').eq(words[words.len() - count..].iter().copied())
        })
    }
}

/// The words of a text without the marks around them.
fn bare_words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
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
            ("I think so", false, Complete),
            ("yes we can", false, Complete),
            ("and then", false, Incomplete),
            ("talk to you then", false, Complete),
            ("okay well", false, Incomplete),
            ("that would work as well", false, Unclear),
            ("okay", false, Unclear),
            ("the first one", false, Complete),
            ("as I mentioned", false, Incomplete),
            ("the payment would be", false, Incomplete),
            ("I'd say we're", false, Incomplete),
            ("there are two options", false, Incomplete),
            ("do you have any questions", false, Complete),
            ("if you lock today", false, Incomplete),
            ("if you lock today we save you money", false, Unclear),
            ("we have rates, points, fees.", true, Unclear),
            ("we have rates, points, and fees.", true, Complete),
            ("we do either fixed", false, Incomplete),
            ("we do either fixed or adjustable", false, Unclear),
            ("", false, Unclear),
        ];
        for (text, punctuation, expected) in cases {
            assert_eq!(Words::read(text, punctuation).completeness, expected, "{text}");
        }
    }

    #[test]
    fn questions_are_heard_without_their_mark() {
        use Completeness::{Complete, Incomplete, Unclear};
        let cases = [
            ("that is the payment what do you think", Complete),
            ("it is a thirty year fixed right", Complete),
            ("you want to move in spring don't you", Complete),
            ("how are you", Complete),
            ("so basically what happens is we order the appraisal", Unclear),
            ("how much do you", Incomplete),
            ("what are you looking for", Unclear),
            ("what you get is a lower rate", Unclear),
            ("and what kind of house is that going to be", Incomplete),
            ("does that make sense", Complete),
        ];
        for (text, expected) in cases {
            assert_eq!(Words::read(text, false).completeness, expected, "{text}");
        }
        assert_eq!(Words::read("What are you looking for?", true).completeness, Complete);
        assert_eq!(Words::read("And the?", true).completeness, Incomplete);
    }

    #[test]
    fn a_number_is_dictated_until_it_has_all_its_digits() {
        use Completeness::{Complete, Incomplete, Unclear};
        let cases = [
            ("my cell is five five five", Incomplete),
            ("my cell is five five five oh one three", Incomplete),
            ("my cell is five five five oh one three four two two one", Complete),
            ("you can reach me at 555-0134", Incomplete),
            ("you can reach me at 503 555 0134", Complete),
            ("the rate is six point", Incomplete),
            ("the rate is six point eight", Unclear),
            ("about four hundred thousand", Unclear),
            ("seven hundred and", Incomplete),
            ("my email is dana at", Incomplete),
            ("my email is dana at summit", Incomplete),
            ("my email is dana at summit dot", Incomplete),
            ("my email is dana at summit dot com", Complete),
            ("my email is d a n a", Incomplete),
            ("I will send it at noon", Unclear),
        ];
        for (text, expected) in cases {
            assert_eq!(Words::read(text, false).completeness, expected, "{text}");
        }
    }
}
