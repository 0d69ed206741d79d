//! Reps who type.

use serde_json::{Value, json};

use crate::client::{Client, Opened, fetch};
use crate::server::Server;

async fn send(client: &mut Client, text: &str) {
    client.say(&json!({ "type": "say", "text": text }).to_string()).await;
}

#[tokio::test]
async fn a_typed_turn_is_answered_and_cuts_the_buyer_off() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    send(&mut client, "  What matters\nmost to you?\u{0} ").await;
    let event = client.until("utterance").await;
    let said = &event["utterance"];
    assert_eq!((&said["speaker"], &said["typed"]), (&json!("rep"), &json!(true)));
    assert_eq!(said["text"], "What matters most to you?");
    assert_eq!((&said["start_ms"], said.get("words")), (&said["end_ms"], None));
    client.until("reply.started").await;
    // 600 ms in silence: the buyer is in the middle of a sentence.
    client.speak_to_the_end(30).await;
    send(&mut client, "Hold on, please.").await;
    client.until("reply.interrupted").await;
    client.hear_out().await;
    assert!(client.events.iter().any(|event| event["type"] == "clear"), "its sound is dropped");

    for text in [String::new(), "x".repeat(1_001)] {
        send(&mut client, &text).await;
        assert_eq!(client.until("error").await["code"], "bad_message");
    }
    // 2 s without a frame hold the call.
    client.fail_to_send(130).await;
    send(&mut client, "Are you there?").await;
    let refused = client.until("error").await;
    assert_eq!(refused["code"], "not_now", "{refused}");
    client.until("call.resumed").await;
    assert_eq!(client.hang_up().await, "rep_hung_up");

    let shown = call.sealed().await;
    let record: Value = serde_json::from_slice(&fetch(&shown["links"]["record"]).await).unwrap();
    let said = record["utterances"].as_array().unwrap();
    let typed: Vec<&Value> = said.iter().filter(|said| said["typed"] == true).collect();
    let texts: Vec<&Value> = typed.iter().map(|said| &said["text"]).collect();
    assert_eq!(texts, ["What matters most to you?", "Hold on, please."]);
    let cut = said.iter().position(|said| said["interrupted"] == true).expect("one was cut");
    assert_eq!(said[cut + 1]["text"], "Hold on, please.");
    let numbers = &shown["kpis"]["result"]["rep"];
    assert_eq!((&numbers["talk_ms"], &numbers["tokens"]), (&json!(0), &json!(0)));
    assert_eq!(numbers["questions"]["total"], 1);
    let in_writing = shown["transcript"]["utterances"].as_array().unwrap();
    assert!(in_writing.iter().any(|said| said["text"] == "What matters most to you?"));
}
