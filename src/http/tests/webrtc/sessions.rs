//! Sessions from their offer on, as HTTP shows them. No packet comes: how they are connected is
//! tested elsewhere.

use futures_util::future::join_all;

use super::*;
use crate::transport::webrtc::fragment;
use crate::transport::webrtc::sessions::SESSIONS_PER_CALL;

/// The peer's user name in [`OFFER`].
const OFFERED: &str = "EsAw";

/// A session that was answered.
struct Answered {
    waiting: Waiting,
    session: String,
    tag: String,
}

impl Answered {
    async fn new() -> Self {
        let waiting = Waiting::new().await;
        let answer = waiting.offer(OFFER).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let session = header(answer.headers(), "location").to_owned();
        let tag = header(answer.headers(), "etag").to_owned();
        Self { waiting, session, tag }
    }

    /// Sends candidates of a user name.
    fn patch(&self, condition: Option<&str>, ufrag: &str) -> RequestBuilder {
        let text = format!(
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:{ufrag}\r\n\
             a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
             a=candidate:1 1 udp 2122260223 192.0.2.10 50000 typ host\r\n"
        );
        let request = self.waiting.patch(&self.session, text);
        match condition {
            Some(condition) => request.header("if-match", condition),
            None => request,
        }
    }
}

#[tokio::test]
async fn an_offer_is_answered_with_all_that_its_client_needs() {
    let given = ServeArgs {
        ice_servers: Some("stun:stun.example.com,turn:turn.example.com".to_owned()),
        ..ServeArgs::default()
    };
    let secret = |name: &str| (name == "RINGCRAFT_TURN_SECRET").then(|| "a secret".to_owned());
    let server = Server::told(given, secret, |app| router(Arc::clone(app))).await;
    let waiting = Waiting::on(server).await;
    let answer = waiting.offer(OFFER).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(is_for_every_site(&answer));
    let headers = answer.headers().clone();
    assert_eq!(header(&headers, "content-type"), SDP);
    assert_eq!(header(&headers, "accept-patch"), FRAGMENT);
    let session = header(&headers, "location");
    assert!(session.starts_with(&format!("/api/calls/{}/webrtc/", waiting.call)), "{session}");
    let tag = header(&headers, "etag");
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let links: Vec<_> = headers.get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
    assert_eq!(links[0], "<stun:stun.example.com>; rel=\"ice-server\"");
    let relay = "<turn:turn.example.com>; rel=\"ice-server\"; username=\"";
    assert!(links[1].starts_with(relay) && links[1].contains(&waiting.call.to_string()));
    let sdp = answer.text().await.unwrap();
    assert_eq!(sdp.matches("\r\nm=").count(), 2, "no section is left out: {sdp}");
    for line in ["a=sendrecv", "a=rtcp-mux", "a=mid:0", "a=mid:1", "opus/48000/2"] {
        assert!(sdp.contains(line), "{line} in {sdp}");
    }
    assert_eq!(waiting.ask("GET", session).send().await.unwrap().status(), 204);
    // Of another call, nothing is there.
    let other = Waiting::on(waiting.server).await;
    let strange = session.replace(&waiting.call.to_string(), &other.call.to_string());
    assert_eq!(error(other.ask("GET", &strange)).await, (404, "unknown_session".into()));
}

#[tokio::test]
async fn a_token_in_the_address_stays_in_it() {
    let waiting = Waiting::new().await;
    let token = format!("token={}", waiting.token);
    let offer = waiting.server.request("POST", &format!("{}?{token}", waiting.endpoint));
    let answer = offer.header("content-type", SDP).body(OFFER).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let session = header(answer.headers(), "location");
    assert!(session.ends_with(&token), "{session}");
    let found = waiting.server.request("GET", session).send().await.unwrap();
    assert_eq!(found.status(), 204);
}

