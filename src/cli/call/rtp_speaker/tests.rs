use opus::{Application, Encoder};

use super::*;

const RATE: SampleRate = SampleRate::Hz16000;

/// Makes packets of 20 ms of a tone.
pub(crate) struct Sender {
    encoder: Encoder,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    sample: u32,
}

impl Sender {
    pub(crate) fn new(sequence: u16, timestamp: u32) -> Self {
        let mut encoder = Encoder::new(16_000, Channels::Mono, Application::Voip).unwrap();
        encoder.set_inband_fec(true).unwrap();
        encoder.set_packet_loss_perc(20).unwrap();
        Self { encoder, sequence, timestamp, sample: 0 }
    }

    pub(crate) fn packet(&mut self) -> RtpPacket {
        let tone: Vec<i16> = (self.sample..self.sample + 320)
            .map(|n| {
                #[expect(clippy::cast_possible_truncation, reason = "within 16 bits")]
                let sample = (8_000.0 * (f64::from(n) * 0.157).sin()) as i16;
                sample
            })
            .collect();
        self.sample += 320;
        let payload = self.encoder.encode_vec(&tone, 1_275).unwrap();
        let packet = RtpPacket {
            sequence: self.sequence,
            timestamp: self.timestamp,
            marker: false,
            payload: Bytes::from(payload),
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(960);
        packet
    }

    fn packets(&mut self, count: usize) -> Vec<RtpPacket> {
        (0..count).map(|_| self.packet()).collect()
    }
}

fn drain(speaker: &mut RtpSpeaker) -> Vec<u32> {
    speaker.reports().collect()
}

/// Takes packets 20 ms apart from `at_ms` on.
fn feed(speaker: &mut RtpSpeaker, at_ms: u64, packets: &[RtpPacket]) {
    for (packet, n) in packets.iter().zip(0..) {
        speaker.take(Span::ms(at_ms + 20 * n), packet);
    }
}

/// Whether there is sound from one millisecond to another.
fn loud(speaker: &RtpSpeaker, from_ms: usize, to_ms: usize) -> bool {
    let sound = &speaker.heard()[from_ms * 16..to_ms * 16];
    #[expect(clippy::cast_precision_loss, reason = "a level needs no more")]
    let power = sound.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / sound.len() as f64;
    2_000.0 < power.sqrt()
}

#[test]
fn a_packet_sounds_40_ms_after_it_came_and_its_place_is_reported_every_100_ms() {
    let mut speaker = RtpSpeaker::new(RATE);
    let packets = Sender::new(7, 1_000_000).packets(10);
    assert_eq!(speaker.take(Span::ms(10), &packets[0]), Taken::Begins);
    assert_eq!(speaker.take(Span::ms(30), &packets[1]), Taken::GoesOn);
    feed(&mut speaker, 50, &packets[2..7]);
    speaker.advance(Span::ms(149));
    assert!(drain(&mut speaker).is_empty());
    speaker.advance(Span::ms(150));
    assert_eq!(drain(&mut speaker), [1_000_000 + 100 * 48]);
    feed(&mut speaker, 150, &packets[7..]);
    speaker.advance(Span::ms(250));
    assert_eq!(drain(&mut speaker), [1_000_000 + 200 * 48]);
    speaker.advance(Span::ms(270));
    assert_eq!(drain(&mut speaker), [1_000_000 + 200 * 48], "all was played");
    assert!(speaker.is_silent());
    assert_eq!(speaker.last_sound(), Some(Span::ms(250)));
    assert_eq!(speaker.heard().len(), 250 * 16);
    assert!(speaker.heard()[..50 * 16].iter().all(|&sample| sample == 0));
    assert!(loud(&speaker, 60, 250));
    let expected = Reception { packets: 10, ..Reception::default() };
    assert_eq!(speaker.reception(), expected, "even arrivals have no jitter");
}

#[test]
fn a_pause_stops_at_the_sample_and_what_was_on_its_way_is_not_heard() {
    let mut speaker = RtpSpeaker::new(RATE);
    let mut sender = Sender::new(0, 0);
    feed(&mut speaker, 0, &sender.packets(5));
    speaker.pause(Span::ms(90), ReplyId(1));
    assert_eq!(drain(&mut speaker), [50 * 48], "50 ms after it began at 40 ms");
    let on_its_way = sender.packet();
    assert_eq!(speaker.take(Span::ms(95), &on_its_way), Taken::Dropped);
    speaker.advance(Span::ms(400));
    assert_eq!(speaker.heard().len(), 90 * 16);
    assert!(!speaker.is_silent(), "a paused reply is not over");
    assert!(drain(&mut speaker).is_empty());

    // The server goes on at its own time, and the message that says so is still on its way.
    sender.timestamp = 500 * 48;
    let again = RtpPacket { marker: true, ..sender.packet() };
    assert_eq!(speaker.take(Span::ms(500), &again), Taken::Begins);
    speaker.resume(Span::ms(510));
    speaker.advance(Span::ms(600));
    assert_eq!(drain(&mut speaker), [520 * 48]);
    assert_eq!(speaker.heard().len(), 560 * 16, "silence to 540 ms, then 20 ms");
    assert_eq!(speaker.reception().missing, 0, "what was dropped was not missing");
}

#[test]
fn a_resume_without_its_marker_plays_on() {
    let mut speaker = RtpSpeaker::new(RATE);
    let mut sender = Sender::new(0, 0);
    feed(&mut speaker, 0, &sender.packets(3));
    speaker.pause(Span::ms(60), ReplyId(1));
    speaker.resume(Span::ms(90));
    assert!(speaker.is_silent());
    assert_eq!(speaker.take(Span::ms(100), &sender.packet()), Taken::Begins);
}

#[test]
fn a_clear_is_over_at_once_and_the_next_reply_is_heard_whatever_was_lost() {
    let mut speaker = RtpSpeaker::new(RATE);
    let mut sender = Sender::new(0, 0);
    speaker.take(Span::ms(0), &sender.packet());
    speaker.attribute(ReplyId(3));
    feed(&mut speaker, 20, &sender.packets(3));
    speaker.clear(Span::ms(60), ReplyId(2));
    assert!(!speaker.is_silent(), "an older reply is over already");
    speaker.clear(Span::ms(60), ReplyId(3));
    assert_eq!(drain(&mut speaker), [20 * 48]);
    assert!(speaker.is_silent());
    assert_eq!(speaker.heard_of(ReplyId(3)), Span::ms(20));
    assert_eq!(speaker.take(Span::ms(80), &sender.packet()), Taken::Dropped);
    speaker.clear(Span::ms(1_000), ReplyId(4));
    assert!(drain(&mut speaker).is_empty(), "nothing of it was heard");
    // Its first packet, which has the marker, is lost.
    sender.timestamp = 2_000 * 48;
    sender.packet();
    assert_eq!(speaker.take(Span::ms(2_020), &sender.packet()), Taken::Begins);
}

#[test]
fn order_is_restored() {
    let mut speaker = RtpSpeaker::new(RATE);
    let packets = Sender::new(0, 0).packets(6);
    for (n, at_ms) in [(0, 0), (2, 20), (1, 21), (3, 60), (5, 80), (4, 99)] {
        speaker.take(Span::ms(at_ms), &packets[n]);
    }
    speaker.take(Span::ms(99), &packets[3]);
    speaker.advance(Span::ms(200));
    assert_eq!(speaker.heard().len(), (40 + 120) * 16);
    let Reception { packets, missing, late, .. } = speaker.reception();
    assert_eq!((packets, missing, late), (7, 0, 1), "one came twice");
}

#[test]
fn what_is_missing_is_made_up_for_in_its_time() {
    let mut speaker = RtpSpeaker::new(RATE);
    let packets = Sender::new(0, 0).packets(12);
    for n in [0, 1, 2, 3, 5, 6, 9, 10, 11] {
        speaker.take(Span::ms(20 * n as u64), &packets[n]);
    }
    // Number 4 was due at 120 ms.
    speaker.take(Span::ms(221), &packets[4]);
    speaker.advance(Span::ms(400));
    let Reception { packets, missing, rebuilt, late, .. } = speaker.reception();
    assert_eq!((packets, missing, rebuilt, late), (10, 3, 2, 1));
    assert_eq!(speaker.heard().len(), (40 + 240) * 16);
    assert!(loud(&speaker, 120, 140) && loud(&speaker, 180, 220));
    assert_eq!(drain(&mut speaker).last(), Some(&(240 * 48)));
}

#[test]
fn a_stretch_that_was_not_sent_is_silence_and_nothing_is_missing() {
    let mut speaker = RtpSpeaker::new(RATE);
    let mut sender = Sender::new(0, 0);
    speaker.take(Span::ms(0), &sender.packet());
    sender.timestamp = 100 * 48;
    let later = sender.packets(2);
    speaker.take(Span::ms(1), &later[0]);
    speaker.take(Span::ms(2), &later[1]);
    speaker.advance(Span::ms(300));
    assert_eq!(speaker.heard().len(), 180 * 16, "40 to 60 ms and 140 to 180 ms");
    assert!(!loud(&speaker, 60, 140) && loud(&speaker, 150, 180));
    assert_eq!(speaker.reception().missing, 0);
}

#[test]
fn numbers_wrap() {
    let mut speaker = RtpSpeaker::new(RATE);
    let packets = Sender::new(u16::MAX - 2, u32::MAX - 1_919).packets(10);
    feed(&mut speaker, 0, &packets);
    speaker.advance(Span::ms(300));
    assert_eq!(speaker.heard().len(), 240 * 16);
    assert_eq!(speaker.reception().missing, 0);
    // Two packets before the wrap, eight after it.
    assert_eq!(drain(&mut speaker).last(), Some(&(8 * 960)));
}

#[test]
fn rubbish_is_counted_and_leaves_its_time_empty() {
    let mut speaker = RtpSpeaker::new(RATE);
    let mut packets = Sender::new(0, 0).packets(5);
    packets[2].payload = Bytes::from_static(&[0b11]);
    packets[4].payload = Bytes::new();
    feed(&mut speaker, 0, &packets);
    speaker.advance(Span::ms(300));
    assert_eq!(speaker.reception().malformed, 2);
    assert_eq!(speaker.heard().len(), (40 + 80) * 16);
}

#[test]
fn jitter_is_that_of_rfc_3550() {
    let mut speaker = RtpSpeaker::new(RATE);
    let packets = Sender::new(0, 0).packets(3);
    speaker.take(Span::ms(0), &packets[0]);
    // 16 ms late, then on time: |D| is 16 ms twice. J = 16/16 = 1 ms, then 1 + (16 − 1)/16 ms.
    speaker.take(Span::ms(36), &packets[1]);
    assert_eq!(speaker.reception().jitter_us, 1_000);
    speaker.take(Span::ms(40), &packets[2]);
    assert_eq!(speaker.reception().jitter_us, 1_937);
}
