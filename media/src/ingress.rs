//! The rep's audio as it arrives: put in order, decoded, put on the call's clock, cut into frames and
//! speech.

mod leg;
mod line;
mod pending;
mod slip;

use crate::codec::{BadPayload, Decoder, Encoding};
use crate::jitter::{Delivery, JitterBuffer, NoTurn};
use crate::level::LevelMeter;
use crate::units::{CallTime, Dbfs, SampleRate, Samples, Span};

use leg::Leg;
use line::SenderClock;
use pending::{Pending, Piece};

/// Samples of a frame for recogniser and tape: 20 ms at 16 kHz.
pub const INGRESS_FRAME_LEN: usize = OUT_RATE.frame_len();

/// Silence of a link after which the rep is lost.
pub const MEDIA_TIMEOUT: Span = Span::ms(2_000);

/// How far a position may lie off the line before it is moved at once and not by single samples.
const MAX_DEVIATION: Span = Span::ms(200);

/// How far ahead of the line a leg may run before it uses pauses to come back. What is less the
/// single samples make up for in ten seconds.
const CATCH_UP_FROM: Span = Span::ms(60);

/// How far ahead of the line a leg may run at all: only a sender that is faster than time gets
/// there.
const MAX_AHEAD: Span = Span::ms(10_000);

/// What is louder may be the beginning of speech, which is never left out to catch up.
const SILENCE_BELOW: Dbfs = Dbfs(-40.0);

/// Silence after which a pause has begun. The soft ends of words and the stops inside of them are
/// shorter, and are speech.
const PAUSE_AFTER: Span = Span::ms(200);

/// The longest gap that is filled with silence; past a longer one the frames jump.
const MAX_FILL: Span = Span::ms(10_000);

/// Messages behind the position, one after the other, that mean that the sender began anew: 1 s.
const RESTART_AFTER: u32 = 50;

/// The last sender index that is taken: two years at 16 kHz.
const LAST_INDEX: Samples = Samples(1 << 40);

/// A time by which all patience is over.
const END: CallTime = CallTime(u64::MAX);

const OUT_RATE: SampleRate = SampleRate::Hz16000;

