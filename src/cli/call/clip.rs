//! A WAV file that is spoken into the call.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader};
use ringcraft_media::codec::sample_to_i16;
use ringcraft_media::resample::{RatesUnsupported, Resampler};
use ringcraft_media::units::{Dbfs, SampleRate, Samples};

/// What is quieter than this at the end of a file is not speech.
const SPEECH_FLOOR: Dbfs = Dbfs(-50.0);

/// The longest file, so that a mistaken argument does not fill the memory: an hour.
const LONGEST_S: u32 = 3_600;

/// What the rep says in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clip {
    /// The file's name, for people.
    pub(crate) name: String,
    /// Mono at the link's rate.
    pub(crate) samples: Vec<i16>,
    /// Where the last speech ends; `None` where nothing is loud enough to be speech.
    pub(crate) speech_end: Option<Samples>,
}

/// Why a file cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClipError {
    /// It is not there, or no WAV file.
    #[error("{path}: {source}; give a WAV file with PCM samples")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: hound::Error,
    },
    /// It is at a rate that cannot be converted.
    #[error("{path}: {source}; give a WAV file at a usual rate, 16000 for one")]
    Rate {
        /// The file.
        path: PathBuf,
        /// What is wrong with its rate.
        source: RatesUnsupported,
    },
    /// It holds nothing.
    #[error("{0} holds no samples")]
    Empty(PathBuf),
    /// It is longer than any call.
    #[error("{0} is longer than an hour")]
    TooLong(PathBuf),
}

impl Clip {
    /// Reads a WAV file: any number of channels, whole or floating-point samples.
    ///
    /// # Errors
    /// When it is no such file, is empty, too long or at a rate that cannot be converted.
    pub(crate) fn read(path: &Path, rate: SampleRate) -> Result<Self, ClipError> {
        let unreadable = |source| ClipError::Unreadable { path: path.to_owned(), source };
        let mut reader = WavReader::open(path).map_err(unreadable)?;
        let spec = reader.spec();
        if spec.sample_rate.saturating_mul(LONGEST_S) < reader.duration() {
            return Err(ClipError::TooLong(path.to_owned()));
        }
        let interleaved = read_samples(&mut reader).map_err(unreadable)?;
        let mono: Vec<f32> = interleaved
            .chunks_exact(usize::from(spec.channels.max(1)))
            .map(|frame| frame.iter().sum::<f32>() / f32::from(spec.channels))
            .collect();
        if mono.is_empty() {
            return Err(ClipError::Empty(path.to_owned()));
        }
        let samples = at_rate(path, mono, spec.sample_rate, rate)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let speech_end = speech_end(&samples, rate);
        Ok(Self { name, samples, speech_end })
    }
}

/// Every sample between −1 and 1, the channels interleaved.
fn read_samples(reader: &mut WavReader<BufReader<File>>) -> Result<Vec<f32>, hound::Error> {
    let spec = reader.spec();
    match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect(),
        SampleFormat::Int => {
            #[expect(clippy::cast_precision_loss, reason = "24 of 32 bits are enough for PCM16")]
            let scale = (1_u64 << (spec.bits_per_sample.clamp(1, 32) - 1)) as f32;
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            reader.samples::<i32>().map(|sample| Ok(sample? as f32 / scale)).collect()
        }
    }
}

/// The samples at the link's rate, rounded to 16 bits.
fn at_rate(path: &Path, mono: Vec<f32>, hz: u32, rate: SampleRate) -> Result<Vec<i16>, ClipError> {
    let unsupported = |source| ClipError::Rate { path: path.to_owned(), source };
    let mut resampler = Resampler::new(hz, rate.hz()).map_err(unsupported)?;
    let mut pcm = Vec::with_capacity(mono.len());
    let mut take = |ready: &[f32]| pcm.extend(ready.iter().copied().map(sample_to_i16));
    resampler.push(&mono, &mut take);
    resampler.finish(&mut take);
    Ok(pcm)
}

/// The end of the last 10 ms that are loud enough, to the last sample that is.
fn speech_end(samples: &[i16], rate: SampleRate) -> Option<Samples> {
    let window = rate.frame_len() / 2;
    let loud = |rms: f32| SPEECH_FLOOR <= Dbfs::from_rms(rms);
    let start = (0..samples.len()).step_by(window).rev().find(|&start| {
        let part = &samples[start..samples.len().min(start + window)];
        #[expect(clippy::cast_precision_loss, reason = "a window is short")]
        let mean = part.iter().map(|&sample| unit(sample).powi(2)).sum::<f32>() / part.len() as f32;
        loud(mean.sqrt())
    })?;
    let end = samples.len().min(start + window);
    let last = samples[start..end].iter().rposition(|&sample| loud(unit(sample).abs()))?;
    Some(Samples((start + last + 1) as u64))
}

