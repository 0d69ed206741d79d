//! A loudspeaker that is not there: it buffers replies, plays them in real time and knows, to the
//! sample, what a person in front of it would have heard.

use std::collections::VecDeque;

use ringcraft_media::call::ReplyId;
use ringcraft_media::units::{SampleRate, Samples, Span};

use super::wire::Sound;

/// How long the first samples wait before they sound, so that a late frame leaves no gap.
const START_BUFFER: Span = Span::ms(40);

/// How often the place of the playback is reported.
pub(super) const REPORT_EVERY: Span = Span::ms(100);

/// The longest hole in a reply that is played as silence; sound beyond a longer one is refused.
const LONGEST_HOLE_S: u64 = 5;

/// Plays replies. Time counts from the start of the link and never runs backwards.
#[derive(Debug)]
pub(crate) struct Speaker {
    rate: SampleRate,
    state: State,
    queue: VecDeque<Reply>,
    newest_cleared: ReplyId,
    heard: Vec<i16>,
    reports: Vec<Report>,
    report_due: Span,
    last_sound: Option<Span>,
}

/// How far a reply was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// The reply.
    pub(crate) reply: ReplyId,
    /// The first sample that was not played yet.
    pub(crate) sample: Samples,
}

/// Why sound was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// It belongs to a reply that was cleared or superseded.
    #[error("sound of reply {0} arrived after it was over")]
    Stale(ReplyId),
    /// It is far away from what came before.
    #[error("sound of reply {0} is out of place")]
    OutOfPlace(ReplyId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing to play.
    Silent,
    /// Sound is there; it is heard from this moment on.
    Starting(Span),
    /// The sample `from` was heard at `since`.
    Playing { since: Span, from: u64 },
    /// Told to stop.
    Paused,
}

/// The front of the queue is what is played. Places count from the start of the reply.
#[derive(Debug)]
struct Reply {
    id: ReplyId,
    first: u64,
    samples: Vec<i16>,
    head: u64,
}

impl Reply {
    fn end(&self) -> u64 {
        self.first + self.samples.len() as u64
    }

    fn slice(&self, from: u64, to: u64) -> &[i16] {
        &self.samples[index(from - self.first)..index(to - self.first)]
    }

    fn report(&self) -> Report {
        Report { reply: self.id, sample: Samples(self.head) }
    }
}