/// What the rep's audio turned out to be.
// A frame lies in the queue itself, so that it costs no allocation.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq)]
pub enum IngressEvent {
    /// 20 ms of the rep leg. Frames follow each other without a gap, unless a [`Self::Gap`] was
    /// longer than 10 s.
    Frame {
        /// The first sample on the call's clock, at 16 kHz.
        at: Samples,
        /// 16 kHz mono.
        pcm: [i16; INGRESS_FRAME_LEN],
    },
    /// The voice began.
    VoiceOn {
        /// The first voiced sample.
        at: CallTime,
    },
    /// The voice ceased.
    VoiceOff {
        /// The end of the last voiced sample.
        at: CallTime,
        /// How loud the voice was.
        level: Dbfs,
    },
    /// More than 200 ms are missing; silence stands in their place.
    Gap {
        /// Where it begins.
        at: CallTime,
        /// How long it is.
        span: Span,
    },
    /// Nothing came for 2 s, or the link closed.
    MediaLost {
        /// When the last audio arrived.
        since: CallTime,
    },
    /// Audio arrives again.
    MediaBack,
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngressError {
    /// It is no audio of this link.
    #[error(transparent)]
    Payload(#[from] BadPayload),
    /// No call is that long.
    #[error("sample index {} is out of range", .0.0)]
    Index(Samples),
    /// It has no place among the others.
    #[error(transparent)]
    NoTurn(#[from] NoTurn),
}

/// What was counted since the call began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages that became part of the leg.
    pub taken: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Messages behind the position: duplicates and what came too late.
    pub behind: u64,
    /// Messages that were spoken before the call began, which is when the first of them came.
    pub early: u64,
    /// Messages dropped because the leg ran ahead of the call's clock.
    pub ahead: u64,
    /// Gaps of more than 200 ms.
    pub gaps: u64,
    /// Messages that never came, or came when they had been given up.
    pub lost: u64,
    /// Samples at the decoder's rate that were lost and rebuilt or made up.
    pub concealed: u64,
    /// Samples at the decoder's rate that were missing and became silence.
    pub silence: u64,
}

/// Takes the rep's audio of one call over any number of links. The caller drains [`Self::poll`]
/// after each message and timeout.
#[derive(Debug)]
pub struct Ingress {
    /// Whether the persona can be heard: a voice must then be surer of itself.
    pub persona_audible: bool,
    decoder: Decoder,
    /// The latest time that was told.
    now: CallTime,
    presence: Presence,
    sender: SenderClock,
    jitter: JitterBuffer,
    /// Messages that came in their turn and were damaged, since the last whole one.
    damaged: u64,
    /// The sender's index after the last message; unknown before a link's first one.
    expected: Option<Samples>,
    pending: Pending,
    leg: Leg,
    /// How long it has been silent while the leg is ahead.
    quiet: Span,
    behind_in_a_row: u32,
    stats: Stats,
}

/// Whether the rep's media flows.
#[derive(Clone, Copy, Debug)]
enum Presence {
    Never,
    Flowing { last: CallTime },
    Lost,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// There, whatever was before.
    At(CallTime),
    /// Behind what is there and so much silence. The line has it so many microseconds earlier.
    After { silence: Span, ahead_us: i64 },
    /// Behind what is there and as much as the sender counted since.
    Counted { missing: Span, ahead_us: i64 },
}

impl Ingress {
    /// An ingress whose first link writes samples like this.
    pub fn new(encoding: Encoding, rate: SampleRate) -> Self {
        Self {
            persona_audible: false,
            decoder: Decoder::new(encoding, rate),
            now: CallTime::ZERO,
            presence: Presence::Never,
            sender: SenderClock::new(encoding, rate),
            jitter: jitter_buffer(encoding),
            damaged: 0,
            expected: None,
            pending: Pending::default(),
            leg: Leg::new(encoding.decoded_rate(rate)),
            quiet: Span::ZERO,
            behind_in_a_row: 0,
            stats: Stats::default(),
        }
    }

    /// Goes on with another link. Its sender may count from anywhere; the leg keeps its place.
    pub fn relink(&mut self, encoding: Encoding, rate: SampleRate) {
        self.work_off(END);
        self.decoder = Decoder::new(encoding, rate);
        self.leg.relink(self.decoder.rate());
        self.sender = SenderClock::new(encoding, rate);
        self.jitter = jitter_buffer(encoding);
        self.forget_sender();
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Takes one message: `seq` is its number among all that were sent, `media_time` the sender's
    /// index of its first sample.
    ///
    /// # Errors
    /// When a message is no audio of this link or has an impossible index. It is counted and
    /// changes nothing else.
    pub fn receive(
        &mut self,
        now: CallTime,
        seq: u64,
        media_time: Samples,
        payload: &[u8],
    ) -> Result<(), IngressError> {
        self.now = self.now.max(now);
        self.work_off(self.now);
        let len = self.admit(media_time, payload).inspect_err(|_| self.stats.refused += 1)?;
        self.arrived(now);
        let span = Samples(len as u64).span(self.decoder.rate());
        let is_behind = self.jitter.is_behind(seq);
        if is_behind || self.expected.is_some_and(|expected| media_time < expected) {
            self.behind_in_a_row += 1;
            if self.behind_in_a_row == RESTART_AFTER {
                self.forget_sender();
            } else if is_behind {
                self.stats.behind += 1;
                self.jitter.arrived(now, self.sender.late(now, media_time, span));
                return Ok(());
            }
        }
        self.sender.arrive(now, media_time, span);
        self.jitter.arrived(now, self.sender.late(now, media_time, span));
        while self.jitter.is_full() {
            self.work(END);
        }
        let due = self.sender.began(media_time);
        self.jitter.push(seq, due, media_time, payload).inspect_err(|_| self.stats.refused += 1)?;
        self.hand_on(self.now).unwrap_or(Ok(()))
    }

    /// The next thing that the audio turned out to be.
    pub fn poll(&mut self) -> Option<IngressEvent> {
        loop {
            if let Some(event) = self.leg.poll() {
                return Some(event);
            }
            if !self.work(self.now) {
                return None;
            }
        }
    }

    /// When a missing message is given up, or media counts as lost if none arrives before.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        [self.lost_at(), self.jitter.poll_timeout()].into_iter().flatten().min()
    }

    /// Tells the time when [`Self::poll_timeout`] has passed.
    pub fn handle_timeout(&mut self, now: CallTime) {
        self.now = self.now.max(now);
        if self.lost_at().is_some_and(|due| due <= now) {
            self.link_closed();
        }
    }

    /// Says that the link is gone: nothing can arrive before the next one.
    pub fn link_closed(&mut self) {
        let Presence::Flowing { last } = self.presence else { return };
        self.work_off(END);
        self.presence = Presence::Lost;
        self.leg.cut_voice();
        self.leg.event(IngressEvent::MediaLost { since: last });
    }

    /// Ends the leg: brings out what waits for the rest of its frame.
    pub fn finish(&mut self) {
        self.work_off(END);
        self.leg.finish();
    }

    /// Says how many samples a message holds.
    fn admit(&self, media_time: Samples, payload: &[u8]) -> Result<usize, IngressError> {
        if LAST_INDEX < media_time {
            return Err(IngressError::Index(media_time));
        }
        Ok(self.decoder.len(payload)?)
    }

    fn arrived(&mut self, now: CallTime) {
        let last = match self.presence {
            Presence::Flowing { last } => last.max(now),
            Presence::Never => now,
            Presence::Lost => {
                self.leg.event(IngressEvent::MediaBack);
                now
            }
        };
        self.presence = Presence::Flowing { last };
    }

    fn lost_at(&self) -> Option<CallTime> {
        match self.presence {
            Presence::Flowing { last } => Some(last + MEDIA_TIMEOUT),
            Presence::Never | Presence::Lost => None,
        }
    }

    fn forget_sender(&mut self) {
        self.sender.clear();
        self.jitter.restart();
        self.damaged = 0;
        self.expected = None;
        self.quiet = Span::ZERO;
        self.behind_in_a_row = 0;
    }

    /// Decodes the message whose turn it is, with what was lost before it, and finds its place.
    fn hand_on(&mut self, now: CallTime) -> Option<Result<(), IngressError>> {
        let rate = self.decoder.rate();
        let turn = self.jitter.pop(now)?;
        self.stats.lost = self.stats.lost.saturating_add(turn.lost);
        let lost = turn.lost.saturating_add(std::mem::take(&mut self.damaged));
        let media_time = turn.media_time;
        if self.expected.is_some_and(|expected| media_time < expected) {
            self.stats.behind += 1;
            return Some(Ok(()));
        }
        let missing = self.expected.map(|expected| Samples(media_time.0 - expected.0));
        let missing = missing.map(|missing| self.sender.span(missing));
        let place = place(self.leg.position(), self.sender.sounded(media_time), missing);
        let hole = match place {
            Place::Counted { missing, .. } if 0 < lost => missing.samples(rate),
            _ => Samples(0),
        };
        let decoded = self.pending.decode(&mut self.decoder, turn.payload, hole);
        let len = match decoded {
            Ok(len) => len,
            Err(error) => {
                self.damaged = lost.saturating_add(1);
                self.stats.refused += 1;
                return Some(Err(error.into()));
            }
        };
        self.behind_in_a_row = 0;
        let span = Samples(len as u64).span(rate);
        self.expected = Some(media_time + self.sender.count(span));
        if self.leg.position().is_none() {
            let before = self.sender.before_call(media_time);
            self.pending.cut(before.samples(rate));
            if span <= before {
                self.stats.early += 1;
                return Some(Ok(()));
            }
        }
        self.put(place, span);
        Some(Ok(()))
    }

    /// Puts the decoded message in its place, unless the leg is too far ahead for it.
    fn put(&mut self, place: Place, span: Span) {
        let here = self.leg.position();
        let (fill, ahead_us) = match place {
            Place::At(to) => (here.map_or(Span::ZERO, |here| to.saturating_since(here)), 0),
            Place::After { silence: fill, ahead_us }
            | Place::Counted { missing: fill, ahead_us } => (fill, ahead_us),
        };
        if self.is_left_out(Span(u64::try_from(ahead_us).unwrap_or(0)), span) {
            self.pending.clear();
            self.stats.ahead += 1;
            return;
        }
        self.stats.taken += 1;
        if let Some(here) = here
            && MAX_DEVIATION < fill
        {
            self.stats.gaps += 1;
            self.leg.event(IngressEvent::Gap { at: here, span: fill });
        }
        if let Place::At(to) = place {
            self.leg.jump(to);
            return;
        }
        let fill = fill.samples(self.decoder.rate()).0;
        self.stats.concealed += self.pending.made_up().0;
        self.stats.silence += self.pending.fill_up_to(Samples(fill), ahead_us).0;
    }

    /// Whether a message is left out so that the leg comes back to the line: only in a pause, and
    /// what no microphone sends.
    fn is_left_out(&mut self, ahead: Span, span: Span) -> bool {
        if ahead <= CATCH_UP_FROM || !self.is_silence() {
            self.quiet = Span::ZERO;
            return MAX_AHEAD < ahead;
        }
        self.quiet += span;
        PAUSE_AFTER < self.quiet
    }

    /// The segmenter notices a voice late, so its first frames are told by their level.
    fn is_silence(&self) -> bool {
        let mut meter = LevelMeter::default();
        meter.push(self.pending.message());
        !self.leg.voiced() && meter.level() < SILENCE_BELOW
    }

    fn work_off(&mut self, now: CallTime) {
        while self.work(now) {}
    }

    /// Turns up to 20 ms of what waits into events, or hands on the next message; says whether
    /// anything waited.
    fn work(&mut self, now: CallTime) -> bool {
        self.leg.set_persona_audible(self.persona_audible);
        match self.pending.next(self.decoder.rate().frame_len()) {
            Some(Piece::Sound { samples, ahead_us }) => self.leg.sound(samples, ahead_us),
            Some(Piece::Silence { len }) => self.leg.silence(len),
            None => return self.hand_on(now).is_some(),
        }
        true
    }
}

/// Decides where a message goes that the line has at `line`, when the leg ends at `here` and the
/// sender counted `missing` since.
///
/// Within 200 ms of the line a leg keeps the sender's own count: single samples bring it back.
fn place(here: Option<CallTime>, line: CallTime, missing: Option<Span>) -> Place {
    let Some(here) = here else { return Place::At(line) };
    let ahead_us = |fill: Span| (here + fill).0 as i64 - line.0 as i64;
    let max_us = MAX_DEVIATION.0 as i64;
    match missing {
        Some(missing) if MAX_FILL < missing && ahead_us(missing).abs() <= max_us => {
            Place::At(here + missing)
        }
        Some(missing) if ahead_us(missing).abs() <= max_us => {
            Place::Counted { missing, ahead_us: ahead_us(missing) }
        }
        Some(_) | None => match line.saturating_since(here) {
            late if MAX_FILL < late => Place::At(line),
            silence => Place::After { silence, ahead_us: ahead_us(silence) },
        },
    }
}

fn jitter_buffer(encoding: Encoding) -> JitterBuffer {
    let may_be_reordered = encoding.may_be_reordered();
    JitterBuffer::new(if may_be_reordered { Delivery::Datagrams } else { Delivery::InOrder })
}

#[cfg(test)]
mod tests;
