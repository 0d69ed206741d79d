//! Half-open intervals of time: one that starts where another ends neither overlaps it nor leaves a
//! gap.

use serde::Serialize;

/// From a moment to a later one, on the call's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first moment after it.
    pub end_ms: u64,
    /// The first moment in it.
    pub start_ms: u64,
}

impl Span {
    pub(super) fn new(start_ms: u64, end_ms: u64) -> Self {
        debug_assert!(start_ms <= end_ms, "a span does not run backwards");
        Self { start_ms, end_ms }
    }

    /// Its length.
    pub fn length_ms(self) -> u64 {
        self.end_ms - self.start_ms
    }
}

/// Spans in order with a gap between each two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// All the time that at least one of the spans covers.
    pub(super) fn union(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().collect();
        spans.sort_unstable_by_key(|span| span.start_ms);
        let mut union: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match union.last_mut() {
                Some(last) if span.start_ms <= last.end_ms => {
                    last.end_ms = last.end_ms.max(span.end_ms);
                }
                _ => union.push(span),
            }
        }
        Self(union)
    }

    /// The time that both cover.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = Vec::new();
        while let (Some(a), Some(b)) = (ours.peek(), theirs.peek()) {
            let (start_ms, end_ms) = (a.start_ms.max(b.start_ms), a.end_ms.min(b.end_ms));
            if start_ms < end_ms {
                common.push(Span::new(start_ms, end_ms));
            }
            if a.end_ms <= b.end_ms {
                ours.next();
            } else {
                theirs.next();
            }
        }
        Self(common)
    }

    /// The gaps between the spans; not what lies before the first and after the last.
    pub(super) fn gaps(&self) -> impl Iterator<Item = Span> {
        self.0.windows(2).map(|pair| Span::new(pair[0].end_ms, pair[1].start_ms))
    }

    /// How much time they cover.
    pub(super) fn length_ms(&self) -> u64 {
        self.0.iter().map(|span| span.length_ms()).sum()
    }

    /// How much of a span they cover.
    pub(super) fn length_within_ms(&self, within: Span) -> u64 {
        self.touching(within)
            .map(|span| span.end_ms.min(within.end_ms) - span.start_ms.max(within.start_ms))
            .sum()
    }

    /// Whether they cover some time of a span.
    pub(super) fn touch(&self, span: Span) -> bool {
        self.touching(span).next().is_some()
    }

    fn touching(&self, within: Span) -> impl Iterator<Item = &Span> {
        let first = self.0.partition_point(|span| span.end_ms <= within.start_ms);
        self.0[first..].iter().take_while(move |span| span.start_ms < within.end_ms)
    }

    pub(super) fn as_slice(&self) -> &[Span] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(ends: &[(u64, u64)]) -> Spans {
        Spans::union(ends.iter().map(|&(start_ms, end_ms)| Span::new(start_ms, end_ms)))
    }

    #[test]
    fn spans_that_touch_are_one() {
        let union = spans(&[(5, 7), (0, 2), (2, 3), (6, 9)]);
        assert_eq!(union.as_slice(), [Span::new(0, 3), Span::new(5, 9)]);
        assert_eq!(union.length_ms(), 7);
        assert_eq!(union.gaps().collect::<Vec<_>>(), [Span::new(3, 5)]);
    }

    #[test]
    fn an_intersection_has_some_length() {
        let common = spans(&[(0, 4), (6, 10), (12, 14)]).intersection(&spans(&[(4, 7), (9, 13)]));
        assert_eq!(common.as_slice(), [Span::new(6, 7), Span::new(9, 10), Span::new(12, 13)]);
    }

    #[test]
    fn only_time_inside_touches() {
        let talk = spans(&[(2, 4), (6, 8)]);
        assert_eq!(talk.length_within_ms(Span::new(3, 7)), 2);
        assert!(talk.touch(Span::new(3, 4)));
        assert!(!talk.touch(Span::new(4, 6)));
        assert!(!talk.touch(Span::new(8, 8)));
    }
}
