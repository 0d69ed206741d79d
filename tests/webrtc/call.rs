//! A call and the requests of its client.

use futures_util::{SinkExt, StreamExt};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::rep::Rep;
use crate::server::Server;

/// A call that was opened.
pub(crate) struct Call {
    pub(crate) server: Server,
    client: Client,
    opened: Value,
}

/// Where a session is and which ICE session it has.
pub(crate) struct Session {
    pub(crate) url: String,
    pub(crate) tag: String,
}

/// A call's WebSocket.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Call {
    pub(crate) async fn open() -> Self {
        let server = Server::start(&[]);
        let client = Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}/api/calls", server.url()));
        let request = request.bearer_auth(server.api_key()).json(&json!({"scenario_id": "rachel"}));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let body: Value = answer.json().await.unwrap();
        Self { server, client, opened: body["call"].clone() }
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.opened.pointer(pointer).unwrap().as_str().unwrap()
    }

    /// A request with the call's token.
    pub(crate) fn ask(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.request(method, url).bearer_auth(self.text("/token"))
    }

    /// Posts an offer, whatever comes of it.
    pub(crate) async fn offered(&self, offer: &str) -> Response {
        let request = self.ask(Method::POST, self.text("/links/webrtc"));
        let request = request.header("content-type", "application/sdp").body(offer.to_owned());
        request.send().await.unwrap()
    }

    /// Posts an offer that is answered.
    pub(crate) async fn answer(&self, offer: &str) -> (Session, String) {
        let answer = self.offered(offer).await;
        let status = answer.status();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(status, 201, "{}", self.server.log());
        let url = format!("{}{}", self.server.url(), header("location"));
        (Session { url, tag: header("etag") }, answer.text().await.unwrap())
    }

    /// A rep who is connected by a session of their own.
    pub(crate) async fn connect(&self) -> (Rep, Session) {
        let (mut rep, offer) = Rep::offer().await;
        let (session, answer) = self.answer(&offer).await;
        rep.connect(answer).await;
        (rep, session)
    }

    /// Hands a fragment to a session.
    pub(crate) async fn patch(&self, session: &Session, fragment: String) -> Response {
        let request = self.ask(Method::PATCH, &session.url).header("if-match", &session.tag);
        let request = request.header("content-type", "application/trickle-ice-sdpfrag");
        request.body(fragment).send().await.unwrap()
    }

    /// How an error is called.
    pub(crate) async fn code(answer: Response) -> (u16, String) {
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (status, body["error"]["code"].as_str().unwrap().to_owned())
    }

    /// The call's WebSocket, on which both may speak.
    pub(crate) async fn socket(&self) -> Socket {
        let url = format!("{}?token={}", self.text("/links/audio"), self.text("/token"));
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let start = r#"{"type":"start","encoding":"pcm_s16le","sample_rate":16000}"#;
        socket.send(start.into()).await.unwrap();
        socket
    }

    /// Follows the call's events beside its link.
    pub(crate) async fn watch(&self) -> Observer {
        let answer = self.ask(Method::GET, self.text("/links/events")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Observer { answer, read: String::new() }
    }
}

/// Reads the live events of a call.
pub(crate) struct Observer {
    answer: Response,
    read: String,
}

impl Observer {
    /// Waits for an event of this type.
    pub(crate) async fn until(&mut self, kind: &str) {
        let wanted = format!("\"type\":\"{kind}\"");
        while !self.read.contains(&wanted) {
            let chunk = self.answer.chunk().await.unwrap();
            let chunk = chunk.unwrap_or_else(|| panic!("no {kind}: {}", self.read));
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

/// Sends silence on a WebSocket until a text of this type comes.
pub(crate) async fn until(socket: &mut Socket, next: &mut u32, kind: &str) -> Value {
    let mut frames = tokio::time::interval(std::time::Duration::from_millis(20));
    loop {
        tokio::select! {
            _ = frames.tick() => {
                let mut frame = next.to_le_bytes().to_vec();
                frame.resize(4 + 640, 0);
                *next += 320;
                socket.send(Message::Binary(frame.into())).await.unwrap();
            }
            message = socket.next() => {
                let message = message.unwrap_or_else(|| panic!("no {kind}")).unwrap();
                let Message::Text(text) = message else { continue };
                let event: Value = serde_json::from_str(&text).unwrap();
                if event["type"] == kind {
                    return event;
                }
            }
        }
    }
}
