//! Tokens, words, phrases and sentences of an utterance's text.

use std::borrow::Cow;

use ringcraft_media::record::text::{is_mark, tokens};

/// A longest run of text without white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a>(pub(super) &'a str);

/// The tokens of a text.
pub(super) fn cut(text: &str) -> Vec<Token<'_>> {
    tokens(text).map(Token).collect()
}

impl<'a> Token<'a> {
    /// The token in lower case, `’` as `'`, without the marks at either end. May be empty.
    pub(super) fn word(self) -> Cow<'a, str> {
        let word = self.0.trim_matches(is_mark);
        if word.contains('’') {
            Cow::Owned(word.replace('’', "'").to_ascii_lowercase())
        } else if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(word.to_ascii_lowercase())
        } else {
            Cow::Borrowed(word)
        }
    }

    /// The character that may end a sentence: the last one, closing quotes and brackets aside.
    fn end_mark(self) -> Option<char> {
        let closed = self.0.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']']);
        closed.chars().next_back().filter(|c| matches!(c, '.' | '!' | '?' | '…' | '؟'))
    }

    /// The mark with which this token ends a sentence, if it ends one.
    pub(super) fn sentence_end(self) -> Option<char> {
        self.end_mark().filter(|mark| *mark != '.' || !is_abbreviation(&self.word()))
    }
}

/// Whether a full stop after a word belongs to the word.
fn is_abbreviation(word: &str) -> bool {
    const ABBREVIATIONS: [&str; 15] = [
        "mr", "mrs", "ms", "dr", "jr", "sr", "st", "vs", "e.g", "i.e", "a.m", "p.m", "u.s", "inc",
        "approx",
    ];
    let is_initial = matches!(word.as_bytes(), [letter] if letter.is_ascii_lowercase());
    (is_initial && word != "i") || ABBREVIATIONS.contains(&word)
}

/// Whether the last sentence of a text is a question in writing: it asks for an answer.
pub(super) fn asks(tokens: &[Token<'_>]) -> bool {
    let Some((last, before)) = tokens.split_last() else { return false };
    if !matches!(last.sentence_end(), Some('?' | '؟')) {
        return false;
    }
    // A sentence without a word is none, so a mark that stands alone asks only for what precedes it.
    let sentence = before.iter().rev().take_while(|token| token.sentence_end().is_none());
    std::iter::once(last).chain(sentence).any(|token| !token.word().is_empty())
}

/// Whether the words, empty ones aside, are one or more backchannel words in a row.
pub(super) fn is_backchannel(tokens: &[Token<'_>]) -> bool {
    let words: Vec<Cow<'_, str>> =
        tokens.iter().map(|token| token.word()).filter(|word| !word.is_empty()).collect();
    let mut rest = &words[..];
    while let [first, after @ ..] = rest {
        rest = match (first.as_ref(), after) {
            (
                "mm" | "mmm" | "mhm" | "mm-hm" | "mm-hmm" | "mmhmm" | "uh-huh" | "yeah" | "yep"
                | "yup" | "right" | "ok" | "okay" | "sure" | "exactly" | "absolutely" | "gotcha"
                | "understood",
                _,
            ) => after,
            ("got", [second, after @ ..]) if second == "it" => after,
            ("i", [second, after @ ..]) if second == "see" => after,
            ("makes", [second, after @ ..]) if second == "sense" => after,
            _ => return false,
        };
    }
    !words.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_token_without_its_marks() {
        for (token, word) in [
            ("Hi,", "hi"),
            ("«DON’T!»", "don't"),
            ("’tis", "tis"),
            ("6.5%,", "6.5"),
            ("mm-hmm.", "mm-hmm"),
            ("…", ""),
            ("É", "É"),
        ] {
            assert_eq!(Token(token).word(), word, "{token}");
        }
    }

    #[test]
    fn a_full_stop_ends_no_abbreviation() {
        for (token, end) in [
            ("here.", Some('.')),
            ("here?\")", Some('?')),
            ("كذلك؟", Some('؟')),
            ("wait…", Some('…')),
            ("J.", None),
            ("I.", Some('.')),
            ("(e.g.", None),
            ("U.S.)", None),
            ("U.S.?", Some('?')),
            ("6.", Some('.')),
            ("here,", None),
        ] {
            assert_eq!(Token(token).sentence_end(), end, "{token}");
        }
    }

    #[test]
    fn only_the_last_sentence_asks() {
        for (text, expected) in [
            ("Is that your own home?", true),
            ("Really? I see.", false),
            ("Is it so ?", true),
            ("Really? ?", false),
            ("?", false),
            ("", false),
            ("“هل هذا بيتك؟”", true),
        ] {
            assert_eq!(asks(&cut(text)), expected, "{text}");
        }
    }

    #[test]
    fn backchannels_hold_nothing_else() {
        for (text, expected) in [
            ("Mm-hmm.", true),
            ("Yeah, got it.", true),
            ("Okay - right", true),
            ("I see. Makes sense!", true),
            ("I", false),
            ("got", false),
            ("it", false),
            ("Yeah no", false),
            ("...", false),
            ("", false),
        ] {
            assert_eq!(is_backchannel(&cut(text)), expected, "{text}");
        }
    }
}
