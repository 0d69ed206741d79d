//! Fillers and hedges: words of the rep that say little or take back what is said.

use std::collections::BTreeMap;

use ringcraft_media::record::Speaker;
use serde::Serialize;

use super::conversation::Conversation;
use super::number::{Rate, Reason, Reasons};
use super::text::{Text, hesitation};

const DISCOURSE: [&str; 11] = [
    "actually",
    "anyway",
    "basically",
    "i mean",
    "kind of",
    "like",
    "literally",
    "right",
    "so",
    "sort of",
    "you know",
];

const HEDGES: [&str; 12] = [
    "apparently",
    "i believe",
    "i guess",
    "i suppose",
    "i think",
    "maybe",
    "more or less",
    "perhaps",
    "possibly",
    "presumably",
    "probably",
    "somewhat",
];

/// Hesitations, and words that stand between commas with nothing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fillers {
    /// How often each was found.
    pub by_word: BTreeMap<&'static str, u64>,
    /// How many.
    pub count: Option<u64>,
    /// Each of them.
    pub events: Vec<Filler>,
    /// Per minute of the rep's talk.
    pub per_min: Option<Rate>,
}

/// One filler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filler {
    /// When its first token was said.
    pub at_ms: u64,
    /// Where it was said.
    pub utterance_id: String,
    /// The name it is counted under.
    pub word: &'static str,
}

/// Words that make a statement less certain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hedges {
    /// How many.
    pub count: Option<u64>,
    /// Each of them.
    pub events: Vec<Hedge>,
    /// Per 100 tokens of the rep.
    pub per_100_words: Option<Rate>,
}

/// One hedge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hedge {
    /// When its first token was said.
    pub at_ms: u64,
    /// The phrase.
    pub phrase: &'static str,
    /// Where it was said.
    pub utterance_id: String,
}

/// The rep's fillers.
pub(super) fn fillers(conversation: &Conversation<'_>, reasons: &mut Reasons) -> Fillers {
    let found = find(conversation, |text, token| {
        hesitation(text.word(token)).or_else(|| discourse(text, token))
    });
    let mut by_word = BTreeMap::new();
    for (_, word, _) in &found {
        *by_word.entry(*word).or_insert(0) += 1;
    }
    let talk_ms = conversation.talk(Speaker::Rep).length_ms();
    let known = if !conversation.is_english {
        Err(Reason::LanguageNotSupported)
    } else if !conversation.recogniser.fillers {
        Err(Reason::RecogniserDropsFillers)
    } else {
        Ok(found.len() as u64)
    };
    let per_min = known
        .and_then(|count| Rate::product_quotient(count, 60_000, talk_ms).ok_or(Reason::NoTalk));
    Fillers {
        by_word,
        count: reasons.keep("rep.fillers.count", known),
        events: found
            .into_iter()
            .map(|(at_ms, word, utterance_id)| Filler { at_ms, utterance_id, word })
            .collect(),
        per_min: reasons.keep("rep.fillers.per_min", per_min),
    }
}

/// The rep's hedges, among so many tokens of the rep.
pub(super) fn hedges(
    conversation: &Conversation<'_>,
    tokens: u64,
    reasons: &mut Reasons,
) -> Hedges {
    let found = find(conversation, |text, token| {
        HEDGES.into_iter().find(|phrase| text.stands(phrase, token))
    });
    let known = conversation.is_english.then_some(found.len() as u64);
    let known = known.ok_or(Reason::LanguageNotSupported);
    let per_100_words =
        known.and_then(|count| Rate::product_quotient(count, 100, tokens).ok_or(Reason::NoTokens));
    Hedges {
        count: reasons.keep("rep.hedges.count", known),
        events: found
            .into_iter()
            .map(|(at_ms, phrase, utterance_id)| Hedge { at_ms, phrase, utterance_id })
            .collect(),
        per_100_words: reasons.keep("rep.hedges.per_100_words", per_100_words),
    }
}

/// What stands at each token of the rep: when, what and where, in order of time, utterance, token.
fn find(
    conversation: &Conversation<'_>,
    at_token: impl Fn(&Text<'_>, usize) -> Option<&'static str>,
) -> Vec<(u64, &'static str, String)> {
    let mut found = Vec::new();
    for (place, said) in conversation.phrased().filter(|(_, said)| said.is_spoken()) {
        let text = Text::new(&said.tokens);
        for token in 0..said.tokens.len() {
            if let Some(name) = at_token(&text, token) {
                found.push((said.token_ms(token), place, token, name));
            }
        }
    }
    found.sort_unstable();
    let id = |place: usize| conversation.said[place].utterance.id.clone();
    found.into_iter().map(|(at_ms, place, _, name)| (at_ms, name, id(place))).collect()
}

/// The discourse filler at a token: set off by commas, or by the start of what is said.
fn discourse(text: &Text<'_>, token: usize) -> Option<&'static str> {
    let is_set_off = match token.checked_sub(1).map(|before| text.tokens[before]) {
        Some(before) => before.0.ends_with(',') || before.sentence_end().is_some(),
        None => true,
    };
    let ends_in_comma = |phrase: &str| {
        let last = token + phrase.split(' ').count() - 1;
        text.tokens[last].0.ends_with(',')
    };
    is_set_off
        .then(|| DISCOURSE.into_iter().find(|phrase| text.stands(phrase, token)))
        .flatten()
        .filter(|phrase| ends_in_comma(phrase))
}
