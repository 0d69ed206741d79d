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

/// Samples of 2.5 ms: what libopus conceals in.
const STEP_LEN: usize = DECODED_RATE.frame_len() / 8;

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

    /// Goes on as the sound did; what is no multiple of 2.5 ms ends in silence.
    pub(super) fn conceal(&mut self, out: &mut [f32]) {
        let (made_up, rest) = out.split_at_mut(out.len() - out.len() % STEP_LEN);
        // An empty packet asks libopus for concealment.
        if made_up.is_empty() || self.0.decode_float(&[], made_up, false).is_err() {
            made_up.fill(0.0);
        }
        rest.fill(0.0);
    }

    /// Decodes what a packet repeats of the one before.
    pub(super) fn rebuild(&mut self, next: &[u8], out: &mut [f32]) {
        if self.0.decode_float(next, out, true).is_err() {
            out.fill(0.0);
        }
    }
}

/// How many samples a packet repeats of the one before.
pub(super) fn repeated_len(packet: &[u8]) -> usize {
    if !repeats(packet) {
        return 0;
    }
    packet::get_samples_per_frame(packet, DECODED_RATE.hz()).unwrap_or(0)
}

/// Whether a packet repeats the end of the one before. RFC 6716: section 3.1 has the first byte,
/// 3.2 what is between it and the first frame, 4.2.3 and 4.2.4 the flags a frame begins with. They
/// are coded with even odds, so they are the frame's first bits as they are.
fn repeats(packet: &[u8]) -> bool {
    const CELT_ONLY: u8 = 16;
    let [toc, rest @ ..] = packet else { return false };
    let (config, is_stereo) = (toc >> 3, toc & 4 != 0);
    let frame = match (toc & 3, rest) {
        (0 | 1, [first, ..]) | (2, [..=251, first, ..]) | (2, [252..=255, _, first, ..]) => first,
        // Of many frames the first would only be a small part.
        _ => return false,
    };
    let silk_frames = match config {
        CELT_ONLY.. => return false,
        2 | 6 | 10 => 2,
        3 | 7 | 11 => 3,
        _ => 1,
    };
    // A flag of voice activity for each frame, then that of the repetition; then those of the side.
    let flag = |before: u8| frame & (0x80 >> before) != 0;
    flag(silk_frames) || is_stereo && flag(2 * silk_frames + 1)
}

/// How many samples a packet holds, at the rate of decoded sound.
pub(super) fn packet_len(payload: &[u8]) -> Result<usize, BadPayload> {
    let len = packet::get_nb_samples(payload, DECODED_RATE.hz()).map_err(|_| BadPayload::Opus)?;
    let longest = LONGEST.samples(DECODED_RATE);
    if len == 0 || longest < Samples(len as u64) { Err(BadPayload::Opus) } else { Ok(len) }
}
