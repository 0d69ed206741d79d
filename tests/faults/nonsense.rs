//! Clients that do not keep to the protocol.

use ringcraft_media::call::Event;
use ringcraft_media::log::{self, Entry};

use crate::client::{Client, FRAME, Opened, fetch};
use crate::server::Server;

#[tokio::test]
async fn nonsense_is_answered_and_the_call_goes_on() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    for (message, code) in [
        ("{", "malformed_json"),
        (r#"{"type":"dance"}"#, "unknown_type"),
        (r#"{"type":"played","reply":"one","sample":0}"#, "bad_message"),
        (r#"{"type":"start","encoding":"pcm_s16le","sample_rate":16000}"#, "already_started"),
    ] {
        client.say(message).await;
        assert_eq!(client.until("error").await["code"], code);
    }
    for bytes in [vec![], vec![0; 3], vec![0; 4], vec![0; 643], vec![0; 645], vec![0; 1_924]] {
        client.send(bytes).await;
        assert_eq!(client.until("error").await["code"], "wrong_size");
    }
    // A report of a reply that never was, and of one far past its end.
    client.say(r#"{"type":"played","reply":4000000000,"sample":1}"#).await;
    client.say(r#"{"type":"played","reply":1,"sample":18446744073709551615}"#).await;
    let words = client.say_sentence().await;
    assert!(!words.is_empty());
    client.hear_out().await;
    assert_eq!(client.hang_up().await, "rep_hung_up");
    call.sealed().await;
}

#[tokio::test]
async fn an_index_that_jumps_leaves_a_gap_and_no_more() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    let frame = u32::try_from(FRAME).unwrap();
    let back = client.index - 50 * frame;
    for far in [back, 0, client.index + 0x4000_0000, u32::MAX - frame] {
        let mut bytes = far.to_le_bytes().to_vec();
        bytes.resize(4 + 2 * FRAME, 0);
        client.send(bytes).await;
    }
    client.fail_to_send(50).await;
    let words = client.say_sentence().await;
    assert!(!words.is_empty(), "the rep is understood after all that");
    client.hear_out().await;
    assert_eq!(client.hang_up().await, "rep_hung_up");
    let shown = call.sealed().await;
    let lines = zstd::decode_all(&fetch(&shown["links"]["log"]).await[..]).unwrap();
    let text = String::from_utf8(lines).unwrap();
    let entries = log::read(text.lines()).unwrap();
    log::replay(&entries).unwrap();
    let gaps: Vec<u64> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Event { event: Event::Gap { span, .. }, .. } => Some(span.as_ms()),
            _ => None,
        })
        .collect();
    assert!(gaps.iter().any(|gap| (900..=1_100).contains(gap)), "the hole is logged: {gaps:?}");
    assert!(shown["duration_ms"].as_u64().unwrap() < 60_000, "no jump makes the call longer");
}

#[tokio::test]
async fn sound_before_start_closes_the_socket_and_not_the_call() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = Client::over(call.dial().await.unwrap());
    client.send(vec![0; 644]).await;
    let expected = (1008, "audio came before \"start\"".to_owned());
    assert_eq!(client.until_closed().await, expected);
    let mut client = call.connect().await;
    client.hear_out().await;
    assert_eq!(client.hang_up().await, "rep_hung_up");
}

#[tokio::test]
async fn twenty_faults_close_the_link_and_the_call_waits() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    for _ in 0..20 {
        client.say("nonsense").await;
    }
    let expected = (1008, "20 messages were not understood".to_owned());
    assert_eq!(client.until_closed().await, expected);
    let mut client = call.reconnect().await;
    client.until("call.resumed").await;
    assert_eq!(client.hang_up().await, "rep_hung_up");
}
