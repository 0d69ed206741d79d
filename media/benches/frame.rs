//! One 20 ms frame of one call, each way; past its budget, the bench fails.
//!
//! Budget: both ways together 40 µs a frame, 0.2 % of a core for a call, so that a hundred calls
//! spend a fifth of a core beside Opus and their sockets. What Opus alone costs for the same frames
//! is measured by itself and taken off. Ingress hears real speech.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use criterion::measurement::{Measurement, WallTime};
use ringcraft_media::call::ReplyId;
use ringcraft_media::codec::{Decoder, Encoder, Encoding, LONGEST_DECODED, sample_from_i16};
use ringcraft_media::frame::Frame;
use ringcraft_media::ingress::Ingress;
use ringcraft_media::playout::Playout;
use ringcraft_media::resample::Resampler;
use ringcraft_media::tape::Tape;
use ringcraft_media::units::{CallTime, FRAME_MS, SampleRate, Samples};
use ringcraft_media::wav::Wav;

const LINKS: [(&str, Encoding, SampleRate); 4] = [
    ("pcm16 16 kHz", Encoding::PcmS16le, SampleRate::Hz16000),
    ("mu-law 8 kHz", Encoding::MuLaw, SampleRate::Hz8000),
    ("pcm16 48 kHz", Encoding::PcmS16le, SampleRate::Hz48000),
    ("opus", Encoding::Opus, SampleRate::Hz48000),
];

const CLIP: &[u8] = include_bytes!("../tests/audio/slt.wav");

/// The clip, in frames at a rate.
fn frames(rate: SampleRate) -> Vec<Frame> {
    let wav = Wav::parse(CLIP).expect("the clip is a WAV file");
    let clip: Vec<f32> = wav.channel(0).map(sample_from_i16).collect();
    let mut speech = Vec::new();
    let mut resampler = Resampler::new(wav.rate_hz, rate.hz()).expect("a link's rate");
    resampler.push(&clip, |ready| speech.extend_from_slice(ready));
    let frame = |samples: &[f32]| {
        let mut frame = Frame::silence(rate);
        frame.samples_mut().copy_from_slice(samples);
        frame
    };
    speech.chunks_exact(rate.frame_len()).map(frame).collect()
}

fn messages(encoding: Encoding, rate: SampleRate) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(encoding, rate);
    let message = |frame: &Frame| {
        let mut payload = Vec::new();
        encoder.encode(frame, &mut payload);
        payload
    };
    frames(rate).iter().map(message).collect()
}

/// Both ways together.
const BUDGET: Duration = Duration::from_micros(40);

/// Frames in a round, and rounds. A round is 10 s of a call.
const FRAMES: u32 = 500;
const ROUNDS: usize = 41;

fn main() -> ExitCode {
    let mut is_within = true;
    for (name, encoding, rate) in LINKS {
        let (ingress, playout) = (ingress(encoding, rate), playout(encoding, rate));
        let codec = match encoding {
            Encoding::Opus => opus(rate),
            Encoding::PcmS16le | Encoding::MuLaw => Duration::ZERO,
        };
        let beside = (ingress + playout).saturating_sub(codec);
        println!(
            "frame: {name}: ingress {:.1} us, playout and tape {:.1} us, of which Opus {:.1} us, \
             the rest {:.1} us (budget {} us); medians of {ROUNDS} rounds of {FRAMES} frames",
            ingress.as_secs_f64() * 1e6,
            playout.as_secs_f64() * 1e6,
            codec.as_secs_f64() * 1e6,
            beside.as_secs_f64() * 1e6,
            BUDGET.as_micros(),
        );
        is_within &= beside <= BUDGET;
    }
    if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the codec alone takes, both ways.
fn opus(rate: SampleRate) -> Duration {
    let frames = frames(rate);
    let packets = messages(Encoding::Opus, rate);
    let mut encoder = Encoder::new(Encoding::Opus, rate);
    let mut decoder = Decoder::new(Encoding::Opus, rate);
    let (mut payload, mut out) = (Vec::new(), [0.0; LONGEST_DECODED]);
    median(|n| {
        let n = n as usize % frames.len();
        encoder.encode(&frames[n], &mut payload);
        decoder.decode(&packets[n], &mut out).expect("the packet is whole");
        black_box((&payload, &out));
    })
}

/// The median time of one frame.
fn median(mut frame: impl FnMut(u64)) -> Duration {
    let mut n = 0;
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = WallTime.start();
            for _ in 0..FRAMES {
                frame(n);
                n += 1;
            }
            WallTime.end(start) / FRAMES
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn ingress(encoding: Encoding, rate: SampleRate) -> Duration {
    let messages = messages(encoding, rate);
    let mut ingress = Ingress::new(encoding, rate);
    median(|n| {
        let payload = &messages[n as usize % messages.len()];
        let media_time = Samples(n * rate.frame_len() as u64);
        let now = CallTime::from_ms((n + 1) * FRAME_MS);
        ingress.receive(now, n, media_time, payload).expect("the message is whole");
        while let Some(event) = ingress.poll() {
            black_box(event);
        }
    })
}

fn playout(encoding: Encoding, rate: SampleRate) -> Duration {
    let wav = Wav::parse(CLIP).expect("the clip is a WAV file");
    let chunk: Vec<i16> = wav.channel(0).collect();
    let mut playout = Playout::new(rate);
    let mut tape = Tape::new(rate);
    let mut encoder = Encoder::new(encoding, rate);
    let mut payload = Vec::new();
    let reply = ReplyId(1);
    playout.play(reply);
    // The voice's side is part of a frame's cost: a chunk is pushed when its time comes.
    let frames_per_chunk = chunk.len() as u64 / 320;
    median(|n| {
        if n.is_multiple_of(frames_per_chunk) {
            playout.push(reply, wav.rate_hz, &chunk).expect("it is played as it comes");
        }
        while let Some(out) = playout.tick(CallTime::from_ms(n * FRAME_MS)) {
            encoder.encode(out.frame, &mut payload);
            tape.persona(out.at, out.sound());
        }
        while let Some(frame) = tape.poll() {
            black_box(frame);
        }
        while playout.poll_event().is_some() {}
    })
}
