//! What calls count into the metrics of their node.

use super::*;

/// The values of a page of metrics by their names.
fn counted(rig: &Rig) -> impl Fn(&str) -> Option<f64> {
    let text = rig.calls.metrics().text(crate::metrics::Load { live: 0, free: 0 }).unwrap();
    move |name| {
        let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        lines.find(|(known, _)| *known == name)?.1.parse().ok()
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_its_replies_as_its_record_tells_them() {
    let mut rig = Rig::healthy();
    let (_, mut client) = rig.connect();
    client.until("reply.ended").await;
    client.speak();
    client.until("reply.started").await;
    client.inbound.send(LinkIn::HangUp).await.unwrap();
    let record = log::record(&rig.log().await).unwrap().into_parts();
    let timings = record.events.iter().filter_map(|event| match event {
        RecordEvent::ReplyTiming(timing) => Some(timing),
        _ => None,
    });
    let timings: Vec<_> = timings.collect();
    let [opening, answer] = timings[..] else { panic!("an opening line, an answer: {timings:?}") };
    assert_eq!((opening.speech_end_ms, opening.committed_ms), (None, None));
    let spoken = record.utterances.iter().find(|said| said.speaker == Speaker::Rep).unwrap();
    assert!(answer.speech_end_ms.unwrap() <= spoken.end_ms, "{answer:?}");
    let seconds = |ms: Option<u64>| ms.unwrap() as f64 / 1_000.0;
    let counted = counted(&rig);
    assert_eq!(counted("ringcraft_reply_own_seconds_count"), Some(2.0));
    assert_eq!(counted("ringcraft_reply_first_audio_seconds_count"), Some(2.0));
    assert_eq!(counted("ringcraft_reply_wait_seconds_count"), Some(1.0));
    assert_eq!(counted("ringcraft_reply_wait_seconds_sum"), Some(seconds(answer.wait_ms())));
    assert_eq!(counted("ringcraft_reply_total_seconds_sum"), Some(seconds(answer.total_ms())));
    assert_eq!(counted("ringcraft_calls_ended_total{reason=\"rep_hung_up\"}"), Some(1.0));
    assert!(
        counted("ringcraft_frames_sent_total") > Some(50.0),
        "the opening line alone is longer"
    );
    assert_eq!(counted("ringcraft_frames_late_total"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn what_engines_do_not_do_is_counted() {
    let mut rig = Rig::new(engines(Ear::Hears(""), Mind::Refuses, Throat::Speaks), 1);
    let (_, mut client) = rig.connect();
    client.until("call.ended").await;
    assert_eq!(end_of(&rig.log().await).0, EndReason::VendorLost);
    let counted = counted(&rig);
    // It is asked once more before the call is given up.
    assert_eq!(counted("ringcraft_engine_failures_total{engine=\"model\"}"), Some(2.0));
    assert_eq!(counted("ringcraft_engine_failures_total{engine=\"voice\"}"), None);
    assert_eq!(counted("ringcraft_calls_ended_total{reason=\"vendor_lost\"}"), Some(1.0));
}
