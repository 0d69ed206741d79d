//! The server's wire and nothing behind it. It has no clock: each frame of the rep is 20 ms.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// How loud each clip of the rep is.
pub(crate) const CLIP_LEVELS: [i16; 3] = [8_000, 8_001, 8_002];

/// How loud each reply of the buyer is.
pub(crate) const REPLY_LEVELS: [i16; 4] = [1_001, 2_002, 3_003, 4_004];

const TOKEN: &str = "call-token";
const FRAME: u64 = 320;

/// What a call showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    /// When each frame of the rep arrived.
    pub(crate) arrivals: Vec<Instant>,
    /// Where the client stopped when it was told to pause.
    pub(crate) paused_at: u64,
    /// Where it stopped when it was told to clear.
    pub(crate) cleared_at: u64,
}

#[derive(Default)]
struct Shared {
    url: Mutex<String>,
    journal: Mutex<Option<Journal>>,
    looked_at: AtomicU32,
    given_up: AtomicU32,
    keys: Mutex<Vec<String>>,
}

type Server = State<Arc<Shared>>;

pub(crate) struct StandIn {
    listener: Mutex<Option<TcpListener>>,
    shared: Arc<Shared>,
}

impl StandIn {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared::default());
        *shared.url.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        Self { listener: Mutex::new(Some(listener)), shared }
    }

    pub(crate) fn url(&self) -> String {
        self.shared.url.lock().unwrap().clone()
    }

    /// Serves while a client is at work.
    pub(crate) async fn while_serving<T>(&self, client: impl Future<Output = T>) -> T {
        let listener = self.listener.lock().unwrap().take().expect("one client at a time");
        let router = axum::Router::new()
            .route("/api/calls", post(open))
            .route("/api/calls/{id}", get(show))
            .route("/api/calls/{id}/end", post(end))
            .route("/api/calls/{id}/audio", get(audio))
            .route("/api/scenarios", get(scenarios))
            .route("/kpis.json", get(async || Json(json!({ "call": { "duration_ms": 7_000 } }))))
            .with_state(Arc::clone(&self.shared));
        let address = listener.local_addr().unwrap();
        let result = tokio::select! {
            ended = axum::serve(listener, router) => panic!("the stand-in ended: {ended:?}"),
            result = client => result,
        };
        let again = TcpListener::bind(address).await.unwrap();
        *self.listener.lock().unwrap() = Some(again);
        result
    }

    /// What the call showed; there is none where the client broke a rule of the wire.
    pub(crate) fn journal(&self) -> Journal {
        let journal = self.shared.journal.lock().unwrap().take();
        journal.expect("the client broke a rule: the assertion that failed is above")
    }

    /// What the clients have shown since this was asked last, to be let in.
    pub(crate) fn keys(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.keys.lock().unwrap())
    }

    /// How many calls were ended without having been used.
    pub(crate) fn given_up(&self) -> u32 {
        self.shared.given_up.load(Ordering::Relaxed)
    }
}

/// The scenario's name decides what happens; the call's id carries it on.
const CALLS: [(&str, &str); 4] = [
    ("rachel", "01900000-0000-7000-8000-000000000001"),
    ("taken", "01900000-0000-7000-8000-000000000002"),
    ("refuses", "01900000-0000-7000-8000-000000000003"),
    ("drops", "01900000-0000-7000-8000-000000000004"),
];

fn scenario_of(id: &str) -> &'static str {
    CALLS.iter().find(|(_, call)| *call == id).expect("an id that was given out").0
}

fn refusal(status: u16, error: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(json!({ "error": error }))).into_response()
}

async fn open(State(shared): Server, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    assert_eq!(body["channel"], "voice");
    let key = headers["authorization"].to_str().unwrap().to_owned();
    shared.keys.lock().unwrap().push(key.clone());
    if key == "Bearer rck_stale" {
        let error = json!({ "code": "invalid_token", "message": "sign in again" });
        return refusal(401, error);
    }
    let scenario = body["scenario_id"].as_str().unwrap();
    if scenario == "full" {
        let error = json!({ "code": "full", "message": "all slots are in use; try again" });
        return refusal(503, error);
    }
    let Some((_, id)) = CALLS.iter().find(|(name, _)| *name == scenario) else {
        let error = json!({
            "code": "unknown_scenario", "message": "no scenario has this id", "field": "scenario_id"
        });
        return refusal(404, error);
    };
    let audio =
        shared.url.lock().unwrap().replace("http", "ws") + &format!("/api/calls/{id}/audio");
    let call = json!({
        "id": id, "status": "waiting", "token": TOKEN, "expires_at": "2026-01-01T00:10:00Z",
        "links": { "audio": audio, "events": "unused" }
    });
    (StatusCode::CREATED, Json(json!({ "call": call }))).into_response()
}

