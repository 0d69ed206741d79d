//! Packets that are lost, overtaken, repeated, damaged, or of any length.

use super::*;
use crate::vad::Segmenter;

const CLOCK: SampleRate = SampleRate::Hz48000;

/// Recorded speech in packets of `len` samples at 48 kHz.
fn speech(len: usize) -> Vec<Vec<u8>> {
    let file = include_bytes!("../../../tests/audio/slt.wav");
    let wide: Vec<f32> = Wav::parse(file).unwrap().channel(0).map(sample_from_i16).collect();
    let mut full = Vec::new();
    let mut resampler = Resampler::new(16_000, 48_000).unwrap();
    resampler.push(&wide, |ready| full.extend_from_slice(ready));
    let (mono, voip) = (::opus::Channels::Mono, ::opus::Application::Voip);
    let mut encoder = ::opus::Encoder::new(48_000, mono, voip).unwrap();
    encoder.set_bitrate(::opus::Bitrate::Bits(32_000)).unwrap();
    encoder.set_inband_fec(true).unwrap();
    encoder.set_packet_loss_perc(10).unwrap();
    full.chunks_exact(len).map(|sound| encoder.encode_vec_float(sound, 1_500).unwrap()).collect()
}

/// A link on which packet `n` begins at 20 ms × n, and what it made of the leg.
struct Link {
    ingress: Ingress,
    packets: Vec<Vec<u8>>,
    leg: Vec<i16>,
    told: Vec<IngressEvent>,
}

impl Link {
    fn new() -> Self {
        let ingress = Ingress::new(Encoding::Opus, CLOCK);
        Self { ingress, packets: speech(960), leg: Vec::new(), told: Vec::new() }
    }

    fn receive(&mut self, ms: u64, n: u64) {
        self.ingress.handle_timeout(after(ms));
        self.drain();
        let payload = &self.packets[n as usize];
        self.ingress.receive(after(ms), n, Samples(960 * n), payload).unwrap();
        self.drain();
    }

    fn in_time(&mut self, numbers: impl Iterator<Item = u64>) {
        numbers.for_each(|n| self.receive(20 * n, n));
    }

    fn drain(&mut self) {
        for event in drain(&mut self.ingress) {
            match event {
                IngressEvent::Frame { pcm, .. } => self.leg.extend_from_slice(&pcm),
                IngressEvent::VoiceOn { .. } | IngressEvent::VoiceOff { .. } => {}
                other => self.told.push(other),
            }
        }
    }

    /// The loudest sample of each 20 ms of the leg, counted from its start.
    fn peaks(&self, frames: std::ops::Range<usize>) -> Vec<u16> {
        let leg = &self.leg[frames.start * 320..frames.end * 320];
        let peak = |frame: &[i16]| frame.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        leg.chunks(320).map(peak).collect()
    }
}

/// The leg of a link that lost nothing.
fn whole(count: u64) -> Link {
    let mut link = Link::new();
    link.in_time(0..count);
    link
}

