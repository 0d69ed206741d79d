//! A call record as the KPIs see it: utterances in order, what of them is talk, and whose turn it is.

use ringcraft_media::record::{CallRecord, Recogniser, Speaker, Utterance, Word};

use super::backchannel;
use super::span::{Span, Spans};
use super::thresholds::Thresholds;
use super::words::{self, Token};

/// The utterances of a call in their order, with all that several KPIs ask of them.
#[derive(Debug)]
pub(super) struct Conversation<'r> {
    pub(super) duration_ms: u64,
    pub(super) is_english: bool,
    pub(super) recogniser: &'r Recogniser,
    pub(super) thresholds: Thresholds,
    /// Ordered by start, end and id.
    pub(super) said: Vec<Said<'r>>,
    pub(super) turns: Vec<Turn>,
    pub(super) rep_talk: Spans,
    pub(super) persona_talk: Spans,
}

/// One utterance.
#[derive(Debug)]
pub(super) struct Said<'r> {
    pub(super) utterance: &'r Utterance,
    pub(super) tokens: Vec<Token<'r>>,
    /// In order, each of some length; at least one where it was spoken, none where it was typed.
    pub(super) pieces: Vec<Span>,
    pub(super) is_backchannel: bool,
}

/// Utterances of one side with nothing but backchannels of the other between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) speaker: Speaker,
    pub(super) start_ms: u64,
    /// Where the latest of its utterances ends.
    pub(super) end_ms: u64,
    /// The place of its first utterance.
    pub(super) first: usize,
    /// Its first utterance was spoken, not typed.
    pub(super) starts_spoken: bool,
    /// At its end somebody stopped speaking.
    pub(super) ends_spoken: bool,
}

/// The other side.
pub(super) fn other(speaker: Speaker) -> Speaker {
    match speaker {
        Speaker::Rep => Speaker::Persona,
        Speaker::Persona => Speaker::Rep,
    }
}

impl<'r> Conversation<'r> {
    pub(super) fn new(record: &'r CallRecord) -> Self {
        let parts = record.parts();
        let thresholds = Thresholds::new(&parts.params);
        let is_english = parts.language.as_deref().is_none_or(|tag| {
            tag.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case("en"))
        });
        let mut said: Vec<Said<'r>> =
            parts.utterances.iter().map(|utterance| Said::new(utterance, &thresholds)).collect();
        said.sort_unstable_by_key(|said| (said.start_ms(), said.end_ms(), &said.utterance.id));
        if is_english {
            backchannel::mark(&mut said, &thresholds);
        }
        let turns = turns(&said);
        let talk = |speaker| Spans::union(pieces_of(&said, speaker));
        let (rep_talk, persona_talk) = (talk(Speaker::Rep), talk(Speaker::Persona));
        Self {
            duration_ms: parts.duration_ms,
            is_english,
            recogniser: &parts.recogniser,
            thresholds,
            said,
            turns,
            rep_talk,
            persona_talk,
        }
    }

    /// The utterances of one side, with their places in the order.
    pub(super) fn said_by(
        &self,
        speaker: Speaker,
    ) -> impl Iterator<Item = (usize, &Said<'r>)> + Clone {
        self.said.iter().enumerate().filter(move |(_, said)| said.speaker() == speaker)
    }

    /// The rep's utterances that are no backchannels, if their language is known: where words are
    /// looked for. With their places in the order.
    pub(super) fn phrased(&self) -> impl Iterator<Item = (usize, &Said<'r>)> {
        let known = self.is_english.then(|| self.said_by(Speaker::Rep));
        known.into_iter().flatten().filter(|(_, said)| !said.is_backchannel)
    }

    /// The time in which a side talks.
    pub(super) fn talk(&self, speaker: Speaker) -> &Spans {
        match speaker {
            Speaker::Rep => &self.rep_talk,
            Speaker::Persona => &self.persona_talk,
        }
    }
}

impl<'r> Said<'r> {
    fn new(utterance: &'r Utterance, thresholds: &Thresholds) -> Self {
        Self {
            utterance,
            tokens: words::cut(&utterance.text),
            pieces: pieces(utterance, thresholds.pause_ms),
            is_backchannel: false,
        }
    }

    pub(super) fn speaker(&self) -> Speaker {
        self.utterance.speaker
    }

    /// Whether it was spoken, not typed.
    pub(super) fn is_spoken(&self) -> bool {
        !self.utterance.typed
    }

    /// Where its first piece starts.
    pub(super) fn start_ms(&self) -> u64 {
        self.pieces.first().map_or(self.utterance.start_ms, |piece| piece.start_ms)
    }

    /// Where its last piece ends.
    pub(super) fn end_ms(&self) -> u64 {
        self.pieces.last().map_or(self.utterance.end_ms, |piece| piece.end_ms)
    }

    /// When a token was said: with its word, or in proportion where words and tokens differ.
    pub(super) fn token_ms(&self, token: usize) -> u64 {
        let words = &self.utterance.words;
        if words.len() == self.tokens.len() {
            return words[token].start_ms;
        }
        let length_ms = u128::from(self.end_ms() - self.start_ms());
        let offset_ms = token as u128 * length_ms / self.tokens.len() as u128;
        self.start_ms() + u64::try_from(offset_ms).expect("a token starts within its utterance")
    }
}

/// What of an utterance is talk: its words, joined across pauses.
fn pieces(utterance: &Utterance, pause_ms: u64) -> Vec<Span> {
    if utterance.typed {
        return Vec::new();
    }
    let is_pause =
        |before: &Word, after: &Word| after.start_ms.saturating_sub(before.end_ms) <= pause_ms;
    let mut spans: Vec<Span> = utterance
        .words
        .chunk_by(is_pause)
        .filter_map(|words| Some(Span::new(words.first()?.start_ms, words.last()?.end_ms)))
        .collect();
    if utterance.interrupted
        && let Some(last) = spans.last_mut()
    {
        last.end_ms = utterance.end_ms;
    }
    spans.retain(|span| span.start_ms < span.end_ms);
    if spans.is_empty() {
        spans.push(Span::new(utterance.start_ms, utterance.end_ms));
    }
    spans
}

/// The pieces of a side's utterances.
fn pieces_of(said: &[Said<'_>], speaker: Speaker) -> impl Iterator<Item = Span> {
    said.iter()
        .filter(move |said| said.speaker() == speaker)
        .flat_map(|said| said.pieces.iter().copied())
}

impl Turn {
    /// Goes on with another utterance of the side.
    fn join(&mut self, said: &Said<'_>) {
        if self.end_ms < said.end_ms() {
            self.end_ms = said.end_ms();
            self.ends_spoken = said.is_spoken();
        } else if self.end_ms == said.end_ms() {
            self.ends_spoken |= said.is_spoken();
        }
    }
}

fn turns(said: &[Said<'_>]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (first, said) in said.iter().enumerate().filter(|(_, said)| !said.is_backchannel) {
        match turns.last_mut() {
            Some(turn) if turn.speaker == said.speaker() => turn.join(said),
            _ => turns.push(Turn {
                speaker: said.speaker(),
                start_ms: said.start_ms(),
                end_ms: said.end_ms(),
                first,
                starts_spoken: said.is_spoken(),
                ends_spoken: said.is_spoken(),
            }),
        }
    }
    turns
}
