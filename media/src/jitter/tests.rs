use proptest::prelude::*;

use super::*;

fn ms(ms: u64) -> CallTime {
    CallTime::from_ms(ms)
}

/// A buffer that was handed numbers 0 to 9 in time, and nothing else.
fn flowing() -> JitterBuffer {
    let mut buffer = JitterBuffer::new(Delivery::Datagrams);
    for seq in 0..10 {
        assert_eq!(take(&mut buffer, ms(20 * seq + 20), seq), [(0, seq)]);
    }
    buffer
}

/// Pushes packet `seq`, which is due at 20 ms × seq, and gives what is in turn then.
fn take(buffer: &mut JitterBuffer, now: CallTime, seq: u64) -> Vec<(u64, u64)> {
    buffer.arrived(now, now.saturating_since(ms(20 * seq + 20)));
    buffer.push(seq, ms(20 * seq), Samples(seq), &[seq as u8]).unwrap();
    in_turn(buffer, now)
}

/// How many were lost before each packet in turn, and its number.
fn in_turn(buffer: &mut JitterBuffer, now: CallTime) -> Vec<(u64, u64)> {
    let mut packets = Vec::new();
    while let Some(packet) = buffer.pop(now) {
        assert_eq!(packet.payload, [packet.media_time.0 as u8]);
        packets.push((packet.lost, packet.media_time.0));
    }
    packets
}

#[test]
fn a_packet_that_was_overtaken_is_waited_for() {
    let mut buffer = flowing();
    assert_eq!(take(&mut buffer, ms(231), 11), []);
    // Number 10 should have been here at 220 ms; all were in time, so patience is 20 ms.
    assert_eq!(buffer.poll_timeout(), Some(ms(240)));
    assert_eq!(take(&mut buffer, ms(235), 10), [(0, 10), (0, 11)]);
    assert_eq!(buffer.poll_timeout(), None);
}

#[test]
fn a_packet_that_does_not_come_is_given_up() {
    let mut buffer = flowing();
    assert_eq!(take(&mut buffer, ms(233), 12), []);
    assert_eq!(take(&mut buffer, ms(234), 13), []);
    assert_eq!(buffer.poll_timeout(), Some(ms(260)));
    assert_eq!(in_turn(&mut buffer, ms(259)), []);
    assert_eq!(in_turn(&mut buffer, ms(260)), [(2, 12), (0, 13)]);
    for seq in [10, 12, 13] {
        assert!(buffer.is_behind(seq));
        assert_eq!(buffer.push(seq, ms(0), Samples(0), &[]), Err(NoTurn::Behind));
    }
}

#[test]
fn the_last_missing_one_is_waited_for_even_where_another_is_long_overdue() {
    let mut buffer = flowing();
    // Ten are missing, and the last of them was only overtaken.
    assert_eq!(take(&mut buffer, ms(415), 20), []);
    assert_eq!(take(&mut buffer, ms(418), 19), [(9, 19), (0, 20)]);
}

#[test]
fn what_comes_in_order_is_never_waited_for() {
    let mut buffer = JitterBuffer::new(Delivery::InOrder);
    assert_eq!(take(&mut buffer, ms(20), 0), [(0, 0)]);
    assert_eq!(take(&mut buffer, ms(100), 4), [(3, 4)]);
    let long = vec![7; 2 * LONGEST_PAYLOAD];
    buffer.push(5, ms(100), Samples(5), &long).unwrap();
    assert_eq!(buffer.pop(ms(120)).unwrap().payload, long);
}

#[test]
fn a_full_buffer_takes_no_more_until_one_is_given_up() {
    let mut buffer = flowing();
    for seq in 11..11 + WAITING as u64 {
        assert!(!buffer.is_full());
        buffer.push(seq, ms(20 * seq), Samples(seq), &[seq as u8]).unwrap();
    }
    assert!(buffer.is_full());
    assert_eq!(buffer.push(100, ms(0), Samples(0), &[]), Err(NoTurn::Full));
    assert_eq!(buffer.push(12, ms(0), Samples(0), &[]), Err(NoTurn::Behind));
    assert_eq!(in_turn(&mut buffer, ms(240)).len(), WAITING);
    let long = [0; LONGEST_PAYLOAD + 1];
    assert_eq!(buffer.push(100, ms(0), Samples(0), &long), Err(NoTurn::TooLong));
}

#[test]
fn patience_is_as_long_as_all_but_one_in_twenty_are_late() {
    let mut lateness = Lateness::new();
    let mut note = |now, late| {
        lateness.note(ms(now), Span::ms(late));
        lateness.patience
    };
    for n in 0..95 {
        assert_eq!(note(20 * n, 3), Span::ms(20));
    }
    // Five of a hundred may be late by more; the sixth is one too many, and counts at once.
    for n in 95..100 {
        assert_eq!(note(20 * n, 88), Span::ms(20), "{n}");
    }
    assert_eq!(note(2_000, 88), Span::ms(90));
    // Of 120 packets, 18 later, six are one in twenty again. Patience then follows at 10 ms a
    // second: 350 packets for 70 ms.
    let later: Vec<Span> = (0..1_000).map(|n| note(2_020 + 20 * n, 3)).collect();
    assert!(later[..18].iter().all(|patience| *patience == Span::ms(90)));
    assert_eq!(later.iter().position(|patience| *patience == Span::ms(20)), Some(18 + 349));
    assert_eq!(note(60_000, 5_000), Span::ms(200));
}

proptest! {
    /// Whatever comes: what is handed on has rising numbers and lost is what lies between, nothing
    /// waits past its time, and no packet is both handed on and called behind before.
    #[test]
    fn packets_come_out_in_order(
        packets in prop::collection::vec((0..40_000_u64, 0..60_u64, any::<bool>()), 1..200),
    ) {
        let mut buffer = JitterBuffer::new(Delivery::Datagrams);
        let (mut now, mut next) = (CallTime::ZERO, None::<u64>);
        for (wait_us, seq, far) in packets {
            now += Span(wait_us);
            let seq = if far { seq * (u64::MAX / 64) } else { seq };
            let due = ms(20 * (seq % 1_000));
            buffer.arrived(now, now.saturating_since(due));
            let waits = !buffer.is_behind(seq) && !buffer.is_full();
            prop_assert_eq!(buffer.push(seq, due, Samples(seq), &[]).is_ok(), waits);
            while let Some(packet) = buffer.pop(now) {
                let seq = packet.media_time.0;
                prop_assert_eq!(packet.lost, next.map_or(0, |next| seq - next));
                next = Some(seq.saturating_add(1));
            }
            prop_assert!(buffer.poll_timeout().is_none_or(|due| now < due));
        }
    }
}
