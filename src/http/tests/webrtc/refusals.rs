//! What is no call, and who may not have one.

use super::*;
use crate::http::tests::calls::opening;

#[tokio::test]
async fn what_is_no_offer_of_a_call_is_refused() {
    let waiting = Waiting::new().await;
    let changed = |from: &str, to: &str| {
        assert!(OFFER.contains(from), "{from}");
        waiting.offer(OFFER.replace(from, to))
    };
    let (audio, data) = (OFFER.find("m=audio").unwrap(), OFFER.find("m=application").unwrap());
    let audio_again = format!("{}m=application", &OFFER[audio..data]);
    let typed = |content_type: &str| {
        waiting.ask("POST", &waiting.endpoint).header("content-type", content_type).body(OFFER)
    };
    let table = [
        (waiting.offer(""), 400, "malformed_sdp"),
        (waiting.offer("{}"), 400, "malformed_sdp"),
        (
            waiting.ask("POST", &waiting.endpoint).header("content-type", SDP).body(vec![0xff; 9]),
            400,
            "unreadable_body",
        ),
        (waiting.offer("x".repeat(64 * 1024 + 1)), 413, "too_large"),
        (waiting.ask("POST", &waiting.endpoint).body(OFFER), 415, "wrong_type"),
        (typed("application/json"), 415, "wrong_type"),
        (changed("m=audio", "m=video"), 422, "unusable_offer"),
        (changed("m=application", &audio_again), 422, "unusable_offer"),
        (changed("a=sendrecv", "a=recvonly"), 422, "unusable_offer"),
        (changed("a=sendrecv", "a=sendonly"), 422, "unusable_offer"),
        (changed("a=sendrecv", "a=inactive"), 422, "unusable_offer"),
        (changed("opus/48000/2", "PCMU/8000"), 422, "unusable_offer"),
        (changed("a=rtcp-mux\r\n", ""), 422, "unusable_offer"),
        (changed("a=fingerprint", "a=x"), 422, "unusable_offer"),
        (changed("a=ice-ufrag", "a=x"), 422, "unusable_offer"),
        (changed("a=group:BUNDLE 0 1", "a=x"), 422, "unusable_offer"),
        (changed("sha-256 D2:FA", "sha-999 D2:FA"), 422, "unusable_offer"),
        // Each line is well-formed, and yet nothing can be agreed on: two names for one transport.
        (
            waiting.offer(format!("{}{}", &OFFER[..data], OFFER[data..].replace("EsAw", "WsAe"))),
            422,
            "unusable_offer",
        ),
    ];
    for (row, (request, status, code)) in table.into_iter().enumerate() {
        assert_eq!(error(request).await, (status, code.to_owned()), "row {row}");
    }
    let (_, body) = answer(changed("a=sendrecv", "a=sendonly")).await;
    assert!(body["error"]["message"].as_str().unwrap().contains("talks back"), "{body}");
    let refused = waiting.offer("{}").send().await.unwrap();
    assert!(is_for_every_site(&refused), "a page of another site may read why");
    assert_eq!(waiting.server.app.rtc_sessions.count(), 0);
    assert_eq!(waiting.server.app.live.can_attach(waiting.call), Ok(()), "it still waits");
}