async fn show(State(shared): Server, Path(id): Path<String>, headers: HeaderMap) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    let url = shared.url.lock().unwrap().clone();
    if shared.looked_at.fetch_add(1, Ordering::Relaxed) == 0 {
        return Json(json!({ "call": { "id": id, "status": "sealing" } })).into_response();
    }
    let links = json!({
        "recording": format!("{url}/legs.opus"), "kpis": format!("{url}/kpis.json")
    });
    let call = json!({
        "id": id, "status": "completed", "end_reason": "rep_hung_up", "duration_ms": 7_000,
        "links": links
    });
    Json(json!({ "call": call })).into_response()
}

async fn end(State(shared): Server, headers: HeaderMap) -> StatusCode {
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    shared.given_up.fetch_add(1, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}

async fn scenarios() -> Json<Value> {
    Json(json!({ "scenarios": [{ "id": "rachel", "title": "The rate shopper" }] }))
}

async fn audio(
    State(shared): Server,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    assert_eq!(query.as_deref(), Some("token=call-token"));
    let scenario = scenario_of(&id);
    if scenario == "taken" {
        let error = json!({ "code": "already_connected", "message": "one link at a time" });
        return refusal(409, error);
    }
    upgrade.on_upgrade(async move |mut socket| {
        let start = socket.recv().await.unwrap().unwrap().into_text().unwrap();
        let start: Value = serde_json::from_str(&start).unwrap();
        let expected = json!({ "type": "start", "encoding": "pcm_s16le", "sample_rate": 16_000, "echo_cancellation": "on" });
        assert_eq!(start, expected);
        if scenario == "refuses" {
            let frame = CloseFrame { code: 1008, reason: "no audio today".into() };
            socket.send(Message::Close(Some(frame))).await.unwrap();
            return;
        }
        let ready = json!({ "type": "ready", "call_id": id, "sample_rate": 16_000 });
        socket.send(text(&ready)).await.unwrap();
        let journal = Call::new(socket, scenario).run().await;
        *shared.journal.lock().unwrap() = Some(journal);
    })
}

fn text(json: &Value) -> Message {
    Message::text(json.to_string())
}

/// One step of the script after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// The opening is sent and waited for.
    Opening,
    /// The rep is to speak, then to be silent for 200 ms.
    FirstTurn,
    /// The answer is sent until the rep cuts in.
    CutOff,
    /// The pause is answered and the rep falls silent.
    Paused,
    /// The resume is answered, the rest is sent and waited for.
    Resumed,
    SecondTurn,
    /// The next reply is sent for half a second, then cleared.
    Cleared,
    /// Another answer follows; the rep hears it and hangs up.
    LastReply,
}

struct Call {
    socket: WebSocket,
    drops: bool,
    step: Step,
    journal: Journal,
    /// The reply that is being sent, its end and the next sample.
    reply: u32,
    reply_end: u64,
    next: u64,
    spoke: bool,
    silent_frames: u32,
    played: Vec<(u64, u64)>,
}

impl Call {
    fn new(socket: WebSocket, scenario: &str) -> Self {
        Self {
            socket,
            drops: scenario == "drops",
            step: Step::Opening,
            journal: Journal::default(),
            reply: 0,
            reply_end: 0,
            next: 0,
            spoke: false,
            silent_frames: 0,
            played: Vec::new(),
        }
    }

    async fn run(mut self) -> Journal {
        loop {
            match self.socket.recv().await.expect("the client hangs up first").unwrap() {
                Message::Binary(frame) => {
                    self.hear(&frame);
                    if self.drops && self.journal.arrivals.len() == 10 {
                        return self.journal;
                    }
                    self.step().await;
                    self.send_frame().await;
                }
                Message::Text(json) => {
                    let json: Value = serde_json::from_str(&json).unwrap();
                    if json == json!({ "type": "hangup" }) {
                        assert_eq!(self.step, Step::LastReply);
                        assert_eq!(self.played.last(), Some(&(4, 3_200)), "all was heard before");
                        self.tell(
                            json!({ "type": "call.ended", "reason": "rep_hung_up", "at_ms": 1 }),
                        )
                        .await;
                        self.socket.send(Message::Close(None)).await.unwrap();
                        return self.journal;
                    }
                    self.reported(&json).await;
                }
                other => panic!("{other:?} is not of the protocol"),
            }
        }
    }

    fn hear(&mut self, frame: &[u8]) {
        assert_eq!(frame.len(), 4 + 640);
        let index = u32::from_le_bytes(frame[..4].try_into().unwrap());
        assert_eq!(u64::from(index), self.journal.arrivals.len() as u64 * FRAME);
        self.journal.arrivals.push(ringcraft::clock::now());
        if frame[4..].iter().any(|&byte| byte != 0) {
            self.spoke = true;
            self.silent_frames = 0;
        } else {
            self.silent_frames += 1;
        }
    }

