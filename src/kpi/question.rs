//! Questions of the rep, open and closed.

use std::ops::Range;

use serde::Serialize;

use super::conversation::Conversation;
use super::number::{Rate, Reason, Reasons};
use super::text::{Sentence, Text, hesitation};

/// What the rep asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Questions {
    /// How many can be answered in a word.
    pub closed: Option<u64>,
    /// Each of them.
    pub events: Vec<Question>,
    /// How many invite the other side to tell.
    pub open: Option<u64>,
    /// All, per 10 minutes of the call.
    pub per_10_min: Option<Rate>,
    /// How many there are.
    pub total: Option<u64>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// When its first token was said.
    pub at_ms: u64,
    /// Open or closed.
    pub kind: QuestionKind,
    /// Its tokens.
    pub text: String,
    /// Where it was said.
    pub utterance_id: String,
}

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Something to tell.
    Open,
    /// A word.
    Closed,
}

/// The rep's questions.
pub(super) fn questions(conversation: &Conversation<'_>, reasons: &mut Reasons) -> Questions {
    let mut found = Vec::new();
    for (place, said) in conversation.phrased() {
        let text = Text::new(&said.tokens);
        for sentence in text.sentences() {
            if let Some(kind) = kind(&text, &sentence) {
                let first = sentence.tokens.start;
                found.push((said.token_ms(first), place, sentence.tokens, kind));
            }
        }
    }
    found.sort_unstable_by_key(|(at_ms, place, tokens, _)| (*at_ms, *place, tokens.start));
    let count = |kind| found.iter().filter(|question| question.3 == kind).count() as u64;
    let (open, closed) = (count(QuestionKind::Open), count(QuestionKind::Closed));
    let total = open + closed;
    let events = found
        .into_iter()
        .map(|(at_ms, place, tokens, kind)| {
            let said = &conversation.said[place];
            let tokens: Vec<&str> = said.tokens[tokens].iter().map(|token| token.0).collect();
            let utterance_id = said.utterance.id.clone();
            Question { at_ms, kind, text: tokens.join(" "), utterance_id }
        })
        .collect();
    let per_10_min = Rate::product_quotient(total, 600_000, conversation.duration_ms);
    let known = if conversation.is_english { Ok(()) } else { Err(Reason::LanguageNotSupported) };
    let mut keep = |name: &str, count: u64| {
        reasons.keep(format!("rep.questions.{name}"), known.map(|()| count))
    };
    Questions {
        closed: keep("closed", closed),
        events,
        open: keep("open", open),
        total: keep("total", total),
        per_10_min: reasons.keep(
            "rep.questions.per_10_min",
            known.and_then(|()| per_10_min.ok_or(Reason::NoDuration)),
        ),
    }
}

/// What kind of question a sentence is, if it is one.
fn kind(text: &Text<'_>, sentence: &Sentence) -> Option<QuestionKind> {
    let all = text.clauses(sentence);
    let clauses: Vec<Clause<'_>> =
        all.iter().filter_map(|tokens| Clause::new(text, sentence, tokens.clone())).collect();
    let first = clauses.first().and_then(Clause::opening);
    let is_marked = matches!(sentence.end_mark, Some('?' | '؟'));
    let is_question = is_marked
        || matches!(first, Some(Opening::Invitation { .. }))
        || (sentence.end_mark.is_none() && first.is_some());
    let ends_in_tag = is_marked && all.last().is_some_and(|last| is_tag(text, last.clone()));
    let mut openings = clauses.iter().filter(|clause| !clause.is_greeting());
    let opening = openings.find_map(Clause::opening);
    let only_greets = opening.is_none() && clauses.iter().any(Clause::is_greeting);
    if !is_question || ends_in_tag || only_greets {
        return None;
    }
    // An alternative at the end of a question leaves a word to choose.
    let mut words = text.with_words(sentence.tokens.clone());
    words.next();
    let is_open = opening.is_some_and(|opening| opening.is_open())
        && words.all(|token| text.word(token) != "or");
    Some(if is_open { QuestionKind::Open } else { QuestionKind::Closed })
}

/// A clause without its lead-ins.
struct Clause<'t> {
    words: Vec<&'t str>,
    text: &'t Text<'t>,
    /// The token of each word.
    tokens: Vec<usize>,
    /// Where the sentence ends.
    sentence_end: usize,
}

/// How a clause opens a question.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Opening {
    /// What, why, how and their like.
    Asking { is_open: bool },
    /// A verb before its subject.
    Turned { is_open: bool },
    /// A request to tell.
    Invitation { is_open: bool },
}

impl Opening {
    fn is_open(&self) -> bool {
        match self {
            Self::Asking { is_open } | Self::Turned { is_open } | Self::Invitation { is_open } => {
                *is_open
            }
        }
    }
}

impl<'t> Clause<'t> {
    /// Skips the lead-ins; a clause of nothing else is none.
    fn new(text: &'t Text<'t>, sentence: &Sentence, tokens: Range<usize>) -> Option<Self> {
        let tokens: Vec<usize> =
            text.with_words(tokens).skip_while(|token| is_lead_in(text.word(*token))).collect();
        let words: Vec<&str> = tokens.iter().map(|token| text.word(*token)).collect();
        let sentence_end = sentence.tokens.end;
        (!words.is_empty()).then_some(Self { words, text, tokens, sentence_end })
    }

