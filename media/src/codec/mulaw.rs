//! ITU-T G.711 (11/88), µ-law: 14 bit linear in eight segments of sixteen steps, in one byte.
//!
//! Table 2a of the recommendation gives decision and output values as 14 bit magnitudes up to
//! 8159 and 8031; here they are four times as large, on the scale of 16 bit samples.

use super::pcm16::{sample_from_i16, sample_to_i16};

/// Moves the segment borders to powers of two: 33 in 14 bit.
const BIAS: u16 = 4 * 33;

/// The virtual decision value past the last step (8159 in 14 bit), less one.
const CLIP: u16 = 4 * 8_159 - 1;

/// The linear value of every code.
const LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = expand(code as u8);
        code += 1;
    }
    table
};

pub(super) fn decode(payload: &[u8], samples: &mut [f32]) {
    for (code, sample) in payload.iter().zip(samples) {
        *sample = sample_from_i16(LINEAR[usize::from(*code)]);
    }
}

pub(super) fn encode(samples: &[f32], payload: &mut Vec<u8>) {
    payload.extend(samples.iter().map(|sample| compress(sample_to_i16(*sample))));
}

const fn expand(code: u8) -> i16 {
    // All bits are sent inverted, so that silence has many ones on the wire.
    let code = !code;
    let segment = (code >> 4) & 0x07;
    let step = (code & 0x0f) as u16;
    let magnitude = ((((step << 3) + BIAS) << segment) - BIAS) as i16;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

fn compress(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0x00 };
    let biased = sample.unsigned_abs().min(CLIP) + BIAS;
    let segment = 8 - biased.leading_zeros() as u8;
    let step = (biased >> (segment + 3)) as u8 & 0x0f;
    !(sign | (segment << 4) | step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_values_of_the_recommendation() {
        // G.711 table 2a: character signal as sent, output value in 14 bit.
        for (code, value) in [
            (0b1000_0000, 8031),
            (0b1000_1111, 4191),
            (0b1001_1111, 2079),
            (0b1010_1111, 1023),
            (0b1011_1111, 495),
            (0b1100_1111, 231),
            (0b1101_1111, 99),
            (0b1110_1111, 33),
            (0b1111_1110, 2),
            (0b1111_1111, 0),
        ] {
            assert_eq!(expand(code), 4 * value, "{code:08b}");
            assert_eq!(expand(code & 0x7f), -4 * value, "{code:08b} negative");
        }
    }

    #[test]
    fn every_code_comes_back_but_the_second_zero() {
        for code in 0..=255_u8 {
            let expected = if code == 0x7f { 0xff } else { code };
            assert_eq!(compress(expand(code)), expected, "{code:02x}");
        }
    }

    #[test]
    fn a_sample_is_coded_within_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let magnitude = i32::from(sample).abs();
            // A biased magnitude has its segment in its highest bit, and steps double each segment.
            let step = (0..8).rev().find(|s| 128 << s <= magnitude + 4 * 33).unwrap();
            let half_a_step = 4 << step;
            let error = (i32::from(sample) - i32::from(expand(compress(sample)))).abs();
            let clipped = (magnitude - 4 * 8_159).max(0);
            assert!(error <= half_a_step + clipped, "{sample}: {error}");
        }
    }
}
