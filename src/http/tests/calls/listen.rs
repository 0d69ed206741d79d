//! Who may listen to a call, up to where its sound begins.

use super::*;

/// The headers of a WebSocket's request.
fn upgrade(request: RequestBuilder) -> RequestBuilder {
    request
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

fn ask(server: &Server, call: CallId) -> RequestBuilder {
    upgrade(server.request("GET", &format!("/api/calls/{call}/listen")))
}

async fn refused(request: RequestBuilder) -> (u16, &'static str) {
    let (status, code) = error(request).await;
    (status, String::leak(code))
}

/// A call of the server's rep that waits for its connection.
async fn waiting(server: &Server) -> CallId {
    let (_, opened) = answer(open(server, &server.rep, "k", "rachel")).await;
    opened["call"]["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn those_listen_who_may_know_what_is_said_and_take_no_part() {
    let server = Server::start().await;
    let people = people(&server).await;
    let call = waiting(&server).await;
    // Whoever may listen is told that there is nothing to hear yet.
    for person in [&people.lead, &people.admin] {
        let asked = ask(&server, call).bearer_auth(&person.api_key);
        assert_eq!(refused(asked).await, (409, "not_live"), "{}", person.role);
        let asked = ask(&server, call).bearer_auth(&person.session);
        assert_eq!(refused(asked).await, (409, "not_live"), "{}", person.role);
    }
    let of_rep = ask(&server, call).bearer_auth(&server.rep.api_key);
    assert_eq!(refused(of_rep).await, (403, "forbidden"));
    for person in [&people.colleague, &people.other_lead, &people.hr, &people.stranger] {
        let asked = ask(&server, call).bearer_auth(&person.api_key);
        assert_eq!(refused(asked).await, (404, "unknown_call"), "{}", person.role);
    }
    // The call's own token opens its media, and nobody's ear.
    let token = server.token(call);
    let by_token = ask(&server, call).bearer_auth(&token);
    assert_eq!(refused(by_token).await, (401, "invalid_token"));
    for secret in [&token, &people.admin.session] {
        let path = format!("/api/calls/{call}/listen?token={secret}");
        let by_query = upgrade(server.request("GET", &path));
        assert_eq!(refused(by_query).await, (401, "not_signed_in"));
    }
    let nowhere = server.request("GET", "/api/calls/rachel/listen");
    let nowhere = upgrade(nowhere).bearer_auth(&people.admin.api_key);
    assert_eq!(refused(nowhere).await, (404, "unknown_call"));
    // Who leads a team does not listen to themself either.
    let (_, own) = answer(open(&server, &people.lead, "k", "rachel")).await;
    let own = own["call"]["id"].as_str().unwrap().parse().unwrap();
    let own = ask(&server, own).bearer_auth(&people.lead.api_key);
    assert_eq!(refused(own).await, (403, "forbidden"));
    let plain = server.request("GET", &format!("/api/calls/{call}/listen"));
    let plain = plain.bearer_auth(&people.admin.api_key);
    assert_eq!(refused(plain).await, (426, "upgrade_required"));
    nobody_listened(&server, &people.admin).await;
}

async fn nobody_listened(server: &Server, admin: &Person) {
    let entries = server.request("GET", "/api/audit_entries?action=call.listened");
    let (status, noted) = answer(entries.bearer_auth(&admin.api_key)).await;
    assert_eq!((status, &noted["audit_entries"]), (200, &json!([])));
}

#[tokio::test]
async fn a_cookie_opens_a_socket_for_our_own_page_alone() {
    let server = Server::start().await;
    let people = people(&server).await;
    let call = waiting(&server).await;
    let ask = |headers: &[(&str, &str)]| {
        let cookie = format!("ringcraft_session={}", people.admin.session);
        let request = ask(&server, call).header("cookie", cookie);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let own = format!("http://{}", server.address);
    let table = [
        (&[("origin", own.as_str())][..], (409, "not_live")),
        (&[("sec-fetch-site", "same-origin")], (409, "not_live")),
        (&[], (403, "cross_origin")),
        (&[("origin", "https://evil.example")], (403, "cross_origin")),
        (&[("origin", "null")], (403, "cross_origin")),
        (&[("origin", &own), ("sec-fetch-site", "same-site")], (403, "cross_origin")),
        // A program that sends the header is no page.
        (&[("authorization", "Bearer x")], (401, "invalid_token")),
    ];
    for (headers, expected) in table {
        assert_eq!(refused(ask(headers)).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn what_is_not_live_here_says_why() {
    let server = Server::start().await;
    let mut people = people(&server).await;
    let table = [
        ("completed", (409, "call_over")),
        ("sealing", (409, "call_over")),
        ("failed", (409, "call_over")),
        ("never_connected", (409, "call_over")),
        // Another node has it, or had it.
        ("live", (404, "unknown_call")),
    ];
    for (status, expected) in table {
        let call = people.system.call(server.rep.user, status, "2026-03-01T10:00:00Z").await;
        let asked = ask(&server, call).bearer_auth(&people.lead.api_key);
        assert_eq!(refused(asked).await, expected, "{status}");
    }
    // It waits, but not here.
    let elsewhere = people.system.call(server.rep.user, "waiting", "2099-03-01T10:00:00Z").await;
    let asked = ask(&server, elsewhere).bearer_auth(&people.lead.api_key);
    assert_eq!(refused(asked).await, (409, "not_live"));
    nobody_listened(&server, &people.admin).await;
}
