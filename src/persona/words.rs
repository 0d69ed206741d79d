//! Words of a turn and the phrases looked for in them, forgiving to a weak recogniser.

use serde::Deserialize;

/// Words of a turn beyond this are not looked at: four minutes of fast speech.
const MOST_WORDS: usize = 1_000;

/// A text cut into words without marks, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The letters of all words, one after the other.
    letters: Vec<char>,
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// Where its letters are.
    start: usize,
    end: usize,
    bag: Bag,
    sentence: usize,
    opens_question: bool,
}

/// Which letters occur, folded into 32 bits. Each one missing takes an edit of its own, so most
/// places are ruled out without looking at the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bag(u32);

impl Bag {
    fn of(letters: &[char]) -> Self {
        Self(letters.iter().fold(0, |bag, letter| bag | 1 << (u32::from(*letter) % 32)))
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn lacks_more_than(self, slack: usize, wanted: Self) -> bool {
        slack < (wanted.0 & !self.0).count_ones() as usize
    }
}

/// What is looked for: a phrase as people say it. A star at its end lets the last word go on.
///
/// Phrases are compared by their letters alone, so "pre approval" is "preapproval" and "A P R" is
/// "APR". Long ones may differ in a letter or two, not the first, as a weak recogniser hears them;
/// with an equals sign in front they may not, for "can't quote" and "can quote" are a letter apart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Phrase {
    letters: Vec<char>,
    bag: Bag,
    goes_on: bool,
    slack: usize,
}

/// How much a phrase may differ from what stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ear {
    /// The text is exact: our own words.
    Sharp,
    /// The text was recognised from speech.
    Forgiving,
}

impl Phrase {
    /// Reads a phrase; `None` when it holds no letter or digit.
    pub fn new(text: &str) -> Option<Self> {
        let (text, exact) = match text.trim().strip_prefix('=') {
            Some(rest) => (rest, true),
            None => (text.trim(), false),
        };
        let (text, goes_on) = match text.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (text, false),
        };
        let letters = Words::of(text).letters;
        // Short words lie one letter apart from too many others.
        let slack = match letters.len() {
            0 => return None,
            _ if exact => 0,
            1..=7 => 0,
            8..=11 => 1,
            _ => 2,
        };
        Some(Self { bag: Bag::of(&letters), letters, goes_on, slack })
    }
}

impl TryFrom<String> for Phrase {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::new(&text).ok_or("a phrase needs a letter or a digit")
    }
}

