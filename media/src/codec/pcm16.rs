//! Signed 16 bit samples.

/// Full scale of 16 bit: −32768 is −1.0, so that every code comes back unchanged.
const FULL_SCALE: f32 = 32_768.0;

/// Converts a 16 bit sample to −1 ≤ x < 1.
pub fn sample_from_i16(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
}

/// Converts to the nearest 16 bit sample. What is out of range is clipped, what is not a number is
/// silence.
pub fn sample_to_i16(sample: f32) -> i16 {
    // Adding half with the sign and cutting is a third of the cost of `round`, a library call on
    // the baseline target; the cast saturates.
    let scaled = sample * FULL_SCALE;
    (scaled + 0.5_f32.copysign(scaled)) as i16
}

pub(super) fn decode(payload: &[u8], samples: &mut [f32]) {
    for (bytes, sample) in payload.as_chunks::<2>().0.iter().zip(samples) {
        *sample = sample_from_i16(i16::from_le_bytes(*bytes));
    }
}

pub(super) fn encode(samples: &[f32], payload: &mut Vec<u8>) {
    payload.extend(samples.iter().flat_map(|sample| sample_to_i16(*sample).to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_comes_back() {
        for code in i16::MIN..=i16::MAX {
            assert_eq!(sample_to_i16(sample_from_i16(code)), code);
        }
    }

    #[test]
    fn what_no_code_can_hold_is_clipped() {
        assert_eq!(sample_to_i16(1.0), i16::MAX);
        assert_eq!(sample_to_i16(-7.0), i16::MIN);
        assert_eq!(sample_to_i16(f32::NAN), 0);
        assert_eq!(sample_to_i16(f32::NEG_INFINITY), i16::MIN);
    }

    #[test]
    fn bytes_are_little_endian() {
        let mut samples = [0.0; 2];
        decode(&[0x34, 0x12, 0xfe, 0xff], &mut samples);
        assert_eq!(samples, [4660.0 / 32768.0, -2.0 / 32768.0]);
    }
}
