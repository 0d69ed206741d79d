use super::*;
use crate::resample::Resampler;
use crate::wav::Wav;

const NARROW: SampleRate = SampleRate::Hz8000;
const WIDE: SampleRate = SampleRate::Hz16000;
const FULL: SampleRate = SampleRate::Hz48000;

/// The recorded sentences at 48 kHz.
fn speech() -> Vec<f32> {
    let file = include_bytes!("../../tests/audio/slt.wav");
    let wide: Vec<f32> = Wav::parse(file).unwrap().channel(0).map(sample_from_i16).collect();
    let mut full = Vec::new();
    let mut resampler = Resampler::new(WIDE.hz(), FULL.hz()).unwrap();
    resampler.push(&wide, |ready| full.extend_from_slice(ready));
    full
}

/// Every whole frame of 20 ms at 48 kHz, encoded.
fn packets(speech: &[f32], encoder: &mut Encoder) -> Vec<Vec<u8>> {
    let mut frame = Frame::silence(FULL);
    let packet = |samples: &[f32]| {
        frame.samples_mut().copy_from_slice(samples);
        let mut payload = Vec::new();
        encoder.encode(&frame, &mut payload);
        payload
    };
    speech.chunks_exact(FULL.frame_len()).map(packet).collect()
}

fn opus_packets() -> Vec<Vec<u8>> {
    packets(&speech(), &mut Encoder::new(Encoding::Opus, FULL))
}

/// How much two stretches of sound are the same: 1 when one is the other, louder or softer.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f32::MIN_POSITIVE)
}

#[test]
fn a_frame_comes_back_as_it_went() {
    for rate in [NARROW, WIDE, FULL] {
        let mut sent = Frame::silence(rate);
        for (n, sample) in sent.samples_mut().iter_mut().enumerate() {
            *sample = sample_from_i16((n as i16).wrapping_mul(977));
        }
        let mut payload = Vec::new();
        Encoder::new(Encoding::PcmS16le, rate).encode(&sent, &mut payload);
        assert_eq!(payload.len(), rate.frame_len() * 2);
        let mut got = [0.0; LONGEST_DECODED];
        let len = Decoder::new(Encoding::PcmS16le, rate).decode(&payload, &mut got);
        assert_eq!(len, Ok(rate.frame_len()));
        assert_eq!(&got[..rate.frame_len()], sent.samples());
    }
}

#[test]
fn a_payload_of_another_length_is_refused_and_writes_nothing() {
    let mut out = [0.5; LONGEST_DECODED];
    let mut decoder = Decoder::new(Encoding::MuLaw, NARROW);
    for got in [0, 159, 161, 320] {
        let result = decoder.decode(&vec![0; got], &mut out);
        assert_eq!(result, Err(BadPayload::Size { expected: 160, got }));
    }
    assert!(out.iter().all(|sample| *sample == 0.5));
}

#[test]
fn speech_over_opus_lies_as_late_as_the_codec_says() {
    let speech = speech();
    let mut decoder = Decoder::new(Encoding::Opus, FULL);
    assert_eq!(decoder.rate(), WIDE);
    let mut heard = Vec::new();
    let mut out = [0.0; LONGEST_DECODED];
    for packet in opus_packets() {
        // 32 kbit/s are 80 bytes in 20 ms; a variable rate doubles that at most.
        assert!(packet.len() < 200, "{}", packet.len());
        assert_eq!(decoder.decode(&packet, &mut out), Ok(320));
        heard.extend_from_slice(&out[..320]);
    }
    let said: Vec<f32> = speech.iter().step_by(3).copied().collect();
    let late = |lag: usize| correlation(&heard[lag..], &said[..heard.len() - lag]);
    let best = (60..150).max_by(|a, b| late(*a).total_cmp(&late(*b))).unwrap();
    let expected = Encoding::Opus.delay().samples(WIDE).0 as usize;
    assert!(best.abs_diff(expected) <= 4, "{best} samples late, not {expected}");
    assert!(0.9 < late(best), "{}", late(best));
}

#[test]
fn packets_of_every_length_and_stereo_are_decoded() {
    use ::opus::{Application, Channels, Encoder};
    let speech = speech();
    let mut out = [0.0; LONGEST_DECODED];
    for (channels, count) in [(Channels::Mono, 1), (Channels::Stereo, 2)] {
        for tenths_ms in [25, 50, 100, 200, 400, 600, 800, 1_000, 1_200] {
            let mut encoder = Encoder::new(48_000, channels, Application::Voip).unwrap();
            let mut decoder = Decoder::new(Encoding::Opus, FULL);
            let len = 48 * tenths_ms / 10;
            let sound: Vec<f32> = speech[..len].iter().flat_map(|s| vec![*s; count]).collect();
            let packet = encoder.encode_vec_float(&sound, 1_500).unwrap();
            let decoded = decoder.decode(&packet, &mut out);
            assert_eq!(decoded, Ok(len / 3), "{tenths_ms} tenths of a ms, {channels:?}");
            assert_eq!(decoder.len(&packet), decoded);
        }
    }
}

