//! Written text as it is said, and which spoken words belong to which written token.

use std::ops::Range;

mod cardinal;
mod english;
mod lexicon;
mod quantity;
pub mod numbers;

/// A word for the voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenWord {
    /// The word with the marks after it. No white space.
    pub text: String,
    /// The written token it comes from: an index into [`Spoken::tokens`].
    pub token: usize,
}

/// A written text and the words that say it, each tied to its token.
///
/// Tokens are what white space parts. Words follow the order of their tokens; a token of marks
/// alone has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    source: String,
    text: String,
    words: Vec<SpokenWord>,
    tokens: Vec<Range<usize>>,
}

impl Spoken {
    /// Reads a written text. English numbers, signs and abbreviations become words; in other
    /// languages each token is one word as it stands.
    pub fn expand(text: &str, language: &str) -> Self {
        let tokens = token_ranges(text);
        let texts: Vec<&str> = tokens.iter().map(|token| &text[token.clone()]).collect();
        let mut words: Vec<SpokenWord> = Vec::new();
        if is_english(language) {
            for (token, spoken) in english::expand(&texts).into_iter().enumerate() {
                if spoken.is_empty() && texts[token].contains(['—', '–', '-', '…']) {
                    pause_after(&mut words);
                }
                words.extend(spoken.into_iter().map(|text| SpokenWord { text, token }));
            }
        } else {
            let whole = texts.iter().enumerate();
            words.extend(whole.map(|(token, text)| SpokenWord { text: (*text).to_owned(), token }));
        }
        let said: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        Self { source: text.to_owned(), text: said.join(" "), words, tokens }
    }

    /// The text for the voice: the words with one space between.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The words in the order they are said.
    pub fn words(&self) -> &[SpokenWord] {
        &self.words
    }

    /// Where each written token stands in the source, in bytes.
    pub fn tokens(&self) -> &[Range<usize>] {
        &self.tokens
    }

    /// The written text of which every spoken word is among the first `spoken_words`. A token that
    /// is half said is not in it; marks alone count once the word after them is said.
    pub fn written_prefix(&self, spoken_words: usize) -> &str {
        if self.words.len() <= spoken_words {
            return &self.source[..self.tokens.last().map_or(0, |token| token.end)];
        }
        let unsaid = self.words[spoken_words].token;
        let said = self.words[..spoken_words].iter().rev().find(|word| word.token < unsaid);
        &self.source[..said.map_or(0, |word| self.tokens[word.token].end)]
    }

    /// The spoken words of a written token, as a range of [`Spoken::words`].
    pub fn words_of(&self, token: usize) -> Range<usize> {
        let start = self.words.partition_point(|word| word.token < token);
        let end = self.words.partition_point(|word| word.token <= token);
        start..end
    }
}

fn is_english(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or(language);
    primary.eq_ignore_ascii_case("en")
}

/// Where the tokens of a text stand.
fn token_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices() {
        if character.is_whitespace() {
            ranges.extend(start.take().map(|start| start..at));
        } else {
            start.get_or_insert(at);
        }
    }
    ranges.extend(start.map(|start| start..text.len()));
    ranges
}

/// A dash that stands alone is heard as a pause.
fn pause_after(words: &mut [SpokenWord]) {
    if let Some(last) = words.last_mut()
        && last.text.ends_with(char::is_alphanumeric)
    {
        last.text.push(',');
    }
}

#[cfg(test)]
mod tests;
