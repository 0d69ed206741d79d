use proptest::prelude::*;

use super::*;
use crate::codec::{Encoder, sample_from_i16};
use crate::frame::Frame;
use crate::resample::Resampler;
use crate::wav::Wav;

mod hour;
mod opus;

const RATE: SampleRate = SampleRate::Hz16000;

/// When the first message of a test arrives.
const T0: CallTime = CallTime::from_ms(5_000);

/// Where its first sample lies at 16 kHz: its last one was spoken as it arrived.
const START: u64 = 4_980 * 16;

fn after(ms: u64) -> CallTime {
    T0 + Span::ms(ms)
}

fn pcm16(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn drain(ingress: &mut Ingress) -> Vec<IngressEvent> {
    std::iter::from_fn(|| ingress.poll()).collect()
}

/// Message `n` of a steady 16 kHz sender, filled with its own number.
fn send(ingress: &mut Ingress, now: CallTime, n: u64) -> Vec<IngressEvent> {
    let payload = pcm16(&[100 + n as i16; 320]);
    ingress.receive(now, n, Samples(n * 320), &payload).unwrap();
    drain(ingress)
}

/// The place and first sample of every frame.
fn frames(events: &[IngressEvent]) -> Vec<(u64, i16)> {
    let frame = |event: &IngressEvent| match event {
        IngressEvent::Frame { at, pcm } => Some((at.0, pcm[0])),
        _ => None,
    };
    events.iter().filter_map(frame).collect()
}

fn without_frames(events: Vec<IngressEvent>) -> Vec<IngressEvent> {
    events.into_iter().filter(|event| !matches!(event, IngressEvent::Frame { .. })).collect()
}

fn ingress() -> Ingress {
    Ingress::new(Encoding::PcmS16le, RATE)
}

/// An ingress that took messages 0 to `count` − 1 in time.
fn flowing(count: u64) -> Ingress {
    let mut ingress = ingress();
    for n in 0..count {
        send(&mut ingress, after(20 * n), n);
    }
    ingress
}

#[test]
fn samples_of_a_link_at_16_khz_pass_unchanged() {
    let mut ingress = ingress();
    let pcm: Vec<i16> = (0..320).map(|n| (n * 97 - 15_000) as i16).collect();
    ingress.receive(T0, 0, Samples(77), &pcm16(&pcm)).unwrap();
    let IngressEvent::Frame { at, pcm: got } = ingress.poll().unwrap() else { panic!() };
    assert_eq!((at, &got[..]), (Samples(START), &pcm[..]));
    assert_eq!(ingress.poll(), None);
}

#[test]
fn what_was_spoken_before_the_call_began_is_cut_off() {
    let mut ingress = ingress();
    assert_eq!(send(&mut ingress, CallTime::ZERO, 0), [], "spoken before, all of it");
    assert_eq!(ingress.stats().early, 1);
    // The first 15 of its 20 ms were before, too.
    assert_eq!(send(&mut ingress, CallTime::from_ms(5), 1), []);
    let events = send(&mut ingress, CallTime::from_ms(25), 2);
    let [IngressEvent::Frame { at: Samples(0), pcm }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((pcm[79], pcm[80]), (101, 102));
    // So the leg is on its line, and nothing has to be made up for.
    for n in 3..1_000 {
        send(&mut ingress, CallTime::from_ms(5 + 20 * (n - 1)), n);
    }
    ingress.finish();
    assert_eq!(ingress.leg.position(), Some(CallTime::from_ms(5 + 20 * 998)));
}

#[test]
fn jitter_does_not_move_positions() {
    let mut ingress = ingress();
    let mut found = Vec::new();
    for (n, late_ms) in [0, 13, 60, 40, 20, 0, 90, 70].into_iter().enumerate() {
        found.extend(send(&mut ingress, after(20 * n as u64 + late_ms), n as u64));
    }
    let places: Vec<u64> = frames(&found).iter().map(|(at, _)| *at).collect();
    assert_eq!(places, (0..8).map(|n| START + 320 * n).collect::<Vec<_>>());
    assert_eq!(without_frames(found), []);
}

#[test]
fn a_click_lies_at_its_call_time_at_every_rate() {
    for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
        let mut ingress = Ingress::new(Encoding::PcmS16le, rate);
        let len = rate.frame_len();
        let mut sound = vec![0_i16; len * 50];
        // 333 ms after the start.
        sound[rate.hz() as usize * 333 / 1_000] = 30_000;
        let mut leg = vec![0_i16; 16_000];
        for (n, message) in sound.chunks(len).enumerate() {
            let media_time = Samples(1_000_000 + (n * len) as u64);
            ingress.receive(after(20 * n as u64), n as u64, media_time, &pcm16(message)).unwrap();
            for event in drain(&mut ingress) {
                let IngressEvent::Frame { at, pcm } = event else { continue };
                let place = (at.0 - START) as usize;
                leg[place..place + 320].copy_from_slice(&pcm);
            }
        }
        let loudest = (0..leg.len()).max_by_key(|n| leg[*n].unsigned_abs()).unwrap();
        assert!(loudest.abs_diff(333 * 16) <= 1, "{rate:?}: {loudest}");
        ingress.finish();
        let tail = frames(&drain(&mut ingress));
        let last = START + 49 * 320;
        assert_eq!(tail.len(), usize::from(rate != RATE), "{rate:?}");
        assert!(tail.iter().all(|(at, _)| *at == last), "{rate:?}: {tail:?}");
    }
}

#[test]
fn what_comes_twice_or_too_late_is_dropped_and_counted() {
    let mut ingress = flowing(4);
    for n in [3, 0, 2] {
        assert_eq!(send(&mut ingress, after(75), n), []);
    }
    assert_eq!(frames(&send(&mut ingress, after(80), 4)), [(START + 4 * 320, 104)]);
    assert_eq!(ingress.stats(), Stats { taken: 5, behind: 3, ..Stats::default() });
}

#[test]
fn what_is_not_a_message_changes_nothing() {
    let mut ingress = flowing(2);
    for len in [0, 1, 639, 641, 70_000] {
        let error = ingress.receive(after(40), 2, Samples(640), &vec![9; len]).unwrap_err();
        assert_eq!(error, IngressError::Payload(BadPayload::Size { expected: 640, got: len }));
    }
    let far = Samples(u64::MAX);
    assert_eq!(ingress.receive(after(40), 2, far, &[0; 640]), Err(IngressError::Index(far)));
    assert_eq!(drain(&mut ingress), []);
    assert_eq!(frames(&send(&mut ingress, after(40), 2)), [(START + 640, 102)]);
    assert_eq!(ingress.stats(), Stats { taken: 3, refused: 6, ..Stats::default() });
}

#[test]
fn what_the_sender_left_out_becomes_silence() {
    let mut ingress = flowing(3);
    // No number is missing, only time.
    ingress.receive(after(100), 3, Samples(5 * 320), &pcm16(&[105; 320])).unwrap();
    let events = drain(&mut ingress);
    let at = |n: u64| START + n * 320;
    assert_eq!(events.len(), 3, "no gap is worth telling");
    assert_eq!(frames(&events), [(at(3), 0), (at(4), 0), (at(5), 105)]);
    assert_eq!(ingress.stats(), Stats { taken: 4, silence: 640, ..Stats::default() });
}

#[test]
fn lost_messages_become_silence_without_a_click() {
    let mut ingress = ingress();
    let sound = pcm16(&[8_000; 320]);
    let mut leg = Vec::new();
    for n in [0, 1, 2, 6, 7] {
        ingress.receive(after(20 * n), n, Samples(320 * n), &sound).unwrap();
        for event in drain(&mut ingress) {
            if let IngressEvent::Frame { pcm, .. } = event {
                leg.extend_from_slice(&pcm);
            }
        }
    }
    assert_eq!(leg.len(), 8 * 320);
    assert_eq!(ingress.stats(), Stats { taken: 5, lost: 3, concealed: 960, ..Stats::default() });
    // 5 ms down, 5 ms up: 80 steps of 100.
    assert!(leg.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 101));
    assert!(leg[3 * 320 + 80..6 * 320].iter().all(|sample| *sample == 0));
    assert!(leg[6 * 320 + 80..].iter().all(|sample| *sample == 8_000));
}

