//! The routes over a real listener, asked by an independent client.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::body::Body;
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message};

use super::*;
use crate::app::{self, Runtimes};
use crate::config::{Config, ServeArgs};
use crate::model::{CallId, Role};
use crate::test_database::{self, Person, TestDatabase};
use crate::transport::websocket::{self, upgrade::Upgrade};
use crate::transport::{Link, LinkIn, LinkOut};

mod calls;
#[cfg(debug_assertions)]
mod dev_page;
mod call_tokens;
mod openapi;
mod people;
mod teams;
mod api_keys;
mod superadmin;
mod jobs;
mod metrics;
mod webrtc;
mod connection_check;
mod auth;
mod tls;
mod web;

struct Server {
    app: Arc<App>,
    address: SocketAddr,
    client: reqwest::Client,
    rep: Person,
    database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        Self::with(|app| router(Arc::clone(app))).await
    }

    async fn with(routes: impl FnOnce(&Arc<App>) -> Router) -> Self {
        Self::told(ServeArgs::default(), |_| None, routes).await
    }

    async fn told(
        given: ServeArgs,
        secrets: impl Fn(&str) -> Option<String>,
        routes: impl FnOnce(&Arc<App>) -> Router,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data").to_str().map(str::to_owned);
        let rtc_listen = given.rtc_listen.clone().or_else(|| Some("127.0.0.1:0".to_owned()));
        let given = ServeArgs { data_dir, rtc_listen, ..given };
        let database = TestDatabase::new().await;
        let environment = |name: &str| match name {
            "DATABASE_URL" => Some(database.url.clone()),
            name => secrets(name),
        };
        let config = Config::check(given, environment).unwrap();
        let listener = app::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (app, sealing) = app::build(config, address, Handle::current()).await.unwrap();
        let rep = test_database::org_with(&app.store, Role::Rep).await;
        app.sealing.spawn(sealing.run(app.calls_over.clone()));
        let (connections, stop) = (app.connections.clone(), app.stopping.clone());
        app.connections.spawn(listener::serve(
            listener,
            app.tls.clone(),
            routes(&app),
            connections,
            stop,
        ));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { app, address, client, rep, database, _folder: folder }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    fn token(&self, call: CallId) -> String {
        self.app.tokens.issue(call, self.rep.org, self.rep.user, clock::wall_now())
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

async fn error(request: RequestBuilder) -> (u16, String) {
    let (status, body) = answer(request).await;
    assert!(body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn every_wrong_request_gets_a_json_error() {
    let server = Server::start().await;
    let request = |method, path| server.request(method, path);
    let open = || request("POST", "/api/calls").bearer_auth(&server.rep.api_key);
    let json = |text: &str| open().header("content-type", "application/json").body(text.to_owned());
    let table = [
        (request("GET", "/api/nothing"), 404, "not_found"),
        (request("GET", "/api"), 404, "not_found"),
        (request("GET", "/elsewhere"), 404, "not_found"),
        (request("DELETE", "/api/calls/x/y/z"), 404, "not_found"),
        (
            request("GET", "/api/scenarios/%FF").bearer_auth(&server.rep.api_key),
            404,
            "unknown_scenario",
        ),
        (request("PUT", "/api/calls"), 405, "method_not_allowed"),
        (request("POST", "/api/health"), 405, "method_not_allowed"),
        (open(), 415, "not_json"),
        (open().header("content-type", "text/plain").body("{}"), 415, "not_json"),
        (json("{"), 400, "malformed_json"),
        (json("{}"), 422, "invalid_field"),
        (json(r#"{"scenario_id":7}"#), 422, "invalid_field"),
        (json(r#"{"scenario_id":"rachel","channel":"fax"}"#), 422, "invalid_field"),
        (json(r#"{"scenario_id":"rachel","channel":"chat"}"#), 422, "unsupported_channel"),
        (json(&format!("\"{}\"", "x".repeat(body::MAX_BODY))), 413, "too_large"),
    ];
    for (request, status, code) in table {
        let shown = format!("{request:?}");
        assert_eq!(error(request).await, (status, code.to_owned()), "{shown}");
    }
    let (_, body) = answer(json(r#"{"scenario_id":"rachel","channel":"fax"}"#)).await;
    assert_eq!(
        body,
        json!({"error": {
            "code": "invalid_field",
            "message": "unknown variant `fax`, expected `voice` or `chat`",
            "field": "channel",
        }})
    );
    let wrong_method = request("PUT", "/api/calls").send().await.unwrap();
    assert_eq!(wrong_method.headers()["allow"], "POST,GET,HEAD");
}

#[tokio::test]
async fn a_call_opens_by_its_own_token_alone() {
    let server = Server::start().await;
    let (call, other) = (CallId::new(), CallId::new());
    let (right, wrong) = (server.token(call), server.token(other));
    let routes = [("GET", ""), ("POST", "/end"), ("GET", "/events"), ("GET", "/audio")];
    for (method, rest) in routes {
        let path = format!("/api/calls/{call}{rest}");
        let ask = || server.request(method, &path);
        let by_query = |token: &str| server.request(method, &format!("{path}?token={token}"));
        let missing = ask().send().await.unwrap();
        assert_eq!(missing.headers()["www-authenticate"], "Bearer");
        // Media opens by the token alone; the rest to those who are signed in as well.
        let nothing = if rest == "/audio" { "missing_token" } else { "not_signed_in" };
        assert_eq!(error(ask()).await, (401, nothing.into()), "{rest}");
        assert_eq!(error(by_query("")).await, (401, nothing.into()), "{rest}");
        for token in [wrong.as_str(), "x", "a.b.c"] {
            let refused = (401, "invalid_token".to_owned());
            assert_eq!(error(ask().bearer_auth(token)).await, refused, "{rest} {token}");
            assert_eq!(error(by_query(token)).await, refused, "{rest} {token}");
        }
        // The header counts where both are sent.
        let both = by_query(&right).bearer_auth(&wrong);
        assert_eq!(error(both).await, (401, "invalid_token".into()));
        let known =
            if rest == "/audio" { (426, "upgrade_required") } else { (404, "unknown_call") };
        let known = (known.0, known.1.to_owned());
        assert_eq!(error(ask().bearer_auth(&right)).await, known, "{rest}");
        assert_eq!(error(by_query(&right)).await, known, "{rest}");
    }
    let odd = server.request("GET", "/api/calls/rachel").bearer_auth(&right);
    assert_eq!(error(odd).await, (404, "unknown_call".into()));
}

#[tokio::test]
async fn a_socket_for_an_unknown_call_is_refused_before_it_opens() {
    let server = Server::start().await;
    let call = CallId::new();
    let url =
        format!("ws://{}/api/calls/{call}/audio?token={}", server.address, server.token(call));
    let refused = tokio_tungstenite::connect_async(url).await.unwrap_err();
    let tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status(), 404);
    let body: Value = serde_json::from_slice(response.body().as_ref().unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "unknown_call");
}

#[tokio::test]
async fn a_draining_server_says_so() {
    let server = Server::start().await;
    let (status, body) = answer(server.request("GET", "/api/health")).await;
    assert_eq!((status, &body["health"]["status"]), (200, &json!("ready")));
    assert!(body["health"]["parts"]["speech_to_text"].is_string());
    server.app.draining.cancel();
    let (status, body) = answer(server.request("GET", "/api/health")).await;
    assert_eq!((status, &body["health"]["status"]), (503, &json!("draining")));
    let open = || {
        let request = server.request("POST", "/api/calls").bearer_auth(&server.rep.api_key);
        request.json(&json!({"scenario_id": "rachel"}))
    };
    assert_eq!(error(open()).await, (503, "shutting_down".into()));
    assert_eq!(open().send().await.unwrap().headers()["retry-after"], "30");
}

#[tokio::test]
async fn draining_ends_connections_and_the_listener() {
    let server = Server::start().await;
    // A connection that is kept alive must not hold up the end.
    answer(server.request("GET", "/api/scenarios")).await;
    server.app.drain().await;
    assert!(server.app.connections.is_empty());
    let refused = TcpStream::connect(server.address).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let server = Server::start().await;
    let port = server.address.port();
    let error = app::bind(server.address).await.unwrap_err().to_string();
    let expected = format!("port {port} is in use; stop the other program or set RINGCRAFT_LISTEN");
    assert_eq!(error, expected);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Takes what is logged from here on, as `info` shows it, until the guard is dropped.
    fn take() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::INFO)
            .with_writer(move || writer.clone())
            .finish();
        (lines, tracing::subscriber::set_default(log))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_logged_without_its_token() {
    let (lines, _guard) = Lines::take();
    let server = Server::start().await;
    let call = CallId::new();
    let token = server.token(call);
    let path = format!("/api/calls/{call}");
    error(server.request("GET", &format!("{path}?token={token}"))).await;
    error(server.request("GET", &path).bearer_auth(&token)).await;
    server.app.drain().await;
    let text = lines.text();
    assert_eq!(text.matches("answered").count(), 2, "{text}");
    assert!(text.contains(&path) && text.contains("status=404"), "{text}");
    for secret in [token.as_str(), "token=", "earer"] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// A server whose one route gives each link, and the thread that carries it, to the test.
async fn link_server(given: ServeArgs, media: Handle) -> (Server, mpsc::Receiver<(Link, String)>) {
    let (give, links) = mpsc::channel(1);
    let routes = move |app: &Arc<App>| {
        let calls = app.calls.clone();
        let route = async move |mut request: Request| -> Result<Response, ApiError> {
            let upgrade = Upgrade::take(&mut request)?;
            let response = upgrade.response().map(|()| Body::empty());
            let (calls, media, give) = (calls.clone(), media.clone(), give.clone());
            calls.clone().spawn(async move {
                let (socket, already_read) = upgrade.into_socket().await.unwrap();
                let attach = move |link| {
                    let thread = std::thread::current().name().unwrap_or_default().to_owned();
                    give.try_send((link, thread)).expect("the test takes one link at a time");
                    Ok(())
                };
                let carry = async move {
                    let socket = socket.serve().unwrap();
                    websocket::serve(socket, already_read, CallId::new(), attach).await
                };
                calls.spawn_on(carry, &media);
            });
            Ok(response)
        };
        Router::new().route("/link", get(route))
    };
    (Server::told(given, |_| None, routes).await, links)
}

#[test]
fn a_socket_carries_a_call_on_the_media_threads() {
    carries_a_call(ServeArgs::default());
}

#[test]
fn an_encrypted_socket_carries_a_call_on_the_media_threads() {
    carries_a_call(ServeArgs { tls: Some("self".into()), ..Default::default() });
}

fn carries_a_call(given: ServeArgs) {
    let runtimes = Runtimes::start().unwrap();
    let media = runtimes.media();
    runtimes.run(async {
        let (server, mut links) = link_server(given, media).await;
        let (mut client, response) = tls::dial(&server, "/link").await.unwrap();
        assert_eq!(response.status(), 101);
        let start = r#"{"type":"start","encoding":"pcm_s16le","sample_rate":8000}"#;
        client.send(start.into()).await.unwrap();
        let (mut link, thread) = links.recv().await.unwrap();
        assert!(thread.starts_with("media-"), "{thread}");
        let ready = client.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(ready.starts_with(r#"{"type":"ready","call_id":""#), "{ready}");
        assert!(ready.ends_with(r#"","sample_rate":8000}"#), "{ready}");
        for number in 0..50u32 {
            let mut frame = (number * 160).to_le_bytes().to_vec();
            frame.extend([number as u8; 320]);
            client.send(Message::Binary(frame.into())).await.unwrap();
        }
        for number in 0..50u64 {
            let Some(LinkIn::Audio(audio)) = link.inbound.recv().await else { panic!("{number}") };
            assert_eq!(audio.media_time.0, number * 160);
            assert_eq!(audio.payload, vec![number as u8; 320]);
        }
        link.outbound.try_send(LinkOut::Live(r#"{"type":"call.ended"}"#.into())).unwrap();
        drop(link);
        let last = client.next().await.unwrap().unwrap();
        assert_eq!(last, Message::Text(r#"{"type":"call.ended"}"#.into()));
        let Message::Close(Some(frame)) = client.next().await.unwrap().unwrap() else {
            panic!("no close")
        };
        assert_eq!(u16::from(frame.code), 1000);
        assert!(client.next().await.is_none());
        server.app.drain().await;
        assert!(server.app.calls.is_empty());
    });
    runtimes.stop();
}

#[tokio::test]
async fn what_is_no_upgrade_is_refused() {
    let (server, _links) = link_server(ServeArgs::default(), Handle::current()).await;
    let ask = || server.request("GET", "/link");
    let upgrade =
        || ask().header("connection", "keep-alive, Upgrade").header("upgrade", "WebSocket");
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    let plain = ask().send().await.unwrap();
    assert_eq!(plain.headers()["sec-websocket-version"], "13");
    assert_eq!(error(ask()).await, (426, "upgrade_required".into()));
    let old = upgrade().header("sec-websocket-version", "8").header("sec-websocket-key", key);
    assert_eq!(error(old).await, (426, "upgrade_required".into()));
    let keyless = upgrade().header("sec-websocket-version", "13");
    assert_eq!(error(keyless).await, (400, "bad_upgrade".into()));
    let good = upgrade().header("sec-websocket-version", "13").header("sec-websocket-key", key);
    let response = good.send().await.unwrap();
    assert_eq!(response.status(), 101);
    // The key and its answer of RFC 6455, section 1.3.
    assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