#[tokio::test]
async fn candidates_are_taken_for_the_session_they_belong_to() {
    let answered = Answered::new().await;
    let (tag, bare) = (answered.tag.as_str(), answered.tag.trim_matches('"'));
    for condition in [Some(tag), Some(bare), Some("*"), Some("\"*\""), None] {
        let taken = answered.patch(condition, OFFERED).send().await.unwrap();
        assert_eq!(taken.status(), 204, "{condition:?}");
        assert!(is_for_every_site(&taken));
        assert!(!taken.headers().contains_key("etag"), "it is the same session");
        assert_eq!(taken.text().await.unwrap(), "");
    }
    let plain = |text: String| answered.waiting.patch(&answered.session, text);
    let ask = || answered.waiting.ask("PATCH", &answered.session);
    let table = [
        (answered.patch(Some("\"other\""), OFFERED), 412, "other_ice_session"),
        (answered.patch(Some("\"other\""), "another"), 412, "other_ice_session"),
        (answered.patch(None, "another"), 428, "if_match_required"),
        (answered.patch(Some(tag), "x"), 400, "malformed_fragment"),
        (plain(String::new()), 400, "malformed_fragment"),
        (plain("x".repeat(8 * 1024 + 1)), 413, "too_large"),
        (plain("x".repeat(64 * 1024 + 1)), 413, "too_large"),
        (ask().header("content-type", SDP).body("a=mid:0"), 415, "wrong_type"),
        (ask(), 415, "wrong_type"),
    ];
    for (row, (request, status, code)) in table.into_iter().enumerate() {
        assert_eq!(error(request).await, (status, code.to_owned()), "row {row}");
    }
}

#[tokio::test]
async fn a_new_user_name_begins_ice_anew() {
    let answered = Answered::new().await;
    let mut tag = answered.tag.clone();
    let mut names = Vec::new();
    for (ufrag, says_tag) in [("second", false), ("third", true)] {
        let condition = if says_tag { &tag } else { "*" };
        let restarted = answered.patch(Some(condition), ufrag).send().await.unwrap();
        assert_eq!(restarted.status(), 200);
        assert_eq!(header(restarted.headers(), "content-type"), FRAGMENT);
        let new = header(restarted.headers(), "etag").to_owned();
        assert_ne!(new, tag);
        let old = std::mem::replace(&mut tag, new);
        let ours = fragment::read(&restarted.text().await.unwrap()).unwrap();
        assert!(!names.contains(&ours.ufrag), "a new name for each");
        names.push(ours.ufrag);
        let late = answered.patch(Some(&old), OFFERED);
        assert_eq!(error(late).await, (412, "other_ice_session".into()));
        let next = answered.patch(Some(&tag), ufrag).send().await.unwrap();
        assert_eq!(next.status(), 204);
    }
}

#[tokio::test]
async fn who_hangs_up_before_they_are_connected_gives_the_call_up() {
    let answered = Answered::new().await;
    let (waiting, session) = (&answered.waiting, &answered.session);
    let ended = waiting.ask("DELETE", session).header("if-match", "\"any\"").send().await.unwrap();
    assert_eq!(ended.status(), 200);
    assert!(is_for_every_site(&ended));
    for method in ["DELETE", "GET"] {
        let gone = waiting.ask(method, session);
        assert_eq!(error(gone).await, (404, "unknown_session".into()), "{method}");
    }
    let late = answered.patch(Some("*"), OFFERED);
    assert_eq!(error(late).await, (404, "unknown_session".into()));
    let app = &waiting.server.app;
    app.calls.close();
    app.calls.wait().await;
    assert_eq!(app.live.status(waiting.call), None);
    let shown = waiting.server.request("GET", &format!("/api/calls/{}", waiting.call));
    let (_, body) = answer(shown.bearer_auth(&waiting.server.rep.api_key)).await;
    assert_eq!(body["call"]["status"], "never_connected");
    assert_eq!(error(waiting.offer(OFFER)).await, (404, "unknown_call".into()));
}

#[tokio::test]
async fn of_two_hundred_offers_at_once_few_are_answered_and_none_stays() {
    let waiting = Waiting::new().await;
    let offers = (0..200).map(|_| waiting.offer(OFFER).send());
    let answers: Vec<Answer> = join_all(offers).await.into_iter().map(Result::unwrap).collect();
    let (answered, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status() == 201);
    assert_eq!(answered.len(), SESSIONS_PER_CALL);
    for answer in refused {
        assert_eq!(answer.status(), 429);
        assert_eq!(header(answer.headers(), "retry-after"), "10");
    }
    let app = &waiting.server.app;
    assert_eq!(app.rtc_sessions.count(), SESSIONS_PER_CALL);
    for answer in &answered {
        let session = header(answer.headers(), "location");
        assert_eq!(waiting.ask("DELETE", session).send().await.unwrap().status(), 200);
    }
    app.calls.close();
    app.calls.wait().await;
    assert_eq!((app.rtc_sessions.count(), app.ports.counts().lanes), (0, 0));
}