fn unit(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

#[cfg(test)]
mod tests {
    use hound::{WavSpec, WavWriter};

    use super::*;

    fn spec(channels: u16, bits: u16, format: SampleFormat) -> WavSpec {
        WavSpec { channels, sample_rate: 16_000, bits_per_sample: bits, sample_format: format }
    }

    #[test]
    fn every_kind_of_wav_becomes_mono_16_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let mut wav = WavWriter::create(&path, spec(2, 24, SampleFormat::Int)).unwrap();
        for sample in [1 << 22, 0, -(1 << 22), -(1 << 22)] {
            wav.write_sample(sample).unwrap();
        }
        wav.finalize().unwrap();
        let clip = Clip::read(&path, SampleRate::Hz16000).unwrap();
        assert_eq!(clip.samples, [8_192, -16_384], "half and none, minus half twice");
        assert_eq!(clip.name, "a.wav");

        let mut wav = WavWriter::create(&path, spec(1, 32, SampleFormat::Float)).unwrap();
        for sample in [0.5_f32, 1.5, -2.0] {
            wav.write_sample(sample).unwrap();
        }
        wav.finalize().unwrap();
        let clip = Clip::read(&path, SampleRate::Hz16000).unwrap();
        assert_eq!(clip.samples, [16_384, i16::MAX, i16::MIN], "too loud is cut, never wrapped");
    }

    #[test]
    fn a_file_that_cannot_be_spoken_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let missing = Clip::read(&path, SampleRate::Hz16000).unwrap_err();
        assert!(missing.to_string().contains("a.wav"), "{missing}");
        let mut wav = WavWriter::create(&path, spec(1, 16, SampleFormat::Int)).unwrap();
        wav.write_sample(1_i16).unwrap();
        wav.finalize().unwrap();
        WavWriter::create(&path, spec(1, 16, SampleFormat::Int)).unwrap().finalize().unwrap();
        assert!(matches!(Clip::read(&path, SampleRate::Hz16000), Err(ClipError::Empty(_))));
        std::fs::write(&path, "no wav").unwrap();
        assert!(matches!(
            Clip::read(&path, SampleRate::Hz16000),
            Err(ClipError::Unreadable { .. })
        ));
    }

    #[test]
    fn a_file_at_another_rate_keeps_its_length_and_its_speech() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let fast = WavSpec { sample_rate: 48_000, ..spec(1, 16, SampleFormat::Int) };
        let mut wav = WavWriter::create(&path, fast).unwrap();
        // 100 ms of 1 kHz, then as much silence.
        for n in 0..9_600_u16 {
            let phase = f32::from(n % 48) / 48.0 * std::f32::consts::TAU;
            wav.write_sample(if n < 4_800 { (phase.sin() * 8_000.0) as i16 } else { 0 }).unwrap();
        }
        wav.finalize().unwrap();
        let clip = Clip::read(&path, SampleRate::Hz16000).unwrap();
        assert_eq!(clip.samples.len(), 3_200);
        let end = clip.speech_end.unwrap().0;
        assert!(end.abs_diff(1_600) <= 16, "speech ends at sample {end}");
        let peak = clip.samples[400..1_200].iter().max().unwrap();
        assert!((7_800..=8_200).contains(peak), "{peak}");
        wav_at(&path, 11);
        assert!(matches!(Clip::read(&path, SampleRate::Hz16000), Err(ClipError::Rate { .. })));
    }

    fn wav_at(path: &Path, sample_rate: u32) {
        let odd = WavSpec { sample_rate, ..spec(1, 16, SampleFormat::Int) };
        let mut wav = WavWriter::create(path, odd).unwrap();
        wav.write_sample(1_i16).unwrap();
        wav.finalize().unwrap();
    }

    #[test]
    fn speech_ends_at_the_last_sample_above_the_floor() {
        // −50 dBFS is 103.6 of 32768.
        let mut samples = vec![1_000; 1_600];
        samples.extend(vec![90; 3_000]);
        assert_eq!(speech_end(&samples, SampleRate::Hz16000), Some(Samples(1_600)));
        samples.extend(vec![110; 50]);
        samples.extend(vec![0; 400]);
        // 50 samples of 110 among 160 are −55 dBFS over 10 ms: a click, not speech.
        assert_eq!(speech_end(&samples, SampleRate::Hz16000), Some(Samples(1_600)));
        assert_eq!(speech_end(&[100; 5_000], SampleRate::Hz16000), None);
        assert_eq!(speech_end(&[200; 7], SampleRate::Hz16000), Some(Samples(7)));
    }
}