#[test]
fn a_longer_gap_is_told_and_filled() {
    let mut ingress = flowing(3);
    let events = send(&mut ingress, after(560), 28);
    let gap = IngressEvent::Gap { at: CallTime::from_ms(5_040), span: Span::ms(500) };
    assert_eq!(events[0], gap);
    let frames = frames(&events);
    assert_eq!(frames.len(), 26);
    let place = |n: usize| START + 960 + 320 * n as u64;
    assert!(frames.iter().enumerate().all(|(n, frame)| frame.0 == place(n)));
    assert!(frames[1..25].iter().all(|frame| frame.1 == 0));
    assert_eq!(ingress.stats().gaps, 1);
}

#[test]
fn a_gap_of_more_than_ten_seconds_is_jumped_over() {
    let mut ingress = flowing(3);
    let events = send(&mut ingress, after(30_040), 1_502);
    let gap = IngressEvent::Gap { at: CallTime::from_ms(5_040), span: Span::ms(29_980) };
    assert_eq!(without_frames(events.clone()), [gap]);
    assert_eq!(frames(&events), [(START + 1_502 * 320, 1_602)]);
}

#[test]
fn a_sender_that_paused_without_counting_is_moved_to_now() {
    let mut ingress = flowing(10);
    // It was silent for three seconds; its index goes on as if nothing had been.
    let mut events = Vec::new();
    for n in 10..70 {
        events.extend(send(&mut ingress, after(20 * n + 3_000), n));
    }
    let gaps = without_frames(events.clone());
    // It takes a second to tell a pause from a network that held everything up.
    assert_eq!(gaps, [IngressEvent::Gap { at: after(60 * 20 - 20), span: Span::ms(3_000) }]);
    assert_eq!(frames(&events).last(), Some(&(START + (69 * 20 + 3_000) * 16, 169)));
}

