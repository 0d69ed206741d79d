//! A peer and its caller: how they connect, and what they hear of each other.

use ringcraft_media::units::CallTime;

use super::caller::Wants;
use super::wire::{STREAM, Wire};
use crate::transport::webrtc::peer::PeerEvent;

#[test]
fn over_udp_sound_and_text_go_both_ways() {
    talk(Wants::UDP);
}

#[test]
fn over_tcp_sound_and_text_go_both_ways() {
    talk(Wants::TCP);
}

fn talk(wants: Wants) {
    let mut wire = Wire::connected(wants);
    assert!(wire.caller.channel_is_open);
    for frame in 0..10u8 {
        let now = wire.now;
        wire.caller.speak(
            now,
            65_530 + u16::from(frame) % 6,
            u32::from(frame) * 960,
            vec![frame; 3].into(),
        );
        wire.say(CallTime::from_ms(u64::from(frame) * 20), b"persona", frame == 0);
        wire.run_ms(20);
    }
    wire.run_ms(100);
    println!("{}", wire.answer);
    println!("{:?}", wire.caller.heard);
    println!("{:?}", wire.events);
    println!("{:?}", wire.peer.quality());
    wire.peer.send_text(wire.now, "hello").unwrap();
    let now = wire.now;
    wire.caller.write(now, r#"{"type":"hangup"}"#);
    wire.run_ms(100);
    assert_eq!(wire.caller.texts, ["hello"]);
    assert!(wire.events.contains(&PeerEvent::Text(r#"{"type":"hangup"}"#.into())));
    let _ = STREAM;
}