impl Speaker {
    /// A silent speaker.
    pub(crate) fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            state: State::Silent,
            queue: VecDeque::new(),
            newest_cleared: ReplyId(0),
            heard: Vec::new(),
            reports: Vec::new(),
            report_due: Span::ZERO,
            last_sound: None,
        }
    }

    /// Plays up to `now`.
    pub(crate) fn advance(&mut self, now: Span) {
        loop {
            match self.state {
                State::Starting(due) if due <= now => self.start(due),
                State::Playing { since, from } => {
                    if !self.play(since, from, now) {
                        return;
                    }
                }
                State::Silent | State::Starting(_) | State::Paused => return,
            }
        }
    }

    /// Takes sound that arrived.
    ///
    /// # Errors
    /// When it belongs nowhere. Nothing changed then.
    pub(crate) fn take(&mut self, now: Span, sound: &Sound) -> Result<(), Refused> {
        self.advance(now);
        if sound.reply <= self.newest_cleared {
            return Err(Refused::Stale(sound.reply));
        }
        let place = match self.queue.iter().position(|reply| sound.reply <= reply.id) {
            Some(place) if self.queue[place].id == sound.reply => place,
            Some(_) => return Err(Refused::Stale(sound.reply)),
            None => {
                self.queue.push_back(Reply {
                    id: sound.reply,
                    first: sound.offset.0,
                    samples: Vec::new(),
                    head: sound.offset.0,
                });
                self.queue.len() - 1
            }
        };
        let longest_hole = LONGEST_HOLE_S * u64::from(self.rate.hz());
        let reply = &mut self.queue[place];
        let at = sound.offset.0;
        if at < reply.first || reply.end() + longest_hole < at {
            return Err(Refused::OutOfPlace(sound.reply));
        }
        let at = index(at - reply.first);
        if reply.samples.len() < at + sound.samples.len() {
            reply.samples.resize(at + sound.samples.len(), 0);
        }
        reply.samples[at..at + sound.samples.len()].copy_from_slice(&sound.samples);
        self.rouse(now);
        Ok(())
    }

    /// Stops at once and reports where.
    pub(crate) fn pause(&mut self, now: Span, reply: ReplyId) {
        self.advance(now);
        if let Some(playing) = self.queue.front().filter(|playing| playing.id == reply) {
            self.state = State::Paused;
            let report = playing.report();
            self.reports.push(report);
        }
    }

    /// Drops a reply's sound from `from` on and plays on: what is left of it, then what arrives.
    pub(crate) fn resume(&mut self, now: Span, reply: ReplyId, from: Samples) {
        self.advance(now);
        let Some(playing) = self.queue.front_mut().filter(|playing| playing.id == reply) else {
            return;
        };
        // A place before the first sample or behind the last is where the sound goes on: nothing
        // of it is here.
        if from.0 < playing.first || playing.end() < from.0 {
            playing.first = from.0;
            playing.samples.clear();
            playing.head = from.0;
        }
        playing.samples.truncate(index(from.0 - playing.first));
        playing.head = playing.head.min(from.0);
        let report = playing.report();
        self.reports.push(report);
        self.state = State::Silent;
        self.rouse(now);
    }

    /// Drops a reply and reports how far it came.
    pub(crate) fn clear(&mut self, now: Span, reply: ReplyId) {
        self.advance(now);
        let Some(place) = self.queue.iter().position(|queued| queued.id == reply) else { return };
        let report = self.queue[place].report();
        self.reports.push(report);
        self.newest_cleared = self.newest_cleared.max(reply);
        self.queue.drain(..=place);
        self.state = State::Silent;
        self.rouse(now);
    }

    /// Drains the reports that are due.
    pub(crate) fn reports(&mut self) -> std::vec::Drain<'_, Report> {
        self.reports.drain(..)
    }

    /// Whether nothing plays, waits to play or is paused.
    pub(crate) fn is_silent(&self) -> bool {
        self.state == State::Silent
    }

    /// When the last sample was heard, and `now` while one is.
    pub(crate) fn last_sound(&self) -> Option<Span> {
        self.last_sound
    }

    /// How much of a reply was heard, counted from its first sample that arrived.
    pub(crate) fn heard_of(&self, reply: ReplyId) -> Span {
        let played = self.queue.iter().find(|queued| queued.id == reply);
        played.map_or(Span::ZERO, |reply| Samples(reply.head - reply.first).span(self.rate))
    }

    /// The reply that is played, paused or, where nothing is, was played last.
    pub(crate) fn current(&self) -> Option<ReplyId> {
        self.queue.front().map(|reply| reply.id)
    }

    /// Everything that was heard, from the start of the link on, without the silence at its end.
    pub(crate) fn heard(&self) -> &[i16] {
        &self.heard
    }

    fn start(&mut self, due: Span) {
        let Some(reply) = self.queue.front() else {
            self.state = State::Silent;
            return;
        };
        self.state = State::Playing { since: due, from: reply.head };
        self.report_due = due + REPORT_EVERY;
        let silence_until = index(due.samples(self.rate).0);
        if self.heard.len() < silence_until {
            self.heard.resize(silence_until, 0);
        }
    }

    /// Plays the front reply; says whether it ended before `now`.
    fn play(&mut self, since: Span, from: u64, now: Span) -> bool {
        let Some(reply) = self.queue.front_mut() else {
            self.state = State::Silent;
            return false;
        };
        let target = from + whole_samples(now.saturating_sub(since), self.rate);
        let until = target.min(reply.end());
        if reply.head < until {
            self.heard.extend_from_slice(reply.slice(reply.head, until));
            reply.head = until;
        }
        let report = reply.report();
        if target < reply.end() {
            self.last_sound = Some(now);
            if self.report_due <= now {
                self.reports.push(report);
                self.report_due += REPORT_EVERY;
            }
            return false;
        }
        let ended = since + Samples(until - from).span(self.rate);
        self.last_sound = Some(ended);
        self.reports.push(report);
        self.state = State::Silent;
        self.rouse(ended);
        self.state != State::Silent
    }

    /// Starts what waits, the next reply where the one before has nothing left.
    fn rouse(&mut self, now: Span) {
        if self.state == State::Paused && self.queue.len() <= 1 {
            return;
        }
        if matches!(self.state, State::Starting(_) | State::Playing { .. }) {
            return;
        }
        while 1 < self.queue.len()
            && self
                .queue
                .front()
                .is_some_and(|reply| self.state == State::Paused || reply.head == reply.end())
        {
            self.queue.pop_front();
            self.state = State::Silent;
        }
        if self.queue.front().is_some_and(|reply| reply.head < reply.end()) {
            self.state = State::Starting(now + START_BUFFER);
        }
    }
}