#[test]
fn a_network_that_held_everything_up_moves_nothing() {
    let mut ingress = flowing(10);
    let mut events = Vec::new();
    for n in 10..160 {
        events.extend(send(&mut ingress, after(3_200 + n), n));
    }
    assert_eq!(without_frames(events.clone()), []);
    assert_eq!(frames(&events).last(), Some(&(START + 159 * 320, 259)));
}

#[test]
fn a_leg_that_runs_ahead_uses_a_pause_to_come_back() {
    let mut ingress = ingress();
    // The first message was held up for 600 ms, then the rest comes at once and then in time.
    let mut last = Vec::new();
    for n in 0..120 {
        last = send(&mut ingress, after((20 * n).max(600)), n);
    }
    // 27 messages make 600 ms to 60; a few samples are left out besides.
    assert_eq!(ingress.stats().ahead, 27);
    let ahead = frames(&last)[0].0 - (START + 119 * 320);
    assert!((16 * 40..16 * 60).contains(&ahead), "{ahead}");
}

#[test]
fn a_leg_that_runs_a_little_ahead_comes_back_by_single_samples() {
    let mut ingress = ingress();
    // The first messages were held up for 50 ms.
    let ahead_us = |ingress: &Ingress, n: u64| {
        ingress.leg.position().unwrap().0 as i64 - after(20 * n).0 as i64
    };
    for n in 0..=1_500 {
        send(&mut ingress, after((20 * n).max(50)), n);
        match n {
            // One sample in 160 in the first two seconds, and all of it in ten.
            100 => assert!((37_400..37_700).contains(&ahead_us(&ingress, n))),
            500.. => assert!((300..600).contains(&ahead_us(&ingress, n)), "{n}"),
            _ => {}
        }
    }
    let stats = ingress.stats();
    assert_eq!((stats.ahead, stats.taken), (0, 1_501), "nothing is left out whole");
}

