//! What the server logs about a call: no word of it, and nothing that opens it.

use crate::client::{Client, Opened, fetch};
use crate::server::Server;

#[tokio::test]
async fn the_log_holds_no_word_no_token_and_no_signature() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    client.say_sentence().await;
    client.hear_out().await;
    client.say("a message of nonsense").await;
    client.until("error").await;
    assert_eq!(call.refused().await.0, 409);
    assert_eq!(call.with_token("tampered-token").refused().await.0, 401);
    assert_eq!(client.hang_up().await, "rep_hung_up");
    let shown = call.sealed().await;
    let link = shown["links"]["record"].as_str().unwrap();
    fetch(&shown["links"]["record"]).await;
    server.signal(rustix::process::Signal::TERM);
    let (_, log, _home) = server.wait();
    assert!(log.contains(&call.id), "the call was logged:\n{log}");

    let signature = link.split("X-Amz-Signature=").nth(1).unwrap().split('&').next().unwrap();
    for secret in call.token.split('.').chain([signature, "tampered-token", "nonsense"]) {
        assert!(!log.contains(secret), "a secret was logged: {secret}\n{log}");
    }
    for phrase in phrases(&client) {
        assert!(!log.to_lowercase().contains(&phrase), "{phrase:?} was logged:\n{log}");
    }
    assert!(!log.contains("ERROR"), "{log}");
}

/// Every two words that were said one after the other; one alone may be anybody's.
fn phrases(client: &Client) -> Vec<String> {
    let mut phrases = Vec::new();
    for said in client.utterances() {
        let text = said["text"].as_str().unwrap().to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        phrases.extend(words.windows(2).map(|pair| pair.join(" ")));
    }
    assert!(10 < phrases.len(), "both sides spoke");
    phrases
}
