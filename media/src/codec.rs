//! Encodings of audio on a link: encoded samples to sound and back.

mod mulaw;
mod opus;
mod pcm16;

use crate::frame::Frame;
use crate::units::{SampleRate, Span};

use self::opus::{OpusDecoder, OpusEncoder};

pub use pcm16::{sample_from_i16, sample_to_i16};

/// Samples of the longest payload when it is decoded: 120 ms of Opus, or 20 ms of anything else.
pub const LONGEST_DECODED: usize = 6 * opus::DECODED_RATE.frame_len();

/// How long concealment sounds before it has faded to silence.
pub const LONGEST_CONCEALED: Span = Span::ms(60);

/// Of that, how long it keeps its loudness: a lost packet of Opus.
const UNFADED: Span = Span::ms(20);

/// How long sound takes from silence to its loudness, and PCM from its last sample to silence.
const FADE: Span = Span::ms(5);

/// How samples are written on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Signed 16 bit, little-endian.
    PcmS16le,
    /// ITU-T G.711 µ-law, one byte a sample.
    MuLaw,
    /// Opus, RFC 6716. Its timestamps count at 48 kHz (RFC 7587, section 4.1).
    Opus,
}

/// A payload that is no audio of its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPayload {
    /// It is not 20 ms of samples.
    #[error("a frame has {expected} bytes, not {got}")]
    Size {
        /// Bytes of 20 ms in this encoding at this rate.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// It is no Opus packet of at most 120 ms.
    #[error("not an Opus packet of at most 120 ms")]
    Opus,
}

impl Encoding {
    /// Bytes of one 20 ms frame; of Opus the most that it can have.
    pub const fn payload_len(self, rate: SampleRate) -> usize {
        match self {
            Self::PcmS16le => 2 * rate.frame_len(),
            Self::MuLaw => rate.frame_len(),
            Self::Opus => opus::LONGEST_FRAME,
        }
    }

    /// The rate of what a [`Decoder`] gives, on a link that counts at `rate`.
    pub const fn decoded_rate(self, rate: SampleRate) -> SampleRate {
        match self {
            Self::PcmS16le | Self::MuLaw => rate,
            Self::Opus => opus::DECODED_RATE,
        }
    }

    /// Whether a packet may overtake another: Opus travels in datagrams, all else in one stream.
    pub const fn may_be_reordered(self) -> bool {
        matches!(self, Self::Opus)
    }

    /// How much later sound lies in the payloads than their timestamps say.
    pub const fn delay(self) -> Span {
        match self {
            Self::PcmS16le | Self::MuLaw => Span::ZERO,
            Self::Opus => opus::LOOKAHEAD,
        }
    }
}

/// Writes one stream of frames.
#[derive(Debug)]
pub struct Encoder(EncoderKind);

#[derive(Debug)]
enum EncoderKind {
    PcmS16le,
    MuLaw,
    Opus(OpusEncoder),
}

impl Encoder {
    /// An encoder at the start of a stream of frames at `rate`.
    pub fn new(encoding: Encoding, rate: SampleRate) -> Self {
        Self(match encoding {
            Encoding::PcmS16le => EncoderKind::PcmS16le,
            Encoding::MuLaw => EncoderKind::MuLaw,
            Encoding::Opus => EncoderKind::Opus(OpusEncoder::new(rate)),
        })
    }

    /// Says how many packets of a hundred the far side misses: Opus then repeats more of each in the
    /// next one. 10 until it is said.
    pub fn expect_loss(&mut self, percent: u8) {
        if let EncoderKind::Opus(encoder) = &mut self.0 {
            encoder.expect_loss(percent);
        }
    }

    /// Encodes the next frame, replacing what `payload` held.
    pub fn encode(&mut self, frame: &Frame, payload: &mut Vec<u8>) {
        payload.clear();
        match &mut self.0 {
            EncoderKind::PcmS16le => pcm16::encode(frame.samples(), payload),
            EncoderKind::MuLaw => mulaw::encode(frame.samples(), payload),
            EncoderKind::Opus(encoder) => encoder.encode(frame.samples(), payload),
        }
    }
}

/// Reads one stream of payloads.
#[derive(Debug)]
pub struct Decoder {
    rate: SampleRate,
    kind: DecoderKind,
    /// The last sample that it gave.
    last: f32,
    /// How loud what comes next begins: less than 1 after a loss.
    gain: f32,
}

