//! The rep leg as it grows: a stream at the decoder's rate becomes 16 kHz frames and voice edges.

use std::collections::VecDeque;

use super::slip::Slip;
use super::{INGRESS_FRAME_LEN, IngressEvent, OUT_RATE};
use crate::codec::sample_to_i16;
use crate::framer::Framer;
use crate::resample::Resampler;
use crate::units::{CallTime, SampleRate, Samples};
use crate::vad::{Segmenter, VoiceEdge};

/// What became of the stream so far, and where its next sample lies.
#[derive(Debug)]
pub(super) struct Leg {
    rate: SampleRate,
    position: Position,
    resampler: Resampler,
    slip: Slip,
    out: Out,
}

/// The place of the next sample on the call's clock.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// Where the stream at the decoder's rate began, at 16 kHz; unknown before the first message.
    base: Option<Samples>,
    /// Samples since then, at the decoder's rate.
    fed: Samples,
    /// Samples at 16 kHz that were inserted since then, less those left out.
    slipped: i64,
}

/// Where 16 kHz samples go.
#[derive(Debug)]
struct Out {
    segmenter: Segmenter,
    pieces: Framer<INGRESS_FRAME_LEN>,
    /// Where the next piece begins.
    piece_at: Samples,
    events: VecDeque<IngressEvent>,
}

impl Leg {
    pub(super) fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            position: Position { base: None, fed: Samples(0), slipped: 0 },
            resampler: converter(rate),
            slip: Slip::new(),
            out: Out {
                segmenter: Segmenter::new(Samples(0)),
                pieces: Framer::default(),
                piece_at: Samples(0),
                events: VecDeque::with_capacity(16),
            },
        }
    }

    /// Goes on with a stream of another rate.
    pub(super) fn relink(&mut self, rate: SampleRate) {
        self.flush_resampler();
        self.rate = rate;
        self.resampler = converter(rate);
    }

    /// Where the next sample lies; unknown before the first.
    pub(super) fn position(&self) -> Option<CallTime> {
        let Position { base, fed, slipped } = self.position;
        let at_us = base?.span(OUT_RATE).0 + fed.span(self.rate).0;
        let slipped_us = Samples(slipped.unsigned_abs()).span(OUT_RATE).0;
        Some(CallTime(if slipped < 0 {
            at_us.saturating_sub(slipped_us)
        } else {
            at_us + slipped_us
        }))
    }

    /// Whether somebody speaks as far as is known.
    pub(super) fn voiced(&self) -> bool {
        self.out.segmenter.voiced()
    }

    pub(super) fn set_persona_audible(&mut self, audible: bool) {
        self.out.segmenter.persona_audible = audible;
    }

    pub(super) fn event(&mut self, event: IngressEvent) {
        self.out.events.push_back(event);
    }

    pub(super) fn poll(&mut self) -> Option<IngressEvent> {
        self.out.events.pop_front()
    }

    /// Adds up to 20 ms of sound that runs ahead of the line by so many microseconds.
    pub(super) fn sound(&mut self, samples: &[f32], ahead_us: i64) {
        self.slip.steer(ahead_us);
        self.push(samples);
    }

    /// Adds up to 20 ms of silence. It may be followed by much more, so nothing is made up for in it:
    /// that would be too much before the distance is measured again.
    pub(super) fn silence(&mut self, len: usize) {
        const SILENCE: [f32; crate::frame::MAX_FRAME_LEN] = [0.0; crate::frame::MAX_FRAME_LEN];
        self.slip.hold();
        self.push(&SILENCE[..len]);
    }

    /// Brings out what there is and goes on at another place.
    pub(super) fn jump(&mut self, to: CallTime) {
        self.flush_resampler();
        self.out.flush_piece();
        self.cut_voice();
        let to = to.samples(OUT_RATE).max(self.out.piece_at);
        self.position = Position { base: Some(to), fed: Samples(0), slipped: 0 };
        self.slip.reset();
        self.out.piece_at = to;
        self.out.segmenter.restart(to);
    }

    /// Ends the leg: brings out what waits for the rest of its frame.
    pub(super) fn finish(&mut self) {
        self.flush_resampler();
        self.out.flush_piece();
        self.cut_voice();
    }

    /// Ends a voice that is on.
    pub(super) fn cut_voice(&mut self) {
        if let Some(edge) = self.out.segmenter.cut() {
            self.out.events.push_back(edge.into());
        }
    }

    fn push(&mut self, samples: &[f32]) {
        let Self { position, resampler, slip, out, .. } = self;
        position.fed += Samples(samples.len() as u64);
        resampler.push(samples, |ready| {
            position.slipped += slip.push(ready, &mut |slipped| out.push(slipped));
        });
    }

    /// Brings out the converter's tail; the stream at the decoder's rate begins anew behind it.
    fn flush_resampler(&mut self) {
        let Self { position, resampler, out, .. } = self;
        resampler.finish(|ready| out.push(ready));
        if position.base.is_some() {
            let base = out.piece_at + Samples(out.pieces.waiting() as u64);
            *position = Position { base: Some(base), fed: Samples(0), slipped: 0 };
        }
    }
}

impl Out {
    fn push(&mut self, ready: &[f32]) {
        let Self { segmenter, pieces, piece_at, events } = self;
        segmenter.push(ready, |edge| events.push_back(edge.into()));
        pieces.push(ready, |piece| {
            let pcm = piece.map(sample_to_i16);
            events.push_back(IngressEvent::Frame { at: *piece_at, pcm });
            *piece_at += Samples(INGRESS_FRAME_LEN as u64);
        });
    }

    fn flush_piece(&mut self) {
        if let Some((piece, _)) = self.pieces.finish() {
            let pcm = piece.map(sample_to_i16);
            self.events.push_back(IngressEvent::Frame { at: self.piece_at, pcm });
            self.piece_at += Samples(INGRESS_FRAME_LEN as u64);
        }
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

fn converter(rate: SampleRate) -> Resampler {
    Resampler::new(rate.hz(), OUT_RATE.hz()).expect("every link's rate meets the recogniser's")
}
