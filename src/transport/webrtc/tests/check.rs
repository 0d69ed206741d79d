//! A session that carries no call.

use std::time::Duration;

use super::caller::Wants;
use super::meeting::Meeting;
use crate::clock;
use crate::transport::webrtc::Ending;
use crate::transport::webrtc::session::CHECK_WITHIN;

/// What a peer is told that came by UDP, 30 ms away.
const TOLD: &str = include_str!("../../../../tests/protocol/webrtc/connection.checked.json");

#[tokio::test(start_paused = true)]
async fn a_peer_is_told_by_which_way_it_came_and_how_long_that_is() {
    for (wants, protocol) in [(Wants::UDP, "udp"), (Wants::TCP, "tcp")] {
        let mut meeting = Meeting::checking(wants);
        meeting.delay = Duration::from_millis(30);
        meeting.run_ms(2_000).await;
        assert!(meeting.caller.channel_is_open);
        let told = TOLD.trim_end().replace("udp", protocol);
        assert_eq!(meeting.caller.texts, [told]);
        meeting.caller.close();
        let begun = clock::now();
        let (_, closed) = meeting.end(500).await;
        assert_eq!(closed.ending, Ending::ClientLeft);
        assert!(clock::now() - begun < Duration::from_millis(20), "it is gone at once");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_gone_after_ten_seconds_whatever_the_peer_says() {
    let begun = clock::now();
    let mut meeting = Meeting::checking(Wants::UDP);
    meeting.run_ms(1_000).await;
    for _ in 0..100 {
        meeting.write(r#"{"type":"hangup"}"#);
        meeting.write("{nonsense");
        meeting.run_ms(50).await;
    }
    assert_eq!(meeting.caller.texts.len(), 1, "nothing is answered");
    assert!(!meeting.closed.is_finished());
    let (caller, closed) = meeting.end(6_000).await;
    assert_eq!(closed.ending, Ending::Finished);
    assert!(!caller.channel_is_open, "it was told goodbye");
    let lasted = clock::now() - begun;
    assert!((CHECK_WITHIN..CHECK_WITHIN + Duration::from_millis(100)).contains(&lasted));
}

#[tokio::test(start_paused = true)]
async fn without_a_channel_it_merely_connects() {
    let mut meeting = Meeting::checking(Wants::NO_CHANNEL);
    meeting.run_ms(2_000).await;
    assert_eq!(meeting.caller.texts, [""; 0]);
    assert!(!meeting.closed.is_finished(), "it stays connected");
    meeting.caller.close();
    let (_, closed) = meeting.end(500).await;
    assert_eq!(closed.ending, Ending::ClientLeft);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_comes_is_not_waited_for_longer() {
    let begun = clock::now();
    let meeting = Meeting::checking(Wants::UDP);
    assert_eq!(meeting.closed.await.unwrap().ending, Ending::NeverConnected);
    assert_eq!(clock::now() - begun, CHECK_WITHIN);
}
