//! The sender's clock on the call's clock.

use std::collections::VecDeque;

use crate::codec::Encoding;
use crate::units::{CallTime, SampleRate, Samples, Span};

/// How far back the quickest arrival is looked for.
const WINDOW_SECONDS: u64 = 10;

/// How late arrivals must be, one after the other, to be a new line and not a slow network.
const STEP: Span = Span::ms(200);

/// For how long they must be late. What a network held up catches up sooner.
const STEP_AFTER: Span = Span::ms(1_000);

/// The sender's index on the call's clock.
#[derive(Clone, Debug)]
pub(super) struct SenderClock {
    /// What the index counts by.
    rate: SampleRate,
    /// How much later sound lies in the messages than the index says.
    delay: Span,
    line: Line,
    offset_us: i64,
}

impl SenderClock {
    pub(super) fn new(encoding: Encoding, rate: SampleRate) -> Self {
        Self { rate, delay: encoding.delay(), line: Line::new(), offset_us: 0 }
    }

    /// How long a stretch of the index lasts.
    pub(super) fn span(&self, count: Samples) -> Span {
        count.span(self.rate)
    }

    /// How far the index counts in a time.
    pub(super) fn count(&self, span: Span) -> Samples {
        span.samples(self.rate)
    }

    /// Takes the arrival of a message that lasts `span`.
    pub(super) fn arrive(&mut self, now: CallTime, media_time: Samples, span: Span) {
        self.offset_us = self.line.arrive(now, self.offset_us_of(now, media_time, span));
    }

    /// How much later a message arrives than the line has it.
    pub(super) fn late(&self, now: CallTime, media_time: Samples, span: Span) -> Span {
        let late_us = self.offset_us_of(now, media_time, span) - self.offset_us;
        Span(u64::try_from(late_us).unwrap_or(0))
    }

    /// When the line has the beginning of a message, or the start of the call if that was before.
    pub(super) fn began(&self, media_time: Samples) -> CallTime {
        CallTime(u64::try_from(self.sent_us(media_time) + self.offset_us).unwrap_or(0))
    }

    /// When the first sound of a message was, or the start of the call if that was before.
    pub(super) fn sounded(&self, media_time: Samples) -> CallTime {
        CallTime(u64::try_from(self.sounded_us(media_time)).unwrap_or(0))
    }

    /// How much of a message sounded before the call began.
    pub(super) fn before_call(&self, media_time: Samples) -> Span {
        Span(u64::try_from(-self.sounded_us(media_time)).unwrap_or(0))
    }

    pub(super) fn clear(&mut self) {
        self.line.clear();
    }

    fn sounded_us(&self, media_time: Samples) -> i64 {
        self.sent_us(media_time) + self.offset_us - self.delay.0 as i64
    }

    fn sent_us(&self, media_time: Samples) -> i64 {
        media_time.span(self.rate).0 as i64
    }

    fn offset_us_of(&self, now: CallTime, media_time: Samples, span: Span) -> i64 {
        now.0 as i64 - self.sent_us(media_time) - span.0 as i64
    }
}

/// The line sender time → call time: call time is sender time plus an offset, that of the quickest
/// arrival within 10 s, since every other one was only held up for longer.
#[derive(Clone, Debug)]
struct Line {
    /// The least offset of each second in which something arrived, in microseconds.
    seconds: VecDeque<(u64, i64)>,
    late: Option<Late>,
}

/// A row of late arrivals.
#[derive(Clone, Copy, Debug)]
struct Late {
    since: CallTime,
    least_us: i64,
}

impl Line {
    fn new() -> Self {
        Self { seconds: VecDeque::with_capacity(WINDOW_SECONDS as usize + 2), late: None }
    }

    fn clear(&mut self) {
        self.seconds.clear();
        self.late = None;
    }

    /// Takes an arrival and gives the line's offset.
    fn arrive(&mut self, now: CallTime, offset_us: i64) -> i64 {
        let second = now.0 / 1_000_000;
        while self.seconds.front().is_some_and(|(first, _)| first + WINDOW_SECONDS < second) {
            self.seconds.pop_front();
        }
        match self.seconds.back_mut() {
            Some((last, least)) if second <= *last => *least = offset_us.min(*least),
            _ => self.seconds.push_back((second, offset_us)),
        }
        let offset = self.seconds.iter().map(|(_, least)| *least).min().unwrap_or(offset_us);
        if offset_us <= offset.saturating_add(STEP.0 as i64) {
            self.late = None;
            return offset;
        }
        let late = self.late.get_or_insert(Late { since: now, least_us: offset_us });
        late.least_us = late.least_us.min(offset_us);
        let late = *late;
        if now.saturating_since(late.since) < STEP_AFTER {
            return offset;
        }
        self.clear();
        self.seconds.push_back((second, late.least_us));
        late.least_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> CallTime {
        CallTime::from_ms(ms)
    }

    #[test]
    fn the_quickest_arrival_of_ten_seconds_counts() {
        let mut line = Line::new();
        assert_eq!(line.arrive(at(0), 70), 70);
        assert_eq!(line.arrive(at(100), 50), 50);
        for ms in (200..10_900).step_by(100) {
            assert_eq!(line.arrive(at(ms), 90), 50, "{ms}");
        }
        assert_eq!(line.arrive(at(11_000), 90), 90);
    }

    #[test]
    fn after_a_long_silence_the_past_does_not_count() {
        let mut line = Line::new();
        line.arrive(at(0), 50);
        assert_eq!(line.arrive(at(60_000), 9_000_000), 9_000_000);
    }

    #[test]
    fn what_a_network_held_up_does_not_move_the_line() {
        let mut line = Line::new();
        line.arrive(at(0), 0);
        // Three seconds of audio come within 800 ms.
        for n in 0..150_u64 {
            let (now, sent) = (3_000 + n * 800 / 150, n * 20);
            assert_eq!(line.arrive(at(now), (now - sent) as i64 * 1_000), 0, "{n}");
        }
    }

    #[test]
    fn what_stays_late_for_a_second_is_a_new_line() {
        let mut line = Line::new();
        line.arrive(at(0), 0);
        let offsets: Vec<i64> = (0..60_u64)
            .map(|n| line.arrive(at(3_000 + 20 * n), if n == 7 { 2_900_000 } else { 3_000_000 }))
            .collect();
        assert!(offsets[..50].iter().all(|offset| *offset == 0));
        assert!(offsets[50..].iter().all(|offset| *offset == 2_900_000), "{offsets:?}");
    }
}
