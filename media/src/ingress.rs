//! The rep's audio as it arrives: decoded, put on the call's clock, cut into frames and speech.

mod line;

use std::collections::VecDeque;

use crate::codec::{BadPayload, Decoder, Encoding, LONGEST_DECODED, sample_to_i16};
use crate::framer::Framer;
use crate::level::LevelMeter;
use crate::resample::Resampler;
use crate::units::{CallTime, Dbfs, FRAME_MS, SampleRate, Samples, Span};
use crate::vad::{Segmenter, VoiceEdge};

use line::Line;

/// Samples of a frame for recogniser and tape: 20 ms at 16 kHz.
pub const INGRESS_FRAME_LEN: usize = OUT_RATE.frame_len();

/// Silence of a link after which the rep is lost.
pub const MEDIA_TIMEOUT: Span = Span::ms(2_000);

/// How far a position may lie off the line before it is moved.
const MAX_DEVIATION: Span = Span::ms(200);

/// How far ahead of the line the rep's speech may run before even speech is dropped.
const MAX_AHEAD: Span = Span::ms(1_000);

/// What is louder may be the beginning of speech, which is never left out to catch up.
const SILENCE_BELOW: Dbfs = Dbfs(-40.0);

/// Silent messages after which a pause has begun: 200 ms. The soft ends of words and the stops inside
/// of them are shorter, and are speech.
const PAUSE_AFTER: u32 = 10;

/// The longest gap that is filled with silence; past a longer one the frames jump.
const MAX_FILL: Span = Span::ms(10_000);

/// Frames behind the position, one after the other, that mean that the sender began anew: 1 s.
const RESTART_AFTER: u32 = 50;

/// The last sender index that is taken: two years at 16 kHz.
const LAST_INDEX: Samples = Samples(1 << 40);

const FRAME: Span = Span::ms(FRAME_MS);

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
    /// Messages dropped because the leg ran ahead of the call's clock.
    pub ahead: u64,
    /// Gaps of more than 200 ms.
    pub gaps: u64,
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
    /// What the sender's index counts by.
    clock: SampleRate,
    presence: Presence,
    line: Line,
    /// The sender's index of the next sample; unknown before a link's first message.
    expected: Option<Samples>,
    position: Position,
    resampler: Resampler,
    segmenter: Segmenter,
    pieces: Framer<INGRESS_FRAME_LEN>,
    /// Where the next piece begins.
    piece_at: Samples,
    /// Silence that goes before the message, in samples at the decoder's rate.
    owed: u64,
    message: [f32; LONGEST_DECODED],
    /// Samples of the message that wait; none when it was worked off.
    message_len: usize,
    /// Whether the leg is being brought back to the line by leaving out silence.
    dropping: bool,
    /// Silent messages in a row since the leg is too far ahead.
    quiet: u32,
    behind_in_a_row: u32,
    events: VecDeque<IngressEvent>,
    stats: Stats,
}

/// Whether the rep's media flows.
#[derive(Clone, Copy, Debug)]
enum Presence {
    Never,
    Flowing { last: CallTime },
    Lost,
}

/// The place of the next sample on the call's clock.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// Where the stream at the decoder's rate began, at 16 kHz; unknown before the first message.
    base: Option<Samples>,
    /// Samples since then, at the decoder's rate.
    fed: Samples,
}

impl Position {
    fn at(self, rate: SampleRate) -> Option<CallTime> {
        Some(CallTime(self.base?.span(OUT_RATE).0 + self.fed.span(rate).0))
    }
}

impl Ingress {
    /// An ingress whose first link writes samples like this.
    pub fn new(encoding: Encoding, rate: SampleRate) -> Self {
        Self {
            persona_audible: false,
            decoder: Decoder::new(encoding, rate),
            clock: rate,
            presence: Presence::Never,
            line: Line::new(),
            expected: None,
            position: Position { base: None, fed: Samples(0) },
            resampler: converter(encoding.decoded_rate(rate)),
            segmenter: Segmenter::new(Samples(0)),
            pieces: Framer::default(),
            piece_at: Samples(0),
            owed: 0,
            message: [0.0; LONGEST_DECODED],
            message_len: 0,
            dropping: false,
            quiet: 0,
            behind_in_a_row: 0,
            events: VecDeque::with_capacity(16),
            stats: Stats::default(),
        }
    }

