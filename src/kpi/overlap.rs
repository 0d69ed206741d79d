//! Both sides at once: overlaps, and which of them are interruptions.

use ringcraft_media::record::Speaker;
use serde::Serialize;

use super::conversation::{Conversation, other};
use super::span::Span;

/// Where a segment of the rep and one of the persona overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Where the first of the two ends.
    pub end_ms: u64,
    /// Whose segment started later.
    pub later: Later,
    /// The persona's utterance.
    pub persona_utterance: String,
    /// The rep's utterance.
    pub rep_utterance: String,
    /// Where the later of the two starts.
    pub start_ms: u64,
}

/// Whose segment started later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Later {
    /// The persona was talking already.
    Rep,
    /// The rep was talking already.
    Persona,
    /// Both started in the same millisecond.
    Both,
}

/// Overlaps in which a side came later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interruptions {
    /// How many took the floor from the other side.
    pub count: u64,
    /// Those that were counted.
    pub events: Vec<Overlap>,
    /// How many overlaps there are in which this side came later, nothing filtered.
    pub raw: u64,
}

/// Two segments that overlap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing {
    rep: Segment,
    persona: Segment,
}

/// A piece of an utterance.
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// The utterance's place in the order.
    place: usize,
    span: Span,
}

impl Crossing {
    fn span(&self) -> Span {
        let (rep, persona) = (self.rep.span, self.persona.span);
        Span::new(rep.start_ms.max(persona.start_ms), rep.end_ms.min(persona.end_ms))
    }

    fn later(&self) -> Later {
        match self.rep.span.start_ms.cmp(&self.persona.span.start_ms) {
            std::cmp::Ordering::Greater => Later::Rep,
            std::cmp::Ordering::Less => Later::Persona,
            std::cmp::Ordering::Equal => Later::Both,
        }
    }

    fn segment(&self, speaker: Speaker) -> Segment {
        match speaker {
            Speaker::Rep => self.rep,
            Speaker::Persona => self.persona,
        }
    }

    pub(super) fn overlap(&self, conversation: &Conversation<'_>) -> Overlap {
        let id = |segment: Segment| conversation.said[segment.place].utterance.id.clone();
        let Span { start_ms, end_ms } = self.span();
        Overlap {
            end_ms,
            later: self.later(),
            persona_utterance: id(self.persona),
            rep_utterance: id(self.rep),
            start_ms,
        }
    }
}

/// Every overlap of a segment of one side with a segment of the other, by start, end, and the places
/// of the two utterances, the smaller first.
pub(super) fn crossings(conversation: &Conversation<'_>) -> Vec<Crossing> {
    let mut segments: Vec<Segment> = conversation
        .said
        .iter()
        .enumerate()
        .flat_map(|(place, said)| said.pieces.iter().map(move |&span| Segment { place, span }))
        .collect();
    segments.sort_unstable_by_key(|segment| segment.span.start_ms);

    // A segment that has ended is dropped the first time it is met, so every look at an open one is
    // either its last or finds an overlap.
    let (mut open_rep, mut open_persona): (Vec<Segment>, Vec<Segment>) = Default::default();
    let mut crossings = Vec::new();
    for segment in segments {
        let has_not_ended = |open: &Segment| segment.span.start_ms < open.span.end_ms;
        match conversation.said[segment.place].speaker() {
            Speaker::Rep => {
                open_persona.retain(has_not_ended);
                let crossing = |&persona: &Segment| Crossing { rep: segment, persona };
                crossings.extend(open_persona.iter().map(crossing));
                open_rep.push(segment);
            }
            Speaker::Persona => {
                open_rep.retain(has_not_ended);
                let crossing = |&rep: &Segment| Crossing { rep, persona: segment };
                crossings.extend(open_rep.iter().map(crossing));
                open_persona.push(segment);
            }
        }
    }
    crossings.sort_unstable_by_key(|crossing| {
        let (rep, persona) = (crossing.rep.place, crossing.persona.place);
        (crossing.span().start_ms, crossing.span().end_ms, rep.min(persona), rep.max(persona))
    });
    crossings
}

/// The interruptions by one side.
pub(super) fn interruptions(
    conversation: &Conversation<'_>,
    crossings: &[Crossing],
    speaker: Speaker,
) -> Interruptions {
    let later = match speaker {
        Speaker::Rep => Later::Rep,
        Speaker::Persona => Later::Persona,
    };
    let mut has_interrupted = vec![false; conversation.said.len()];
    let mut raw = 0;
    let mut events = Vec::new();
    for crossing in crossings.iter().filter(|crossing| crossing.later() == later) {
        raw += 1;
        let place = crossing.segment(speaker).place;
        if !has_interrupted[place] && takes_the_floor(conversation, crossing, speaker) {
            has_interrupted[place] = true;
            events.push(crossing.overlap(conversation));
        }
    }
    Interruptions { count: events.len() as u64, events, raw }
}

/// Whether an overlap in which `speaker` came later counts as an interruption.
fn takes_the_floor(conversation: &Conversation<'_>, crossing: &Crossing, speaker: Speaker) -> bool {
    let thresholds = &conversation.thresholds;
    let (own, others) = (crossing.segment(speaker), crossing.segment(other(speaker)));
    let overlap = crossing.span();
    let interrupted = &conversation.said[others.place];
    let ends_it = interrupted.utterance.interrupted && overlap.end_ms == interrupted.end_ms();
    let age_ms = overlap.start_ms - others.span.start_ms;
    (thresholds.min_overlap_ms <= overlap.length_ms() || ends_it)
        && thresholds.min_age_ms <= age_ms
        && !conversation.said[own.place].is_backchannel
}
