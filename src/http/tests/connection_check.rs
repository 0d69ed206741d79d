//! Who may check their connection, how often, and what is left of it. That packets come through is
//! tested over real sockets elsewhere.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::timeout;
use tungstenite::client::IntoClientRequest;

use super::webrtc::OFFER;
use super::*;

const WEBRTC: &str = "/api/connection-check/webrtc";
const SOCKET: &str = "/api/connection-check/websocket";

impl Server {
    fn offer_check(&self, who: &Person) -> RequestBuilder {
        let request = self.request("POST", WEBRTC).bearer_auth(&who.api_key);
        request.header("content-type", "application/sdp").body(OFFER)
    }

    fn cookie(&self) -> String {
        format!("ringcraft_session={}", self.rep.session)
    }

    /// Opens the WebSocket; else what is answered.
    async fn socket(&self, headers: &[(&'static str, String)]) -> Result<Socket, (u16, Value)> {
        let url = format!("ws://{}{SOCKET}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => {
                let body = serde_json::from_slice(response.body().as_ref().unwrap()).unwrap();
                Err((response.status().as_u16(), body))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until no check runs any more: what was closed is gone within a moment.
    async fn until_none_is_checked(&self) {
        let none = async {
            while self.app.checks.count() != 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(60), none).await.expect("no check runs any more");
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

async fn is_said_back(socket: &mut Socket, message: Message) {
    socket.send(message.clone()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), message);
}

#[tokio::test]
async fn whoever_is_signed_in_checks_a_connection_by_webrtc() {
    let given = ServeArgs {
        ice_servers: Some("stun:stun.example.com,turn:turn.example.com".to_owned()),
        ..ServeArgs::default()
    };
    let secret = |name: &str| (name == "RINGCRAFT_TURN_SECRET").then(|| "a secret".to_owned());
    let server = Server::told(given, secret, |app| router(Arc::clone(app))).await;
    let servers = server.request("GET", WEBRTC).bearer_auth(&server.rep.session);
    let (status, body) = answer(servers).await;
    assert_eq!(
        (status, &body["ice_servers"][0]["urls"][0]),
        (200, &json!("stun:stun.example.com"))
    );
    assert!(body["ice_servers"][1]["credential"].is_string(), "{body}");

    let checked = server.offer_check(&server.rep).send().await.unwrap();
    assert_eq!(checked.status(), 201);
    let headers: &HeaderMap = checked.headers();
    assert_eq!(headers["content-type"], "application/sdp");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("access-control-allow-origin"), "for our own page");
    let sdp = checked.text().await.unwrap();
    let port = server.app.ports.candidates()[0].port();
    assert!(sdp.contains(&format!(" 127.0.0.1 {port} typ host")), "{sdp}");
    assert!(sdp.contains("tcptype passive") && sdp.matches("\r\nm=").count() == 2, "{sdp}");
    assert_eq!((server.app.checks.count(), server.app.ports.counts().lanes), (1, 1));

    for (request, refused) in [
        (server.request("GET", WEBRTC), (401, "not_signed_in")),
        (server.request("POST", WEBRTC).body(OFFER), (401, "not_signed_in")),
        (server.request("GET", SOCKET), (401, "not_signed_in")),
        (server.request("GET", SOCKET).bearer_auth("x"), (401, "invalid_token")),
        (server.request("GET", SOCKET).bearer_auth(&server.rep.api_key), (426, "upgrade_required")),
        // As pages of other sites send it.
        (server.request("POST", WEBRTC).header("cookie", server.cookie()), (403, "cross_origin")),
        (server.offer_check(&server.rep).body("{}"), (400, "malformed_sdp")),
        (
            server.offer_check(&server.rep).body(OFFER.replace("a=sendrecv", "a=sendonly")),
            (422, "unusable_offer"),
        ),
        (server.request("POST", WEBRTC).bearer_auth(&server.rep.api_key), (415, "wrong_type")),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(error(request).await, (refused.0, refused.1.to_owned()), "{shown}");
    }
    assert_eq!(server.app.checks.count(), 1, "what is refused takes no place");
    // A server that stops does not wait for it.
    server.app.drain().await;
    assert_eq!((server.app.checks.count(), server.app.ports.counts().lanes), (0, 0));
}

#[tokio::test]
async fn a_websocket_says_back_what_it_hears_to_our_own_page() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    let cookie = ("cookie", server.cookie());
    let bearer = ("authorization", format!("Bearer {}", server.rep.api_key));
    let allowed = [
        vec![cookie.clone(), ("origin", own)],
        vec![cookie.clone(), ("sec-fetch-site", "same-origin".into())],
        // Where both are sent the header counts, and no page of another site has one.
        vec![bearer.clone(), ("origin", "https://elsewhere.example".into())],
    ];
    for headers in allowed {
        let mut socket = server.socket(&headers).await.unwrap();
        is_said_back(&mut socket, Message::Text("1".into())).await;
        is_said_back(&mut socket, Message::Binary(vec![7; 64].into())).await;
        socket.close(None).await.unwrap();
        server.until_none_is_checked().await;
    }
    for headers in [
        vec![cookie.clone()],
        vec![cookie.clone(), ("origin", "https://elsewhere.example".into())],
        vec![cookie.clone(), ("origin", "null".into())],
        vec![cookie, ("sec-fetch-site", "same-site".into())],
    ] {
        let (status, body) = server.socket(&headers).await.unwrap_err();
        assert_eq!((status, &body["error"]["code"]), (403, &json!("cross_origin")), "{headers:?}");
    }
    let (status, body) = server.socket(&[]).await.unwrap_err();
    assert_eq!((status, &body["error"]["code"]), (401, &json!("not_signed_in")));
    assert_eq!(server.app.checks.count(), 0);

    let mut socket = server.socket(std::slice::from_ref(&bearer)).await.unwrap();
    is_said_back(&mut socket, Message::Text("1".into())).await;
    server.app.draining.cancel();
    server.until_none_is_checked().await;
    let (status, body) = server.socket(&[bearer]).await.unwrap_err();
    assert_eq!((status, &body["error"]["code"]), (503, &json!("shutting_down")));
    let offer = error(server.offer_check(&server.rep)).await;
    assert_eq!(offer, (503, "shutting_down".to_owned()));
}

#[tokio::test]
async fn a_person_checks_four_connections_at_once() {
    let server = Server::start().await;
    let bearer = [("authorization", format!("Bearer {}", server.rep.api_key))];
    let mut socket = server.socket(&bearer).await.unwrap();
    for _ in 0..3 {
        assert_eq!(server.offer_check(&server.rep).send().await.unwrap().status(), 201);
    }
    let refused = server.offer_check(&server.rep).send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"10".parse().unwrap())
    );
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "too_many_connections");
    assert_eq!(server.socket(&bearer).await.unwrap_err().0, 429);
    let other = test_database::person_in(&server.app.store, server.rep.org, Role::Hr).await;
    assert_eq!(server.offer_check(&other).send().await.unwrap().status(), 201);
    is_said_back(&mut socket, Message::Text("1".into())).await;
    assert_eq!(server.app.rtc_sessions.count(), 0, "none is a session of a call");
}
