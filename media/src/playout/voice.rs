//! The sound of one reply as far as it has arrived, at the link's rate.

use std::collections::VecDeque;

use super::PushError;
use crate::codec::{sample_from_i16, sample_to_i16};
use crate::resample::Resampler;
use crate::units::{SampleRate, Span};

/// The most that may wait to be sent.
pub(super) const LONGEST: Span = Span::ms(120_000);

/// How much that was sent is kept to go back to: more than any far side has buffered.
const KEPT: Span = Span::ms(10_000);

/// What is forgotten is forgotten in pieces of this length.
const FORGOTTEN_AT_ONCE: Span = Span::ms(1_000);

/// Samples converted at a time.
const PIECE: usize = 480;

#[derive(Debug)]
pub(super) struct Voice {
    rate: SampleRate,
    /// Of the current chunk. It is replaced when a voice of another rate speaks.
    resampler: Option<Resampler>,
    samples: VecDeque<i16>,
    /// The place of the first sample that is kept.
    start: u64,
    complete: bool,
}

impl Voice {
    pub(super) fn new(rate: SampleRate) -> Self {
        Self { rate, resampler: None, samples: VecDeque::new(), start: 0, complete: false }
    }

    /// The first place one can go back to.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// The place after the last sample.
    pub(super) fn end(&self) -> u64 {
        self.start + self.samples.len() as u64
    }

    /// Whether nothing more will come.
    pub(super) fn complete(&self) -> bool {
        self.complete
    }

    pub(super) fn push(
        &mut self,
        from_hz: u32,
        pcm: &[i16],
        position: u64,
        spares: &mut Vec<Resampler>,
    ) -> Result<(), PushError> {
        let coming = Span((pcm.len() as u64).saturating_mul(1_000_000) / u64::from(from_hz.max(1)));
        let waiting = self.end() - position + coming.samples(self.rate).0;
        if LONGEST.samples(self.rate).0 < waiting {
            return Err(PushError::TooLong);
        }
        if self.resampler.as_ref().is_none_or(|resampler| resampler.from_hz() != from_hz) {
            let next = match spares.iter().position(|spare| spare.from_hz() == from_hz) {
                Some(index) => spares.swap_remove(index),
                None => Resampler::new(from_hz, self.rate.hz())?,
            };
            self.chunk_done();
            self.resampler = Some(next);
        }
        let Self { resampler: Some(resampler), samples, .. } = self else { return Ok(()) };
        let mut piece = [0.0; PIECE];
        for pcm in pcm.chunks(PIECE) {
            for (sample, code) in piece.iter_mut().zip(pcm) {
                *sample = sample_from_i16(*code);
            }
            resampler.push(&piece[..pcm.len()], |ready| keep(samples, ready));
        }
        Ok(())
    }

    /// Brings out what the converter holds back.
    pub(super) fn chunk_done(&mut self) {
        if let Self { resampler: Some(resampler), samples, .. } = self {
            resampler.finish(|ready| keep(samples, ready));
        }
    }

    pub(super) fn finish(&mut self) {
        self.chunk_done();
        self.complete = true;
    }

    /// Reads what lies at a place; all of it must be there.
    pub(super) fn read(&self, position: u64, out: &mut [f32]) {
        let first = (position - self.start) as usize;
        let there = self.samples.range(first..first + out.len());
        for (sample, code) in out.iter_mut().zip(there) {
            *sample = sample_from_i16(*code);
        }
    }

    /// Lets go of what is too old to go back to.
    pub(super) fn forget(&mut self, position: u64) {
        let sent = (position - self.start) as usize;
        let at_once = FORGOTTEN_AT_ONCE.samples(self.rate).0 as usize;
        if KEPT.samples(self.rate).0 as usize + at_once <= sent {
            self.samples.drain(..at_once);
            self.start += at_once as u64;
        }
    }

    /// The converter, ready for another reply.
    pub(super) fn into_resampler(self) -> Option<Resampler> {
        let mut resampler = self.resampler?;
        resampler.reset();
        Some(resampler)
    }
}

fn keep(samples: &mut VecDeque<i16>, ready: &[f32]) {
    samples.extend(ready.iter().map(|sample| sample_to_i16(*sample)));
}
