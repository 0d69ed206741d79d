//! A loudspeaker behind RTP: sound has a timestamp and no reply, and what comes is played.
//!
//! A packet sounds [`DELAY`] after it came, the ones after it on their timestamps. What is missing
//! when its turn comes is rebuilt from the packet after it where that holds it, else concealed.
//! Where nothing is left, there is silence until more comes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use bytes::Bytes;
use opus::{Channels, Decoder};
use ringcraft_media::call::ReplyId;
use ringcraft_media::units::{SampleRate, Samples, Span};
use serde::Serialize;

use super::speaker::{REPORT_EVERY, index, whole_samples};

/// How long a packet waits before it sounds: what a browser holds back where the network is good.
const DELAY: Span = Span::ms(40);

/// Timestamps of Opus count at 48 kHz whatever is encoded (RFC 7587, 4.1).
const TIMESTAMP_HZ: u64 = 48_000;

/// What one packet of the server holds, in timestamps.
const PACKET: u64 = 960;

/// The longest packet of Opus, in milliseconds (RFC 6716, 2.1.4).
const LONGEST_PACKET_MS: usize = 120;

/// Packets waiting to sound: five seconds. What comes when it is full is lost.
const WAITING: usize = 250;

/// What was sent before a pause and is still on its way begins at most so long after what came.
const ON_ITS_WAY: u64 = 100 * TIMESTAMP_HZ / 1_000;

/// A packet as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpPacket {
    /// The sequence number.
    pub sequence: u16,
    /// The timestamp.
    pub timestamp: u32,
    /// Whether it is the first after a silence.
    pub marker: bool,
    /// One packet of Opus.
    pub payload: Bytes,
}

/// How sound arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Reception {
    /// Packets that came.
    pub(crate) packets: u64,
    /// Packets that were not there when their turn came.
    pub(crate) missing: u64,
    /// Of those that were missing: rebuilt from the packet after them.
    pub(crate) rebuilt: u64,
    /// Packets that came when their turn was over, or twice.
    pub(crate) late: u64,
    /// Packets that are no Opus.
    pub(crate) malformed: u64,
    /// Interarrival jitter (RFC 3550, 6.4.1) at the end.
    pub(crate) jitter_us: u64,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is the first after a silence.
    Begins,
    /// It goes on from what came before.
    GoesOn,
    /// It will not be heard.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing to play.
    Silent,
    /// Packets are there; the first is heard from this moment on.
    Starting(Span),
    /// So many samples were heard since then.
    Playing { since: Span, played: u64 },
    /// Told to stop; what is older than this timestamp is not wanted.
    Paused { before: u64 },
    /// The same, and nothing is expected of what was stopped.
    Cleared { before: u64 },
}

/// The place after what was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    sequence: u64,
    timestamp: u64,
}

#[derive(Debug)]
struct Waiting {
    timestamp: u64,
    payload: Bytes,
}

/// What is known of the last packet that came.
#[derive(Clone, Copy, Debug)]
struct Newest {
    sequence: u64,
    timestamp: u64,
    /// Its arrival on the clock of the timestamps, less its timestamp.
    transit: i64,
}

/// Plays packets. Time counts from the start of the link and never runs backwards.
pub(crate) struct RtpSpeaker {
    rate: SampleRate,
    decoder: Decoder,
    state: State,
    newest: Option<Newest>,
    jitter_sixteenths: u64,
    waiting: BTreeMap<u64, Waiting>,
    /// Decoded and not yet heard.
    pcm: VecDeque<i16>,
    next: Option<Place>,
    /// The timestamp of the first sample that was not heard.
    head: Option<u64>,
    reception: Reception,
    heard: Vec<i16>,
    /// Samples that sounded, now and when the sound began that plays.
    sounded: u64,
    began: u64,
    reply: Option<(ReplyId, u64)>,
    reports: Vec<u32>,
    report_due: Span,
    last_sound: Option<Span>,
}

impl fmt::Debug for RtpSpeaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, head, reception, .. } = self;
        write!(f, "RtpSpeaker({state:?} at {head:?}, {reception:?})")
    }
}

