//! Conversion of a stream from one sample rate to another.

use std::fmt;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::units::Samples;

/// The transform works on blocks of at least 10 ms: its filter is as long, and its delay half.
const BLOCKS_PER_SECOND: u32 = 100;

/// The longest block: two rates that only meet in longer ones would cost too much delay.
const MAX_BLOCK_MS: u64 = 40;

/// Two rates between which nothing can be converted in real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot convert audio from {from_hz} to {to_hz} samples a second")]
pub struct RatesUnsupported {
    /// The rate of the input.
    pub from_hz: u32,
    /// The rate of the output.
    pub to_hz: u32,
}

/// Converts a mono stream. The delay of its filter is cut off at the start and made up at the end,
/// so output sample `n` sounds when input sample `n * from / to` does, and `count` samples become
/// `count * to / from`, to the nearest.
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    /// Nothing where the rates are equal.
    converter: Option<Converter>,
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resampler({} to {} Hz)", self.from_hz, self.to_hz)
    }
}

impl Resampler {
    /// A converter between two rates.
    ///
    /// # Errors
    /// When a rate is zero, or the two share no block of 40 ms or less.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, RatesUnsupported> {
        let unsupported = RatesUnsupported { from_hz, to_hz };
        if from_hz == 0 || to_hz == 0 {
            return Err(unsupported);
        }
        let converter = if from_hz == to_hz {
            None
        } else {
            Some(Converter::new(from_hz, to_hz).ok_or(unsupported)?)
        };
        Ok(Self { from_hz, to_hz, converter })
    }

    /// The rate of its input.
    pub fn from_hz(&self) -> u32 {
        self.from_hz
    }

    /// How far the output runs behind the input, at the output's rate, beside the wait for a whole
    /// block.
    pub fn output_delay(&self) -> Samples {
        Samples(self.converter.as_ref().map_or(0, |c| c.transform.output_delay() as u64))
    }

    /// Converts more of the stream; `take` gets what is ready.
    pub fn push(&mut self, input: &[f32], mut take: impl FnMut(&[f32])) {
        let Some(converter) = &mut self.converter else {
            if !input.is_empty() {
                take(input);
            }
            return;
        };
        converter.push(input, &mut take);
    }

    /// Gives out the tail. What is pushed next is the start of a new stream.
    pub fn finish(&mut self, mut take: impl FnMut(&[f32])) {
        if let Some(converter) = &mut self.converter {
            converter.finish(u64::from(self.from_hz), u64::from(self.to_hz), &mut take);
        }
    }

    /// Forgets the stream so far.
    pub fn reset(&mut self) {
        if let Some(converter) = &mut self.converter {
            converter.reset();
        }
    }
}

struct Converter {
    transform: Fft<f32>,
    input: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Samples of this stream that came in.
    taken: u64,
    /// Samples of this stream that went out.
    given: u64,
    /// Samples of the filter's delay still to be cut off.
    to_trim: usize,
}

impl Converter {
    fn new(from_hz: u32, to_hz: u32) -> Option<Self> {
        let block = (from_hz / BLOCKS_PER_SECOND).max(1) as usize;
        let greatest_common = gcd(from_hz, to_hz);
        if u64::from(from_hz / greatest_common) * 1_000 > MAX_BLOCK_MS * u64::from(from_hz) {
            return None;
        }
        let transform =
            Fft::new(from_hz as usize, to_hz as usize, block, 1, FixedSync::Both).ok()?;
        Some(Self {
            input: vec![0.0; transform.input_frames_next()],
            output: vec![0.0; transform.output_frames_next()],
            filled: 0,
            taken: 0,
            given: 0,
            to_trim: transform.output_delay(),
            transform,
        })
    }

    fn push(&mut self, mut input: &[f32], take: &mut impl FnMut(&[f32])) {
        self.taken += input.len() as u64;
        while !input.is_empty() {
            let count = input.len().min(self.input.len() - self.filled);
            let (head, rest) = input.split_at(count);
            self.input[self.filled..self.filled + count].copy_from_slice(head);
            self.filled += count;
            input = rest;
            if self.filled == self.input.len() {
                self.transform_block(u64::MAX, take);
            }
        }
    }

    fn finish(&mut self, from: u64, to: u64, take: &mut impl FnMut(&[f32])) {
        let due = (self.taken * to + from / 2) / from;
        while self.given < due {
            self.input[self.filled..].fill(0.0);
            self.transform_block(due, take);
        }
        self.reset();
    }

    fn transform_block(&mut self, due: u64, take: &mut impl FnMut(&[f32])) {
        self.filled = 0;
        let (frames_in, frames_out) = (self.input.len(), self.output.len());
        let input = InterleavedSlice::new(&self.input, 1, frames_in);
        let output = InterleavedSlice::new_mut(&mut self.output, 1, frames_out);
        let (Ok(input), Ok(mut output)) = (input, output) else {
            unreachable!("the adapters are as long as their slices");
        };
        self.transform
            .process_into_buffer(&input, &mut output, None)
            .expect("the buffers have the lengths that the transform asked for");
        let trimmed = self.to_trim.min(frames_out);
        self.to_trim -= trimmed;
        let wanted = usize::try_from(due - self.given).unwrap_or(usize::MAX);
        let ready = &self.output[trimmed..];
        let ready = &ready[..ready.len().min(wanted)];
        self.given += ready.len() as u64;
        if !ready.is_empty() {
            take(ready);
        }
    }