#[test]
fn soft_ends_of_words_are_kept_while_a_leg_runs_ahead() {
    let mut ingress = ingress();
    // Loud, then too soft for a level of speech, for less than a pause: 400 ms ahead all the while.
    let tone = |peak: i16| -> Vec<u8> {
        [peak, -peak].repeat(160).iter().flat_map(|s| s.to_le_bytes()).collect()
    };
    let (loud, soft) = (tone(6_000), tone(200));
    for n in 0..70_u64 {
        let payload = if n % 14 < 5 { &loud } else { &soft };
        ingress.receive(after(400.max(20 * n)), n, Samples(320 * n), payload).unwrap();
        drain(&mut ingress);
    }
    assert_eq!(ingress.stats().ahead, 0, "nine soft messages in a row are no pause");
    for n in 70..130_u64 {
        ingress.receive(after(20 * n), n, Samples(320 * n), &soft).unwrap();
        drain(&mut ingress);
    }
    assert!(15 < ingress.stats().ahead, "a pause is used to catch up");
}

#[test]
fn the_beginning_of_speech_is_never_left_out_to_catch_up() {
    let mut ingress = ingress();
    // 400 ms ahead from the second message on, and loud before the segmenter knows of a voice.
    let loud: Vec<u8> =
        [6_000_i16, -6_000].repeat(160).iter().flat_map(|s| s.to_le_bytes()).collect();
    for n in 0..25_u64 {
        let now = after(if n == 0 { 400 } else { 400.max(20 * n) });
        ingress.receive(now, n, Samples(320 * n), &loud).unwrap();
        drain(&mut ingress);
    }
    assert_eq!(ingress.stats().ahead, 0, "loud messages are kept");
}

#[test]
fn media_is_lost_after_two_seconds_and_comes_back() {
    let mut ingress = ingress();
    assert_eq!(ingress.poll_timeout(), None);
    ingress.handle_timeout(after(9_000));
    assert_eq!(drain(&mut ingress), []);
    send(&mut ingress, T0, 0);
    assert_eq!(ingress.poll_timeout(), Some(after(2_000)));
    ingress.handle_timeout(after(1_999));
    assert_eq!(drain(&mut ingress), []);
    ingress.handle_timeout(after(2_000));
    assert_eq!(drain(&mut ingress), [IngressEvent::MediaLost { since: T0 }]);
    assert_eq!(ingress.poll_timeout(), None);
    ingress.handle_timeout(after(3_000));
    ingress.link_closed();
    assert_eq!(drain(&mut ingress), []);
    let events = send(&mut ingress, after(4_000), 200);
    assert_eq!(events[0], IngressEvent::MediaBack);
    assert!(matches!(events[1], IngressEvent::Gap { .. }));
    assert_eq!(frames(&events).last().map(|frame| frame.0), Some(START + 200 * 320));
}