/// How many samples have sounded completely after `span`; a sample that is half out was not heard.
pub(super) fn whole_samples(span: Span, rate: SampleRate) -> u64 {
    span.0 * u64::from(rate.hz()) / 1_000_000
}

/// A count as an index.
pub(super) fn index(count: u64) -> usize {
    usize::try_from(count).expect("a call's audio fits the address space")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sound whose samples say where in the reply they belong: sample n has the value n.
    fn sound(reply: u32, from: u64, to: u64) -> Sound {
        Sound {
            reply: ReplyId(reply),
            offset: Samples(from),
            samples: (from..to).map(|n| i16::try_from(n).unwrap()).collect(),
        }
    }

    fn report(reply: u32, sample: u64) -> Report {
        Report { reply: ReplyId(reply), sample: Samples(sample) }
    }

    fn drain(speaker: &mut Speaker) -> Vec<Report> {
        speaker.reports().collect()
    }

    /// 16 samples a millisecond.
    fn speaker() -> Speaker {
        Speaker::new(SampleRate::Hz16000)
    }

    #[test]
    fn sound_is_heard_40_ms_after_it_came_and_reported_every_100_ms() {
        let mut speaker = speaker();
        speaker.take(Span::ms(10), &sound(1, 0, 4_000)).unwrap();
        speaker.advance(Span::ms(50));
        assert_eq!(speaker.heard().len(), 800, "silence up to 50 ms");
        assert!(!speaker.is_silent());
        speaker.advance(Span::ms(149));
        assert_eq!(drain(&mut speaker), []);
        speaker.advance(Span::ms(150));
        assert_eq!(drain(&mut speaker), [report(1, 1_600)]);
        speaker.advance(Span::ms(260));
        assert_eq!(drain(&mut speaker), [report(1, 3_360)]);
        // 4000 samples are 250 ms: they end at 300 ms, and that is reported at once.
        speaker.advance(Span::ms(400));
        assert_eq!(drain(&mut speaker), [report(1, 4_000)]);
        assert!(speaker.is_silent());
        assert_eq!(speaker.last_sound(), Some(Span::ms(300)));
        let heard = speaker.heard();
        assert_eq!(heard.len(), 800 + 4_000);
        assert_eq!((heard[799], heard[801], heard[4_799]), (0, 1, 3_999));
    }

    #[test]
    fn a_pause_stops_at_the_sample_and_sound_that_was_on_its_way_waits() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(1, 0, 1_600)).unwrap();
        speaker.pause(Span::ms(90), ReplyId(1));
        assert_eq!(drain(&mut speaker), [report(1, 800)], "50 ms after it began at 40 ms");
        speaker.take(Span::ms(95), &sound(1, 1_600, 1_920)).unwrap();
        speaker.advance(Span::ms(1_000));
        assert_eq!(speaker.heard().len(), 640 + 800);
        assert!(!speaker.is_silent(), "a paused reply is not over");
        assert_eq!(drain(&mut speaker), []);
    }

    #[test]
    fn a_resume_behind_the_pause_plays_again_from_what_is_sent_again() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(1, 0, 1_600)).unwrap();
        speaker.pause(Span::ms(90), ReplyId(1));
        speaker.resume(Span::ms(500), ReplyId(1), Samples(480));
        assert_eq!(drain(&mut speaker), [report(1, 800), report(1, 480)]);
        speaker.advance(Span::ms(510));
        assert!(speaker.is_silent(), "nothing to play until it is sent again");
        speaker.take(Span::ms(520), &sound(1, 480, 800)).unwrap();
        speaker.advance(Span::ms(600));
        assert_eq!(drain(&mut speaker), [report(1, 800)]);
        let heard = speaker.heard();
        assert_eq!(heard.len(), 560 * 16 + 320, "silence up to 560 ms, then 20 ms");
        assert_eq!((heard[1_439], heard[1_440], heard[8_960], heard[9_279]), (799, 0, 480, 799));
    }

    #[test]
    fn a_resume_ahead_of_the_pause_plays_what_is_left_and_drops_the_rest() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(1, 0, 1_600)).unwrap();
        speaker.pause(Span::ms(90), ReplyId(1));
        speaker.resume(Span::ms(500), ReplyId(1), Samples(1_120));
        assert_eq!(drain(&mut speaker), [report(1, 800), report(1, 800)]);
        speaker.advance(Span::ms(600));
        assert_eq!(drain(&mut speaker), [report(1, 1_120)], "800 to 1120, from 540 ms on");
        assert_eq!(speaker.last_sound(), Some(Span::ms(560)));
    }

    #[test]
    fn a_resume_behind_all_that_came_goes_on_there() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(1, 0, 320)).unwrap();
        speaker.pause(Span::ms(70), ReplyId(1));
        speaker.resume(Span::ms(80), ReplyId(1), Samples(960));
        speaker.take(Span::ms(80), &sound(1, 960, 1_280)).unwrap();
        speaker.advance(Span::ms(200));
        assert_eq!(drain(&mut speaker).last(), Some(&report(1, 1_280)));
        assert_eq!(speaker.heard().last(), Some(&1_279));
    }

    #[test]
    fn a_clear_reports_drops_and_refuses_what_still_comes() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(3, 0, 1_600)).unwrap();
        speaker.clear(Span::ms(60), ReplyId(3));
        assert_eq!(drain(&mut speaker), [report(3, 320)]);
        assert!(speaker.is_silent());
        let late = speaker.take(Span::ms(61), &sound(3, 1_600, 1_920));
        assert_eq!(late, Err(Refused::Stale(ReplyId(3))));
        speaker.take(Span::ms(100), &sound(4, 0, 320)).unwrap();
        speaker.advance(Span::ms(200));
        assert_eq!(drain(&mut speaker), [report(4, 320)]);
        assert_eq!(speaker.heard().len(), 140 * 16 + 320);
    }

    #[test]
    fn sound_that_comes_late_leaves_a_gap_and_no_sample_is_lost() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(1, 0, 320)).unwrap();
        speaker.take(Span::ms(100), &sound(1, 320, 640)).unwrap();
        assert_eq!(drain(&mut speaker), [report(1, 320)], "ran dry at 60 ms");
        speaker.advance(Span::ms(160));
        assert_eq!(drain(&mut speaker), [report(1, 640)]);
        let heard = speaker.heard();
        assert_eq!(heard.len(), 140 * 16 + 320);
        assert_eq!((heard[959], heard[960], heard[2_240]), (319, 0, 320));
    }

    #[test]
    fn a_hole_is_silence_but_a_place_far_away_is_refused() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(1, 0, 320)).unwrap();
        speaker.take(Span::ms(20), &sound(1, 640, 960)).unwrap();
        speaker.advance(Span::ms(200));
        let heard = speaker.heard();
        assert_eq!(heard.len(), 640 + 960);
        assert_eq!((heard[959], heard[960], heard[1_279], heard[1_280]), (319, 0, 0, 640));
        let far = Sound { reply: ReplyId(1), offset: Samples(960 + 80_001), samples: vec![1] };
        assert_eq!(speaker.take(Span::ms(210), &far), Err(Refused::OutOfPlace(ReplyId(1))));
    }

    #[test]
    fn the_next_reply_waits_for_the_one_before_but_not_for_a_paused_one() {
        let mut speaker = speaker();
        speaker.take(Span::ZERO, &sound(1, 0, 1_600)).unwrap();
        speaker.take(Span::ms(50), &sound(2, 0, 320)).unwrap();
        assert_eq!(speaker.current(), Some(ReplyId(1)));
        speaker.advance(Span::ms(141));
        assert_eq!(speaker.current(), Some(ReplyId(2)), "the first ended at 140 ms");
        speaker.advance(Span::ms(300));
        assert_eq!(drain(&mut speaker), [report(1, 1_600), report(2, 320)]);
        speaker.pause(Span::ms(310), ReplyId(2));
        speaker.take(Span::ms(320), &sound(3, 0, 320)).unwrap();
        speaker.advance(Span::ms(400));
        assert_eq!(drain(&mut speaker), [report(2, 320), report(3, 320)]);
        let old = speaker.take(Span::ms(410), &sound(2, 320, 640));
        assert_eq!(old, Err(Refused::Stale(ReplyId(2))));
    }
}
