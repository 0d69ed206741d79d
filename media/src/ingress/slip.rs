//! Holding a stream on its line by single samples.

use std::fmt;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Adjustable as _, FixedAsync, Resampler as _, Resizable as _};

use super::INGRESS_FRAME_LEN;

/// How far off the line is still on it, in microseconds: the line itself is only known so well.
const DEAD_BAND_US: i64 = 3_000;

/// Once off it, how near the stream is brought, in microseconds. A short haul now and then leaves
/// nearly all of the sound as it was sent.
const BROUGHT_WITHIN_US: i64 = 500;

/// By how much the stream is stretched or squeezed meanwhile: one sample in 160, a tenth of a
/// semitone.
const PACE: f64 = 1.0 / 160.0;

/// The shortest piece in which rubato can hide a slip.
const SHORTEST: usize = 4;

/// The longest piece, with room for what is inserted.
const LONGEST: usize = INGRESS_FRAME_LEN + INGRESS_FRAME_LEN / 100;

/// Inserts or leaves out single samples, each within a crossfade.
pub(super) struct Slip {
    inner: rubato::Slip<f32>,
    /// Whether the stream is being brought back.
    hauls: bool,
    out: [f32; LONGEST],
}

impl fmt::Debug for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slip").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Slip {
    pub(super) fn new() -> Self {
        let inner = rubato::Slip::new(INGRESS_FRAME_LEN, 1, FixedAsync::Input);
        Self { inner: inner.expect("20 ms hold a crossfade"), hauls: false, out: [0.0; LONGEST] }
    }

    /// Says how far ahead of the line the stream runs now, in microseconds.
    pub(super) fn steer(&mut self, ahead_us: i64) {
        let on_line = if self.hauls { BROUGHT_WITHIN_US } else { DEAD_BAND_US };
        self.hauls = on_line < ahead_us.abs();
        self.pace(if self.hauls { -ahead_us.signum() } else { 0 });
    }

    /// Lets the stream be for now.
    pub(super) fn hold(&mut self) {
        self.pace(0);
    }

    fn pace(&mut self, direction: i64) {
        // What is too much for a short piece becomes the most that it can hide.
        let _ = self.inner.set_resample_ratio(1.0 + direction as f64 * PACE, false);
    }

    /// Passes on up to 20 ms; says by how many samples they became more.
    pub(super) fn push(&mut self, input: &[f32], take: &mut impl FnMut(&[f32])) -> i64 {
        if input.len() < SHORTEST || INGRESS_FRAME_LEN < input.len() {
            take(input);
            return 0;
        }
        self.inner.set_chunk_size(input.len()).expect("the length is in range");
        let len = self.inner.output_frames_next();
        let source = InterleavedSlice::new(input, 1, input.len());
        let target = InterleavedSlice::new_mut(&mut self.out, 1, len);
        let (Ok(source), Ok(mut target)) = (source, target) else {
            unreachable!("the adapters are no longer than their slices");
        };
        self.inner
            .process_into_buffer(&source, &mut target, None)
            .expect("the buffers have the lengths that were asked for");
        take(&self.out[..len]);
        len as i64 - input.len() as i64
    }

    /// Forgets the stream so far.
    pub(super) fn reset(&mut self) {
        self.inner.reset();
        self.hauls = false;
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    /// Pushes seconds of a tone in pieces of a length; gives all that came out.
    fn slipped(ahead_us: i64, piece: usize, seconds: usize) -> Vec<f32> {
        let mut slip = Slip::new();
        let mut heard = Vec::new();
        let tone: Vec<f32> = (0..16_000 * seconds)
            .map(|n| 0.5 * (TAU * 440.0 * n as f32 / 16_000.0).sin())
            .collect();
        let mut more = 0;
        for input in tone.chunks(piece) {
            slip.steer(ahead_us);
            more += slip.push(input, &mut |out| heard.extend_from_slice(out));
        }
        assert_eq!(heard.len() as i64, tone.len() as i64 + more);
        heard
    }

    #[test]
    fn within_the_dead_band_nothing_changes() {
        for ahead_us in [-3_000, 0, 3_000] {
            assert_eq!(slipped(ahead_us, 320, 10).len(), 160_000);
        }
    }

    #[test]
    fn off_the_line_one_sample_in_160_is_made_up_for() {
        for piece in [40, 160, 320] {
            for (ahead_us, more_in_ten_seconds) in [(3_001, -1_000), (-200_000, 1_000)] {
                let more = slipped(ahead_us, piece, 10).len() as i64 - 160_000;
                assert!((more - more_in_ten_seconds).abs() <= 1, "{ahead_us} us, {piece}: {more}");
            }
        }
    }

    #[test]
    fn a_haul_goes_on_until_the_stream_is_near_the_line() {
        let mut slip = Slip::new();
        let mut more = |ahead_us| {
            slip.steer(ahead_us);
            slip.push(&[0.0; 320], &mut |_| {}).signum()
        };
        let pieces = [2_900, 3_100, 2_900, 600, 500, 2_900].map(&mut more);
        assert_eq!(pieces, [0, -1, -1, -1, 0, 0], "until it is within half a millisecond");
    }

    #[test]
    fn a_slip_makes_no_click() {
        // The steepest step of the tone itself is 0.5 × 2π × 440 / 16000 = 0.086.
        for ahead_us in [-200_000, 200_000] {
            let heard = slipped(ahead_us, 320, 2);
            let steepest =
                heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(steepest < 0.09, "{steepest}");
        }
    }
}
