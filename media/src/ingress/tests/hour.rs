//! An hour of a sender whose clock is wrong, over a network with jitter and loss.

use std::collections::BTreeSet;

use super::*;

const CLOCK: SampleRate = SampleRate::Hz48000;

/// Packets in an hour.
const HOUR: u64 = 180_000;

/// The packet with the click, and where in the packet it is, in microseconds.
const CLICK: (u64, u64) = (HOUR - 20, 7_000);

const MOST_JITTER_US: u64 = 60_000;

/// Numbers as good as random ones, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // Numerical Recipes, 3rd edition, section 7.1.4.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A packet of silence, and the three around the click.
fn packets() -> (Vec<u8>, [Vec<u8>; 3]) {
    let mut encoder = Encoder::new(Encoding::Opus, CLOCK);
    let mut frame = Frame::silence(CLOCK);
    let mut packet = |click: Option<usize>| {
        frame.samples_mut().fill(0.0);
        if let Some(at) = click {
            frame.samples_mut()[at] = 0.9;
        }
        let mut payload = Vec::new();
        encoder.encode(&frame, &mut payload);
        payload
    };
    let silence = (0..20).map(|_| packet(None)).last().unwrap();
    let at = Span(CLICK.1).samples(CLOCK).0 as usize;
    (silence, [packet(Some(at)), packet(None), packet(None)])
}

/// Runs an hour and says how far from its time the click was found, in microseconds.
fn click_error_us(ppm: i64, lost_percent: u64) -> i64 {
    // By our clock the sender's time takes so much longer.
    let by_our_clock = |us: u64| us.saturating_add_signed(us as i64 * ppm / 1_000_000);
    let (silence, around) = packets();
    let mut ingress = Ingress::new(Encoding::Opus, CLOCK);
    let mut dice = Dice(7);
    let mut under_way = BTreeSet::new();
    let (mut lost, mut leg_end, mut loudest) = (0, None, None);
    let mut take = |ingress: &mut Ingress| {
        while let Some(event) = ingress.poll() {
            let IngressEvent::Frame { at, pcm } = event else { continue };
            assert!(leg_end.is_none_or(|end| end == at.0), "the leg has no hole");
            leg_end = Some(at.0 + 320);
            let loud = pcm.iter().enumerate().max_by_key(|(_, sample)| sample.unsigned_abs());
            loudest = loud.map(|(n, s)| (s.unsigned_abs(), at.0 + n as u64)).max(loudest);
        }
    };
    for n in 0..HOUR {
        let sent = by_our_clock(20_000 * (n + 1));
        let is_lost = dice.below(100) < lost_percent && !(CLICK.0 - 1..CLICK.0 + 3).contains(&n);
        lost += u64::from(is_lost);
        if !is_lost {
            under_way.insert((T0.0 + sent + dice.below(MOST_JITTER_US), n));
        }
        while let Some((at, n)) = under_way.first().copied()
            && at <= T0.0 + sent
        {
            under_way.pop_first();
            while let Some(due) = ingress.poll_timeout()
                && due.0 <= at
            {
                ingress.handle_timeout(due);
                take(&mut ingress);
            }
            let payload = n.checked_sub(CLICK.0).and_then(|k| around.get(k as usize));
            let payload = payload.unwrap_or(&silence);
            ingress.receive(CallTime(at), n, Samples(960 * n), payload).unwrap();
            take(&mut ingress);
        }
    }
    let stats = ingress.stats();
    // One packet in twenty may be later than patience.
    assert!((lost..lost + HOUR / 20).contains(&stats.lost), "{} of {lost} lost", stats.lost);
    assert_eq!((stats.gaps, stats.ahead), (0, 0));
    let at = T0.0 + by_our_clock(20_000 * CLICK.0 + CLICK.1);
    let (_, found) = loudest.unwrap();
    Samples(found).span(RATE).0 as i64 - at as i64
}

#[test]
fn a_click_at_the_end_of_an_hour_lies_at_its_time_though_the_clock_is_wrong() {
    for ppm in [-200, 200] {
        let error_us = click_error_us(ppm, 0);
        assert!(error_us.abs() <= 10_000, "{ppm} ppm: {error_us} us off");
    }
}

#[test]
fn a_click_at_the_end_of_an_hour_lies_at_its_time_though_packets_are_lost() {
    for ppm in [-200, 200] {
        let error_us = click_error_us(ppm, 10);
        assert!(error_us.abs() <= 10_000, "{ppm} ppm: {error_us} us off");
    }
}
