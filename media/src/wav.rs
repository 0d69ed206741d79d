//! WAV files of 16 bit samples: the canonical 44 byte header, and a reader that skips the rest.
//!
//! Layout: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0"
//! (1991), "Waveform Audio File Format".

/// Length of the header in front of the samples.
pub const HEADER_LEN: usize = 44;

const FORMAT_PCM: u16 = 1;

/// `WAVE_FORMAT_EXTENSIBLE`: the true format opens the sub-format identifier.
const FORMAT_EXTENSIBLE: u16 = 0xfffe;

/// Why samples cannot be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// The file would pass 4 GiB.
    #[error("a WAV file holds less than 4 GiB")]
    TooLong,
    /// Two legs that are to share a file differ in length.
    #[error("the left leg has {left} samples, the right one {right}")]
    UnequalLegs {
        /// Samples of the left leg.
        left: usize,
        /// Samples of the right leg.
        right: usize,
    },
    /// The bytes do not start as a WAV file.
    #[error("not a WAV file")]
    NotWav,
    /// The format or the samples are missing.
    #[error("the WAV file ends before its samples")]
    Truncated,
    /// The samples are not 16 bit PCM in one or two channels.
    #[error("not 16 bit PCM in one or two channels")]
    Unsupported,
}

/// The header of `frames` samples a channel.
///
/// # Errors
/// When the file would pass 4 GiB.
pub fn header(channels: u16, rate_hz: u32, frames: u64) -> Result<[u8; HEADER_LEN], WavError> {
    let block_align = channels * 2;
    let data_len = frames
        .checked_mul(u64::from(block_align))
        .and_then(|len| u32::try_from(len).ok())
        .filter(|len| *len <= u32::MAX - HEADER_LEN as u32)
        .ok_or(WavError::TooLong)?;
    let mut header = [0; HEADER_LEN];
    header[0..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&(data_len + HEADER_LEN as u32 - 8).to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16_u32.to_le_bytes());
    header[20..22].copy_from_slice(&FORMAT_PCM.to_le_bytes());
    header[22..24].copy_from_slice(&channels.to_le_bytes());
    header[24..28].copy_from_slice(&rate_hz.to_le_bytes());
    header[28..32].copy_from_slice(&(rate_hz * u32::from(block_align)).to_le_bytes());
    header[32..34].copy_from_slice(&block_align.to_le_bytes());
    header[34..36].copy_from_slice(&16_u16.to_le_bytes());
    header[36..40].copy_from_slice(b"data");
    header[40..44].copy_from_slice(&data_len.to_le_bytes());
    Ok(header)
}

/// A whole mono file.
///
/// # Errors
/// When the file would pass 4 GiB.
pub fn mono(rate_hz: u32, samples: &[i16]) -> Result<Vec<u8>, WavError> {
    let mut file = Vec::with_capacity(HEADER_LEN + 2 * samples.len());
    file.extend_from_slice(&header(1, rate_hz, samples.len() as u64)?);
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Ok(file)
}

/// A whole stereo file: the rep on the left, the persona on the right.
///
/// # Errors
/// When the legs differ in length or the file would pass 4 GiB.
pub fn stereo(rate_hz: u32, left: &[i16], right: &[i16]) -> Result<Vec<u8>, WavError> {
    if left.len() != right.len() {
        return Err(WavError::UnequalLegs { left: left.len(), right: right.len() });
    }
    let mut file = Vec::with_capacity(HEADER_LEN + 4 * left.len());
    file.extend_from_slice(&header(2, rate_hz, left.len() as u64)?);
    for (left, right) in left.iter().zip(right) {
        file.extend_from_slice(&left.to_le_bytes());
        file.extend_from_slice(&right.to_le_bytes());
    }
    Ok(file)
}

/// A WAV file in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wav<'a> {
    /// One or two.
    pub channels: u16,
    /// Samples a second of each channel.
    pub rate_hz: u32,
    data: &'a [u8],
}

