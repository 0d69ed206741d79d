//! A long call over a bad network, with the ingress and the tape of the server behind it.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use ringcraft_media::codec::{Encoder, Encoding, sample_to_i16};
use ringcraft_media::frame::Frame;
use ringcraft_media::ingress::{Ingress, IngressEvent, Stats};
use ringcraft_media::tape::{Legs, Tape};
use ringcraft_media::units::{CallTime, SampleRate, Samples};

use super::caller::Wants;
use super::wire::{Fate, Wire};
use crate::transport::webrtc::Quality;

/// In seconds. By its end a clock that is wrong by 200 ppm is 720 ms off.
const HOUR: u64 = 3_600;

/// Both sides repeat sound of this length, with one click in it.
const CYCLE_MS: u64 = 10_000;

/// Where the click is in it.
const CLICK_MS: u64 = 5_000;

/// What every packet takes at least.
const TRANSIT: Duration = Duration::from_millis(30);

const JITTER_MS: u64 = 60;

/// A bad network and a sender whose clock is wrong.
#[derive(Clone, Copy, Debug)]
struct Conditions {
    loss: f64,
    sender_ppm: i64,
}

/// What came of a call.
struct Outcome {
    rep: Vec<i16>,
    persona: Vec<i16>,
    /// Packets of the rep and of the persona.
    sent: [u64; 2],
    /// Packets of the persona that its caller heard.
    heard: u64,
    quality: Quality,
    stats: Stats,
}

fn call(seconds: u64, conditions: Conditions) -> Outcome {
    let sound = cycle();
    let mut wire = Wire::connected(Wants::UDP);
    wire.fate = network(conditions.loss);
    let begun = wire.now;
    let mut ingress = Ingress::new(Encoding::Opus, SampleRate::Hz48000);
    let mut tape = Tape::new(SampleRate::Hz48000);
    let len = Samples(seconds * 16_000);
    let mut legs = Legs::new(len);
    let mut frames = [0u64; 2];
    loop {
        // The sender's 20 ms are a little shorter or longer than ours.
        let rep_due =
            frames[0] * 20_000_000_000 / (1_000_000 + conditions.sender_ppm) as u64 * 1_000;
        let persona_due = frames[1] * 20_000_000;
        let due = rep_due.min(persona_due);
        if seconds * 1_000_000_000 <= due {
            break;
        }
        wire.run_until(begun + Duration::from_nanos(due));
        if due == rep_due {
            let packet = &sound[(frames[0] % (CYCLE_MS / 20)) as usize];
            wire.speak(frames[0] as u16, (frames[0] * 960) as u32, &packet.payload);
            frames[0] += 1;
        } else {
            let packet = &sound[(frames[1] % (CYCLE_MS / 20)) as usize];
            let at = CallTime(persona_due / 1_000);
            wire.peer.send_audio(wire.now, at, packet.payload.clone().into(), frames[1] == 0);
            tape.persona(at, &packet.sound);
            frames[1] += 1;
        }
        let arrivals = std::mem::take(&mut wire.arrivals);
        for (arrival, (seq, timestamp, payload)) in arrivals.into_iter().zip(wire.audio()) {
            let at = call_time(begun, arrival);
            ingress.handle_timeout(at);
            ingress.receive(at, seq, Samples(timestamp), &payload).expect("what was sent");
            take(&mut ingress, &mut tape, &mut legs);
        }
        ingress.handle_timeout(CallTime(due / 1_000));
        take(&mut ingress, &mut tape, &mut legs);
    }
    ingress.finish();
    tape.persona_stopped();
    take(&mut ingress, &mut tape, &mut legs);
    let (rep, persona) = legs.into_legs();
    let (quality, stats, heard) = (wire.peer.quality(), ingress.stats(), wire.caller.heard.len());
    Outcome { rep, persona, sent: frames, quality, stats, heard: heard as u64 }
}

fn call_time(begun: Instant, at: Instant) -> CallTime {
    let since = at.saturating_duration_since(begun);
    CallTime(u64::try_from(since.as_micros()).expect("no call is that long"))
}

fn take(ingress: &mut Ingress, tape: &mut Tape, legs: &mut Legs) {
    while let Some(event) = ingress.poll() {
        if let IngressEvent::Frame { at, pcm } = event {
            tape.rep(at, &pcm);
        }
    }
    while let Some(frame) = tape.poll() {
        legs.write(&frame);
    }
}

#[test]
fn every_packet_comes() {
    check(Conditions { loss: 0.0, sender_ppm: 0 });
}

#[test]
fn one_in_twenty_is_lost() {
    check(Conditions { loss: 0.05, sender_ppm: 0 });
}

#[test]
fn one_in_ten_is_lost() {
    check(Conditions { loss: 0.1, sender_ppm: 0 });
}

