//! A peer and its caller: how they connect, what they hear of each other, and what others try.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use ringcraft_media::units::{CallTime, Span};
use rtc::peer_connection::state::RTCPeerConnectionState;

use super::caller::{Caller, Heard, Wants};
use super::wire::{SERVER, STREAM, Way, Wire, good};
use crate::clock;
use crate::transport::webrtc::handle::Fragment;
use crate::transport::webrtc::peer::{Ours, Peer, PeerEvent};
use crate::transport::webrtc::{Protocol, Route, make_certificate};

const HALF: Duration = Duration::from_millis(20);

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
    // Both count over their wraps.
    for frame in 0..10u8 {
        let (seq, timestamp) = (u16::from(frame).wrapping_sub(5), u32::from(frame) * 960);
        wire.speak(seq, timestamp.wrapping_sub(2_880), &[frame; 3]);
        let at = CallTime::from_ms(1_000 + u64::from(frame) * 20);
        wire.say(at, b"persona", frame == 0);
        wire.run_ms(20);
    }
    wire.run_ms(100);
    let expected: Vec<_> = (0..10u64)
        .map(|frame| {
            let timestamp = (1 << 33) - 2_880 + frame * 960;
            (131_067 + frame, timestamp, vec![frame as u8; 3])
        })
        .collect();
    assert_eq!(wire.audio(), expected);
    // The stream's first timestamp, and 1 s at 48 kHz.
    let first = STREAM.timestamp.wrapping_add(48_000);
    let expected: Vec<_> = (0..10u16)
        .map(|frame| Heard {
            seq: STREAM.seq.wrapping_add(frame),
            timestamp: first.wrapping_add(u32::from(frame) * 960),
            marker: frame == 0,
            payload: b"persona".as_slice().into(),
        })
        .collect();
    assert_eq!(wire.caller.heard, expected);
    wire.peer.send_text(wire.now, "hello").unwrap();
    let now = wire.now;
    wire.caller.write(now, "goodbye");
    wire.run_ms(100);
    assert_eq!(wire.caller.texts, ["hello"]);
    assert_eq!(wire.events, [PeerEvent::Text("goodbye".into())]);
}

#[test]
fn a_call_needs_no_channel() {
    let mut wire = Wire::connected(Wants::NO_CHANNEL);
    assert!(!wire.peer.wants_channel());
    wire.speak(1, 960, b"rep");
    wire.run_ms(50);
    assert_eq!(wire.audio().len(), 1);
    assert_eq!(wire.peer.send_text(wire.now, "nobody reads"), Ok(()));
}

#[test]
fn round_trip_and_loss_come_from_the_callers_reports() {
    let mut wire = Wire::connected(Wants::UDP);
    let mut packets = 0;
    // 20 ms there and 50 ms back, and of our sound every tenth packet is lost.
    wire.fate = Box::new(move |_, way, bytes| {
        let after = if way == Way::ToCaller { 50 } else { 20 };
        let is_sound = (128..192).contains(&bytes[0]) && bytes[1] & 0x7f == 111;
        if way == Way::ToCaller && is_sound {
            packets += 1;
            if packets % 10 == 0 {
                return vec![];
            }
        }
        vec![Duration::from_millis(after)]
    });
    for frame in 0..500u16 {
        wire.speak(frame, u32::from(frame) * 960, b"rep");
        wire.say(CallTime::from_ms(u64::from(frame) * 20), b"persona", false);
        wire.run_ms(20);
    }
    let quality = wire.peer.quality();
    let round_trip = quality.round_trip.expect("ten seconds of reports");
    assert!(round_trip.0.abs_diff(70_000) <= 2_000, "{round_trip:?}");
    assert_eq!((quality.sent, quality.received, quality.lost_inbound), (500, 499, 0));
    // Fifty were lost, of which the last second is not reported yet.
    assert!((44..=50).contains(&quality.lost_outbound), "{quality:?}");
    assert!((20..=31).contains(&quality.lost_outbound_256ths), "{quality:?}");
}

#[test]
fn what_the_caller_lost_on_its_way_is_counted() {
    let mut wire = Wire::connected(Wants::UDP);
    for frame in 0..100u16 {
        if frame % 4 != 3 {
            wire.speak(frame, u32::from(frame) * 960, b"rep");
        }
        wire.run_ms(20);
    }
    wire.run_ms(100);
    let quality = wire.peer.quality();
    assert_eq!((quality.received, quality.lost_inbound), (75, 24), "the last is not missed yet");
    assert_eq!(quality.round_trip, None, "nothing of ours was sent");
}

