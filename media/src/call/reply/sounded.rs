//! When the rep heard which word of a reply, by the playback clock.

use super::{Reply, Run};
use crate::call::echo::{Sounded, normalised};
use crate::units::Span;

impl Reply {
    /// The words that were sent, or are about to be, in the order they are heard. A word on which
    /// the voice went on is heard twice.
    pub(in crate::call) fn sounded(&self) -> Vec<Sounded> {
        let mut words = Vec::new();
        let mut base = Span::ZERO;
        for chunk in self.chunks.iter().take_while(|chunk| chunk.is_placed()) {
            for (index, word) in chunk.spoken.words().iter().enumerate() {
                let (start, end) = chunk.edges(base, index..index + 1);
                words.push((normalised(&word.text), start, end));
            }
            base += chunk.span;
        }
        let heard_in = |run: &Run| {
            let run = *run;
            let until = run.stop.map_or(Span(u64::MAX), |stop| stop.position);
            let is_in = move |start: Span| run.from <= start && start < until;
            let time = move |place: Span| run.at + (place.saturating_sub(run.from) + run.lag);
            let words =
                words.iter().filter(move |(word, start, _)| !word.is_empty() && is_in(*start));
            words.map(move |(word, start, end)| Sounded {
                reply: self.id,
                word: word.clone(),
                start: time(*start),
                end: time(*end),
            })
        };
        self.runs.iter().flat_map(heard_in).collect()
    }
}