#[test]
fn one_in_five_is_lost() {
    check(Conditions { loss: 0.2, sender_ppm: 0 });
}

#[test]
fn the_senders_clock_is_fast() {
    check(Conditions { loss: 0.1, sender_ppm: 200 });
}

#[test]
fn the_senders_clock_is_slow() {
    check(Conditions { loss: 0.0, sender_ppm: -200 });
}

fn check(conditions: Conditions) {
    let outcome = call(HOUR, conditions);
    assert_eq!(outcome.rep.len(), outcome.persona.len());
    let [sent, said] = outcome.sent.map(|sent| sent as f64);
    let share = |lost: u64, of: f64| (lost as f64 / of - conditions.loss).abs();
    // What is on its way at the end is neither lost nor there.
    assert!(share(outcome.quality.lost_inbound, sent) < 0.01, "{:?}", outcome.quality);
    assert!(share(said as u64 - outcome.heard, said) < 0.01, "{} heard", outcome.heard);
    // Late packets count as lost to the ingress; beyond that it conceals what the network lost.
    let late = outcome.stats.behind;
    assert!(share(outcome.stats.lost.saturating_sub(late), sent) < 0.01, "{:?}", outcome.stats);
    let concealed = outcome.stats.concealed + outcome.stats.silence;
    assert!(outcome.stats.lost * 320 <= concealed + 16_000, "{:?}", outcome.stats);
    // Two ways of 30 ms, and what is added to them: 0 to 60 ms each.
    let round_trip = outcome.quality.round_trip.expect("reports came").as_ms();
    assert!((60..=180).contains(&round_trip), "{round_trip} ms");

    println!("{conditions:?}: {:?}", outcome.stats);
    let persona = clicks(&outcome.persona);
    assert_eq!(persona.len() as u64, HOUR / 10);
    for (number, at) in persona.iter().enumerate() {
        assert!((at - click_at(number as f64)).abs() < 1.0, "{number}: {at}");
    }
    let rep = clicks(&outcome.rep);
    // A click may be lost together with the packet after it, which repeats it.
    assert!((1.0 - conditions.loss) * (HOUR / 10) as f64 <= rep.len() as f64, "{}", rep.len());
    let pace = 1.0 + conditions.sender_ppm as f64 / 1e6;
    let mut furthest: f64 = 0.0;
    for at in rep {
        // A leg holds sound where its last sample arrived: 30 ms later than it was sent, which was
        // 20 ms early here, and 3 ms for the codec.
        let sent_at = at - 13.0;
        let number = ((sent_at * pace - CLICK_MS as f64) / CYCLE_MS as f64).round();
        let off = sent_at - click_at(number) / pace;
        assert!(off.abs() <= 10.0, "click {number} is {off} ms off");
        furthest = furthest.max(off.abs());
    }
    println!("{conditions:?}: no click is further off than {furthest:.1} ms");
}

/// When a click is sent, in milliseconds of its sender.
fn click_at(number: f64) -> f64 {
    number * CYCLE_MS as f64 + CLICK_MS as f64
}

/// 20 ms of the cycle, as sound and as a packet.
struct Packet {
    sound: Vec<f32>,
    payload: Vec<u8>,
}

fn cycle() -> Vec<Packet> {
    let mut encoder = Encoder::new(Encoding::Opus, SampleRate::Hz48000);
    let click = CLICK_MS * 48..(CLICK_MS + 5) * 48;
    let packet = |frame: u64| {
        let sample = |index: u64| match click.contains(&index) {
            true => 0.8 * (index as f32 * 0.2).sin(),
            false => 0.0,
        };
        let sound: Vec<f32> = (frame * 960..(frame + 1) * 960).map(sample).collect();
        let mut payload = Vec::new();
        let mut samples = Frame::silence(SampleRate::Hz48000);
        samples.samples_mut().copy_from_slice(&sound);
        encoder.encode(&samples, &mut payload);
        Packet { sound, payload }
    };
    (0..CYCLE_MS / 20).map(packet).collect()
}

fn network(loss: f64) -> Fate {
    let mut random = SmallRng::seed_from_u64(1);
    Box::new(move |_: Instant, _, _: &mut BytesMut| {
        if random.random_bool(loss) {
            return vec![];
        }
        vec![TRANSIT + Duration::from_micros(random.random_range(0..JITTER_MS * 1_000))]
    })
}

/// Where the clicks of a leg begin, in milliseconds.
fn clicks(leg: &[i16]) -> Vec<f64> {
    let threshold = sample_to_i16(0.2);
    let mut found: Vec<f64> = Vec::new();
    for (index, sample) in leg.iter().enumerate() {
        let at = index as f64 / 16.0;
        if threshold < sample.abs() && found.last().is_none_or(|last| last + 1_000.0 < at) {
            found.push(at);
        }
    }
    found
}