    /// Whether the rep spoke and has been silent for 200 ms since.
    fn turn_is_over(&self) -> bool {
        self.spoke && 10 <= self.silent_frames
    }

    async fn step(&mut self) {
        match self.step {
            Step::Opening if self.reply == 0 => {
                self.tell(json!({ "type": "call.connected" })).await;
                self.tell(json!({ "type": "coach.nudge", "text": "from a newer server" })).await;
                self.begin(1, 4_800).await;
            }
            Step::FirstTurn if self.turn_is_over() => {
                self.spoke = false;
                self.begin(2, 16_000).await;
                self.step = Step::CutOff;
            }
            Step::CutOff if self.spoke => {
                self.tell(json!({ "type": "pause", "reply": 2 })).await;
                self.reply_end = self.next;
                self.step = Step::Paused;
            }
            Step::Paused if self.journal.paused_at != 0 && self.turn_is_over() => {
                self.spoke = false;
                let from = self.journal.paused_at - 1_600;
                self.tell(json!({ "type": "resume", "reply": 2, "from_sample": from })).await;
                (self.next, self.reply_end) = (from, 16_000);
                self.step = Step::Resumed;
            }
            Step::SecondTurn if self.turn_is_over() => {
                self.spoke = false;
                self.begin(3, 16_000).await;
                self.step = Step::Cleared;
            }
            Step::Cleared if self.next == 8_000 && self.reply_end != self.next => {
                self.tell(json!({ "type": "clear", "reply": 3 })).await;
                self.reply_end = self.next;
                self.silent_frames = 0;
            }
            // A report may have crossed the clear; after ten more frames its answer is here.
            Step::Cleared if self.reply_end == self.next && 10 <= self.silent_frames => {
                self.journal.cleared_at = self.played.last().expect("the clear was answered").1;
                self.tell(json!({ "type": "reply.interrupted", "reply": 3, "at_ms": 1 })).await;
                self.begin(4, 3_200).await;
                self.step = Step::LastReply;
            }
            _ => {}
        }
    }

    /// The client says how far it has played.
    async fn reported(&mut self, json: &Value) {
        assert_eq!(json["type"], "played", "{json}");
        let report = (json["reply"].as_u64().unwrap(), json["sample"].as_u64().unwrap());
        assert_eq!(report.0, u64::from(self.reply), "{json}");
        assert!(report.1 <= self.next, "{json} is more than was sent: {}", self.next);
        let last = self.played.last().filter(|last| last.0 == report.0).map_or(0, |last| last.1);
        let resumed = self.step == Step::Resumed && last == self.journal.paused_at;
        assert!(last <= report.1 || resumed, "{json} after {last}");
        self.played.push(report);
        match (self.step, report) {
            (Step::Opening, (1, 4_800)) => {
                let on_the_way = self.played.iter().filter(|report| report.1 < 4_800).count();
                assert!(2 <= on_the_way, "every 100 ms: {:?}", self.played);
                self.end_reply(Step::FirstTurn).await;
            }
            (Step::Paused, (2, sample)) => self.journal.paused_at = sample,
            (Step::Resumed, (2, 16_000)) => {
                let from = self.journal.paused_at - 1_600;
                assert!(self.played.contains(&(2, from)), "the resume was answered");
                self.end_reply(Step::SecondTurn).await;
            }
            (Step::LastReply, (4, 3_200)) => self.end_reply(Step::LastReply).await,
            _ => {}
        }
    }

    async fn begin(&mut self, reply: u32, end: u64) {
        (self.reply, self.reply_end, self.next) = (reply, end, 0);
        self.tell(json!({ "type": "reply.thinking", "reply": reply })).await;
        self.tell(json!({ "type": "reply.started", "reply": reply, "at_ms": 1 })).await;
    }

    async fn end_reply(&mut self, next: Step) {
        self.tell(json!({ "type": "reply.ended", "reply": self.reply, "at_ms": 1 })).await;
        self.step = next;
        self.spoke = false;
    }

    async fn send_frame(&mut self) {
        let length = FRAME.min(self.reply_end - self.next);
        if length == 0 {
            return;
        }
        let mut frame = self.reply.to_le_bytes().to_vec();
        frame.extend(u32::try_from(self.next).unwrap().to_le_bytes());
        let level = REPLY_LEVELS[self.reply as usize - 1];
        frame.extend((0..length).flat_map(|_| level.to_le_bytes()));
        self.next += length;
        self.socket.send(Message::binary(frame)).await.unwrap();
    }

    async fn tell(&mut self, json: Value) {
        self.socket.send(text(&json)).await.unwrap();
    }
}