impl<'a> Wav<'a> {
    /// Finds format and samples, past chunks of other kinds.
    ///
    /// # Errors
    /// When the bytes are not a WAV file of 16 bit samples in one or two channels.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WavError> {
        let (b"RIFF", rest) = bytes.split_first_chunk().ok_or(WavError::NotWav)? else {
            return Err(WavError::NotWav);
        };
        let Some((b"WAVE", mut rest)) = rest.get(4..).and_then(<[u8]>::split_first_chunk) else {
            return Err(WavError::NotWav);
        };
        let mut format = None;
        loop {
            let (id, body) = rest.split_first_chunk::<4>().ok_or(WavError::Truncated)?;
            let (len, body) = body.split_first_chunk::<4>().ok_or(WavError::Truncated)?;
            let len = u32::from_le_bytes(*len) as usize;
            match id {
                b"fmt " => format = Some(parse_format(body.get(..len).unwrap_or(body))?),
                b"data" => {
                    let (channels, rate_hz) = format.ok_or(WavError::Truncated)?;
                    // A writer that streamed could not know the length: what is there counts.
                    let data = &body[..len.min(body.len())];
                    let whole = data.len() - data.len() % usize::from(2 * channels);
                    return Ok(Self { channels, rate_hz, data: &data[..whole] });
                }
                _ => {}
            }
            // Chunks are padded to an even length.
            rest = body.get(len + len % 2..).ok_or(WavError::Truncated)?;
        }
    }

    /// Samples of each channel.
    pub fn frames(&self) -> usize {
        self.data.len() / usize::from(2 * self.channels)
    }

    /// The samples of one channel: 0 is the left or only one. None of a channel it does not have.
    pub fn channel(&self, index: u16) -> impl Iterator<Item = i16> + use<'a> {
        let block = usize::from(2 * self.channels);
        let at = if index < self.channels { usize::from(2 * index) } else { block };
        self.data.chunks_exact(block).filter_map(move |frame| {
            frame.get(at..)?.first_chunk().map(|bytes| i16::from_le_bytes(*bytes))
        })
    }
}

fn parse_format(chunk: &[u8]) -> Result<(u16, u32), WavError> {
    let u16_at =
        |at: usize| chunk.get(at..).and_then(<[u8]>::first_chunk).copied().map(u16::from_le_bytes);
    let rate = chunk.get(4..).and_then(<[u8]>::first_chunk).copied().map(u32::from_le_bytes);
    let (Some(tag), Some(channels), Some(rate_hz), Some(bits)) =
        (u16_at(0), u16_at(2), rate, u16_at(14))
    else {
        return Err(WavError::Truncated);
    };
    let tag = if tag == FORMAT_EXTENSIBLE { u16_at(24).unwrap_or(tag) } else { tag };
    if tag != FORMAT_PCM || bits != 16 || !(1..=2).contains(&channels) || rate_hz == 0 {
        return Err(WavError::Unsupported);
    }
    Ok((channels, rate_hz))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn another_reader_finds_both_legs() {
        let left = [1_i16, -2, i16::MAX, 0];
        let right = [i16::MIN, 5, 6, -7];
        let file = stereo(16_000, &left, &right).unwrap();
        let mut reader = hound::WavReader::new(Cursor::new(&file)).unwrap();
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 16_000, 16));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [1, i16::MIN, -2, 5, i16::MAX, 6, 0, -7]);

        let wav = Wav::parse(&file).unwrap();
        assert_eq!((wav.channels, wav.rate_hz, wav.frames()), (2, 16_000, 4));
        assert!(wav.channel(0).eq(left));
        assert!(wav.channel(1).eq(right));
        assert_eq!(wav.channel(2).count(), 0);
    }

    #[test]
    fn what_another_writer_made_is_read() {
        let mut file = Cursor::new(Vec::new());
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 22_050,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
        for sample in [3_i16, -4, 5] {
            writer.write_sample(sample).unwrap();
        }
        writer.finalize().unwrap();
        let mut bytes = file.into_inner();
        // A chunk of another kind and odd length between the format and the samples.
        let data = bytes.windows(4).position(|window| window == b"data").unwrap();
        bytes.splice(data..data, *b"LIST\x03\0\0\0abc\0");
        let wav = Wav::parse(&bytes).unwrap();
        assert_eq!((wav.channels, wav.rate_hz), (1, 22_050));
        assert!(wav.channel(0).eq([3, -4, 5]));
    }

    #[test]
    fn every_truncation_is_an_error_or_fewer_samples() {
        let file = mono(8_000, &[10, 20, 30]).unwrap();
        for len in 0..file.len() {
            match Wav::parse(&file[..len]) {
                Ok(wav) => assert_eq!(wav.frames(), (len - HEADER_LEN) / 2),
                Err(error) => assert!(len < HEADER_LEN, "{len}: {error}"),
            }
        }
        assert_eq!(Wav::parse(b"OggS, not a WAV file"), Err(WavError::NotWav));
    }

    #[test]
    fn legs_must_agree_and_fit() {
        assert_eq!(stereo(16_000, &[1], &[]), Err(WavError::UnequalLegs { left: 1, right: 0 }));
        assert_eq!(header(2, 16_000, 1 << 30), Err(WavError::TooLong));
        assert_eq!(header(2, 16_000, u64::MAX), Err(WavError::TooLong));
    }
}
