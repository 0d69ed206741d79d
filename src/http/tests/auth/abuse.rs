//! What strangers try.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::*;

#[tokio::test]
async fn ten_failures_in_a_row_lock_an_address() {
    let server = behind_proxy().await;
    let email = server.rep.email.clone();
    let wrong = (401, "wrong_credentials".to_owned());
    for _ in 0..9 {
        assert_eq!(error(server.login(&email, "incorrect horse")).await, wrong);
    }
    // Nine, and one that is right: the count begins anew.
    server.session().await;
    for _ in 0..10 {
        assert_eq!(error(server.login(&email, "incorrect horse")).await, wrong);
    }
    let locked = server.login(&email, PASSWORD).send().await.unwrap();
    assert_eq!(locked.status(), 429);
    let wait_s: u32 = locked.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((840..=900).contains(&wait_s), "{wait_s}");
    let body: Value = locked.json().await.unwrap();
    assert_eq!(body["error"]["code"], "too_many_attempts");
    let audited = server.audited().await;
    assert_eq!(audited.matches("auth.locked system").count(), 1, "{audited}");
    server.sql("update login_failure set locked_until = now() - interval '1 second'").await;
    assert_eq!(error(server.login(&email, "incorrect horse")).await, wrong);
    server.session().await;
    assert_eq!(server.ask("select count(*)::text from login_failure").await, "0");
}

#[tokio::test]
async fn an_address_that_nobody_has_is_locked_alike_and_many_at_once_are_no_way_around() {
    let server = behind_proxy().await;
    for email in ["nobody@example.com".to_owned(), server.rep.email.clone()] {
        let tries = (0..30).map(|_| error(server.login(&email, "incorrect horse")));
        let answers = join_all(tries).await;
        let count = |status| answers.iter().filter(|(found, _)| *found == status).count();
        assert_eq!((count(401), count(429)), (10, 20), "{email}: {answers:?}");
        assert!(answers.contains(&(429, "too_many_attempts".to_owned())));
    }
    let stored = server.ask("select string_agg(f::text, ' ') from login_failure f").await;
    assert!(!stored.contains("example.com"), "{stored}");
}

#[tokio::test]
async fn an_address_in_other_letters_is_the_same_address() {
    let server = behind_proxy().await;
    // The database takes the dotted capital for an i, other programs for an i with a dot above.
    let written = "K\u{130}M@Example.com";
    assert_eq!(server.ask(&format!("select lower('{written}')")).await, "kim@example.com");
    let rep = server.rep.user;
    server.sql(&format!("update app_user set email = 'kim@example.com' where id = '{rep}'")).await;
    for number in 0..10 {
        let email = if number % 2 == 0 { "kim@example.com" } else { written };
        assert_eq!(error(server.login(email, "incorrect horse")).await.0, 401, "{number}");
    }
    for email in ["kim@example.com", "Kim@example.com", written] {
        let locked = (429, "too_many_attempts".to_owned());
        assert_eq!(error(server.login(email, PASSWORD)).await, locked, "{email}");
    }
    // printf kim@example.com | sha256sum
    let kept = server.ask("select encode(email_hash, 'hex') from login_failure").await;
    assert_eq!(&kept[..16], "5d9a0087d4ccdb9b");
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_again() {
    let server = behind_proxy().await;
    let ask = |path: &str, client: &str| {
        server.request("POST", path).header("x-forwarded-for", client).json(&json!({}))
    };
    // What is no good counts too, whatever it asks for.
    let paths = ["/api/auth/login", "/api/auth/password_reset", "/api/auth/invitation/accept"];
    for number in 0..20 {
        let (status, _) = error(ask(paths[number % 3], "198.51.100.7")).await;
        assert_eq!(status, 422, "{number}");
    }
    let refused = ask("/api/auth/setup", "203.0.113.9, 198.51.100.7").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait_s: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3).contains(&wait_s), "{wait_s}");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "too_many_requests");
    assert_eq!(error(ask("/api/auth/login", "198.51.100.8")).await.0, 422);
}

#[tokio::test]
async fn a_stranger_cannot_say_that_they_are_somebody_else() {
    let server = Server::start().await;
    for number in 0..20 {
        let ask = server.post("/api/auth/login", &json!({}));
        assert_eq!(error(ask).await.0, 422, "{number}");
    }
    let ask = server.post("/api/auth/login", &json!({}));
    assert_eq!(error(ask).await, (429, "too_many_requests".into()));
}

