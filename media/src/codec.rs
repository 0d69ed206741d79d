//! Encodings of audio on a link: encoded samples to frames and back.

mod mulaw;
mod pcm16;

use crate::frame::Frame;
use crate::units::SampleRate;

pub use pcm16::{sample_from_i16, sample_to_i16};

/// How samples are written on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Signed 16 bit, little-endian.
    PcmS16le,
    /// ITU-T G.711 µ-law, one byte a sample.
    MuLaw,
}

/// A payload that is not 20 ms of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame has {expected} bytes, not {got}")]
pub struct PayloadSize {
    /// Bytes of 20 ms in this encoding at this rate.
    pub expected: usize,
    /// Bytes that came.
    pub got: usize,
}

impl Encoding {
    /// Bytes of one 20 ms frame.
    pub const fn payload_len(self, rate: SampleRate) -> usize {
        match self {
            Self::PcmS16le => 2 * rate.frame_len(),
            Self::MuLaw => rate.frame_len(),
        }
    }

    /// Decodes exactly one frame, at the frame's rate.
    ///
    /// # Errors
    /// When the payload is longer or shorter than 20 ms; the frame is then unchanged.
    pub fn decode(self, payload: &[u8], frame: &mut Frame) -> Result<(), PayloadSize> {
        let expected = self.payload_len(frame.rate());
        if payload.len() != expected {
            return Err(PayloadSize { expected, got: payload.len() });
        }
        match self {
            Self::PcmS16le => pcm16::decode(payload, frame.samples_mut()),
            Self::MuLaw => mulaw::decode(payload, frame.samples_mut()),
        }
        Ok(())
    }

    /// Encodes one frame, replacing what `payload` held.
    pub fn encode(self, frame: &Frame, payload: &mut Vec<u8>) {
        payload.clear();
        match self {
            Self::PcmS16le => pcm16::encode(frame.samples(), payload),
            Self::MuLaw => mulaw::encode(frame.samples(), payload),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_went() {
        for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
            let mut sent = Frame::silence(rate);
            for (n, sample) in sent.samples_mut().iter_mut().enumerate() {
                *sample = sample_from_i16((n as i16).wrapping_mul(977));
            }
            let mut payload = Vec::new();
            Encoding::PcmS16le.encode(&sent, &mut payload);
            assert_eq!(payload.len(), rate.frame_len() * 2);
            let mut got = Frame::silence(rate);
            Encoding::PcmS16le.decode(&payload, &mut got).unwrap();
            assert_eq!(got, sent);
        }
    }

    #[test]
    fn a_payload_of_another_length_is_refused_and_leaves_the_frame() {
        let mut frame = Frame::silence(SampleRate::Hz8000);
        frame.samples_mut()[0] = 0.5;
        let before = frame.clone();
        for got in [0, 159, 161, 320] {
            let result = Encoding::MuLaw.decode(&vec![0; got], &mut frame);
            assert_eq!(result, Err(PayloadSize { expected: 160, got }));
        }
        assert_eq!(frame, before);
    }
}