#[test]
fn a_new_link_counts_from_anywhere_and_goes_on_by_the_clock() {
    let mut ingress = flowing(5);
    ingress.link_closed();
    assert_eq!(drain(&mut ingress), [IngressEvent::MediaLost { since: after(80) }]);
    ingress.relink(Encoding::MuLaw, SampleRate::Hz8000);
    let mut events = Vec::new();
    for n in 0..10_u64 {
        // 0x00 is the loudest code, −32124.
        let media_time = Samples(900_000 + 160 * n);
        ingress.receive(after(1_000 + 20 * n), n, media_time, &[0x00; 160]).unwrap();
        events.extend(drain(&mut ingress));
    }
    ingress.finish();
    events.extend(drain(&mut ingress));
    let gap = IngressEvent::Gap { at: after(80), span: Span::ms(900) };
    assert_eq!(events[0], IngressEvent::MediaBack);
    assert_eq!(events[1], gap);
    let frames = frames(&events);
    assert!(frames.windows(2).all(|pair| pair[1].0 == pair[0].0 + 320), "no hole");
    assert_eq!(frames.first().map(|frame| frame.0), Some(START + 5 * 320));
    assert_eq!(frames.last().map(|frame| frame.0), Some(START + 59 * 320));
    assert!(frames[..45].iter().all(|frame| frame.1.abs() < 2_500), "silence up to the new link");
    assert!(frames[46..].iter().all(|frame| frame.1 < -30_000), "then its sound");
}

#[test]
fn a_sender_that_began_anew_is_heard_after_a_second() {
    let mut ingress = ingress();
    for n in 1_000..1_010 {
        send(&mut ingress, after(20 * (n - 1_000)), n);
    }
    let mut events = Vec::new();
    for n in 0..60 {
        events.extend(send(&mut ingress, after(200 + 20 * n), n));
    }
    assert_eq!(ingress.stats().behind, 49);
    assert_eq!(without_frames(events.clone()).len(), 1);
    assert_eq!(frames(&events).last(), Some(&(START + 69 * 320, 159)));
}

#[test]
fn speech_over_a_telephone_is_found_where_it_was_spoken() {
    // `vad` has the times of the phones; a telephone adds 5 ms to noticing, not to the edges.
    let file = include_bytes!("../../tests/audio/slt.wav");
    let speech: Vec<f32> = Wav::parse(file).unwrap().channel(0).map(sample_from_i16).collect();
    let mut narrow = Vec::new();
    let mut resampler = Resampler::new(16_000, 8_000).unwrap();
    resampler.push(&speech, |ready| narrow.extend_from_slice(ready));
    let mut ingress = Ingress::new(Encoding::MuLaw, SampleRate::Hz8000);
    let mut encoder = Encoder::new(Encoding::MuLaw, SampleRate::Hz8000);
    let (mut frame, mut payload) = (Frame::silence(SampleRate::Hz8000), Vec::new());
    let mut edges = Vec::new();
    for (n, message) in narrow.chunks_exact(160).enumerate() {
        frame.samples_mut().copy_from_slice(message);
        encoder.encode(&frame, &mut payload);
        ingress.receive(after(20 * n as u64), n as u64, Samples(160 * n as u64), &payload).unwrap();
        for event in drain(&mut ingress) {
            match event {
                IngressEvent::VoiceOn { at } | IngressEvent::VoiceOff { at, .. } => {
                    edges.push(at.as_ms() - 4_980);
                }
                _ => {}
            }
        }
    }
    assert_eq!(edges.len(), 4, "{edges:?}");
    for (edge, spoken) in edges.iter().zip([662, 2_156, 2_589, 4_128_u64]) {
        assert!(edge.abs_diff(spoken) <= 60, "{edges:?}");
    }
}

#[test]
fn a_voice_that_is_cut_off_by_a_lost_link_ends() {
    let file = include_bytes!("../../tests/audio/slt.wav");
    let speech: Vec<i16> = Wav::parse(file).unwrap().channel(0).collect();
    let mut ingress = ingress();
    let mut events = Vec::new();
    for (n, message) in speech[..16_000].chunks_exact(320).enumerate() {
        let media_time = Samples(320 * n as u64);
        ingress.receive(after(20 * n as u64), n as u64, media_time, &pcm16(message)).unwrap();
        events.extend(drain(&mut ingress));
    }
    ingress.handle_timeout(after(3_000));
    events.extend(drain(&mut ingress));
    let [IngressEvent::VoiceOn { .. }, IngressEvent::VoiceOff { at, .. }, ref lost] =
        without_frames(events)[..]
    else {
        panic!("on, off and lost");
    };
    assert!(at <= CallTime::from_ms(5_980));
    assert_eq!(*lost, IngressEvent::MediaLost { since: after(980) });
}