#[derive(Debug)]
enum DecoderKind {
    PcmS16le,
    MuLaw,
    Opus(OpusDecoder),
}

impl Decoder {
    /// A decoder at the start of a stream on a link that counts at `rate`.
    pub fn new(encoding: Encoding, rate: SampleRate) -> Self {
        let kind = match encoding {
            Encoding::PcmS16le => DecoderKind::PcmS16le,
            Encoding::MuLaw => DecoderKind::MuLaw,
            Encoding::Opus => DecoderKind::Opus(OpusDecoder::new()),
        };
        Self { rate: encoding.decoded_rate(rate), kind, last: 0.0, gain: 1.0 }
    }

    /// The rate of the samples it gives.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// How many samples a payload holds, as far as can be told without decoding it.
    ///
    /// # Errors
    /// When it is longer or shorter than 20 ms, or no packet of Opus.
    pub fn len(&self, payload: &[u8]) -> Result<usize, BadPayload> {
        let encoding = match self.kind {
            DecoderKind::PcmS16le => Encoding::PcmS16le,
            DecoderKind::MuLaw => Encoding::MuLaw,
            DecoderKind::Opus(_) => return opus::packet_len(payload),
        };
        let expected = encoding.payload_len(self.rate);
        if payload.len() == expected {
            Ok(self.rate.frame_len())
        } else {
            Err(BadPayload::Size { expected, got: payload.len() })
        }
    }

    /// Decodes the next payload into the first samples of `out`, which holds [`LONGEST_DECODED`] at
    /// least. Says how many there are.
    ///
    /// # Errors
    /// As [`Self::len`], and when a packet of Opus proves to be damaged; the stream then goes on as
    /// if it had not come.
    pub fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, BadPayload> {
        let len = self.len(payload)?;
        let out = &mut out[..len];
        match &mut self.kind {
            DecoderKind::PcmS16le => pcm16::decode(payload, out),
            DecoderKind::MuLaw => mulaw::decode(payload, out),
            DecoderKind::Opus(decoder) => decoder.decode(payload, out)?,
        }
        self.fade_in(out);
        Ok(len)
    }

    /// Makes up what may have followed where the stream has a hole: at most
    /// [`LONGEST_CONCEALED`], at the end of which there is silence.
    pub fn conceal(&mut self, out: &mut [f32]) {
        let fade = FADE.samples(self.rate).0 as f32;
        if let DecoderKind::Opus(decoder) = &mut self.kind {
            decoder.conceal(out);
            let silent_at = LONGEST_CONCEALED.samples(self.rate).0 as f32;
            let fading = silent_at - UNFADED.samples(self.rate).0 as f32;
            let gain = |n: usize| ((silent_at - n as f32) / fading).clamp(0.0, 1.0);
            out.iter_mut().enumerate().for_each(|(n, sample)| *sample *= gain(n));
            self.gain = gain(out.len());
        } else {
            let gain = |n: usize| (1.0 - n as f32 / fade).max(0.0);
            out.iter_mut().enumerate().for_each(|(n, sample)| *sample = self.last * gain(n + 1));
            self.gain = gain(out.len());
        }
    }

    /// How many samples of the packet before it a payload repeats.
    pub fn repeated(&self, payload: &[u8]) -> usize {
        match self.kind {
            DecoderKind::Opus(_) => opus::repeated_len(payload),
            DecoderKind::PcmS16le | DecoderKind::MuLaw => 0,
        }
    }

    /// Decodes what `next` repeats of the packet before it, which was lost. `out` has exactly
    /// [`Self::repeated`] samples. To be called before `next` is decoded.
    pub fn rebuild(&mut self, next: &[u8], out: &mut [f32]) {
        if let DecoderKind::Opus(decoder) = &mut self.kind {
            decoder.rebuild(next, out);
        }
        self.fade_in(out);
    }

    fn fade_in(&mut self, sound: &mut [f32]) {
        let step = 1.0 / FADE.samples(self.rate).0 as f32;
        for sample in sound.iter_mut() {
            if 1.0 <= self.gain {
                break;
            }
            *sample *= self.gain;
            self.gain += step;
        }
        self.last = sound.last().copied().unwrap_or(self.last);
    }
}

#[cfg(test)]
mod tests;
