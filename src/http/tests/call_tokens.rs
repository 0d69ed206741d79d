//! What the token of a call opens once whoever practises may do less than when they got it.

use super::people::{Office, done, refused};
use super::*;

/// A call that the rep opened, with its token.
async fn opened(office: &Office) -> (String, String) {
    let open = office.ask(&office.rep, "POST", "/api/calls");
    let (status, body) = answer(open.json(&json!({"scenario_id": "rachel"}))).await;
    assert_eq!(status, 201, "{body}");
    let text = |field: &str| body["call"][field].as_str().unwrap().to_owned();
    (format!("/api/calls/{}", text("id")), text("token"))
}

#[tokio::test]
async fn the_token_of_somebody_who_was_shut_out_opens_nothing() {
    let office = Office::open().await;
    let (call, token) = opened(&office).await;
    let ask =
        |rest: &str| office.server.request("GET", &format!("{call}{rest}")).bearer_auth(&token);
    assert_eq!(answer(ask("")).await.0, 200);
    assert_eq!(refused(ask("/audio")).await.0, 426, "it would connect");
    let rep = format!("/api/users/{}", office.rep.user);
    assert_eq!(done(office.by_admin("DELETE", &rep)).await, 204);
    for rest in ["", "/events", "/transcript", "/recording", "/audio"] {
        assert_eq!(refused(ask(rest)).await, (401, "invalid_token".to_owned(), None), "{rest}");
    }
    let end = office.server.request("POST", &format!("{call}/end")).bearer_auth(&token);
    assert_eq!(refused(end).await.0, 401);
}

#[tokio::test]
async fn a_token_tells_no_more_than_its_bearer_may_know_by_now() {
    let office = Office::open().await;
    let (call, token) = opened(&office).await;
    let ask =
        |rest: &str| office.server.request("GET", &format!("{call}{rest}")).bearer_auth(&token);
    let rep = format!("/api/users/{}", office.rep.user);
    let change = office.by_admin("PATCH", &rep).json(&json!({"role": "hr"}));
    assert_eq!(answer(change).await.0, 200);
    assert_eq!(answer(ask("")).await.0, 200, "that it took place is no secret");
    for rest in ["/events", "/transcript", "/recording", "/audio"] {
        assert_eq!(refused(ask(rest)).await, (404, "unknown_call".to_owned(), None), "{rest}");
    }
}

#[tokio::test]
async fn a_rep_comes_back_to_a_call_while_the_database_is_away() {
    let office = Office::open().await;
    let (call, token) = opened(&office).await;
    office.server.app.store.close().await;
    let ask =
        |rest: &str| office.server.request("GET", &format!("{call}{rest}")).bearer_auth(&token);
    assert_eq!(refused(ask("/audio")).await.0, 426, "it would connect");
    assert_eq!(refused(ask("/events")).await.1, "database_unavailable");
}