#[test]
fn a_call_goes_on_from_another_address_after_an_ice_restart() {
    let mut wire = Wire::connected(Wants::UDP);
    let restart_at = 100;
    let mut heard_before = 0;
    for frame in 0..300u16 {
        if frame == restart_at {
            heard_before = wire.audio().len();
            let now = wire.now;
            let fragment = wire.caller.restart(now, "203.0.113.9:61000");
            let ours = wire.peer.patch(now, &fragment).unwrap().expect("a restart");
            assert_eq!(ours.candidates.len(), 2, "{ours:?}");
            assert!(ours.end_of_candidates);
            assert!(!wire.answer.contains(&ours.ufrag), "the names are new");
            let answer = wire.answer.clone();
            wire.caller.set_restarted(now, &answer, &ours);
        }
        wire.speak(frame, u32::from(frame) * 960, b"rep");
        wire.say(CallTime::from_ms(u64::from(frame) * 20), b"persona", frame == 0);
        wire.run_ms(20);
    }
    wire.run_ms(100);
    // Encryption and channel are as they were.
    wire.peer.send_text(wire.now, "still here").unwrap();
    wire.run_ms(200);
    assert_eq!(wire.caller.texts, ["still here"]);
    assert_eq!(heard_before, 99, "one is on its way");
    let after = wire.audio();
    assert!(180 <= after.len(), "{} of 201 after the restart", after.len());
    assert_eq!(after.last().expect("the last").0, 65_536 + 299, "numbers go on");
    assert!(280 <= wire.caller.heard.len(), "{} of 300 heard", wire.caller.heard.len());
    assert!(wire.caller.heard.iter().all(|heard| heard.payload == b"persona".as_slice()));
}

#[test]
fn a_call_that_was_cut_off_for_long_comes_back_by_an_ice_restart() {
    let mut wire = Wire::connected(Wants::UDP);
    wire.fate = Box::new(|_, _, _| vec![]);
    wire.peer.send_text(wire.now, "told while nobody heard").unwrap();
    wire.run_ms(6_500);
    assert_eq!(wire.events, [PeerEvent::Disconnected]);
    wire.run_ms(13_500);
    assert_eq!(wire.events, [PeerEvent::Disconnected, PeerEvent::Failed]);
    wire.fate = good();
    let now = wire.now;
    let fragment = wire.caller.restart(now, "203.0.113.9:61000");
    let ours = wire.peer.patch(now, &fragment).unwrap().expect("a restart");
    assert_eq!(ours.candidates.len(), 2, "candidates that failure took away are back");
    let answer = wire.answer.clone();
    wire.caller.set_restarted(now, &answer, &ours);
    wire.run_ms(2_000);
    assert_eq!(wire.events.last(), Some(&PeerEvent::Connected));
    wire.speak(7, 960, b"rep");
    wire.run_ms(20_000);
    assert_eq!(wire.audio().len(), 1);
    assert_eq!(wire.caller.texts, ["told while nobody heard"]);
}

#[test]
fn trickled_candidates_that_nobody_can_reach_are_passed_over() {
    let mut wire = Wire::connected(Wants::UDP);
    let (_, offer) = Caller::new(wire.now, Wants::UDP);
    let ufrag = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"));
        line.unwrap_or_default().to_owned()
    };
    let fragment = |ufrag: String| Fragment {
        ufrag,
        pwd: "0123456789abcdef01234567".into(),
        candidates: [
            "candidate:1 1 udp 2130706431 4c9b0f4e-0000-4000-8000-000000000000.local 5 typ host",
            "candidate:2 1 quic 2130706431 192.0.2.8 50001 typ host",
            "candidate:3 1 udp notanumber 192.0.2.8 50001 typ host",
            "candidate:4 1 udp 2130706431 192.0.2.8 50001 typ host",
            "candidate:",
            "",
            "\u{1F4DE}",
        ]
        .map(String::from)
        .to_vec(),
        end_of_candidates: true,
    };
    let same = ufrag(&wire.offer);
    assert_eq!(wire.peer.patch(wire.now, &fragment(same)), Ok(None));
    // As a restart the same candidates are no obstacle either.
    let other = ufrag(&offer);
    assert!(wire.peer.patch(wire.now, &fragment(other)).expect("usable").is_some());
}

