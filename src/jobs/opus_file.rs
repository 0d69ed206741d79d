//! The recording for listening: Ogg Opus, stereo, the rep on the left, the persona on the right.
//!
//! The file follows RFC 7845; its positions count samples at 48 kHz whatever the input's rate.

use std::io;

use ogg::{PacketWriteEndInfo, PacketWriter};
use opus::{Application, Bitrate, Channels, Encoder};
use ringcraft_media::units::SampleRate;

const INPUT: SampleRate = SampleRate::Hz16000;

/// RFC 7845, section 4: granule positions count at 48 kHz.
const GRANULES_PER_SAMPLE: u64 = (SampleRate::Hz48000.hz() / INPUT.hz()) as u64;

/// 20 ms of one channel.
const FRAME: usize = INPUT.frame_len();

const BITS_PER_SECOND: i32 = 48_000;

/// Where speech gains nothing audible from more.
const COMPLEXITY: i32 = 5;

/// RFC 6716, section 3.2.1: the longest frame, with the byte that describes it.
const MAX_PACKET_BYTES: usize = 1_276;

/// One second: a player can seek to a page.
const PACKETS_PER_PAGE: u64 = 50;

/// A file of one stream needs no more than any number.
const SERIAL: u32 = 1;

/// Why no file was made.
#[derive(Debug, thiserror::Error)]
pub enum OpusFileError {
    /// The legs are not of one call.
    #[error("the rep leg has {rep} samples, the persona leg {persona}")]
    UnequalLegs {
        /// Samples of the rep leg.
        rep: usize,
        /// Samples of the persona leg.
        persona: usize,
    },
    /// The encoder refused.
    #[error("opus: {0}")]
    Encoder(#[from] opus::Error),
    /// A page could not be written.
    #[error("ogg: {0}")]
    Page(#[from] io::Error),
}

/// Encodes two legs at 16 kHz into a file. Takes processor time: a few hundredths of the call.
///
/// # Errors
/// When the legs differ in length, or the encoder refuses.
pub fn encode(rep: &[i16], persona: &[i16]) -> Result<Vec<u8>, OpusFileError> {
    if rep.len() != persona.len() {
        return Err(OpusFileError::UnequalLegs { rep: rep.len(), persona: persona.len() });
    }
    let mut encoder = Encoder::new(INPUT.hz(), Channels::Stereo, Application::Audio)?;
    encoder.set_bitrate(Bitrate::Bits(BITS_PER_SECOND))?;
    encoder.set_complexity(COMPLEXITY)?;
    // A phone plays both channels through one speaker, where opposite phases would cancel.
    encoder.set_phase_inversion_disabled(true)?;
    let lookahead = usize::try_from(encoder.get_lookahead()?).unwrap_or(0);
    let pre_skip = lookahead as u64 * GRANULES_PER_SAMPLE;

    let mut file = PacketWriter::new(Vec::with_capacity(rep.len() / 2));
    let head = head_packet(u16::try_from(pre_skip).expect("an encoder looks ahead 6.5 ms"));
    file.write_packet(head, SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    file.write_packet(tags_packet(), SERIAL, PacketWriteEndInfo::EndPage, 0)?;

    // The encoder hands out each sample `lookahead` later: silence pushes the last ones through.
    let frames = (rep.len() + lookahead).div_ceil(FRAME).max(1);
    let mut interleaved = [0; 2 * FRAME];
    let mut packet = [0; MAX_PACKET_BYTES];
    for frame in 0..frames {
        interleave(rep, persona, frame * FRAME, &mut interleaved);
        let length = encoder.encode(&interleaved, &mut packet)?;
        let number = frame as u64 + 1;
        let last = frame + 1 == frames;
        // RFC 7845, section 4.4: the last position, not the packets, says where the sound ends.
        let position = match last {
            true => pre_skip + rep.len() as u64 * GRANULES_PER_SAMPLE,
            false => number * FRAME as u64 * GRANULES_PER_SAMPLE,
        };
        let end = match last {
            true => PacketWriteEndInfo::EndStream,
            false if number.is_multiple_of(PACKETS_PER_PAGE) => PacketWriteEndInfo::EndPage,
            false => PacketWriteEndInfo::NormalPacket,
        };
        file.write_packet(packet[..length].to_vec(), SERIAL, end, position)?;
    }
    Ok(file.into_inner())
}

/// Fills one frame from sample `at` on, with silence behind the end.
fn interleave(rep: &[i16], persona: &[i16], at: usize, out: &mut [i16; 2 * FRAME]) {
    for (pair, index) in out.as_chunks_mut::<2>().0.iter_mut().zip(at..) {
        *pair = [rep.get(index).copied().unwrap_or(0), persona.get(index).copied().unwrap_or(0)];
    }
}

/// RFC 7845, section 5.1, channel mapping family 0.
fn head_packet(pre_skip: u16) -> Vec<u8> {
    let (version, channels, family) = (1, 2, 0);
    let output_gain: i16 = 0;
    let mut packet = b"OpusHead".to_vec();
    packet.extend([version, channels]);
    packet.extend(pre_skip.to_le_bytes());
    packet.extend(INPUT.hz().to_le_bytes());
    packet.extend(output_gain.to_le_bytes());
    packet.push(family);
    packet
}

/// RFC 7845, section 5.2: who made it, and no comments.
fn tags_packet() -> Vec<u8> {
    let vendor = opus::version().as_bytes();
    let comments: u32 = 0;
    let mut packet = b"OpusTags".to_vec();
    packet.extend((vendor.len() as u32).to_le_bytes());
    packet.extend(vendor);
    packet.extend(comments.to_le_bytes());
    packet
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;
    use std::io::Cursor;

    use ogg::PacketReader;
    use opus::Decoder;

    use super::*;

    /// Decodes as a player does: drops the pre-skip, stops at the last position. 48 kHz.
    fn play(file: &[u8]) -> (Vec<i16>, Vec<i16>) {
        let mut reader = PacketReader::new(Cursor::new(file));
        let head = reader.read_packet().unwrap().unwrap();
        assert_eq!(&head.data[..8], b"OpusHead");
        assert_eq!(head.data.len(), 19);
        assert!(head.first_in_stream() && head.last_in_page());
        let pre_skip = usize::from(u16::from_le_bytes([head.data[10], head.data[11]]));
        let tags = reader.read_packet().unwrap().unwrap();
        assert_eq!(&tags.data[..8], b"OpusTags");
        assert!(tags.last_in_page());
        let mut decoder = Decoder::new(48_000, Channels::Stereo).unwrap();
        let (mut left, mut right, mut end) = (Vec::new(), Vec::new(), 0);
        while let Some(packet) = reader.read_packet().unwrap() {
            let mut pcm = [0; 2 * 960];
            let frames = decoder.decode(&packet.data, &mut pcm, false).unwrap();
            assert_eq!(frames, 960);
            for [l, r] in pcm.as_chunks::<2>().0 {
                left.push(*l);
                right.push(*r);
            }
            // Positions never promise more than was sent.
            if packet.last_in_page() {
                end = packet.absgp_page() as usize;
                assert!(end <= left.len());
            }
            if packet.last_in_stream() {
                assert!(reader.read_packet().unwrap().is_none());
                break;
            }
            assert!(!packet.last_in_page() || end == left.len());
        }
        assert!(left.len() - end < 960, "the last packet is needed");
        (left[pre_skip..end].to_vec(), right[pre_skip..end].to_vec())
    }

    /// A tone that sounds from `from` to `to`, in samples at 16 kHz.
    fn tone(hz: f64, length: usize, from: usize, to: usize) -> Vec<i16> {
        let sample = |n: usize| (8_000.0 * (TAU * hz * n as f64 / 16_000.0).sin()) as i16;
        (0..length).map(|n| if (from..to).contains(&n) { sample(n) } else { 0 }).collect()
    }

    fn rms(samples: &[i16]) -> f64 {
        let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        (power / samples.len() as f64).sqrt()
    }

    #[test]
    fn each_side_is_heard_on_its_side_at_its_time() {
        let length = 3 * 16_000 + 123;
        let rep = tone(440.0, length, 0, 16_000);
        let persona = tone(700.0, length, 20_000, 36_000);
        let (left, right) = play(&encode(&rep, &persona).unwrap());
        assert_eq!((left.len(), right.len()), (3 * length, 3 * length));
        // The sine's own level is 8000 / √2 = 5657.
        let second = |from: usize| from * 3 + 4_800..from * 3 + 43_200;
        assert!((rms(&left[second(0)]) - 5_657.0).abs() < 400.0);
        assert!((rms(&right[second(20_000)]) - 5_657.0).abs() < 400.0);
        // 26 dB below: the other side is not heard.
        assert!(rms(&right[second(0)]) < 283.0, "{}", rms(&right[second(0)]));
        assert!(rms(&left[second(20_000)]) < 283.0, "{}", rms(&left[second(20_000)]));
        assert!(rms(&left[37_000 * 3..]) < 30.0 && rms(&right[37_000 * 3..]) < 30.0);
    }

    #[test]
    fn sound_keeps_its_place_to_the_millisecond() {
        let length = 32_000;
        let rep = tone(300.0, length, 9_600, 25_600);
        let (left, _) = play(&encode(&rep, &vec![0; length]).unwrap());
        // The delay at which the decoded tone is most like the one that went in.
        let likeness = |delay: i64| -> f64 {
            (10_000..20_000_i64)
                .map(|n| f64::from(rep[n as usize]) * f64::from(left[(3 * n + delay) as usize]))
                .sum()
        };
        let best = (-70..=70).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap();
        assert!(best.abs() <= 48, "{best} samples of 48 kHz late");
        // A whole period of 300 Hz is 160 samples, so the start is looked at by itself.
        let start = left.iter().position(|sample| 2_000 < sample.abs()).unwrap() as i64;
        assert!((start - 3 * 9_600).abs() <= 144, "starts at {start}");
    }

    #[test]
    fn every_length_plays_in_full() {
        for length in [0, 1, 215, 216, 217, 319, 320, 321, 16_000, 16_001] {
            let leg = vec![100; length];
            let (left, right) = play(&encode(&leg, &leg).unwrap());
            assert_eq!((left.len(), right.len()), (3 * length, 3 * length), "{length} samples");
        }
    }

    #[test]
    fn the_size_is_that_of_48_kbit_a_second() {
        let mut noise = 1_u32;
        let mut leg = || -> Vec<i16> {
            let next = |_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 18) as i16
            };
            (0..160_000).map(next).collect()
        };
        let bytes = encode(&leg(), &leg()).unwrap().len();
        // Ten seconds are 60 kB, and 2 % of pages.
        assert!((54_000..66_000).contains(&bytes), "{bytes} bytes");
    }

    #[test]
    fn legs_of_two_calls_are_refused() {
        assert!(matches!(
            encode(&[0; 2], &[0; 3]),
            Err(OpusFileError::UnequalLegs { rep: 2, persona: 3 })
        ));
    }
}