    fn word(&self, place: usize) -> &'t str {
        self.words.get(place).copied().unwrap_or("")
    }

    fn opening(&self) -> Option<Opening> {
        let (first, next) = (self.word(0), self.word(1));
        if let Some(asking) = asking_word(first) {
            let is_measure = asking == "how" && is_measure(next);
            let is_open = matches!(asking, "what" | "why" | "how") && !is_measure;
            return (!is_pronoun(next)).then_some(Opening::Asking { is_open });
        }
        if is_turning(first) {
            let turns = match first {
                "do" | "don't" | "have" | "haven't" | "had" | "hadn't" => {
                    is_pronoun(next) && next != "it"
                }
                _ => is_pronoun(next) || is_subject(next),
            };
            return turns.then(|| Opening::Turned { is_open: self.asks_to_tell() });
        }
        self.invitation(0).map(|is_open| Opening::Invitation { is_open })
    }

    /// Whether the clause opens with can, could, will or would, then you, lead-ins, an invitation.
    fn asks_to_tell(&self) -> bool {
        let asks = matches!(self.word(0), "can" | "could" | "will" | "would");
        let after = self.words.iter().skip(2).take_while(|word| is_lead_in(word)).count() + 2;
        asks && self.word(1) == "you" && self.invitation(after) == Some(true)
    }

    /// Whether an invitation that stands at a word is open; none where none stands.
    fn invitation(&self, place: usize) -> Option<bool> {
        const INVITATIONS: [&str; 5] =
            ["tell me", "walk me through", "help me understand", "describe", "share"];
        let token = *self.tokens.get(place)?;
        let phrase = INVITATIONS.into_iter().find(|phrase| self.text.stands(phrase, token))?;
        if phrase != "tell me" {
            return Some(true);
        }
        let mut next = self.text.with_words(token + 2..self.sentence_end).take(4);
        Some(next.any(|token| self.text.word(token) == "about"))
    }

    fn is_greeting(&self) -> bool {
        let greeting = match self.words.as_slice() {
            [greeting @ .., "today"] => greeting,
            [greeting @ .., "this", "morning" | "afternoon" | "evening"] => greeting,
            greeting => greeting,
        };
        matches!(
            greeting,
            ["how", "are", "you"]
                | ["how", "are", "you", "doing"]
                | ["how", "are", "things"]
                | ["how's", "it", "going"]
                | ["how", "is", "it", "going"]
                | ["how's", "your", "day"]
                | ["how", "is", "your", "day"]
                | ["how's", "your", "day", "going"]
                | ["how", "is", "your", "day", "going"]
                | ["how", "have", "you", "been"]
                | ["how", "do", "you", "do"]
        )
    }
}

/// Whether a clause, its lead-ins kept, only asks to agree.
fn is_tag(text: &Text<'_>, clause: Range<usize>) -> bool {
    let words: Vec<&str> = text.with_words(clause).map(|token| text.word(token)).collect();
    match words.as_slice() {
        ["right" | "okay" | "ok" | "alright" | "yeah" | "yes" | "no" | "correct" | "huh"]
        | ["you", "know" | "see"] => true,
        [verb, pronoun] => is_turning(verb) && is_pronoun(pronoun),
        _ => false,
    }
}

fn is_lead_in(word: &str) -> bool {
    hesitation(word).is_some()
        || matches!(
            word,
            "actually"
                | "alright"
                | "also"
                | "and"
                | "but"
                | "good"
                | "great"
                | "just"
                | "maybe"
                | "now"
                | "ok"
                | "okay"
                | "or"
                | "perfect"
                | "please"
                | "plus"
                | "right"
                | "so"
                | "sure"
                | "thanks"
                | "then"
                | "well"
                | "yeah"
                | "yes"
        )
}

/// The asking word in a word such as "what's".
fn asking_word(word: &str) -> Option<&str> {
    let bare = ["'s", "'re", "'d", "'ll", "'ve"].iter().find_map(|end| word.strip_suffix(end));
    let bare = bare.unwrap_or(word);
    matches!(bare, "what" | "how" | "why" | "when" | "where" | "who" | "whom" | "whose" | "which")
        .then_some(bare)
}

/// Whether "how" with this word asks for a measure.
fn is_measure(word: &str) -> bool {
    matches!(
        word,
        "much"
            | "many"
            | "long"
            | "old"
            | "often"
            | "far"
            | "soon"
            | "big"
            | "high"
            | "low"
            | "large"
            | "late"
            | "early"
    )
}

fn is_pronoun(word: &str) -> bool {
    matches!(word, "i" | "you" | "he" | "she" | "it" | "we" | "they")
}

/// Whether a verb asks when it stands before its subject.
fn is_turning(word: &str) -> bool {
    matches!(
        word,
        "am" | "is"
            | "are"
            | "was"
            | "were"
            | "do"
            | "does"
            | "did"
            | "have"
            | "has"
            | "had"
            | "can"
            | "could"
            | "will"
            | "would"
            | "shall"
            | "should"
            | "may"
            | "might"
            | "must"
            | "isn't"
            | "aren't"
            | "wasn't"
            | "weren't"
            | "don't"
            | "doesn't"
            | "didn't"
            | "haven't"
            | "hasn't"
            | "hadn't"
            | "can't"
            | "couldn't"
            | "won't"
            | "wouldn't"
            | "shouldn't"
    )
}

/// Whether a word other than a pronoun starts what a question is about.
fn is_subject(word: &str) -> bool {
    matches!(
        word,
        "that"
            | "this"
            | "these"
            | "those"
            | "there"
            | "the"
            | "a"
            | "an"
            | "my"
            | "your"
            | "our"
            | "his"
            | "her"
            | "their"
            | "its"
            | "any"
            | "anyone"
            | "anybody"
            | "anything"
            | "someone"
            | "somebody"
            | "everyone"
            | "everything"
    )
}
