//! Reps who say nothing, and reps who are gone.

use crate::client::{Client, Opened};
use crate::server::Server;

#[tokio::test]
async fn a_silent_rep_is_asked_once_and_then_left() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    assert_eq!(client.ended().await, "rep_silent");
    let said = client.utterances();
    assert!(said.iter().all(|said| said["speaker"] == "persona"), "{said:?}");
    // The opening, the nudge and the goodbye, 12 s of silence before each of the last two.
    let times: Vec<(u64, u64)> = said
        .iter()
        .map(|said| (said["start_ms"].as_u64().unwrap(), said["end_ms"].as_u64().unwrap()))
        .collect();
    assert_eq!(times.len(), 3, "{said:?}");
    for pair in times.windows(2) {
        let silence = pair[1].0 - pair[0].1;
        assert!((12_000..14_000).contains(&silence), "{times:?}");
    }
    assert_eq!(call.sealed().await["end_reason"], "rep_silent");
}

#[tokio::test]
async fn a_rep_who_comes_back_is_greeted_and_one_who_does_not_is_lost() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    // The socket breaks without a goodbye.
    drop(client);
    let mut client = Client::over(call.redial().await);
    client.say(r#"{"type":"start","encoding":"pcm_s16le","sample_rate":48000}"#).await;
    // Gone again before its first frame at another rate.
    drop(client);
    let mut client = call.reconnect().await;
    client.until("call.resumed").await;
    client.until("reply.started").await;
    let line = client.until("utterance").await;
    assert_eq!(line["utterance"]["speaker"], "persona");
    client.hear_out().await;
    let words = client.say_sentence().await;
    assert!(!words.is_empty(), "the rep is understood on the new link");
    drop(client);
    let shown = call.sealed().await;
    assert_eq!(shown["end_reason"], "rep_lost");
}