/// Opus packets of 2.5, 10, 20 and 60 ms, and what is none.
fn opus_payloads() -> Vec<Vec<u8>> {
    let mut encoder =
        ::opus::Encoder::new(48_000, ::opus::Channels::Mono, ::opus::Application::Voip).unwrap();
    let mut packet = |len: usize| {
        let sound: Vec<f32> = (0..len).map(|n| (n as f32 * 0.05).sin() * 0.3).collect();
        encoder.encode_vec_float(&sound, 1_500).unwrap()
    };
    let mut payloads: Vec<Vec<u8>> = [120, 480, 960, 2_880].map(&mut packet).into();
    payloads.extend([vec![], vec![0x01, 7, 7, 7, 7, 7], vec![0xff, 0x3d, 1], vec![0; 1_600]]);
    payloads
}

fn anything() -> impl Strategy<Value = (u64, u64, u64, u8)> {
    let seq = prop_oneof![0..40_u64, any::<u64>()];
    let media_time = prop_oneof![0..9_000_u64, 0..1_000_000_u64, any::<u64>()];
    (0..400_000_u64, seq, media_time, any::<u8>())
}

proptest! {
    /// Whatever comes, whenever, on any link: nothing panics, frames follow each other but for gaps
    /// that were told and are longer than ten seconds, none lies further in the future than a leg
    /// may run ahead, and nothing that is due waits.
    #[test]
    fn frames_never_overlap_and_never_run_into_the_future(
        messages in prop::collection::vec(anything(), 1..60),
        by_opus in any::<bool>(),
    ) {
        let opus = opus_payloads();
        let link = |by_opus| {
            if by_opus { (Encoding::Opus, SampleRate::Hz48000) } else { (Encoding::PcmS16le, RATE) }
        };
        let (mut by_opus, mut now, mut next) = (by_opus, T0, None);
        // A gap is told at once; what follows it may take more messages to fill a frame.
        let mut jumped = false;
        let mut ingress = Ingress::new(link(by_opus).0, link(by_opus).1);
        for (wait_us, seq, media_time, kind) in messages {
            now += Span(wait_us);
            ingress.handle_timeout(now);
            let mut events = drain(&mut ingress);
            prop_assert!(ingress.poll_timeout().is_none_or(|due| now < due));
            match kind {
                0..=10 => {
                    by_opus = !by_opus;
                    ingress.relink(link(by_opus).0, link(by_opus).1);
                }
                11..=20 => ingress.link_closed(),
                _ => {}
            }
            let pcm = vec![kind; 640 - usize::from(kind == 30)];
            let payload = if by_opus { &opus[usize::from(kind) % opus.len()] } else { &pcm };
            let _ = ingress.receive(now, seq, Samples(media_time), payload);
            events.extend(drain(&mut ingress));
            for event in events {
                match event {
                    IngressEvent::Gap { span, .. } => jumped |= MAX_FILL < span,
                    IngressEvent::Frame { at, .. } => {
                        prop_assert!(next.is_none_or(|next| at == next || jumped && next < at));
                        // What was before the jump may still come out after it was told.
                        jumped &= next.is_none_or(|next| next == at);
                        next = Some(at + Samples(320));
                    }
                    _ => {}
                }
            }
            let ahead = next.unwrap_or_default().span(RATE).0.saturating_sub(now.0);
            prop_assert!(ahead <= (MAX_AHEAD + Span::ms(120)).0, "{ahead} µs ahead");
        }
        let before = next;
        ingress.finish();
        for (at, _) in frames(&drain(&mut ingress)) {
            prop_assert!(before.is_none_or(|before| before.0 <= at));
        }
    }
}
