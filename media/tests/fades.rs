//! No click above −50 dBFS where the persona's voice is paused, goes on or is cut.
//!
//! The voice is held below 3 kHz, so whatever lies above 3.6 kHz was made by an edit: the loudest
//! 2 ms of it within 30 ms of an edit is the click.

use std::f32::consts::PI;

use ringcraft_media::call::ReplyId;
use ringcraft_media::codec::sample_from_i16;
use ringcraft_media::playout::{Playout, PlayoutEvent};
use ringcraft_media::tape::{Legs, Tape};
use ringcraft_media::units::{CallTime, Dbfs, SampleRate, Samples, Span};
use ringcraft_media::wav::Wav;

const RATE: SampleRate = SampleRate::Hz16000;
const REPLY: ReplyId = ReplyId(1);

const LOUDEST_CLICK: Dbfs = Dbfs(-50.0);

/// The voice ends here and the clicks begin there, in hertz.
const BAND: f32 = 3_000.0;
const ABOVE: f32 = 3_600.0;

/// Half of the filters' length: a transition of 600 Hz with 74 dB in a Blackman window takes
/// 5.5 / 600 s in all.
const HALF: usize = 80;

/// A low-pass that ends at a frequency, its transition centred 300 Hz off.
fn low_pass(centre_hz: f32) -> Vec<f32> {
    let cut = 2.0 * centre_hz / RATE.hz() as f32;
    let tap = |n: usize| {
        let at = n as f32 - HALF as f32;
        let sinc = if n == HALF { cut } else { (PI * cut * at).sin() / (PI * at) };
        let phase = PI * n as f32 / HALF as f32;
        sinc * (0.42 - 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos())
    };
    (0..=2 * HALF).map(tap).collect()
}

fn filtered(signal: &[f32], taps: &[f32]) -> Vec<f32> {
    let at = |n: usize| {
        let sample =
            |k: usize| (n + HALF).checked_sub(k).and_then(|n| signal.get(n)).unwrap_or(&0.0);
        taps.iter().enumerate().map(|(k, tap)| tap * sample(k)).sum()
    };
    (0..signal.len()).map(at).collect()
}

/// What lies above the voice's band.
fn residue(signal: &[f32]) -> Vec<f32> {
    let low = filtered(signal, &low_pass((BAND + ABOVE) / 2.0));
    signal.iter().zip(low).map(|(sample, low)| sample - low).collect()
}

/// The loudest 2 ms of a residue within 30 ms of a place.
fn click(residue: &[f32], place: usize) -> Dbfs {
    const WINDOW: usize = 32;
    const AROUND: usize = 480;
    let near = &residue[place.saturating_sub(AROUND)..(place + AROUND).min(residue.len())];
    let rms = |window: &[f32]| {
        (window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32).sqrt()
    };
    Dbfs::from_rms(near.windows(WINDOW).map(rms).fold(0.0, f32::max))
}

fn codes(signal: &[f32]) -> Vec<i16> {
    signal.iter().map(|sample| (sample * 32_767.0).round() as i16).collect()
}

/// A loud low tone and two voices, all within the band.
fn voices() -> Vec<(&'static str, Vec<f32>)> {
    let tone = |n: usize| 0.7 * (2.0 * PI * 220.0 * n as f32 / RATE.hz() as f32).sin();
    let speech = |file: &[u8]| {
        let clip: Vec<f32> =
            Wav::parse(file).expect("a WAV file").channel(0).map(sample_from_i16).collect();
        // Past the silence at the start.
        filtered(&clip, &low_pass(BAND - 300.0))[10_000..].to_vec()
    };
    vec![
        ("tone", (0..32_000).map(tone).collect()),
        ("slt", speech(include_bytes!("audio/slt.wav"))),
        ("rms", speech(include_bytes!("audio/rms.wav"))),
    ]
}

/// What was sent, on the tape, with the places where the sound stopped or began.
struct Sent {
    leg: Vec<f32>,
    edits: Vec<usize>,
    /// The same without the fades.
    hard: Vec<f32>,
}

/// Plays a voice that is paused at a moment, goes on 90 ms earlier in it after 300 ms and is
/// cancelled 400 ms later.
fn send(link: SampleRate, voice: &[f32], pause_at: Span) -> Sent {
    let mut playout = Playout::new(link);
    let mut tape = Tape::new(link);
    let start = CallTime::from_ms(100);
    playout.push(REPLY, RATE.hz(), &codes(voice)).expect("a link's rate");
    playout.chunk_done(REPLY);
    playout.play(REPLY);
    let (pause, resume) = (start + pause_at, start + pause_at + Span::ms(300));
    let cancel = resume + Span::ms(400);
    let mut legs = Legs::new(Samples(32_000));
    let mut hard = vec![0.0; 32_000];
    let (mut edits, mut runs, mut stopped) = (Vec::new(), Vec::new(), Span::ZERO);
    for ms in 0..1_900 {
        let now = CallTime::from_ms(100 + ms);
        if now == pause {
            playout.pause(REPLY, now);
        } else if now == resume {
            playout.resume(REPLY, stopped.saturating_sub(Span::ms(90)), now);
        } else if now == cancel {
            playout.cancel(REPLY);
        }
        while let Some(out) = playout.tick(now) {
            tape.persona(out.at, out.sound());
        }
        while let Some(event) = playout.poll_event() {
            match event {
                PlayoutEvent::Started { at, from, .. } => {
                    edits.push(at.samples(RATE).0 as usize);
                    runs.push((at, from));
                }
                PlayoutEvent::Stopped { at, position, .. } => {
                    tape.persona_stopped();
                    stopped = position;
                    edits.push(at.samples(RATE).0 as usize);
                    let (began, from) = *runs.last().expect("a run");
                    let from = from.samples(RATE).0 as usize;
                    let sound = &voice[from..position.samples(RATE).0 as usize];
                    let place = began.samples(RATE).0 as usize;
                    hard[place..place + sound.len()].copy_from_slice(sound);
                }
            }
        }
        while let Some(frame) = tape.poll() {
            legs.write(&frame);
        }
    }
    assert_eq!(edits.len(), 4, "it begins, is paused, goes on, is cut");
    let leg = legs.persona().iter().map(|code| sample_from_i16(*code)).collect();
    Sent { leg, edits, hard }
}

#[test]
fn no_edit_clicks() {
    for link in [RATE, SampleRate::Hz48000, SampleRate::Hz8000] {
        for (name, voice) in voices() {
            let (mut loudest, mut without) = (Dbfs::FLOOR, Dbfs::FLOOR);
            for pause_ms in (211..511).step_by(43) {
                let sent = send(link, &voice, Span::ms(pause_ms));
                let (soft, hard) = (residue(&sent.leg), residue(&sent.hard));
                for place in sent.edits {
                    let click = click(&soft, place);
                    assert!(
                        click.0 <= LOUDEST_CLICK.0,
                        "{name}, {link:?}, paused at {pause_ms} ms: {:.1} dBFS at {place}",
                        click.0
                    );
                    loudest = Dbfs(loudest.0.max(click.0));
                }
                without = Dbfs(without.0.max(loudest_of(&hard)));
            }
            // The measure hears a click where there is one.
            assert!(LOUDEST_CLICK.0 + 15.0 < without.0, "{name}: {:.1} dBFS", without.0);
            println!(
                "{name}, {link:?}: {:.1} dBFS; without fades {:.1} dBFS",
                loudest.0, without.0
            );
        }
    }
}

fn loudest_of(residue: &[f32]) -> f32 {
    (0..residue.len()).step_by(480).map(|place| click(residue, place).0).fold(-100.0, f32::max)
}