    fn reset(&mut self) {
        self.transform.reset();
        self.filled = 0;
        self.taken = 0;
        self.given = 0;
        self.to_trim = self.transform.output_delay();
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    const PAIRS: [(u32, u32); 9] = [
        (8_000, 16_000),
        (16_000, 8_000),
        (16_000, 48_000),
        (48_000, 16_000),
        (8_000, 48_000),
        (48_000, 8_000),
        (24_000, 16_000),
        (22_050, 16_000),
        (16_000, 16_000),
    ];

    fn convert(from_hz: u32, to_hz: u32, input: &[f32], cut: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from_hz, to_hz).unwrap();
        let mut output = Vec::new();
        for piece in input.chunks(cut) {
            resampler.push(piece, |ready| output.extend_from_slice(ready));
        }
        resampler.finish(|ready| output.extend_from_slice(ready));
        output
    }

    fn sine(hz: f32, rate_hz: u32, count: usize) -> Vec<f32> {
        (0..count).map(|n| 0.5 * (TAU * hz * n as f32 / rate_hz as f32).sin()).collect()
    }

    #[test]
    fn the_length_is_exact_for_any_length_and_any_cut() {
        for (from, to) in PAIRS {
            for count in [0, 1, 2, 3, 159, 160, 161, 441, 12_345] {
                for cut in [1, 160, 5_000] {
                    let output = convert(from, to, &vec![0.1; count], cut);
                    let expected = (count as f64 * f64::from(to) / f64::from(from)).round();
                    assert_eq!(output.len(), expected as usize, "{count} of {from} to {to}");
                }
            }
        }
    }

    #[test]
    fn a_click_stays_where_it_was() {
        for (from, to) in PAIRS {
            // 100 ms and 250 ms are whole samples at every rate; the last one lies in the tail.
            for at_ms in [0, 100, 250, 499] {
                let mut input = vec![0.0; from as usize / 2];
                input[(from * at_ms / 1_000) as usize] = 1.0;
                let output = convert(from, to, &input, 160);
                let loudest = output.iter().map(|x| x.abs()).fold(0.0, f32::max);
                let found = output.iter().position(|x| x.abs() == loudest).unwrap();
                let expected = (to * at_ms / 1_000) as usize;
                assert!(found.abs_diff(expected) <= 1, "{from} to {to}: {found}, not {expected}");
                assert!(0.1 < loudest);
            }
        }
    }

    #[test]
    fn a_tone_below_both_limits_keeps_phase_and_level() {
        for (from, to) in PAIRS {
            let output = convert(from, to, &sine(1_000.0, from, from as usize), 480);
            let expected = sine(1_000.0, to, to as usize);
            // The first and last 10 ms hold the edge of the tone.
            let edge = to as usize / 100;
            let worst = output[edge..to as usize - edge]
                .iter()
                .zip(&expected[edge..])
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            // 22.05 to 16 kHz is a third of a sample off; everything else is exact.
            let tolerance = if from == 22_050 { 0.1 } else { 0.001 };
            assert!(worst < tolerance, "{from} to {to}: {worst}");
        }
    }

    #[test]
    fn a_tone_the_output_cannot_hold_is_gone() {
        for (from, to) in [(16_000, 8_000), (48_000, 16_000), (48_000, 8_000)] {
            let output = convert(from, to, &sine(to as f32 * 0.6, from, from as usize), 480);
            let edge = to as usize / 50;
            let loudest =
                output[edge..to as usize - edge].iter().map(|x| x.abs()).fold(0.0, f32::max);
            assert!(loudest < 0.001, "{from} to {to}: {loudest}");
        }
    }

    #[test]
    fn a_stream_after_finish_or_reset_is_the_same_as_the_first() {
        let input = sine(440.0, 8_000, 1_111);
        let first = convert(8_000, 16_000, &input, 160);
        let mut resampler = Resampler::new(8_000, 16_000).unwrap();
        for _ in 0..2 {
            let mut output = Vec::new();
            resampler.push(&input, |ready| output.extend_from_slice(ready));
            resampler.finish(|ready| output.extend_from_slice(ready));
            assert_eq!(output, first);
            resampler.push(&input[..500], |_| {});
            resampler.reset();
        }
    }

    #[test]
    fn the_delay_between_link_and_recogniser_is_five_milliseconds() {
        for (from, to) in [(8_000, 16_000), (48_000, 16_000)] {
            assert_eq!(Resampler::new(from, to).unwrap().output_delay(), Samples(80));
        }
        assert_eq!(Resampler::new(16_000, 16_000).unwrap().output_delay(), Samples(0));
    }

    #[test]
    fn rates_that_never_meet_are_refused() {
        for (from, to) in [(0, 16_000), (16_000, 0), (22_051, 16_000)] {
            assert!(Resampler::new(from, to).is_err(), "{from} to {to}");
        }
    }
}
