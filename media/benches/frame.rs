//! One 20 ms frame of one call, each way.
//!
//! Budget: both ways together 40 µs a frame, 0.2 % of a core for a call, so that a hundred calls
//! spend a fifth of a core beside Opus and their sockets. Ingress hears real speech.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ringcraft_media::call::ReplyId;
use ringcraft_media::codec::{Encoding, sample_from_i16};
use ringcraft_media::frame::Frame;
use ringcraft_media::ingress::Ingress;
use ringcraft_media::playout::Playout;
use ringcraft_media::resample::Resampler;
use ringcraft_media::tape::Tape;
use ringcraft_media::units::{CallTime, FRAME_MS, SampleRate, Samples};
use ringcraft_media::wav::Wav;

const LINKS: [(&str, Encoding, SampleRate); 3] = [
    ("pcm16 16 kHz", Encoding::PcmS16le, SampleRate::Hz16000),
    ("mu-law 8 kHz", Encoding::MuLaw, SampleRate::Hz8000),
    ("pcm16 48 kHz", Encoding::PcmS16le, SampleRate::Hz48000),
];

const CLIP: &[u8] = include_bytes!("../tests/audio/slt.wav");

fn messages(encoding: Encoding, rate: SampleRate) -> Vec<Vec<u8>> {
    let wav = Wav::parse(CLIP).expect("the clip is a WAV file");
    let clip: Vec<f32> = wav.channel(0).map(sample_from_i16).collect();
    let mut speech = Vec::new();
    let mut resampler = Resampler::new(wav.rate_hz, rate.hz()).expect("a link's rate");
    resampler.push(&clip, |ready| speech.extend_from_slice(ready));
    let mut frame = Frame::silence(rate);
    let message = |samples: &[f32]| {
        frame.samples_mut().copy_from_slice(samples);
        let mut payload = Vec::new();
        encoding.encode(&frame, &mut payload);
        payload
    };
    speech.chunks_exact(rate.frame_len()).map(message).collect()
}

fn ingress(c: &mut Criterion) {
    let mut group = c.benchmark_group("ingress, one frame");
    for (name, encoding, rate) in LINKS {
        let messages = messages(encoding, rate);
        let mut ingress = Ingress::new(encoding, rate);
        let mut n = 0_u64;
        group.bench_function(name, |b| {
            b.iter(|| {
                let payload = &messages[n as usize % messages.len()];
                let media_time = Samples(n * rate.frame_len() as u64);
                let now = CallTime::from_ms((n + 1) * FRAME_MS);
                ingress.receive(now, media_time, payload).expect("the message is whole");
                while let Some(event) = ingress.poll() {
                    black_box(event);
                }
                n += 1;
            });
        });
    }
}

fn playout(c: &mut Criterion) {
    let mut group = c.benchmark_group("playout and tape, one frame");
    let wav = Wav::parse(CLIP).expect("the clip is a WAV file");
    let chunk: Vec<i16> = wav.channel(0).collect();
    for (name, encoding, rate) in LINKS {
        let mut playout = Playout::new(rate);
        let mut tape = Tape::new(rate);
        let mut payload = Vec::new();
        let reply = ReplyId(1);
        playout.play(reply);
        let mut n = 0_u64;
        // The voice's side is part of a frame's cost: a chunk is pushed when its time comes.
        let frames_per_chunk = chunk.len() as u64 / 320;
        group.bench_function(name, |b| {
            b.iter(|| {
                if n.is_multiple_of(frames_per_chunk) {
                    playout.push(reply, wav.rate_hz, &chunk).expect("it is played as it comes");
                }
                while let Some(out) = playout.tick(CallTime::from_ms(n * FRAME_MS)) {
                    encoding.encode(out.frame, &mut payload);
                    tape.persona(out.at, out.sound());
                }
                while let Some(frame) = tape.poll() {
                    black_box(frame);
                }
                while playout.poll_event().is_some() {}
                n += 1;
            });
        });
    }
}

criterion_group!(frame, ingress, playout);
criterion_main!(frame);