#[tokio::test]
async fn another_site_can_do_nothing_with_a_cookie_and_sign_nobody_in() {
    let server = behind_proxy().await;
    let token = server.session().await;
    let own = format!("http://{}", server.address);
    let out = |origin: Option<&str>| {
        let ask = server.request("POST", "/api/auth/logout");
        let ask = ask.header("cookie", format!("ringcraft_session={token}"));
        origin.into_iter().fold(ask, |ask, origin| ask.header("origin", origin))
    };
    let refused = (403, "cross_origin".to_owned());
    for origin in [None, Some("https://evil.example"), Some("null"), Some("http://127.0.0.1:1")] {
        assert_eq!(error(out(origin)).await, refused, "{origin:?}");
    }
    let named = server.request("PATCH", "/api/me").header("origin", "https://evil.example");
    let named = named.header("cookie", format!("ringcraft_session={token}"));
    assert_eq!(error(named.json(&json!({"name": "Mallory"}))).await, refused);
    assert_eq!(out(Some(&own)).send().await.unwrap().status(), 204);
    // A form of another site can send these types and no other.
    let login = json!({"email": server.rep.email, "password": PASSWORD}).to_string();
    let forms =
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"];
    for form in forms {
        let ask = server.fresh("POST", "/api/auth/login").header("content-type", form);
        let response = ask.body(login.clone()).send().await.unwrap();
        assert_eq!(response.status(), 415, "{form}");
        assert!(!response.headers().contains_key("set-cookie"));
    }
    let preflight = server.fresh("OPTIONS", "/api/auth/login");
    let preflight = preflight
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let response = preflight.send().await.unwrap();
    let allowed = response.headers().keys().any(|name| name.as_str().starts_with("access-control"));
    assert!(!allowed, "{:?}", response.headers());
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let server = behind_proxy().await;
    let good = json!({
        "org_name": "Acme", "name": "Robin", "email": "robin@example.com", "password": PASSWORD,
        "token": "rcm_x", "current_password": PASSWORD, "new_password": PASSWORD,
    });
    let routes: [(&str, &[&str]); 6] = [
        ("login", &["email", "password"]),
        ("setup", &["org_name", "name", "email", "password"]),
        ("password", &["current_password", "new_password"]),
        ("password_reset", &["email"]),
        ("password_reset/confirm", &["token", "password"]),
        ("invitation/accept", &["token", "name", "password"]),
    ];
    let long = "x".repeat(60_000);
    for (route, fields) in routes {
        server.sql("delete from org").await;
        server.sql("delete from login_failure").await;
        let session = if route == "password" { restored(&server).await } else { String::new() };
        for field in fields {
            let bad = match *field {
                "email" => vec![json!(long), json!("robin"), json!("a@b\r\nBcc: c@d"), json!("")],
                "name" | "org_name" => {
                    vec![json!(long), json!(" "), json!("a\u{1b}[2J"), json!("\u{0}")]
                }
                "password" if route != "login" => vec![json!(long), json!("1234567"), json!("")],
                "new_password" => vec![json!(long), json!("1234567"), json!("")],
                _ => vec![],
            };
            for value in bad.into_iter().chain([json!(7), json!(null), json!(["x"]), json!({})]) {
                let mut body = good.clone();
                body[field] = value;
                let ask = server.post(&format!("/api/auth/{route}"), &body).bearer_auth(&session);
                let (status, body) = answer(ask).await;
                let got = (status, body["error"]["code"].as_str(), body["error"]["field"].as_str());
                assert_eq!(got, (422, Some("invalid_field"), Some(*field)), "{route} {body}");
            }
            let mut body = good.clone();
            body.as_object_mut().unwrap().remove(*field);
            let ask = server.post(&format!("/api/auth/{route}"), &body).bearer_auth(&session);
            let (status, body) = answer(ask).await;
            assert_eq!((status, &body["error"]["field"]), (422, &json!(field)), "{route}");
        }
    }
}

/// The rep and their org anew, with a session.
async fn restored(server: &Server) -> String {
    test_database::org_with(&server.app.store, Role::Rep).await.session
}