#[test]
fn rubbish_is_refused_and_the_stream_goes_on_as_before() {
    let packets = opus_packets();
    let [mut one, mut other] = [(); 2].map(|()| Decoder::new(Encoding::Opus, FULL));
    let (mut heard, mut same) = ([0.0; LONGEST_DECODED], [0.0; LONGEST_DECODED]);
    for packet in &packets[40..60] {
        one.decode(packet, &mut heard).unwrap();
        other.decode(packet, &mut same).unwrap();
        // Nothing at all; 61 frames; two frames of one size in an odd number of bytes; 60 ms three
        // times; a first frame that is longer than the packet.
        for rubbish in [
            &[][..],
            &[0xff, 0x3d, 1],
            &[0x01, 7, 7, 7, 7, 7],
            &[0x1b, 0x03, 0, 0, 0],
            &[0x02, 200, 1],
        ] {
            assert_eq!(one.decode(rubbish, &mut heard), Err(BadPayload::Opus), "{rubbish:?}");
        }
    }
    one.decode(&packets[60], &mut heard).unwrap();
    other.decode(&packets[60], &mut same).unwrap();
    assert_eq!(heard[..320], same[..320]);
}

/// The level of a stretch of sound.
fn level(samples: &[f32]) -> f32 {
    let mut meter = crate::level::LevelMeter::default();
    meter.push(samples);
    meter.level().0
}

#[test]
fn what_the_next_packet_repeats_is_much_nearer_than_what_is_made_up() {
    let packets = opus_packets();
    let (mut rebuilt, mut made_up, mut count) = (0.0, 0.0, 0.0);
    for lost in (20..packets.len() - 1).step_by(7) {
        let [mut whole, mut with_fec, mut without] =
            [(); 3].map(|()| Decoder::new(Encoding::Opus, FULL));
        let mut sound = [[0.0; LONGEST_DECODED]; 3];
        for packet in &packets[lost - 20..lost] {
            for (decoder, out) in
                [&mut whole, &mut with_fec, &mut without].into_iter().zip(&mut sound)
            {
                decoder.decode(packet, out).unwrap();
            }
        }
        whole.decode(&packets[lost], &mut sound[0]).unwrap();
        let next = &packets[lost + 1];
        if level(&sound[0][..320]) < -35.0 || with_fec.repeated(next) == 0 {
            continue;
        }
        assert_eq!(with_fec.repeated(next), 320);
        with_fec.rebuild(next, &mut sound[1][..320]);
        without.conceal(&mut sound[2][..320]);
        rebuilt += correlation(&sound[0][..320], &sound[1][..320]);
        made_up += correlation(&sound[0][..320], &sound[2][..320]);
        count += 1.0;
    }
    assert!(10.0 < count, "speech repeats itself: {count}");
    let (rebuilt, made_up) = (rebuilt / count, made_up / count);
    assert!(0.85 < rebuilt, "{rebuilt}");
    assert!(made_up < rebuilt - 0.2, "rebuilt {rebuilt}, made up {made_up}");
}

#[test]
fn nothing_is_repeated_for_a_far_side_that_loses_nothing() {
    let mut encoder = Encoder::new(Encoding::Opus, FULL);
    encoder.expect_loss(0);
    let decoder = Decoder::new(Encoding::Opus, FULL);
    let packets = packets(&speech(), &mut encoder);
    assert!(packets.iter().all(|packet| decoder.repeated(packet) == 0));
    // Not SILK, cut off, or of many frames.
    for packet in [&[][..], &[0x08], &[0xfc, 0xff], &[0x0b, 0x02, 0xff, 0xff], &[0x0a, 252]] {
        assert_eq!(decoder.repeated(packet), 0, "{packet:?}");
    }
    // 20 ms wideband SILK: the second bit after one of voice activity. Stereo: also the fourth.
    for (packet, repeated) in [
        ([0x48, 0b0100_0000], 320),
        ([0x48, 0b1011_1111], 0),
        ([0x4c, 0b0001_0000], 320),
        ([0x4c, 0b1010_1111], 0),
        // 60 ms: after three.
        ([0x58, 0b0001_0000], 960),
        ([0x58, 0b1110_1111], 0),
    ] {
        assert_eq!(decoder.repeated(&packet), repeated, "{packet:?}");
    }
}

#[test]
fn concealment_fades_to_silence_in_60_ms() {
    let packets = opus_packets();
    let mut decoder = Decoder::new(Encoding::Opus, FULL);
    let mut out = [0.0; LONGEST_DECODED];
    let mut levels = packets.iter().map(|packet| {
        decoder.decode(packet, &mut out).unwrap();
        level(&out[..320])
    });
    // Two loud packets in a row: the middle of a vowel.
    let mut before = f32::MIN;
    let loud = levels.position(|level| -22.0 < std::mem::replace(&mut before, level).min(level));
    drop(levels);
    let mut made_up = [1.0; 960];
    decoder.conceal(&mut made_up);
    let levels: Vec<f32> = made_up.chunks(320).map(level).collect();
    assert!(-30.0 < levels[0] && levels[2] < levels[0] - 10.0, "{levels:?}");
    assert!(level(&made_up[940..]) < -45.0, "{}", level(&made_up[940..]));
    // What follows comes up within 5 ms.
    decoder.decode(&packets[loud.unwrap() + 4], &mut out).unwrap();
    assert_eq!(out[0], 0.0);
}