impl Words {
    /// Cuts a text into words.
    pub fn of(text: &str) -> Self {
        let mut letters = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut sentence = 0;
        let mut sentence_start = 0;
        for token in text.split(|c: char| c.is_whitespace() || "-/–—_".contains(c)) {
            for part in parts(token) {
                let (start, end) = (letters.len(), letters.len() + part.len());
                let bag = Bag::of(&part);
                letters.extend(part);
                words.push(Word { start, end, bag, sentence, opens_question: false });
            }
            let end = token.trim_end_matches(['"', '\'', '”', '’', ')']);
            if sentence_start < words.len() && end.ends_with(['.', '!', '?', '…', '؟']) {
                words[sentence_start].opens_question = end.ends_with(['?', '؟']);
                sentence += 1;
                sentence_start = words.len();
            }
            if MOST_WORDS <= words.len() {
                break;
            }
        }
        Self { letters, words }
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// A word by its place.
    pub fn get(&self, index: usize) -> Option<String> {
        self.words.get(index).map(|word| self.letters[word.start..word.end].iter().collect())
    }

    /// The sentence a word belongs to; text without marks is one sentence.
    pub fn sentence(&self, index: usize) -> usize {
        self.words.get(index).map_or(0, |word| word.sentence)
    }

    /// First words of sentences that end in a question mark.
    pub fn marked_questions(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().filter(|(_, word)| word.opens_question).map(|(i, _)| i)
    }

    /// Whether the phrase stands anywhere.
    pub fn contains(&self, phrase: &Phrase, ear: Ear) -> bool {
        (0..self.words.len()).any(|start| self.stands_at(start, phrase, ear))
    }

    /// The places where the phrase begins.
    pub fn places(&self, phrase: &Phrase, ear: Ear) -> impl Iterator<Item = usize> {
        (0..self.words.len()).filter(move |&start| self.stands_at(start, phrase, ear))
    }

    fn stands_at(&self, start: usize, phrase: &Phrase, ear: Ear) -> bool {
        let slack = if ear == Ear::Sharp { 0 } else { phrase.slack };
        let wanted = phrase.letters.len();
        let from = self.words[start].start;
        // Recognisers rarely miss how a phrase begins, and this rules out most places at once.
        if self.letters.get(from) != phrase.letters.first() {
            return false;
        }
        let mut bag = Bag::default();
        for word in &self.words[start..] {
            bag = bag.with(word.bag);
            let length = word.end - from;
            if length + slack < wanted {
                continue;
            }
            let cut = if phrase.goes_on { length.min(wanted) } else { length };
            if wanted + slack < cut {
                return false;
            }
            let here = &self.letters[from..from + cut];
            if !bag.lacks_more_than(slack, phrase.bag) && within(here, &phrase.letters, slack) {
                return true;
            }
            if phrase.goes_on && wanted <= length {
                return false;
            }
        }
        false
    }
}

/// The words within a token: usually one; "6.5%" is two. Marks vanish, but a decimal point stays.
fn parts(token: &str) -> Vec<Vec<char>> {
    let chars: Vec<char> = token.chars().flat_map(char::to_lowercase).collect();
    let mut word = Vec::new();
    let mut percent = false;
    for (i, &c) in chars.iter().enumerate() {
        let digit_at = |j: usize| chars.get(j).is_some_and(char::is_ascii_digit);
        if c.is_alphanumeric() || (c == '.' && 0 < i && digit_at(i - 1) && digit_at(i + 1)) {
            word.push(c);
        } else if c == '%' {
            percent = true;
        }
    }
    let mut parts = Vec::new();
    if !word.is_empty() {
        parts.push(word);
    }
    if percent {
        parts.push("percent".chars().collect());
    }
    parts
}

/// Whether two words are at most `slack` insertions, deletions and replacements apart.
fn within(a: &[char], b: &[char], slack: usize) -> bool {
    if slack == 0 || slack < a.len().abs_diff(b.len()) {
        return a == b;
    }
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut row = above.clone();
    for (i, from) in a.iter().enumerate() {
        row[0] = i + 1;
        let mut least = row[0];
        for (j, to) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(from != to);
            row[j + 1] = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            least = least.min(row[j + 1]);
        }
        if slack < least {
            return false;
        }
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()] <= slack
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, phrase: &str, ear: Ear) -> bool {
        Words::of(text).contains(&Phrase::new(phrase).expect("a phrase"), ear)
    }

    #[test]
    fn phrases_are_compared_by_letters_alone() {
        for (text, phrase) in [
            ("the A P R is fixed", "apr"),
            ("the A.P.R. is fixed", "apr"),
            ("the APR, then", "a p r"),
            ("a a p r of six", "apr"),
            ("a pre qual letter", "pre-qual"),
            ("don't do that", "dont"),
            ("at 6.5% today", "6.5 percent"),
            ("it closes in May", "clos*"),
        ] {
            assert!(found(text, phrase, Ear::Sharp), "{phrase} in {text}");
        }
    }

    #[test]
    fn phrases_begin_and_end_at_words() {
        for (text, phrase) in
            [("a smart move", "art"), ("the rated one", "rate"), ("paper", "apr"), ("", "rate")]
        {
            assert!(!found(text, phrase, Ear::Forgiving), "{phrase} in {text}");
        }
    }

    #[test]
    fn long_phrases_forgive_and_short_ones_do_not() {
        assert!(found("a lone estimate comes", "loan estimate", Ear::Forgiving));
        assert!(found("the land estimate comes", "loan estimate", Ear::Forgiving));
        assert!(!found("your own estimate comes", "loan estimate", Ear::Forgiving));
        assert!(found("the appplication link", "application link", Ear::Forgiving));
        assert!(found("the secure application think", "application link", Ear::Forgiving));
        assert!(!found("the appplication link", "application link", Ear::Sharp));
        assert!(!found("the late one", "rate", Ear::Forgiving));
        assert!(found("i can quote you", "can't quote", Ear::Forgiving));
        assert!(!found("i can quote you", "=can't quote", Ear::Forgiving));
        assert!(found("i can't quote you", "=can't quote", Ear::Forgiving));
        assert!(!found("the vacation rink is there", "application link", Ear::Forgiving));
    }

    #[test]
    fn sentences_and_question_marks_are_kept() {
        let words = Words::of("Sure. What is your score? I see");
        assert_eq!(words.len(), 7);
        assert_eq!(words.marked_questions().collect::<Vec<_>>(), [1]);
        assert_eq!([0, 1, 4, 5].map(|i| words.sentence(i)), [0, 1, 1, 2]);
    }

    #[test]
    fn distances_are_counted_right() {
        let far = |a: &str, b: &str, slack| {
            within(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), slack)
        };
        assert!(far("kitten", "sitten", 1));
        assert!(far("kitten", "sittin", 2));
        assert!(!far("kitten", "sitting", 2));
        assert!(!far("", "abc", 2));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}", phrase in ".{0,20}") {
            if let Some(phrase) = Phrase::new(&phrase) {
                Words::of(&text).contains(&phrase, Ear::Forgiving);
            }
        }
    }
}
