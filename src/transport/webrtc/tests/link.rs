//! A session between its caller and its driver.

use std::time::Duration;

use ringcraft_media::call::ReplyId;
use ringcraft_media::units::{CallTime, SampleRate, Samples};

use super::caller::Wants;
use super::meeting::Meeting;
use crate::clock;
use crate::transport::text::Fault;
use crate::transport::webrtc::Ending;
use crate::transport::webrtc::handle::{PatchError, Patched};
use crate::transport::webrtc::session::CONNECT_WITHIN;
use crate::transport::{Encoding, Link, LinkFormat, LinkIn, LinkOut, Refused};

fn audio(frame: u64) -> LinkOut {
    LinkOut::Audio {
        reply: ReplyId(7),
        offset: Samples(frame * 960),
        at: CallTime::from_ms(500 + frame * 20),
        payload: b"persona".as_slice().into(),
    }
}

#[tokio::test(start_paused = true)]
async fn sound_reports_and_events_go_between_caller_and_driver() {
    let (mut meeting, mut link) = Meeting::attached(Wants::UDP).await;
    let opus = LinkFormat { encoding: Encoding::Opus, rate: SampleRate::Hz48000 };
    assert_eq!(link.format, opus);
    assert!(link.reports_playback);
    for frame in 0..3u16 {
        let now = clock::now().into_std();
        meeting.caller.speak(now, 100 + frame, u32::from(frame) * 960, b"rep".as_slice().into());
        link.outbound.try_send(audio(frame.into())).unwrap();
        meeting.run_ms(20).await;
    }
    link.outbound.try_send(LinkOut::Pause(ReplyId(7))).unwrap();
    link.outbound.try_send(LinkOut::Resume(ReplyId(7), Samples(960))).unwrap();
    link.outbound.try_send(LinkOut::Clear(ReplyId(7))).unwrap();
    link.outbound.try_send(LinkOut::Live(r#"{"type":"rep.started"}"#.into())).unwrap();
    meeting.run_ms(100).await;
    let mut first = None;
    for frame in 0..3 {
        let Some(LinkIn::Audio(inbound)) = link.inbound.recv().await else { panic!("no audio") };
        assert_eq!(inbound.payload, b"rep".as_slice());
        let first = *first.get_or_insert((inbound.seq, inbound.media_time.0));
        assert_eq!((inbound.seq, inbound.media_time.0), (first.0 + frame, first.1 + frame * 960));
    }
    let heard = &meeting.caller.heard;
    assert_eq!(heard.len(), 3);
    assert_eq!(heard.iter().map(|heard| heard.marker).collect::<Vec<_>>(), [true, false, false]);
    let texts = [
        r#"{"type":"pause","reply":7}"#,
        r#"{"type":"resume","reply":7,"from_sample":960}"#,
        r#"{"type":"clear","reply":7}"#,
        r#"{"type":"rep.started"}"#,
    ];
    assert_eq!(meeting.caller.texts, texts);
    // 10 ms into the second packet.
    let played = heard[1].timestamp.wrapping_add(480);
    meeting.write(&format!(r#"{{"type":"played","rtp_timestamp":{played}}}"#));
    meeting.write(r#"{"type":"hangup"}"#);
    meeting.run_ms(20).await;
    let Some(LinkIn::Played { reply, sample }) = link.inbound.recv().await else {
        panic!("no report")
    };
    assert_eq!((reply, sample), (ReplyId(7), Samples(1_440)));
    assert!(matches!(link.inbound.recv().await, Some(LinkIn::HangUp)));
}

#[tokio::test(start_paused = true)]
async fn sound_after_a_silence_has_a_marker() {
    let (mut meeting, link) = Meeting::attached(Wants::NO_CHANNEL).await;
    assert!(!link.reports_playback);
    for frame in [0, 1, 50, 51] {
        link.outbound.try_send(audio(frame)).unwrap();
    }
    meeting.run_ms(50).await;
    let heard: Vec<_> = meeting.caller.heard.iter().map(|heard| heard.marker).collect();
    assert_eq!(heard, [true, false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_never_comes_is_given_up_after_ten_seconds() {
    let begun = clock::now();
    let meeting = Meeting::new(Wants::UDP);
    let handle = meeting.answer.handle.clone();
    let closed = meeting.closed.await.unwrap();
    assert_eq!(closed.ending, Ending::NeverConnected);
    assert_eq!(clock::now() - begun, CONNECT_WITHIN);
    assert!(handle.is_over());
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_its_channel_is_given_up_too() {
    let mut meeting = Meeting::new(Wants::OTHER_CHANNEL);
    meeting.run_ms(9_900).await;
    assert!(meeting.caller.channel_is_open, "another than the one for events");
    assert!(!meeting.closed.is_finished());
    let (_, closed) = meeting.end(200).await;
    assert_eq!(closed.ending, Ending::NeverConnected);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_refuses_the_link_says_why() {
    let refused = Refused { code: "already_connected", message: "taken".into() };
    let meeting = Meeting::refusing(Wants::UDP, refused.clone());
    let (caller, closed) = meeting.end(3_000).await;
    let told = r#"{"type":"error","code":"already_connected","message":"taken"}"#;
    assert_eq!(caller.texts, [told]);
    assert!(!caller.channel_is_open);
    assert_eq!(closed.ending, Ending::Refused(refused));
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_goes_out_before_the_close() {
    let (meeting, link) = Meeting::attached(Wants::UDP).await;
    let begun = clock::now();
    let events: Vec<_> = (0..100).map(|number| format!(r#"{{"type":"x","n":{number}}}"#)).collect();
    for event in &events {
        link.outbound.try_send(LinkOut::Live(event.as_str().into())).unwrap();
    }
    // The feed holds a sender of its own and outlives the driver's link by a moment.
    let Link { inbound, outbound, .. } = link;
    drop(inbound);
    outbound.try_send(LinkOut::Live(r#"{"type":"call.ended"}"#.into())).unwrap();
    drop(outbound);
    let (caller, closed) = meeting.end(3_000).await;
    assert_eq!(caller.texts[..100], events);
    assert_eq!(caller.texts[100], r#"{"type":"call.ended"}"#);
    assert!(!caller.channel_is_open);
    assert_eq!(closed.ending, Ending::Finished);
    assert!(clock::now() - begun < Duration::from_secs(1), "nothing was waited for");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_nobody_finishes_is_finished() {
    let (mut meeting, link) = Meeting::attached(Wants::UDP).await;
    let Link { inbound, outbound, .. } = link;
    drop(inbound);
    meeting.run_ms(9_900).await;
    assert!(!meeting.closed.is_finished());
    let (_, closed) = meeting.end(500).await;
    assert_eq!(closed.ending, Ending::Finished);
    drop(outbound);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_closed_ends_its_link_at_once() {
    let (mut meeting, mut link) = Meeting::attached(Wants::UDP).await;
    meeting.caller.close();
    let begun = clock::now();
    let (_, closed) = meeting.end(100).await;
    assert!(clock::now() - begun < Duration::from_millis(20));
    assert_eq!(closed.ending, Ending::ClientLeft);
    assert!(link.inbound.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn to_delete_a_session_is_to_hang_up() {
    let (mut meeting, mut link) = Meeting::attached(Wants::UDP).await;
    assert!(meeting.answer.handle.close());
    meeting.run_ms(10).await;
    assert!(matches!(link.inbound.recv().await, Some(LinkIn::HangUp)));
    // The call still says that it has ended.
    link.outbound.try_send(LinkOut::Live(r#"{"type":"call.ended"}"#.into())).unwrap();
    drop(link);
    let (caller, closed) = meeting.end(1_000).await;
    assert_eq!(caller.texts, [r#"{"type":"call.ended"}"#]);
    assert_eq!(closed.ending, Ending::Finished);

    let early = Meeting::new(Wants::UDP);
    assert!(early.answer.handle.close());
    let handle = early.answer.handle.clone();
    let (_, closed) = early.end(100).await;
    assert_eq!(closed.ending, Ending::HungUp);
    assert!(!handle.close(), "it is over");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_does_not_read_is_gone() {
    let (meeting, link) = Meeting::attached(Wants::UDP).await;
    let event: std::sync::Arc<str> = "x".repeat(10_000).into();
    // 256 KiB hold 26 of them; nobody runs the caller.
    for _ in 0..27 {
        link.outbound.try_send(LinkOut::Live(event.clone())).unwrap();
    }
    let closed = tokio::time::timeout(Duration::from_secs(1), meeting.closed).await;
    assert_eq!(closed.expect("at once").unwrap().ending, Ending::ClientStalled);
}

#[tokio::test(start_paused = true)]
async fn the_twentieth_fault_closes() {
    let (mut meeting, mut link) = Meeting::attached(Wants::UDP).await;
    for _ in 0..19 {
        meeting.write("{nonsense");
    }
    meeting.run_ms(200).await;
    let fault = r#"{"type":"error","code":"malformed_json","message":"text messages are JSON objects with a \"type\""}"#;
    assert_eq!(meeting.caller.texts, [fault; 19]);
    meeting.caller.write_bytes(clock::now().into_std(), &[0]);
    let (caller, closed) = meeting.end(1_000).await;
    let last = r#"{"type":"error","code":"not_short_text","message":"messages on this channel are text of at most 16384 bytes"}"#;
    assert_eq!(caller.texts[19], last);
    let ending = Ending::TooManyFaults(Fault::NotShortText { longest: 16_384 });
    assert_eq!((closed.ending, closed.faults), (ending, 20));
    assert!(link.inbound.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn ice_is_restarted_through_the_handle() {
    let (mut meeting, mut link) = Meeting::attached(Wants::UDP).await;
    let handle = meeting.answer.handle.clone();
    let fragment = meeting.caller.restart(clock::now().into_std(), "203.0.113.9:61000");
    let Patched::Restarted { ours, tag } = handle.patch(fragment).await.unwrap() else {
        panic!("no restart")
    };
    assert_ne!(tag, meeting.answer.tag);
    assert_eq!(meeting.names.lock().unwrap().len(), 2);
    assert_eq!(meeting.names.lock().unwrap()[1], ours.ufrag);
    let (now, sdp) = (clock::now().into_std(), meeting.answer.sdp.clone());
    meeting.caller.set_restarted(now, &sdp, &ours);
    meeting.run_ms(1_000).await;
    let now = clock::now().into_std();
    meeting.caller.speak(now, 1, 0, b"rep".as_slice().into());
    link.outbound.try_send(audio(0)).unwrap();
    meeting.run_ms(50).await;
    assert!(matches!(link.inbound.try_recv(), Ok(LinkIn::Audio(_))));
    assert_eq!(meeting.caller.heard.len(), 1);
    drop(link);
    let fragment = meeting.caller.restart(clock::now().into_std(), "203.0.113.9:61001");
    meeting.end(3_000).await;
    assert_eq!(handle.patch(fragment).await, Err(PatchError::Gone));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_waits_for_its_driver() {
    let (mut meeting, mut link) = Meeting::attached(Wants::UDP).await;
    // Nobody runs the caller: ICE fails after 15 s.
    tokio::time::sleep(Duration::from_secs(25)).await;
    assert!(!meeting.closed.is_finished());
    assert!(
        link.inbound
            .try_recv()
            .is_err_and(|error| error == tokio::sync::mpsc::error::TryRecvError::Empty)
    );
    let begun = clock::now();
    link.outbound.try_send(LinkOut::Live(r#"{"type":"call.ended"}"#.into())).unwrap();
    drop(link);
    let closed = (&mut meeting.closed).await.unwrap();
    assert_eq!(closed.ending, Ending::Finished);
    assert_eq!(
        clock::now() - begun,
        Duration::from_secs(2),
        "it was waited for the caller to read"
    );
}