#[tokio::test]
async fn text_that_looks_like_sql_is_text() {
    let server = behind_proxy().await;
    let nasty = ["'; drop table app_user; --", "\" or 1=1 --", "%", "\\", "$1", "${jndi:x}"];
    for text in nasty {
        let email = "o'hara--%$1@example.com";
        assert_eq!(error(server.login(email, text)).await.0, 401, "{text}");
        server.sql("delete from login_failure").await;
        let confirm = json!({"token": format!("rcm_{text}"), "password": format!("{text} longer")});
        let spent = (404, "invalid_link".to_owned());
        assert_eq!(error(server.post("/api/auth/password_reset/confirm", &confirm)).await, spent);
        let accept = json!({"token": text, "name": text, "password": format!("{text} longer")});
        assert_eq!(error(server.post("/api/auth/invitation/accept", &accept)).await, spent);
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let ask = server.fresh("GET", &format!("/api/auth/invitation?token={encoded}"));
        assert_eq!(error(ask).await, spent);
        let me = server.request("GET", "/api/me").bearer_auth(text.escape_default());
        assert_eq!(error(me).await.0, 401);
    }
    for query in ["", "?token", "?token=", "?token=a&token=b", "?token=%ff"] {
        let ask = server.fresh("GET", &format!("/api/auth/invitation{query}"));
        assert_eq!(error(ask).await, (404, "invalid_link".into()), "{query}");
    }
    assert_eq!(server.ask("select count(*)::text from app_user").await, "1");
    server.session().await;
}

/// How long a page's question takes, asked every 50 ms, or after the last was answered, until it is
/// over. On a thread of its own: it is the server that is measured.
fn probed(url: &str, over: &CancellationToken) -> Vec<u128> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut due = tokio::time::interval(Duration::from_millis(50));
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut latencies_ms = Vec::new();
        while !over.is_cancelled() {
            due.tick().await;
            let asked_at = clock::now();
            assert_eq!(client.get(url).send().await.unwrap().status(), 200);
            latencies_ms.push((clock::now() - asked_at).as_millis());
        }
        latencies_ms.sort_unstable();
        latencies_ms
    })
}

/// The answers to a thousand people who sign in at the same moment, each from an address of their own.
fn flooded(url: &str) -> Vec<(u16, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let logins = (0..1_000).map(|number| {
            let body = json!({"email": format!("rep{number}@example.com"), "password": PASSWORD});
            let address = format!("192.168.{}.{}", number / 250, number % 250);
            error(client.post(url).header("x-forwarded-for", address).json(&body))
        });
        join_all(logins).await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_logins_leave_the_server_responsive() {
    let server = behind_proxy().await;
    let mut alone_ms = Vec::new();
    for _ in 0..11 {
        let begun = clock::now();
        server.session().await;
        alone_ms.push((clock::now() - begun).as_millis());
    }
    alone_ms.sort_unstable();
    let over = CancellationToken::new();
    let url = format!("http://{}/api/health", server.address);
    let probe = std::thread::spawn({
        let over = over.clone();
        move || probed(&url, &over)
    });
    let begun = clock::now();
    let url = format!("http://{}/api/auth/login", server.address);
    let flood = tokio::task::spawn_blocking(move || flooded(&url));
    let answers = flood.await.unwrap();
    let flood_ms = (clock::now() - begun).as_millis();
    over.cancel();
    let latencies_ms = probe.join().unwrap();
    let count = |wanted: (u16, &str)| {
        answers.iter().filter(|(status, code)| (*status, code.as_str()) == wanted).count()
    };
    let (checked, turned_away) = (count((401, "wrong_credentials")), count((503, "busy")));
    let p95_ms = latencies_ms[latencies_ms.len() * 95 / 100];
    println!(
        "one login: median {} ms; 1,000 at once: {checked} checked, {turned_away} turned away, \
         {flood_ms} ms; health p95 {p95_ms} ms of {}",
        alone_ms[5],
        latencies_ms.len()
    );
    assert_eq!(checked + turned_away, 1_000);
    // As many as there are places are checked at least, and more as they leave.
    assert!((64..1_000).contains(&checked), "{checked}");
    assert!(p95_ms <= 250, "{latencies_ms:?}");
    server.session().await;
}