#[test]
fn replayed_packets_are_heard_once() {
    let mut wire = Wire::connected(Wants::UDP);
    wire.fate = Box::new(|_, _, _| vec![HALF, HALF * 3, HALF * 9]);
    for frame in 0..50u16 {
        wire.speak(frame, u32::from(frame) * 960, &frame.to_be_bytes());
        wire.run_ms(20);
    }
    wire.run_ms(1_000);
    let heard: Vec<_> = wire.audio().into_iter().map(|(seq, ..)| seq - 65_536).collect();
    assert_eq!(heard, (0..50).collect::<Vec<_>>());
}

#[test]
fn sound_before_encryption_is_not_heard() {
    let mut wire = Wire::new(Wants::UDP, good());
    let route = Route {
        protocol: Protocol::Udp,
        local: SERVER.parse().expect("an address"),
        peer: wire.caller.address,
    };
    let mut rtp = vec![0x80, 111, 0, 1, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78];
    rtp.extend([7; 40]);
    for _ in 0..200 {
        wire.inject(route, &rtp);
        wire.run_ms(10);
    }
    assert!(wire.events.contains(&PeerEvent::Connected));
    assert_eq!(wire.audio(), []);
    assert_eq!(wire.peer.quality().received, 0);
}

#[test]
fn another_certificate_than_the_offer_names_is_not_talked_to() {
    let forged = |offer: String| {
        let lines = offer.lines().map(|line| match line.strip_prefix("a=fingerprint:sha-256 ") {
            Some(_) => format!("a=fingerprint:sha-256 {}", ["AB"; 32].join(":")),
            None => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\r\n") + "\r\n"
    };
    let mut wire = Wire::with_offer(Wants::UDP, good(), forged);
    wire.run_ms(12_000);
    assert!(!wire.events.contains(&PeerEvent::Connected), "{:?}", wire.events);
    assert_ne!(wire.caller.state, RTCPeerConnectionState::Connected);
}

#[test]
fn nobody_at_the_other_end_costs_a_few_checks() {
    let mut packets = 0;
    let mut wire = Wire::new(Wants::UDP, Box::new(|_, _, _| vec![]));
    let until = wire.now + Duration::from_secs(10);
    while wire.now < until {
        let due = wire.peer.poll_timeout().expect("checks go on");
        wire.now = due.max(wire.now + Duration::from_millis(1));
        wire.peer.handle_timeout(wire.now);
        while wire.peer.poll_packet().is_some() {
            packets += 1;
        }
    }
    // One candidate pair, checked at most five times a second.
    assert!((1..=60).contains(&packets), "{packets}");
    assert_eq!(wire.peer.poll_event(), None);
}

#[test]
fn damaged_packets_break_nothing() {
    for seed in 0..12 {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut wire = Wire::new(
            Wants::UDP,
            Box::new(move |_, way, bytes| {
                let damaged = way == Way::ToServer && random.random_bool(0.2);
                if damaged && !bytes.is_empty() {
                    let (at, bit) =
                        (random.random_range(0..bytes.len()), random.random_range(0..8));
                    bytes[at] ^= 1 << bit;
                    if random.random_bool(0.2) {
                        bytes.truncate(at);
                    }
                }
                vec![HALF]
            }),
        );
        wire.run_ms(5_000);
        assert!(wire.events.contains(&PeerEvent::Connected), "seed {seed}: {:?}", wire.events);
        for frame in 0..200u16 {
            wire.speak(frame, u32::from(frame) * 960, &frame.to_be_bytes());
            wire.run_ms(20);
        }
        let heard = wire.audio();
        assert!((120..200).contains(&heard.len()), "seed {seed}: {}", heard.len());
        for (seq, _, payload) in heard {
            let sent = u16::try_from(seq - 65_536).expect("a number that was sent");
            assert_eq!(payload, sent.to_be_bytes(), "seed {seed}");
        }
    }
}

#[test]
fn a_page_that_closes_is_noticed_at_once() {
    let mut wire = Wire::connected(Wants::UDP);
    wire.caller.close();
    wire.run_ms(25);
    assert_eq!(wire.events, [PeerEvent::Closed]);
    let mut wire = Wire::connected(Wants::NO_CHANNEL);
    wire.caller.close();
    wire.run_ms(25);
    assert_eq!(wire.events, [PeerEvent::Closed]);
}

#[test]
fn the_caller_learns_at_once_that_we_close() {
    let mut wire = Wire::connected(Wants::UDP);
    wire.peer.close();
    wire.run_ms(25);
    assert!(!wire.caller.channel_is_open);
}

#[test]
fn binary_and_long_messages_are_no_text() {
    let mut wire = Wire::connected(Wants::UDP);
    let now = wire.now;
    wire.caller.write_bytes(now, b"\x00\x01");
    wire.caller.write_bytes(now, b"{}");
    wire.caller.write(now, &"x".repeat(16_384));
    wire.run_ms(500);
    let expected =
        [PeerEvent::BadMessage, PeerEvent::BadMessage, PeerEvent::Text("x".repeat(16_384))];
    assert_eq!(wire.events, expected);
}

#[test]
fn a_chrome_offer_is_answered_as_chrome_wants_it() {
    let answer = answer(include_str!("offers/chrome.sdp"));
    let expected = "\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\n\
        a=setup:passive\n\
        a=mid:0\n\
        a=rtcp-mux\n\
        a=rtpmap:111 opus/48000/2\n\
        a=fmtp:111 minptime=10;useinbandfec=1;usedtx=0;stereo=0;maxaveragebitrate=32000\n\
        a=sendrecv\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n\
        a=setup:passive\n\
        a=mid:1\n\
        a=sendrecv\n\
        a=sctp-port:5000\n\
        a=max-message-size:16384";
    assert_eq!(essence(&answer), expected);
    assert!(answer.contains("\r\na=group:BUNDLE 0 1\r\n"));
    let candidates: Vec<_> =
        answer.lines().filter_map(|line| line.strip_prefix("a=candidate:")).collect();
    assert_eq!(candidates.len(), 2, "{candidates:?}");
    assert!(candidates[0].contains(" 1 udp "), "{candidates:?}");
    assert!(candidates[0].ends_with(" 198.51.100.1 40000 typ host"), "{candidates:?}");
    assert!(candidates[1].contains(" 1 tcp "), "{candidates:?}");
    let tcp = " 198.51.100.1 40000 typ host tcptype passive";
    assert!(candidates[1].ends_with(tcp), "{candidates:?}");
    assert!(answer.contains("\r\na=end-of-candidates\r\n"));
}

#[test]
fn a_firefox_offer_keeps_its_payload_type() {
    let answer = answer(include_str!("offers/firefox.sdp"));
    let essence = essence(&answer);
    assert!(essence.starts_with("m=audio 9 UDP/TLS/RTP/SAVPF 109\na=setup:passive\n"), "{essence}");
    let opus = "a=rtpmap:109 opus/48000/2\na=fmtp:109 minptime=10;useinbandfec=1;usedtx=0;";
    assert!(essence.contains(opus), "{essence}");
}

#[test]
fn a_lone_section_needs_no_bundle() {
    let chrome = include_str!("offers/chrome.sdp");
    let alone = chrome.split("m=application").next().expect("the first part");
    let answer = answer(&alone.replace("a=group:BUNDLE 0 1\n", ""));
    assert!(essence(&answer).starts_with("m=audio 9 UDP/TLS/RTP/SAVPF 111\n"), "{answer}");
    assert!(!answer.contains("BUNDLE"), "a bundle that was not offered is not answered");
}

fn answer(offer: &str) -> String {
    let certificate = make_certificate().expect("a certificate");
    let candidates = [SERVER.parse().expect("an address")];
    let ours = Ours { certificate: &certificate, candidates: &candidates, stream: STREAM };
    let answered = Peer::answer(clock::now().into_std(), ours, &offer.replace('\n', "\r\n"));
    answered.expect("a browser's offer").1
}

/// The lines that do not change from answer to answer.
fn essence(answer: &str) -> String {
    let kept = [
        "m=",
        "a=setup:",
        "a=mid:",
        "a=rtcp-mux",
        "a=rtpmap:",
        "a=fmtp:",
        "a=sendrecv",
        "a=recvonly",
        "a=sendonly",
        "a=inactive",
        "a=sctp-port:",
        "a=max-message-size:",
    ];
    let is_kept = |line: &&str| kept.iter().any(|start| line.starts_with(start));
    answer.lines().filter(is_kept).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_span_of_silence_keeps_the_clock() {
    let mut wire = Wire::connected(Wants::UDP);
    wire.say(CallTime::from_ms(0), b"a", true);
    wire.say(CallTime::ZERO + Span::ms(10_000), b"b", true);
    wire.run_ms(50);
    let timestamps: Vec<_> = wire.caller.heard.iter().map(|heard| heard.timestamp).collect();
    assert_eq!(timestamps, [STREAM.timestamp, STREAM.timestamp.wrapping_add(480_000)]);
    let seqs: Vec<_> = wire.caller.heard.iter().map(|heard| heard.seq).collect();
    assert_eq!(seqs, [65_530, 65_531]);
}
