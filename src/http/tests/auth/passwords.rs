//! Passwords changed, and set anew by mail.

use super::*;

const OTHER: &str = "another horse, another stable";

/// The token in the newest mail of an address.
pub(super) async fn mailed_token(server: &Server, email: &str) -> String {
    let newest = format!(
        "select (select body from mail where to_address = '{email}' order by id desc limit 1)"
    );
    // It may be written beside the request: asked until it is there.
    loop {
        let body = server.ask(&newest).await;
        if let Some((_, rest)) = body.split_once("#token=") {
            return rest.split_whitespace().next().unwrap().to_owned();
        }
    }
}

async fn settled(server: &Server) {
    // Nothing of the request goes on beside it any more.
    while !server.app.identity.beside.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let server = behind_proxy().await;
    let (here, elsewhere) = (server.session().await, server.session().await);
    let change = |token: &str, current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        server.post("/api/auth/password", &body).bearer_auth(token)
    };
    let (status, body) = answer(change(&here, OTHER, OTHER)).await;
    let got = (status, body["error"]["code"].as_str(), body["error"]["field"].as_str());
    assert_eq!(got, (403, Some("wrong_password"), Some("current_password")));
    let by_key = change(&server.rep.api_key, PASSWORD, OTHER);
    assert_eq!(error(by_key).await, (403, "session_required".into()));
    assert_eq!(change(&here, PASSWORD, OTHER).send().await.unwrap().status(), 204);
    let alive = |token: &str| answer(server.request("GET", "/api/me").bearer_auth(token));
    assert_eq!((alive(&here).await.0, alive(&elsewhere).await.0), (200, 401));
    assert_eq!(error(server.login(&server.rep.email, PASSWORD)).await.0, 401);
    assert_eq!(answer(server.login(&server.rep.email, OTHER)).await.0, 200);
    let audited = server.audited().await;
    assert!(audited.contains(&format!("auth.password_changed {}", server.rep.user)), "{audited}");
    // A stolen session guesses no more often than a stranger.
    server.sql("delete from login_failure").await;
    for _ in 0..10 {
        assert_eq!(error(change(&here, PASSWORD, OTHER)).await, (403, "wrong_password".into()));
    }
    assert_eq!(error(change(&here, OTHER, PASSWORD)).await, (429, "too_many_attempts".into()));
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_mail() {
    let server = behind_proxy().await;
    let session = server.session().await;
    let email = server.rep.email.clone();
    let ask = |email: &str| server.post("/api/auth/password_reset", &json!({"email": email}));
    assert_eq!(ask("nobody@example.com").send().await.unwrap().status(), 202);
    // What a request says of its host is not where the link leads.
    let forged = ask(&email.to_uppercase()).header("host", "evil.example");
    assert_eq!(forged.send().await.unwrap().status(), 202);
    let token = mailed_token(&server, &email).await;
    let mail = server.ask("select string_agg(to_address || ' ' || body, '|') from mail").await;
    let local = format!("http://localhost:{}/reset-password#token={token}", server.address.port());
    assert!(mail.contains(&local) && !mail.contains("evil") && !mail.contains("nobody"), "{mail}");
    assert_eq!(ask(&email).send().await.unwrap().status(), 202);
    settled(&server).await;
    assert_eq!(server.ask("select count(*)::text from mail").await, "1", "one within a minute");

    server.sql("insert into login_failure select sha256(lower(email)::bytea), 10, now(), now() + interval '9 minutes' from app_user").await;
    assert_eq!(error(server.login(&email, PASSWORD)).await.0, 429);
    let confirm = |token: &str, password: &str| {
        let body = json!({"token": token, "password": password});
        server.post("/api/auth/password_reset/confirm", &body)
    };
    assert_eq!(error(confirm(&token, "short")).await, (422, "invalid_field".into()));
    assert_eq!(confirm(&token, OTHER).send().await.unwrap().status(), 204);
    let spent = (404, "invalid_link".to_owned());
    assert_eq!(error(confirm(&token, PASSWORD)).await, spent, "good once");
    let me = server.request("GET", "/api/me").bearer_auth(&session);
    assert_eq!(error(me).await, (401, "invalid_token".into()));
    assert_eq!(error(server.login(&email, PASSWORD)).await.0, 401);
    assert_eq!(answer(server.login(&email, OTHER)).await.0, 200, "and the lock is gone");
    let audited = server.audited().await;
    assert!(audited.contains(&format!("auth.password_reset {}", server.rep.user)), "{audited}");
}

#[tokio::test]
async fn a_link_is_good_for_an_hour_and_for_those_who_may_come_in() {
    let server = behind_proxy().await;
    let email = server.rep.email.clone();
    let ask = || server.post("/api/auth/password_reset", &json!({"email": email}));
    let confirm = |token: &str| {
        let body = json!({"token": token, "password": OTHER});
        server.post("/api/auth/password_reset/confirm", &body)
    };
    let spent = (404, "invalid_link".to_owned());
    ask().send().await.unwrap();
    let first = mailed_token(&server, &email).await;
    let minutes = "select (extract(epoch from expires_at - created_at) / 60)::int::text";
    assert_eq!(server.ask(&format!("{minutes} from account_token")).await, "60");
    // A minute later another takes its place.
    server.sql("update account_token set created_at = now() - interval '61 seconds'").await;
    server.sql("delete from mail").await;
    ask().send().await.unwrap();
    let second = mailed_token(&server, &email).await;
    assert_eq!(error(confirm(&first)).await, spent);
    // An invitation's route does not take it.
    let accept = json!({"token": second, "name": "Robin", "password": OTHER});
    assert_eq!(error(server.post("/api/auth/invitation/accept", &accept)).await, spent);
    server.sql("update app_user set status = 'disabled'").await;
    assert_eq!(error(confirm(&second)).await, spent);
    server.sql("update app_user set status = 'active'").await;
    server.sql("update account_token set expires_at = now() - interval '1 second'").await;
    assert_eq!(error(confirm(&second)).await, spent);
    for status in ["invited", "disabled"] {
        server.sql("delete from account_token").await;
        server.sql("delete from mail").await;
        server.sql(&format!("update app_user set status = '{status}'")).await;
        assert_eq!(ask().send().await.unwrap().status(), 202);
        settled(&server).await;
        assert_eq!(server.ask("select count(*)::text from mail").await, "0", "{status}");
    }
}
