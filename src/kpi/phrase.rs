//! Required phrases in what the rep said, however they are spelled.

use std::collections::BTreeMap;

use ringcraft_media::record::text::{squeeze, tokens};
use ringcraft_media::record::{RequiredPhrase, Speaker};

use super::conversation::{Conversation, Said};
use super::scenario::PhraseHit;

/// The first match of each phrase where it counts, in the order given.
pub(super) fn hits(conversation: &Conversation<'_>, phrases: &[RequiredPhrase]) -> Vec<PhraseHit> {
    if phrases.is_empty() {
        return Vec::new();
    }
    let texts: Vec<Squeezed> = conversation
        .said_by(Speaker::Rep)
        .map(|(place, said)| Squeezed::new(place, said))
        .collect();
    let matches: BTreeMap<&str, Vec<Match>> = phrases
        .iter()
        .map(|phrase| (phrase.id.as_str(), matches(conversation, &texts, phrase)))
        .collect();
    phrases
        .iter()
        .map(|phrase| {
            let first = matches[phrase.id.as_str()].iter().find(|found| {
                phrase.within_ms_of_start.is_none_or(|within_ms| found.at_ms <= within_ms)
                    && phrase.within_ms_of.as_ref().is_none_or(|near| {
                        is_near(found.at_ms, &matches[near.phrase.as_str()], near.ms)
                    })
            });
            let utterance = first.map(|found| conversation.said[found.place].utterance);
            PhraseHit {
                at_ms: first.map(|found| found.at_ms),
                hit: first.is_some(),
                id: phrase.id.clone(),
                utterance_id: utterance.map(|utterance| utterance.id.clone()),
            }
        })
        .collect()
}

/// Where a phrase was said, whether it counts there or not; ordered by time, utterance, token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    at_ms: u64,
    place: usize,
    token: usize,
}

/// Every match of any form of a phrase, in order.
fn matches(
    conversation: &Conversation<'_>,
    texts: &[Squeezed],
    phrase: &RequiredPhrase,
) -> Vec<Match> {
    let forms: Vec<String> =
        phrase.any_of.iter().map(|form| tokens(form).map(squeeze).collect()).collect();
    let mut matches: Vec<Match> = texts
        .iter()
        .flat_map(|text| forms.iter().flat_map(move |form| text.find(form)).map(move |t| (text, t)))
        .map(|(text, token)| {
            let at_ms = conversation.said[text.place].token_ms(token);
            Match { at_ms, place: text.place, token }
        })
        .collect();
    matches.sort_unstable();
    matches
}

fn is_near(at_ms: u64, others: &[Match], within_ms: u64) -> bool {
    let place = others.partition_point(|other| other.at_ms < at_ms.saturating_sub(within_ms));
    others.get(place).is_some_and(|other| other.at_ms <= at_ms.saturating_add(within_ms))
}

/// The squeezed tokens of an utterance, joined without spaces; those of marks alone are passed over.
struct Squeezed {
    place: usize,
    text: String,
    /// Where each token starts in the text, and which of the utterance's tokens it is.
    starts: Vec<(usize, usize)>,
}

impl Squeezed {
    fn new(place: usize, said: &Said<'_>) -> Self {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(said.tokens.len());
        for (place, token) in said.tokens.iter().enumerate() {
            let squeezed = squeeze(token.0);
            if !squeezed.is_empty() {
                starts.push((text.len(), place));
                text.push_str(&squeezed);
            }
        }
        Self { place, text, starts }
    }

    /// The token at a place of the text, if one starts there.
    fn token_at(&self, place: usize) -> Option<usize> {
        let found = self.starts.binary_search_by_key(&place, |(start, _)| *start).ok()?;
        Some(self.starts[found].1)
    }

    /// The first tokens of all runs of tokens that spell a form.
    fn find(&self, form: &str) -> Vec<usize> {
        let is_edge = |end: usize| end == self.text.len() || self.token_at(end).is_some();
        occurrences(self.text.as_bytes(), form.as_bytes())
            .into_iter()
            .filter(|start| is_edge(start + form.len()))
            .filter_map(|start| self.token_at(start))
            .collect()
    }
}

/// Where a pattern stands in a text, also where it overlaps itself; linear (Knuth, Morris, Pratt).
fn occurrences(text: &[u8], pattern: &[u8]) -> Vec<usize> {
    if pattern.is_empty() || text.len() < pattern.len() {
        return Vec::new();
    }
    // How much of the pattern still matches where it stops matching after so many bytes.
    let mut shorter = vec![0; pattern.len() + 1];
    let mut matched = 0;
    for place in 1..pattern.len() {
        while 0 < matched && pattern[matched] != pattern[place] {
            matched = shorter[matched];
        }
        matched += usize::from(pattern[matched] == pattern[place]);
        shorter[place + 1] = matched;
    }
    let mut found = Vec::new();
    matched = 0;
    for (place, byte) in text.iter().enumerate() {
        while matched == pattern.len() || (0 < matched && pattern[matched] != *byte) {
            matched = shorter[matched];
        }
        matched += usize::from(pattern[matched] == *byte);
        if matched == pattern.len() {
            found.push(place + 1 - matched);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn occurrences_are_those_of_every_start(text in "[ab]{0,12}", pattern in "[ab]{1,4}") {
            let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
            let every: Vec<usize> =
                (0..text.len()).filter(|start| text[*start..].starts_with(pattern)).collect();
            prop_assert_eq!(occurrences(text, pattern), every);
        }
    }
}