impl RtpSpeaker {
    /// A silent speaker.
    pub(crate) fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            decoder: Decoder::new(rate.hz(), Channels::Mono)
                .expect("Opus decodes to each rate of a link"),
            state: State::Silent,
            newest: None,
            jitter_sixteenths: 0,
            waiting: BTreeMap::new(),
            pcm: VecDeque::new(),
            next: None,
            head: None,
            reception: Reception::default(),
            heard: Vec::new(),
            sounded: 0,
            began: 0,
            reply: None,
            reports: Vec::new(),
            report_due: Span::ZERO,
            last_sound: None,
        }
    }

    /// Takes a packet that arrived.
    pub(crate) fn take(&mut self, now: Span, packet: &RtpPacket) -> Taken {
        self.advance(now);
        self.reception.packets += 1;
        let Place { sequence, timestamp } = self.place(now, packet);
        if let State::Paused { before } | State::Cleared { before } = self.state {
            if !packet.marker && timestamp < before {
                return Taken::Dropped;
            }
            self.state = State::Silent;
        }
        let is_over = self.next.is_some_and(|next| sequence < next.sequence);
        if is_over || self.waiting.contains_key(&sequence) {
            self.reception.late += 1;
            return Taken::Dropped;
        }
        if packet.payload.is_empty() {
            self.reception.malformed += 1;
            return Taken::Dropped;
        }
        if self.waiting.len() == WAITING {
            return Taken::Dropped;
        }
        self.waiting.insert(sequence, Waiting { timestamp, payload: packet.payload.clone() });
        if self.state != State::Silent {
            return Taken::GoesOn;
        }
        self.state = State::Starting(now + DELAY);
        self.began = self.sounded;
        Taken::Begins
    }

    /// Plays up to `now`.
    pub(crate) fn advance(&mut self, now: Span) {
        loop {
            match self.state {
                State::Starting(due) if due <= now => self.start(due),
                State::Playing { since, played } => {
                    if !self.play(since, played, now) {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    /// Says whose the sound is that began last.
    pub(crate) fn attribute(&mut self, reply: ReplyId) {
        self.reply = Some((reply, self.began));
    }

    /// Stops at once, says where, and forgets what is there: the server sends it again.
    pub(crate) fn pause(&mut self, now: Span, reply: ReplyId) {
        self.advance(now);
        if Some(reply) < self.current() {
            return;
        }
        let before = self.forget();
        self.state = State::Paused { before };
    }

    /// Plays what comes.
    pub(crate) fn resume(&mut self, now: Span) {
        self.advance(now);
        if matches!(self.state, State::Paused { .. }) {
            self.state = State::Silent;
        }
    }

    /// Stops at once, says where, and forgets what is there.
    pub(crate) fn clear(&mut self, now: Span, reply: ReplyId) {
        self.advance(now);
        if Some(reply) < self.current() {
            return;
        }
        let before = self.forget();
        self.state = State::Cleared { before };
    }

    /// Drains the timestamps to report.
    pub(crate) fn reports(&mut self) -> std::vec::Drain<'_, u32> {
        self.reports.drain(..)
    }

    /// Whether nothing plays, waits to play or is paused.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.state, State::Silent | State::Cleared { .. })
    }

    /// When the last sample was heard, and `now` while one is.
    pub(crate) fn last_sound(&self) -> Option<Span> {
        self.last_sound
    }

    /// How much of a reply was heard.
    pub(crate) fn heard_of(&self, reply: ReplyId) -> Span {
        match self.reply {
            Some((current, began)) if current == reply => {
                Samples(self.sounded - began).span(self.rate)
            }
            _ => Span::ZERO,
        }
    }

    /// The reply that is played or was played last.
    pub(crate) fn current(&self) -> Option<ReplyId> {
        self.reply.map(|(reply, _)| reply)
    }

    /// Everything that was heard, from the start of the link on, without the silence at its end.
    pub(crate) fn heard(&self) -> &[i16] {
        &self.heard
    }

    /// How the sound arrived.
    pub(crate) fn reception(&self) -> Reception {
        let jitter_us = self.jitter_sixteenths * 1_000_000 / (16 * TIMESTAMP_HZ);
        Reception { jitter_us, ..self.reception }
    }

    /// Numbers that do not wrap, each the nearest to the newest before it.
    fn place(&mut self, now: Span, packet: &RtpPacket) -> Place {
        let (low_sequence, low_timestamp) = (packet.sequence, packet.timestamp);
        let place = match self.newest {
            // The first is far from zero, so that what was sent before it has a place as well.
            None => Place {
                sequence: (1 << 16) + u64::from(low_sequence),
                timestamp: (1 << 32) + u64::from(low_timestamp),
            },
            Some(newest) => {
                let sequence = low_sequence.wrapping_sub(newest.sequence as u16) as i16;
                let timestamp = low_timestamp.wrapping_sub(newest.timestamp as u32) as i32;
                Place {
                    sequence: newest.sequence.saturating_add_signed(sequence.into()),
                    timestamp: newest.timestamp.saturating_add_signed(timestamp.into()),
                }
            }
        };
        let arrival = now.0 * TIMESTAMP_HZ / 1_000_000;
        let transit = arrival as i64 - place.timestamp as i64;
        let follows = self.newest.filter(|newest| newest.sequence + 1 == place.sequence);
        if let Some(newest) = follows.filter(|_| !packet.marker) {
            let differs = transit.abs_diff(newest.transit);
            self.jitter_sixteenths += differs;
            self.jitter_sixteenths -= (self.jitter_sixteenths - differs) / 16;
        }
        if self.newest.is_none_or(|newest| newest.sequence < place.sequence) {
            let Place { sequence, timestamp } = place;
            self.newest = Some(Newest { sequence, timestamp, transit });
        }
        place
    }

    fn start(&mut self, due: Span) {
        self.state = State::Playing { since: due, played: 0 };
        self.report_due = due + REPORT_EVERY;
        let silence_until = index(due.samples(self.rate).0);
        if self.heard.len() < silence_until {
            self.heard.resize(silence_until, 0);
        }
        // What is missing before the first packet was not waited for.
        if let Some((&sequence, first)) = self.waiting.first_key_value() {
            if let Some(next) = self.next {
                self.reception.missing += sequence - next.sequence;
            }
            self.next = Some(Place { sequence, timestamp: first.timestamp });
            self.head = Some(first.timestamp);
        }
    }

    /// Plays; says whether the state became another before `now`.
    fn play(&mut self, since: Span, mut played: u64, now: Span) -> bool {
        let target = whole_samples(now.saturating_sub(since), self.rate);
        while played < target {
            if self.pcm.is_empty()
                && let Some(silence) = self.fill()
            {
                let ended = since + Samples(played).span(self.rate);
                self.last_sound = Some(ended);
                self.report();
                self.state = match silence {
                    Silence::Open => State::Silent,
                    Silence::Of(timestamps) => {
                        State::Starting(ended + Span(timestamps * 1_000_000 / TIMESTAMP_HZ))
                    }
                };
                return true;
            }
            let count = self.pcm.len().min(index(target - played));
            self.heard.extend(self.pcm.drain(..count));
            played += count as u64;
            self.sounded += count as u64;
            let step = TIMESTAMP_HZ / u64::from(self.rate.hz());
            self.head = self.head.map(|head| head + count as u64 * step);
        }
        self.state = State::Playing { since, played };
        self.last_sound = Some(now);
        if self.report_due <= now {
            self.report();
            self.report_due += REPORT_EVERY;
        }
        false
    }

    /// Decodes what comes next, or says that silence does.
    fn fill(&mut self) -> Option<Silence> {
        let (Some(next), Some((&sequence, first))) = (self.next, self.waiting.first_key_value())
        else {
            return Some(Silence::Open);
        };
        let gap = first.timestamp.saturating_sub(next.timestamp);
        let missing = sequence - next.sequence;
        if missing != 0 && PACKET <= gap {
            self.reception.missing += 1;
            let is_last = missing == 1 || gap < 2 * PACKET;
            let source = if is_last { first.payload.clone() } else { Bytes::new() };
            self.rebuild(&source);
            self.next =
                Some(Place { sequence: next.sequence + 1, timestamp: next.timestamp + PACKET });
            return None;
        }
        self.reception.missing += missing;
        if gap != 0 {
            self.next = Some(Place { sequence, ..next });
            return Some(Silence::Of(gap));
        }
        let (_, Waiting { timestamp, payload }) = self.waiting.pop_first()?;
        let mut sound = vec![0; self.rate.frame_len() / 20 * LONGEST_PACKET_MS];
        let timestamps = match self.decoder.decode(&payload, &mut sound, false) {
            Ok(count) => {
                self.pcm.extend(&sound[..count]);
                count as u64 * TIMESTAMP_HZ / u64::from(self.rate.hz())
            }
            Err(_) => {
                self.reception.malformed += 1;
                self.rebuild(&[]);
                PACKET
            }
        };
        self.next = Some(Place { sequence: sequence + 1, timestamp: timestamp + timestamps });
        None
    }

    /// Makes up for a packet, from the one after it where that holds a copy.
    fn rebuild(&mut self, after: &[u8]) {
        let mut sound = vec![0; self.rate.frame_len()];
        let from_copy = !after.is_empty();
        match self.decoder.decode(after, &mut sound, from_copy) {
            Ok(_) if from_copy => self.reception.rebuilt += 1,
            Ok(_) => {}
            Err(_) => sound.fill(0),
        }
        self.pcm.extend(&sound);
    }

    /// Drops what is there, and reports where something sounded; gives the timestamp up to which
    /// it reached.
    fn forget(&mut self) -> u64 {
        // Where nothing sounds, what was heard before is known.
        if matches!(self.state, State::Playing { .. }) {
            self.report();
        }
        self.pcm.clear();
        self.waiting.clear();
        self.next = None;
        self.newest.map_or(0, |newest| newest.timestamp + PACKET + ON_ITS_WAY)
    }

    fn report(&mut self) {
        #[expect(clippy::cast_possible_truncation, reason = "a timestamp is modulo 2^32")]
        self.reports.extend(self.head.map(|head| head as u32));
    }
}

/// What follows where nothing is there to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// Nobody knows how long it is.
    Open,
    /// The sender was silent for so many timestamps.
    Of(u64),
}

#[cfg(test)]
pub(crate) mod tests;
