//! The same calls over WebRTC.

use crate::barge_in::stops_the_buyer_and_is_answered;
use crate::six_turns::leaves_the_truth;

const WEBRTC: [&str; 2] = ["--link", "webrtc"];

#[tokio::test]
async fn over_webrtc_a_whole_call_leaves_the_truth() {
    let talk = leaves_the_truth(&WEBRTC).await;
    let reception = talk.report.reception.expect("sound came as packets");
    println!("{reception:?}");
    assert!(1_000 < reception.packets, "20 s of the buyer: {reception:?}");
    assert_eq!(reception.malformed, 0);
    assert!(100 * reception.missing <= reception.packets, "{reception:?}");
}

#[test]
fn over_webrtc_a_rep_who_cuts_in_stops_the_buyer_and_is_answered() {
    stops_the_buyer_and_is_answered(&WEBRTC);
}