/// How much two stretches of sound are the same.
fn correlation(a: &[i16], b: &[i16]) -> f64 {
    let dot = |a: &[i16], b: &[i16]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn overtaken_and_repeated_packets_make_the_same_leg() {
    let expected = whole(100);
    let mut link = Link::new();
    // The first is the only one in time; all others come 50 ms later, so patience is 55 ms.
    link.receive(0, 0);
    let late = |n: u64| 20 * n + 50;
    for n in 1..100 {
        if n % 6 == 1 && (7..94).contains(&n) {
            link.receive(late(n) - 5, n + 1);
        }
        link.receive(late(n), n);
        if n % 10 == 4 {
            link.receive(late(n) + 1, n);
        }
    }
    assert!(link.leg == expected.leg);
    let stats = link.ingress.stats();
    // 15 that came early come again in their own time, ten more were repeated.
    assert_eq!((stats.taken, stats.behind, stats.lost), (100, 15 + 10, 0));
}

#[test]
fn a_lost_packet_is_rebuilt_from_the_next() {
    let expected = whole(60);
    let lost = (40..55).max_by_key(|n| expected.peaks(*n..*n + 1)[0]).unwrap();
    let mut link = Link::new();
    link.in_time((0..60).filter(|n| *n != lost as u64));
    let stats = link.ingress.stats();
    assert_eq!((stats.lost, stats.concealed, stats.silence), (1, 320, 0));
    let place = lost * 320..(lost + 1) * 320;
    let like = correlation(&link.leg[place.clone()], &expected.leg[place]);
    assert!(0.85 < like, "{like}");
    assert_eq!(link.leg.len(), expected.leg.len());
}

#[test]
fn a_burst_is_faded_out_and_its_end_rebuilt() {
    let expected = whole(80);
    let mut link = Link::new();
    link.in_time((0..80).filter(|n| !(44..56).contains(n)));
    let stats = link.ingress.stats();
    assert_eq!((stats.lost, stats.concealed, stats.silence), (12, 960 + 320, 8 * 320));
    assert_eq!(link.leg.len(), expected.leg.len());
    let peaks = link.peaks(43..56);
    assert!(1_000 < peaks[0] && peaks[3] < peaks[1], "{peaks:?}");
    assert!(peaks[4..12].iter().all(|peak| *peak == 0), "{peaks:?}");
    // 240 ms are told as a gap.
    let gap = IngressEvent::Gap { at: after(44 * 20), span: Span::ms(240) };
    let [IngressEvent::Gap { at, span }] = link.told[..] else { panic!("{:?}", link.told) };
    assert_eq!(span, Span::ms(240));
    let IngressEvent::Gap { at: place, .. } = gap else { return };
    // The first packet began 20 ms before it came, and its sound lies 6.5 ms before that.
    assert_eq!(at, CallTime(place.0 - 26_500));
}

#[test]
fn a_missing_packet_makes_no_one_wait_longer_than_patience() {
    let mut link = Link::new();
    link.receive(0, 0);
    (1..40).for_each(|n| link.receive(20 * n + 33, n));
    link.receive(41 * 20, 41);
    assert_eq!(link.leg.len(), 40 * 320);
    // Number 40 should have been here at 800 ms, and all others were 30 to 35 ms late.
    assert_eq!(link.ingress.poll_timeout(), Some(after(835)));
    link.ingress.handle_timeout(after(835));
    link.drain();
    assert_eq!(link.leg.len(), 42 * 320);
    link.receive(836, 40);
    assert_eq!((link.ingress.stats().lost, link.ingress.stats().behind), (1, 1));
}

#[test]
fn a_jump_of_the_timestamp_alone_is_the_senders_silence() {
    let mut link = Link::new();
    link.in_time(0..40);
    // Ten packets of time without a number: nothing was sent, nothing is made up.
    let payload = link.packets[40].clone();
    link.ingress.receive(after(50 * 20), 40, Samples(960 * 50), &payload).unwrap();
    link.drain();
    let stats = link.ingress.stats();
    assert_eq!((stats.lost, stats.concealed, stats.silence), (0, 0, 3_200));
    assert!(link.peaks(40..50).iter().all(|peak| *peak == 0));
    assert_eq!((link.leg.len(), link.told.len()), (51 * 320, 0));
}

#[test]
fn rubbish_is_refused_and_made_up_for() {
    let mut link = Link::new();
    link.in_time(0..40);
    for payload in [&[][..], &[0xff, 0x3d, 1], &[0; 1_600], &[0x01, 7, 7, 7, 7, 7]] {
        assert!(link.ingress.receive(after(800), 40, Samples(960 * 40), payload).is_err());
    }
    link.in_time(41..60);
    link.ingress.handle_timeout(after(1_300));
    link.drain();
    let stats = link.ingress.stats();
    assert_eq!((stats.refused, stats.taken, stats.lost, stats.concealed), (4, 59, 0, 320));
    assert_eq!(link.leg.len(), 60 * 320);
}

#[test]
fn packets_of_every_length_give_frames_of_20_ms() {
    for len in [120, 480, 1_920, 2_880] {
        let mut ingress = Ingress::new(Encoding::Opus, CLOCK);
        let mut places = Vec::new();
        let packets = speech(len);
        for (n, packet) in packets.iter().enumerate() {
            let now = T0 + Samples((n * len) as u64).span(CLOCK);
            ingress.receive(now, n as u64, Samples((n * len) as u64), packet).unwrap();
            places.extend(frames(&drain(&mut ingress)).into_iter().map(|(at, _)| at));
        }
        // The first sound lies a packet and 6.5 ms before the packet came.
        let first = 5_000 * 16 - len as u64 / 3 - 104;
        assert_eq!(places[0], first, "{len}");
        assert!(places.windows(2).all(|pair| pair[1] == pair[0] + 320), "{len}");
        assert_eq!(places.len(), packets.len() * len / 960, "{len}");
    }
}

#[test]
fn speech_over_opus_is_found_where_it_was_spoken() {
    let mut plain = Vec::new();
    let file = include_bytes!("../../../tests/audio/slt.wav");
    let speech: Vec<f32> = Wav::parse(file).unwrap().channel(0).map(sample_from_i16).collect();
    let mut segmenter = Segmenter::new(Samples(0));
    segmenter.push(&speech, |edge| plain.push(IngressEvent::from(edge)));
    let mut link = Ingress::new(Encoding::Opus, CLOCK);
    let mut found = Vec::new();
    for (n, packet) in self::speech(960).iter().enumerate() {
        link.receive(after(20 * n as u64), n as u64, Samples(960 * n as u64), packet).unwrap();
        found.extend(without_frames(drain(&mut link)));
    }
    let time = |event: &IngressEvent| match event {
        IngressEvent::VoiceOn { at } | IngressEvent::VoiceOff { at, .. } => at.as_ms(),
        _ => 0,
    };
    assert_eq!(found.len(), 4);
    for (found, plain) in found.iter().zip(&plain) {
        // The leg begins 26.5 ms before the first packet came.
        let late = (time(found) - 4_973).abs_diff(time(plain));
        assert!(late <= 32, "{late} ms");
    }
}