    /// Goes on with another link. Its sender may count from anywhere; the leg keeps its place.
    pub fn relink(&mut self, encoding: Encoding, rate: SampleRate) {
        self.work_off();
        self.flush_resampler();
        self.decoder = Decoder::new(encoding, rate);
        self.clock = rate;
        self.resampler = converter(self.decoder.rate());
        self.forget_sender();
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Takes one message: `media_time` is the sender's index of its first sample.
    ///
    /// # Errors
    /// When the message is no audio of this link or has an impossible index. It is counted and
    /// changes nothing else.
    pub fn receive(
        &mut self,
        now: CallTime,
        media_time: Samples,
        payload: &[u8],
    ) -> Result<(), IngressError> {
        self.work_off();
        let decoded = if LAST_INDEX < media_time {
            Err(IngressError::Index(media_time))
        } else {
            self.decoder.decode(payload, &mut self.message).map_err(IngressError::from)
        };
        let len = decoded.inspect_err(|_| self.stats.refused += 1)?;
        let span = Samples(len as u64).span(self.decoder.rate());
        self.arrived(now);
        if self.is_behind(media_time) {
            self.stats.behind += 1;
            return Ok(());
        }
        let sent_us = media_time.span(self.clock).0 as i64;
        let offset_us = self.line.arrive(now, now.0 as i64 - sent_us - span.0 as i64);
        let missing = self.expected.map(|expected| Samples(media_time.0 - expected.0));
        self.expected = Some(media_time + span.samples(self.clock));
        self.place(sent_us + offset_us, missing.map(|missing| missing.span(self.clock)), len);
        Ok(())
    }

    /// The next thing that the audio turned out to be.
    pub fn poll(&mut self) -> Option<IngressEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if !self.work() {
                return None;
            }
        }
    }

    /// When media counts as lost if none arrives before.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        match self.presence {
            Presence::Flowing { last } => Some(last + MEDIA_TIMEOUT),
            Presence::Never | Presence::Lost => None,
        }
    }

    /// Tells the time when [`Self::poll_timeout`] has passed.
    pub fn handle_timeout(&mut self, now: CallTime) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.link_closed();
        }
    }

    /// Says that the link is gone: nothing can arrive before the next one.
    pub fn link_closed(&mut self) {
        let Presence::Flowing { last } = self.presence else { return };
        self.work_off();
        self.presence = Presence::Lost;
        self.cut_voice();
        self.events.push_back(IngressEvent::MediaLost { since: last });
    }

    /// Ends the leg: brings out what waits for the rest of its frame.
    pub fn finish(&mut self) {
        self.work_off();
        self.flush_resampler();
        self.flush_piece();
        self.cut_voice();
    }

    fn arrived(&mut self, now: CallTime) {
        let last = match self.presence {
            Presence::Flowing { last } => last.max(now),
            Presence::Never => now,
            Presence::Lost => {
                self.events.push_back(IngressEvent::MediaBack);
                now
            }
        };
        self.presence = Presence::Flowing { last };
    }

    fn is_behind(&mut self, media_time: Samples) -> bool {
        if self.expected.is_none_or(|expected| expected <= media_time) {
            self.behind_in_a_row = 0;
            return false;
        }
        self.behind_in_a_row += 1;
        if self.behind_in_a_row < RESTART_AFTER {
            return true;
        }
        self.forget_sender();
        false
    }

    fn forget_sender(&mut self) {
        self.line.clear();
        self.expected = None;
        self.dropping = false;
        self.quiet = 0;
        self.behind_in_a_row = 0;
    }

    /// Decides where the message of `len` samples goes: `line_us` is where the line has it, `missing`
    /// how much the sender counted since the last one.
    ///
    /// Within 200 ms of the line a leg keeps the sender's own count and does not follow the line.
    /// A smooth slip toward it belongs here, in place of both branches that move the position.
    fn place(&mut self, line_us: i64, missing: Option<Span>, len: usize) {
        let rate = self.decoder.rate();
        let line = CallTime(u64::try_from(line_us).unwrap_or(0));
        let Some(here) = self.position.at(rate) else {
            self.jump(line);
            self.take(Samples(0), len);
            return;
        };
        let span = match missing {
            Some(missing) if within(here + missing, line, MAX_DEVIATION) => missing,
            Some(_) | None => line.saturating_since(here),
        };
        if self.must_drop((here + span).saturating_since(line), len) {
            self.stats.ahead += 1;
            return;
        }
        if MAX_DEVIATION < span {
            self.stats.gaps += 1;
            self.events.push_back(IngressEvent::Gap { at: here, span });
        }
        if MAX_FILL < span {
            self.jump(here + span);
            self.take(Samples(0), len);
        } else {
            self.take(span.samples(rate), len);
        }
    }

    /// Whether the message is left out because the leg runs ahead of the line: a pause from 200 ms
    /// until the leg is back, speech only where it would be more than a second off.
    fn must_drop(&mut self, ahead: Span, len: usize) -> bool {
        self.dropping = if self.dropping { FRAME <= ahead } else { MAX_DEVIATION < ahead };
        if !self.dropping || !self.is_silence(len) {
            self.quiet = 0;
            return self.dropping && MAX_AHEAD < ahead;
        }
        self.quiet += 1;
        PAUSE_AFTER < self.quiet
    }

    /// The segmenter notices a voice late, so its first frames are told by their level.
    fn is_silence(&self, len: usize) -> bool {
        let mut meter = LevelMeter::default();
        meter.push(&self.message[..len]);
        !self.segmenter.voiced() && meter.level() < SILENCE_BELOW
    }

    fn take(&mut self, silence: Samples, len: usize) {
        self.stats.taken += 1;
        self.stats.silence += silence.0;
        self.owed = silence.0;
        self.message_len = len;
    }

    /// Brings out what there is and goes on at another place.
    fn jump(&mut self, to: CallTime) {
        self.flush_resampler();
        self.flush_piece();
        self.cut_voice();
        let to = to.samples(OUT_RATE).max(self.piece_at);
        self.position = Position { base: Some(to), fed: Samples(0) };
        self.piece_at = to;
        self.segmenter.restart(to);
    }

    fn work_off(&mut self) {
        while self.work() {}
    }

    /// Turns some of what waits into events; says whether anything waited.
    fn work(&mut self) -> bool {
        const SILENCE: [f32; crate::frame::MAX_FRAME_LEN] = [0.0; crate::frame::MAX_FRAME_LEN];
        let rate = self.decoder.rate();
        let Self { resampler, message, position, .. } = self;
        let input = if 0 < self.owed {
            let len = self.owed.min(rate.frame_len() as u64);
            self.owed -= len;
            &SILENCE[..len as usize]
        } else if 0 < self.message_len {
            &message[..std::mem::take(&mut self.message_len)]
        } else {
            return false;
        };
        position.fed += Samples(input.len() as u64);
        let mut out = Out {
            segmenter: &mut self.segmenter,
            persona_audible: self.persona_audible,
            pieces: &mut self.pieces,
            piece_at: &mut self.piece_at,
            events: &mut self.events,
        };
        resampler.push(input, |ready| out.push(ready));
        true
    }

    /// Brings out the converter's tail; the stream at the decoder's rate begins anew behind it.
    fn flush_resampler(&mut self) {
        let mut out = Out {
            segmenter: &mut self.segmenter,
            persona_audible: self.persona_audible,
            pieces: &mut self.pieces,
            piece_at: &mut self.piece_at,
            events: &mut self.events,
        };
        self.resampler.finish(|ready| out.push(ready));
        if self.position.base.is_some() {
            let base = self.piece_at + Samples(self.pieces.waiting() as u64);
            self.position = Position { base: Some(base), fed: Samples(0) };
        }
    }

    fn flush_piece(&mut self) {
        if let Some((piece, _)) = self.pieces.finish() {
            let pcm = piece.map(sample_to_i16);
            self.events.push_back(IngressEvent::Frame { at: self.piece_at, pcm });
            self.piece_at += Samples(INGRESS_FRAME_LEN as u64);
        }
    }

    fn cut_voice(&mut self) {
        if let Some(edge) = self.segmenter.cut() {
            self.events.push_back(edge.into());
        }
    }
}

