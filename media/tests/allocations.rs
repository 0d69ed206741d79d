//! The frame path allocates nothing once it is warm.

use ringcraft_media::call::ReplyId;
use ringcraft_media::codec::{Encoder, Encoding};
use ringcraft_media::frame::Frame;
use ringcraft_media::ingress::Ingress;
use ringcraft_media::playout::Playout;
use ringcraft_media::sim::{Chance, any_input};
use ringcraft_media::tape::Tape;
use ringcraft_media::turn::{Floor, Policy};
use ringcraft_media::units::{CallTime, SampleRate, Samples, Span};
use ringcraft_media::wav::Wav;

const LINKS: [(Encoding, SampleRate); 4] = [
    (Encoding::PcmS16le, SampleRate::Hz16000),
    (Encoding::MuLaw, SampleRate::Hz8000),
    (Encoding::PcmS16le, SampleRate::Hz48000),
    (Encoding::Opus, SampleRate::Hz48000),
];

/// Long enough for a whole clip with its edges, and for every queue to reach its size.
const WARM_FRAMES: u64 = 300;

const MEASURED_FRAMES: u64 = 300;

/// A clip of speech as a link sends it, in messages of 20 ms.
fn messages(encoding: Encoding, rate: SampleRate) -> Vec<Vec<u8>> {
    let file = include_bytes!("audio/slt.wav");
    let wide: Vec<i16> = Wav::parse(file).expect("the clip is a WAV file").channel(0).collect();
    let samples = wide.len() * rate.frame_len() / SampleRate::Hz16000.frame_len();
    let at = |n: usize| wide[n * SampleRate::Hz16000.frame_len() / rate.frame_len()];
    let speech: Vec<f32> = (0..samples).map(|n| f32::from(at(n)) / 32_768.0).collect();
    let mut encoder = Encoder::new(encoding, rate);
    let mut frame = Frame::silence(rate);
    let message = |samples: &[f32]| {
        frame.samples_mut().copy_from_slice(samples);
        let mut payload = Vec::new();
        encoder.encode(&frame, &mut payload);
        payload
    };
    speech.chunks_exact(rate.frame_len()).map(message).collect()
}

#[test]
fn the_counter_counts() {
    let measured = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
    assert_eq!(measured.count_total, 1);
}

#[test]
fn ingress_allocates_nothing_once_warm() {
    for (encoding, rate) in LINKS {
        let messages = messages(encoding, rate);
        let mut ingress = Ingress::new(encoding, rate);
        let mut events = 0;
        let mut send = |n: u64| {
            // Every fiftieth message is lost, every thirtieth comes twice.
            let now = CallTime::from_ms(20 * n);
            for _ in 0..1 + u64::from(n % 30 == 1) - u64::from(n % 50 == 2) {
                let payload = &messages[n as usize % messages.len()];
                let media_time = Samples(n * rate.frame_len() as u64);
                ingress.receive(now, n, media_time, payload).expect("the message is whole");
            }
            while ingress.poll().is_some() {
                events += 1;
            }
        };
        (0..WARM_FRAMES).for_each(&mut send);
        let measured = allocation_counter::measure(|| {
            (WARM_FRAMES..WARM_FRAMES + MEASURED_FRAMES).for_each(&mut send);
        });
        assert_eq!(measured.count_total, 0, "{encoding:?} at {rate:?}");
        assert!(WARM_FRAMES + MEASURED_FRAMES - 2 < events, "{events}");
    }
}

#[test]
fn playout_and_tape_allocate_nothing_once_warm() {
    for (encoding, rate) in LINKS {
        let mut playout = Playout::new(rate);
        let mut tape = Tape::new(rate);
        let mut encoder = Encoder::new(encoding, rate);
        let mut payload = Vec::new();
        let reply = ReplyId(1);
        playout.play(reply);
        let ten_seconds = vec![9_000; 240_000];
        for _ in 0..2 {
            playout.push(reply, 24_000, &ten_seconds).expect("20 s are not too long");
        }
        playout.finish(reply);
        let (mut sent, mut taped) = (0, 0);
        let mut tick = |n: u64| {
            let now = CallTime::ZERO + Span::ms(20 * n);
            while let Some(out) = playout.tick(now) {
                encoder.encode(out.frame, &mut payload);
                tape.persona(out.at, out.sound());
                sent += 1;
            }
            while tape.poll().is_some() {
                taped += 1;
            }
            while playout.poll_event().is_some() {}
        };
        (0..WARM_FRAMES).for_each(&mut tick);
        let measured = allocation_counter::measure(|| {
            (WARM_FRAMES..WARM_FRAMES + MEASURED_FRAMES).for_each(&mut tick);
        });
        assert_eq!(measured.count_total, 0, "{encoding:?} at {rate:?}");
        assert_eq!(sent, WARM_FRAMES + MEASURED_FRAMES + 2);
        assert!(sent - 2 <= taped, "{taped}");
    }
}

#[test]
fn the_floor_allocates_nothing_once_warm() {
    const INPUTS: u32 = 50_000;
    const WARM: u32 = 500;
    let policy = Policy { call_limit: Span::ms(100 * 3_600_000), ..Policy::default() };
    let mut chance = Chance::Seed(1);
    let (mut floor, mut now, mut told) = (Floor::new(policy.clone()), CallTime::ZERO, 0);
    let (mut allocated, mut decided) = (0, 0_u32);
    for _ in 0..INPUTS {
        if floor.is_closed() {
            (floor, now, told) = (Floor::new(policy.clone()), CallTime::ZERO, 0);
        }
        now += Span::ms(u64::from(chance.below(60)));
        let input = any_input(&mut chance, &floor, now, told);
        told += 1;
        let measured = allocation_counter::measure(|| {
            floor.handle(now, input);
            while floor.poll().is_some() {
                decided += u32::from(WARM < told);
            }
        });
        allocated += if WARM < told { measured.count_total } else { 0 };
    }
    assert_eq!(allocated, 0);
    assert!(INPUTS / 100 < decided, "{decided} decisions of warm floors");
}
