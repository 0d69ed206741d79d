//! A strict stand-in for the Messages API: it refuses what the real one would refuse, and more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use futures_util::stream;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What the stand-in answers to one request.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    pieces: Vec<Vec<u8>>,
    stays_open: bool,
}

impl Answer {
    /// A stream in pieces of `size` bytes.
    pub(super) fn stream(bytes: Vec<u8>, size: usize) -> Self {
        Self::stream_in(bytes.chunks(size).map(<[u8]>::to_vec).collect())
    }

    /// A stream in these pieces.
    pub(super) fn stream_in(pieces: Vec<Vec<u8>>) -> Self {
        let headers = vec![("content-type", "text/event-stream; charset=utf-8")];
        Self { status: 200, headers, pieces, stays_open: false }
    }

    /// An error of a kind.
    pub(super) fn error(status: u16, kind: &str) -> Self {
        let body = serde_json::json!({
            "type": "error", "error": {"type": kind, "message": "a message"}, "request_id": "req_x"
        });
        let headers = vec![("content-type", "application/json")];
        Self { status, headers, pieces: vec![body.to_string().into_bytes()], stays_open: false }
    }

    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The stream does not end by itself.
    pub(super) fn open(mut self) -> Self {
        self.stays_open = true;
        self
    }
}

/// The server; it ends when this is dropped.
pub(super) struct StandIn {
    pub(super) url: String,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    faults: Mutex<Vec<String>>,
    requests: Mutex<usize>,
    closed: Notify,
}

impl StandIn {
    pub(super) async fn start(answers: Vec<Answer>) -> Self {
        let shared = Arc::new(Shared { answers: Mutex::new(answers.into()), ..Shared::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, shared, _task: task }
    }

    /// What was wrong with the requests.
    pub(super) fn faults(&self) -> Vec<String> {
        self.shared.faults.lock().unwrap().clone()
    }

    pub(super) fn requests(&self) -> usize {
        *self.shared.requests.lock().unwrap()
    }

    /// Waits until the client has closed an answer that was still open.
    pub(super) async fn closed(&self) {
        self.shared.closed.notified().await;
    }
}

/// Tells when the answer's body is dropped before its end.
struct TellDropped(Arc<Shared>);

impl Drop for TellDropped {
    fn drop(&mut self) {
        self.0.closed.notify_one();
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    *shared.requests.lock().unwrap() += 1;
    let mut faults = Vec::new();
    if (method, uri.path()) != (Method::POST, "/v1/messages") {
        faults.push(format!("path {uri}"));
    }
    for (name, expected) in [
        ("x-api-key", "key-1"),
        ("anthropic-version", "2023-06-01"),
        ("content-type", "application/json"),
    ] {
        if headers.get(name).is_none_or(|value| value != expected) {
            faults.push(format!("header {name}: {:?}", headers.get(name)));
        }
    }
    if headers.contains_key("authorization") {
        faults.push("a key and a bearer token".to_owned());
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(body) => check_body(&body, &mut faults),
        Err(error) => faults.push(error.to_string()),
    }
    shared.faults.lock().unwrap().extend(faults);

    let next = shared.answers.lock().unwrap().pop_front();
    let answer = next.unwrap_or_else(|| Answer::error(400, "nothing is left to answer"));
    let mut response =
        Response::builder().status(answer.status).header("request-id", "req_stand_in");
    for (name, value) in &answer.headers {
        response = response.header(*name, *value);
    }
    let tell = answer.stays_open.then(|| TellDropped(Arc::clone(&shared)));
    let pieces = stream::unfold((answer.pieces.into_iter(), tell), |(mut pieces, tell)| async {
        // Lets each piece reach the wire by itself, as far as a test can.
        tokio::task::yield_now().await;
        match pieces.next() {
            Some(piece) => Some((Ok::<_, std::io::Error>(piece), (pieces, tell))),
            None if tell.is_some() => std::future::pending().await,
            None => None,
        }
    });
    response.body(Body::from_stream(pieces)).unwrap()
}

fn check_body(body: &Value, faults: &mut Vec<String>) {
    let known =
        ["model", "max_tokens", "stream", "system", "messages", "temperature", "output_config"];
    for field in body.as_object().into_iter().flat_map(|body| body.keys()) {
        if !known.contains(&field.as_str()) {
            faults.push(format!("unexpected field {field}"));
        }
    }
    for (path, expected) in [
        ("/model", Value::from("claude-sonnet-4-6")),
        ("/stream", Value::from(true)),
        ("/system/0/type", Value::from("text")),
        ("/system/0/cache_control", serde_json::json!({"type": "ephemeral"})),
        ("/output_config", serde_json::json!({"effort": "low"})),
        ("/messages/0/content", Value::from("(The call is connected.)")),
        ("/messages/1/content", Value::from("Hi, what's your —")),
    ] {
        if body.pointer(path) != Some(&expected) {
            faults.push(format!("{path}: {:?}", body.pointer(path)));
        }
    }
    let number = |path: &str| body.pointer(path).and_then(Value::as_f64).unwrap_or(-1.0);
    if !(20.0..1_000.0).contains(&number("/max_tokens")) {
        faults.push(format!("max_tokens {}", number("/max_tokens")));
    }
    if !(0.0..=1.0).contains(&number("/temperature")) {
        faults.push(format!("temperature {}", number("/temperature")));
    }
    if !body["system"][0]["text"].as_str().is_some_and(|text| text.starts_with("You are Rachel")) {
        faults.push("the prompt is missing".to_owned());
    }
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    for (i, message) in messages.iter().enumerate() {
        let role = if i % 2 == 0 { "user" } else { "assistant" };
        if message["role"] != role || message["content"].as_str().is_none_or(str::is_empty) {
            faults.push(format!("messages[{i}]: {message}"));
        }
    }
    let last = messages.last().and_then(|last| last["content"].as_str()).unwrap_or_default();
    if messages.len() % 2 == 0
        || !last.starts_with("Hello. This is Mark.\n\n<direction>\n")
        || !last.ends_with("\n</direction>")
    {
        faults.push(format!("the last message: {last}"));
    }
}
