//! What is not let in: unknown scenarios, bad tokens, second connections, one call too many.

use std::process::Command;
use std::time::{Duration, SystemTime};

use ringcraft::config::Secret;
use ringcraft::http::token::CallTokens;
use ringcraft::model::{OrgId, UserId};

use crate::client::{Opened, ask, ask_as};
use crate::server::Server;

/// A hundred years: such a token has not expired.
const YEARS: Duration = Duration::from_secs(100 * 365 * 86_400);

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn an_unknown_scenario_is_named_and_the_known_ones_are_shown() {
    let server = Server::start(&[]);
    let answer = ask(&server, "nobody").await;
    assert_eq!((answer.status, answer.code()), (404, "unknown_scenario"));
    assert_eq!(answer.body["error"]["field"], "scenario_id");

    let mut call = Command::new(env!("CARGO_BIN_EXE_ringcraft"));
    let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/media/tests/audio/slt.wav");
    call.env_clear().env("RINGCRAFT_API_KEY", server.api_key()).args([
        "call",
        "--scenario",
        "nobody",
        "--say",
        clip,
        "--url",
        &server.url(),
    ]);
    let output = call.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.starts_with("ringcraft: "), "{errors}");
    assert!(errors.contains("no scenario `nobody`") && errors.contains("rachel"), "{errors}");
}

#[tokio::test]
async fn a_call_opens_with_its_own_token_alone() {
    let server = Server::start(&[("RINGCRAFT_SECRET", SECRET)]);
    // The later call takes the place of the other, whose token is as good as it was.
    let other = Opened::new(&server).await;
    let call = Opened::new(&server).await;
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let id = call.id.parse().unwrap();
    let expired =
        CallTokens::new(&Secret::new(SECRET)).issue(id, OrgId::new(), UserId::new(), long_ago);
    let forged = CallTokens::new(&Secret::new("another secret of thirty-two characters"));
    let forged = forged.issue(id, OrgId::new(), UserId::new(), SystemTime::UNIX_EPOCH + YEARS);
    let mut changed = call.token.clone();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.insert(10, last);
    for (token, code) in [
        ("", "missing_token"),
        ("garbage", "invalid_token"),
        (changed.as_str(), "invalid_token"),
        (other.token.as_str(), "invalid_token"),
        (forged.as_str(), "invalid_token"),
        (expired.as_str(), "expired_token"),
    ] {
        let (status, body) = call.with_token(token).refused().await;
        assert_eq!((status, body["error"]["code"].as_str()), (401, Some(code)));
        assert_eq!(call.with_token(token).shown().await.status, 401);
    }
    let mut client = call.connect().await;
    client.until("call.connected").await;
}

#[tokio::test]
async fn a_second_connection_is_refused_and_the_first_goes_on() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.until("reply.started").await;
    let (status, body) = call.refused().await;
    assert_eq!((status, body["error"]["code"].as_str()), (409, Some("already_connected")));
    client.hear_out().await;
    assert_eq!(client.hang_up().await, "rep_hung_up");
}

#[tokio::test]
async fn of_two_who_want_the_last_slot_one_is_asked_to_come_back() {
    let server = Server::start(&[("RINGCRAFT_MAX_CALLS", "1")]);
    let rival = server.home().another_rep();
    let (one, other) =
        tokio::join!(ask(&server, "rachel"), ask_as(&server, &rival.api_key, "rachel"));
    let (taken, refused) = if one.status == 201 { (one, other) } else { (other, one) };
    assert_eq!(taken.status, 201, "{taken:?}");
    assert_eq!((refused.status, refused.code()), (503, "no_free_slot"));
    let wait: u32 = refused.retry_after.unwrap().parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
}

#[tokio::test]
async fn no_call_is_taken_that_nothing_would_listen_to() {
    let server = Server::start(&[("RINGCRAFT_OFFLINE_RECOGNISERS", "1")]);
    let mut client = Opened::new(&server).await.connect().await;
    client.hear_out().await;
    let refused = ask(&server, "rachel").await;
    assert_eq!((refused.status, refused.code()), (503, "no_free_slot"));
    assert_eq!(client.hang_up().await, "rep_hung_up");
    // The recogniser is free again as soon as the slot is.
    let mut client = Opened::new(&server).await.connect().await;
    client.hear_out().await;
    assert_eq!(client.hang_up().await, "rep_hung_up");
}

#[test]
fn without_its_voice_the_server_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = crate::server::command(&folder, "127.0.0.1:0");
    let output = command.env("PATH", folder.path()).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let last = errors.lines().last().unwrap_or_default();
    assert!(last.starts_with("ringcraft: RINGCRAFT_TTS: flite"), "{errors}");
    assert!(last.contains("install flite"), "{errors}");
}