/// Where 16 kHz samples go.
struct Out<'a> {
    segmenter: &'a mut Segmenter,
    persona_audible: bool,
    pieces: &'a mut Framer<INGRESS_FRAME_LEN>,
    piece_at: &'a mut Samples,
    events: &'a mut VecDeque<IngressEvent>,
}

impl Out<'_> {
    fn push(&mut self, ready: &[f32]) {
        self.segmenter.persona_audible = self.persona_audible;
        self.segmenter.push(ready, |edge| self.events.push_back(edge.into()));
        self.pieces.push(ready, |piece| {
            let pcm = piece.map(sample_to_i16);
            self.events.push_back(IngressEvent::Frame { at: *self.piece_at, pcm });
            *self.piece_at += Samples(INGRESS_FRAME_LEN as u64);
        });
    }
}

impl From<VoiceEdge> for IngressEvent {
    fn from(edge: VoiceEdge) -> Self {
        let time = |at: Samples| CallTime(at.span(OUT_RATE).0);
        match edge {
            VoiceEdge::On { at } => Self::VoiceOn { at: time(at) },
            VoiceEdge::Off { at, level } => Self::VoiceOff { at: time(at), level },
        }
    }
}

fn within(a: CallTime, b: CallTime, span: Span) -> bool {
    a.saturating_since(b) <= span && b.saturating_since(a) <= span
}

fn converter(rate: SampleRate) -> Resampler {
    Resampler::new(rate.hz(), OUT_RATE.hz()).expect("every link's rate meets the recogniser's")
}

#[cfg(test)]
mod tests;
