//! Monologues: how long a side talks before the other side says something.

use ringcraft_media::record::Speaker;
use serde::Serialize;

use super::conversation::{Conversation, Said, other};
use super::span::{Span, Spans};

/// The long monologues of a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Monologues {
    /// How many last at least `monologue_ms`.
    pub count: u64,
    /// These, and the first longest one.
    pub events: Vec<Span>,
}

/// The length of a side's longest monologue, and its long ones.
pub(super) fn monologues(conversation: &Conversation<'_>, speaker: Speaker) -> (u64, Monologues) {
    let all = all(conversation, speaker);
    let longest_ms = all.iter().map(|span| span.length_ms()).max().unwrap_or(0);
    let first_longest = all.iter().position(|span| span.length_ms() == longest_ms);
    let is_long = |span: &Span| conversation.thresholds.monologue_ms <= span.length_ms();
    let count = all.iter().filter(|span| is_long(span)).count() as u64;
    let events = all
        .iter()
        .enumerate()
        .filter(|(place, span)| is_long(span) || Some(*place) == first_longest)
        .map(|(_, span)| *span)
        .collect();
    (longest_ms, Monologues { count, events })
}

/// A side's talk without its backchannels, joined across gaps in which the other side says nothing
/// but backchannels, and cut wherever an utterance of the other side that is none starts.
fn all(conversation: &Conversation<'_>, speaker: Speaker) -> Vec<Span> {
    let talk = Spans::union(turn_pieces(conversation, speaker));
    let others_talk = Spans::union(turn_pieces(conversation, other(speaker)));
    let cuts_ms: Vec<u64> =
        turn_utterances(conversation, other(speaker)).map(Said::start_ms).collect();

    let mut monologues: Vec<Span> = Vec::new();
    for span in talk.as_slice().iter().flat_map(|span| split(*span, &cuts_ms)) {
        match monologues.last_mut() {
            Some(last)
                if is_joined(Span::new(last.end_ms, span.start_ms), &others_talk, &cuts_ms) =>
            {
                last.end_ms = span.end_ms;
            }
            _ => monologues.push(span),
        }
    }
    monologues
}

/// The utterances of a side that are no backchannels, in order.
fn turn_utterances<'c, 'r>(
    conversation: &'c Conversation<'r>,
    speaker: Speaker,
) -> impl Iterator<Item = &'c Said<'r>> {
    conversation.said_by(speaker).map(|(_, said)| said).filter(|said| !said.is_backchannel)
}

fn turn_pieces(conversation: &Conversation<'_>, speaker: Speaker) -> impl Iterator<Item = Span> {
    turn_utterances(conversation, speaker).flat_map(|said| said.pieces.iter().copied())
}

/// The parts of a span between the cuts inside it. A cut that is given twice cuts once.
fn split(span: Span, cuts_ms: &[u64]) -> impl Iterator<Item = Span> {
    let first = cuts_ms.partition_point(|cut_ms| *cut_ms <= span.start_ms);
    let inside = cuts_ms[first..].iter().copied().take_while(move |cut_ms| *cut_ms < span.end_ms);
    let mut start_ms = span.start_ms;
    inside.chain([span.end_ms]).filter_map(move |end_ms| {
        let part = Span::new(start_ms, end_ms);
        start_ms = end_ms;
        (part.start_ms < part.end_ms).then_some(part)
    })
}

/// Whether one monologue goes on across a gap, which may be empty: it ends where the other side
/// starts, also at either edge of the gap.
fn is_joined(gap: Span, others_talk: &Spans, cuts_ms: &[u64]) -> bool {
    let first = cuts_ms.partition_point(|cut_ms| *cut_ms < gap.start_ms);
    let is_cut = cuts_ms.get(first).is_some_and(|cut_ms| *cut_ms <= gap.end_ms);
    !is_cut && !others_talk.touch(gap)
}
