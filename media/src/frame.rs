//! The unit of audio inside the server: 20 ms of mono samples.

use crate::units::SampleRate;

/// The longest frame: 20 ms at 48 kHz.
pub const MAX_FRAME_LEN: usize = SampleRate::Hz48000.frame_len();

/// 20 ms of mono audio at a link's rate, samples between −1 and 1, on the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    rate: SampleRate,
    samples: [f32; MAX_FRAME_LEN],
}

impl Frame {
    /// A frame of silence.
    pub const fn silence(rate: SampleRate) -> Self {
        Self { rate, samples: [0.0; MAX_FRAME_LEN] }
    }

    /// The rate of its samples.
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Its samples: exactly 20 ms of them.
    pub fn samples(&self) -> &[f32] {
        &self.samples[..self.rate.frame_len()]
    }

    /// Its samples, to be written.
    pub fn samples_mut(&mut self) -> &mut [f32] {
        &mut self.samples[..self.rate.frame_len()]
    }
}