#[tokio::test]
async fn only_the_token_of_the_call_opens_it() {
    let waiting = Waiting::new().await;
    let (server, endpoint) = (&waiting.server, &waiting.endpoint);
    let other = server.token(CallId::new());
    let session = format!("{endpoint}/0190f3a0-0000-7000-8000-000000000001");
    for (method, path) in [
        ("POST", endpoint),
        ("GET", endpoint),
        ("GET", &session),
        ("PATCH", &session),
        ("DELETE", &session),
    ] {
        let ask = || server.request(method, path);
        assert_eq!(error(ask()).await, (401, "missing_token".into()), "{method} {path}");
        let refused = (401, "invalid_token".to_owned());
        for token in [&other, "x", &server.rep.api_key] {
            assert_eq!(error(ask().bearer_auth(token)).await, refused, "{method} {path}");
        }
        let by_cookie = ask().header("cookie", format!("ringcraft_session={}", server.rep.session));
        assert_eq!(error(by_cookie).await.0, 401, "no cookie is read");
        let by_query = server.request(method, &format!("{path}?token={other}"));
        assert_eq!(error(by_query).await, refused, "{method} {path}");
    }
    for (method, path) in [("GET", &session), ("DELETE", &session)] {
        let unknown = waiting.ask(method, path);
        assert_eq!(error(unknown).await, (404, "unknown_session".into()), "{method}");
    }
    let unknown = waiting.patch(&session, "");
    assert_eq!(error(unknown).await, (404, "unknown_session".into()));
    let odd = waiting.ask("GET", &format!("{endpoint}/rachel"));
    assert_eq!(error(odd).await, (404, "unknown_session".into()));
    let known = waiting.ask("GET", endpoint).send().await.unwrap();
    assert_eq!(known.status(), 204);
    assert!(is_for_every_site(&known));
}

#[tokio::test]
async fn a_call_that_is_not_open_takes_no_offer() {
    let waiting = Waiting::new().await;
    waiting.server.app.live.forget(waiting.call);
    assert_eq!(error(waiting.offer(OFFER)).await, (404, "unknown_call".into()));
    assert_eq!(waiting.server.app.rtc_sessions.count(), 0);
}

#[tokio::test]
async fn a_page_of_another_site_may_ask() {
    let waiting = Waiting::new().await;
    let session = format!("{}/0190f3a0-0000-7000-8000-000000000001", waiting.endpoint);
    let table = [
        (&waiting.endpoint, "POST", "accept-post", SDP),
        (&session, "PATCH", "accept-patch", FRAGMENT),
        (&session, "DELETE", "accept-patch", FRAGMENT),
    ];
    for (path, method, accepts, content_type) in table {
        let preflight = waiting.server.request("OPTIONS", path);
        let preflight = preflight.header("origin", "https://elsewhere.example");
        let preflight = preflight.header("access-control-request-method", method);
        let preflight =
            preflight.header("access-control-request-headers", "authorization,if-match");
        let answer = preflight.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(is_for_every_site(&answer));
        let headers = answer.headers();
        assert_eq!(header(headers, accepts), content_type);
        let methods = header(headers, "access-control-allow-methods");
        assert!(methods.split(", ").any(|allowed| allowed == method), "{methods}");
        assert_eq!(
            header(headers, "access-control-allow-headers"),
            "Authorization, Content-Type, If-Match"
        );
        assert!(!headers.contains_key("access-control-allow-credentials"), "no cookies");
    }
    // What is not of a call stays with its own page.
    let elsewhere = waiting.server.request("GET", "/api/health").send().await.unwrap();
    assert_eq!(header(elsewhere.headers(), "access-control-allow-origin"), "");
}

#[tokio::test]
async fn an_opened_call_names_the_ice_servers() {
    let servers = "stun:stun.example.com,turn:turn.example.com?transport=udp";
    let given = ServeArgs { ice_servers: Some(servers.to_owned()), ..ServeArgs::default() };
    let secret = |name: &str| (name == "RINGCRAFT_TURN_SECRET").then(|| "a secret".to_owned());
    let server = Server::told(given, secret, |app| router(Arc::clone(app))).await;
    let (_, body) = answer(opening::open(&server, &server.rep, "k", "rachel")).await;
    let servers = &body["call"]["ice_servers"];
    assert_eq!(servers[0], json!({"urls": ["stun:stun.example.com"]}));
    assert_eq!(servers[1]["urls"], json!(["turn:turn.example.com?transport=udp"]));
    let username = servers[1]["username"].as_str().unwrap();
    let (until, call) = username.split_once(':').unwrap();
    assert_eq!(call, body["call"]["id"]);
    let until: u64 = until.parse().unwrap();
    let now = clock::unix_ms(clock::wall_now()) / 1_000;
    assert!((now + 7_100..=now + 7_200).contains(&until), "good for two hours");
    // 20 bytes of HMAC-SHA1 in base64.
    assert_eq!(servers[1]["credential"].as_str().unwrap().len(), 28);
}
