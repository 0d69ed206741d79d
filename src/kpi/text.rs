//! The text of an utterance, cut into phrases, sentences and clauses.

use std::borrow::Cow;
use std::ops::Range;

use ringcraft_media::record::text::is_mark;

use super::words::Token;

/// Tokens with their words.
#[derive(Debug)]
pub(super) struct Text<'t> {
    pub(super) tokens: &'t [Token<'t>],
    words: Vec<Cow<'t, str>>,
}

/// A run of tokens that holds at least one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) tokens: Range<usize>,
    /// `.`, `!`, `?`, `…` or `؟`; none where it ends with the utterance.
    pub(super) end_mark: Option<char>,
}

impl<'t> Text<'t> {
    pub(super) fn new(tokens: &'t [Token<'t>]) -> Self {
        Self { tokens, words: tokens.iter().map(|token| token.word()).collect() }
    }

    /// The word of a token; empty where the token is marks alone.
    pub(super) fn word(&self, token: usize) -> &str {
        self.words.get(token).map_or("", AsRef::as_ref)
    }

    /// Whether a phrase stands at a token: consecutive tokens have its words, with no mark between.
    pub(super) fn stands(&self, phrase: &str, at: usize) -> bool {
        // Most tokens start no phrase, and looking at all of a phrase is slow.
        let may_stand = !self.word(at).is_empty() && phrase.starts_with(self.word(at));
        may_stand
            && phrase.split(' ').zip(at..).all(|(word, token)| {
                let is_parted = at < token
                    && (self.tokens[token - 1].0.ends_with(is_mark)
                        || self
                            .tokens
                            .get(token)
                            .is_some_and(|token| token.0.starts_with(is_mark)));
                !is_parted && self.word(token) == word
            })
    }

    /// The sentences, those without a word left out.
    pub(super) fn sentences(&self) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        let mut start = 0;
        for (place, token) in self.tokens.iter().enumerate() {
            let end_mark = token.sentence_end();
            if end_mark.is_some() || place + 1 == self.tokens.len() {
                sentences.push(Sentence { tokens: start..place + 1, end_mark });
                start = place + 1;
            }
        }
        sentences.retain(|sentence| self.has_word(&sentence.tokens));
        sentences
    }

    /// The clauses of a sentence, those without a word left out.
    pub(super) fn clauses(&self, sentence: &Sentence) -> Vec<Range<usize>> {
        let mut clauses = Vec::new();
        let mut start = sentence.tokens.start;
        for place in sentence.tokens.clone() {
            let is_cut = self.tokens[place].0.ends_with([',', ';', ':', '–', '—']);
            if is_cut || place + 1 == sentence.tokens.end {
                clauses.push(start..place + 1);
                start = place + 1;
            }
        }
        clauses.retain(|clause| self.has_word(clause));
        clauses
    }

    /// The tokens of a run that hold a word.
    pub(super) fn with_words(&self, tokens: Range<usize>) -> impl Iterator<Item = usize> {
        tokens.filter(|token| !self.word(*token).is_empty())
    }

    fn has_word(&self, tokens: &Range<usize>) -> bool {
        self.with_words(tokens.clone()).next().is_some()
    }
}

/// The name of a hesitation: each of its letters once or more.
pub(super) fn hesitation(word: &str) -> Option<&'static str> {
    let mut rest = word;
    let mut shape = ['\0'; 3];
    let mut letters = 0;
    while let Some(letter) = rest.chars().next() {
        *shape.get_mut(letters)? = letter;
        letters += 1;
        rest = rest.trim_start_matches(letter);
    }
    match &shape[..letters] {
        ['u', 'm'] | ['u', 'h', 'm'] => Some("um"),
        ['u', 'h'] => Some("uh"),
        ['e', 'r'] | ['e', 'r', 'm'] => Some("er"),
        ['a', 'h'] => Some("ah"),
        ['h', 'm'] => Some("hmm"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::cut;
    use super::*;

    #[test]
    fn a_phrase_stands_with_no_mark_between() {
        for (text, expected) in [
            ("you know", true),
            ("(You know,", true),
            ("you, know", false),
            ("you «know", false),
            ("you - know", false),
            ("you", false),
            ("you knows", false),
        ] {
            let tokens = cut(text);
            assert_eq!(Text::new(&tokens).stands("you know", 0), expected, "{text}");
        }
    }

    #[test]
    fn sentences_and_clauses_hold_words() {
        let tokens = cut("Hi, Mr. Lee – so: is it? ... I see J. today");
        let text = Text::new(&tokens);
        let sentences = text.sentences();
        let ranges: Vec<_> = sentences.iter().map(|s| (s.tokens.clone(), s.end_mark)).collect();
        assert_eq!(ranges, [(0..7, Some('?')), (8..12, None)]);
        assert_eq!(text.clauses(&sentences[0]), [0..1, 1..4, 4..5, 5..7]);
    }

    #[test]
    fn hesitations_have_names() {
        for (word, name) in [
            ("um", Some("um")),
            ("uuuhhmm", Some("um")),
            ("uh", Some("uh")),
            ("errm", Some("er")),
            ("er", Some("er")),
            ("ahhh", Some("ah")),
            ("hm", Some("hmm")),
            ("mm", None),
            ("a", None),
            ("umh", None),
            ("erma", None),
            ("", None),
        ] {
            assert_eq!(hesitation(word), name, "{word}");
        }
    }
}
