//! Opus (RFC 6716), mono: how a browser speaks.

use ::opus as libopus;
use libopus::{Application, Bitrate, Channels, packet};

use super::BadPayload;
use crate::units::{SampleRate, Samples, Span};

/// The rate of decoded sound: what recogniser and tape want. The decoder leaves out what lies above
/// for a fifth of the cost of decoding all and converting it.
pub(super) const DECODED_RATE: SampleRate = SampleRate::Hz16000;

/// The longest packet (RFC 6716, section 3.2.5).
pub(super) const LONGEST: Span = Span::ms(120);

/// How far libopus looks ahead when it encodes for speech, 312 samples at 48 kHz: sound lies by as
/// much later in the packets than their timestamps say.
pub(super) const LOOKAHEAD: Span = Span(6_500);

/// Bytes of the longest packet of one frame: the frame (RFC 6716, section 3.4, R2) and its header.
pub(super) const LONGEST_FRAME: usize = 1_275 + 1;

const BITS_PER_SECOND: i32 = 32_000;

/// On a scale to 10; above 5 speech at this bit rate gains little and costs up to twice as much.
const COMPLEXITY: i32 = 5;

/// The loss that packets are made for until a far side's loss is known. It decides how much of a
/// packet repeats the one before.
const EXPECTED_LOSS_PERCENT: u8 = 10;

/// What both halves of the codec can be depended on for.
const INFALLIBLE: &str = "libopus has memory and is asked only for what it documents";

#[derive(Debug)]
pub(super) struct OpusEncoder(libopus::Encoder);

impl OpusEncoder {
    pub(super) fn new(rate: SampleRate) -> Self {
        let mut encoder =
            libopus::Encoder::new(rate.hz(), Channels::Mono, Application::Voip).expect(INFALLIBLE);
        encoder.set_bitrate(Bitrate::Bits(BITS_PER_SECOND)).expect(INFALLIBLE);
        encoder.set_complexity(COMPLEXITY).expect(INFALLIBLE);
        encoder.set_inband_fec(true).expect(INFALLIBLE);
        encoder.set_dtx(false).expect(INFALLIBLE);
        let mut encoder = Self(encoder);
        encoder.expect_loss(EXPECTED_LOSS_PERCENT);
        encoder
    }

    pub(super) fn expect_loss(&mut self, percent: u8) {
        self.0.set_packet_loss_perc(percent.min(100).into()).expect(INFALLIBLE);
    }

    pub(super) fn encode(&mut self, samples: &[f32], payload: &mut Vec<u8>) {
        payload.resize(LONGEST_FRAME, 0);
        let len = self.0.encode_float(samples, payload).expect(INFALLIBLE);
        payload.truncate(len);
    }
}

#[derive(Debug)]
pub(super) struct OpusDecoder(libopus::Decoder);

impl OpusDecoder {
    pub(super) fn new() -> Self {
        // libopus mixes what was sent in stereo.
        let decoder = libopus::Decoder::new(DECODED_RATE.hz(), Channels::Mono);
        Self(decoder.expect(INFALLIBLE))
    }

    pub(super) fn decode(&mut self, payload: &[u8], samples: &mut [f32]) -> Result<(), BadPayload> {
        self.0.decode_float(payload, samples, false).map_err(|_| BadPayload::Opus)?;
        Ok(())
    }
}

/// How many samples a packet holds, at the rate of decoded sound.
pub(super) fn packet_len(payload: &[u8]) -> Result<usize, BadPayload> {
    let len = packet::get_nb_samples(payload, DECODED_RATE.hz()).map_err(|_| BadPayload::Opus)?;
    let longest = LONGEST.samples(DECODED_RATE);
    if len == 0 || longest < Samples(len as u64) { Err(BadPayload::Opus) } else { Ok(len) }
}
