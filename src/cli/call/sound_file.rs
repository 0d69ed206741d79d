//! The WAV files that a call leaves on the client's side.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};
use ringcraft_media::units::SampleRate;

use super::error::CallError;

/// Files that were asked for. They are created before the call: a call must not be lost to a
/// wrong path.
pub(crate) struct SoundFiles {
    heard: Option<SoundFile>,
    both: Option<SoundFile>,
}

struct SoundFile {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
}

impl SoundFiles {
    /// Creates the files.
    ///
    /// # Errors
    /// When one cannot be.
    pub(crate) fn create(
        heard: Option<&Path>,
        both: Option<&Path>,
        rate: SampleRate,
    ) -> Result<Self, CallError> {
        let create = |path: &Path, channels| SoundFile::create(path, channels, rate);
        Ok(Self {
            heard: heard.map(|path| create(path, 1)).transpose()?,
            both: both.map(|path| create(path, 2)).transpose()?,
        })
    }

    /// Writes two legs of the same length.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(crate) fn write(self, sent: &[i16], heard: &[i16]) -> Result<(), CallError> {
        if let Some(file) = self.heard {
            file.write(heard.iter().copied())?;
        }
        if let Some(file) = self.both {
            file.write(sent.iter().zip(heard).flat_map(|(&left, &right)| [left, right]))?;
        }
        Ok(())
    }
}

impl SoundFile {
    fn create(path: &Path, channels: u16, rate: SampleRate) -> Result<Self, CallError> {
        let spec = WavSpec {
            channels,
            sample_rate: rate.hz(),
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let path = path.to_owned();
        match WavWriter::create(&path, spec) {
            Ok(writer) => Ok(Self { path, writer }),
            Err(source) => Err(CallError::Output { path, source }),
        }
    }

    fn write(self, mut samples: impl Iterator<Item = i16>) -> Result<(), CallError> {
        let Self { path, mut writer } = self;
        let written = samples.try_for_each(|sample| writer.write_sample(sample));
        match written.and_then(|()| writer.finalize()) {
            Ok(()) => Ok(()),
            Err(source) => Err(CallError::Output { path, source }),
        }
    }
}
