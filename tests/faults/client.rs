//! A client of the wire that can also misbehave.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use ringcraft_media::units::SampleRate;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::Server;

/// Longer than any wait of a call that works; only a hang comes near.
const WITHIN: Duration = Duration::from_secs(80);

/// How long the server may take to notice a socket that was closed.
const NOTICED_WITHIN: Duration = Duration::from_secs(5);

/// Samples of a frame.
pub(crate) const FRAME: usize = SampleRate::Hz16000.frame_len();

/// A call that was opened.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) id: String,
    pub(crate) token: String,
    base: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    async fn of(response: reqwest::Response) -> Self {
        let header = response.headers().get("retry-after");
        let retry_after = header.map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        Self { status, retry_after, body: response.json().await.unwrap() }
    }
}

/// Asks for a call of a scenario.
pub(crate) async fn ask(server: &Server, scenario: &str) -> Answer {
    ask_as(server, server.api_key(), scenario).await
}

/// Asks for a call as whoever has the key.
pub(crate) async fn ask_as(server: &Server, api_key: &str, scenario: &str) -> Answer {
    let url = format!("{}/api/calls", server.url());
    let body = json!({ "scenario_id": scenario });
    Answer::of(
        reqwest::Client::new().post(url).bearer_auth(api_key).json(&body).send().await.unwrap(),
    )
    .await
}

impl Opened {
    /// Opens a call with Rachel.
    pub(crate) async fn new(server: &Server) -> Self {
        let answer = ask(server, "rachel").await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
        let field = |name: &str| answer.body["call"][name].as_str().unwrap().to_owned();
        Self { id: field("id"), token: field("token"), base: server.url() }
    }

    /// The same call on another server.
    pub(crate) fn on(&self, server: &Server) -> Self {
        Self { base: server.url(), ..self.clone() }
    }

    /// The same call with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// How far it has come.
    pub(crate) async fn shown(&self) -> Answer {
        let url = format!("{}/api/calls/{}", self.base, self.id);
        let request = reqwest::Client::new().get(url).bearer_auth(&self.token);
        Answer::of(request.send().await.unwrap()).await
    }

    /// Waits until its artefacts are there.
    pub(crate) async fn sealed(&self) -> Value {
        let sealed = async {
            let mut looks = interval(Duration::from_millis(100));
            loop {
                looks.tick().await;
                let mut answer = self.shown().await;
                if answer.body["call"]["status"] == "completed" {
                    return answer.body["call"].take();
                }
            }
        };
        timeout(WITHIN, sealed).await.expect("the call is sealed")
    }

    /// Connects without a word.
    pub(crate) async fn dial(&self) -> Result<WebSocket, Error> {
        let base = self.base.replace("http", "ws");
        let url = format!("{base}/api/calls/{}/audio?token={}", self.id, self.token);
        connect_async(url).await.map(|(socket, _)| socket)
    }

    /// The answer to an upgrade that is refused.
    pub(crate) async fn refused(&self) -> (u16, Value) {
        match self.dial().await {
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                (response.status().as_u16(), serde_json::from_slice(body).unwrap())
            }
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Connects anew as soon as the server has noticed that the last connection is gone.
    pub(crate) async fn redial(&self) -> WebSocket {
        let redial = async {
            let mut tries = interval(Duration::from_millis(20));
            loop {
                tries.tick().await;
                match self.dial().await {
                    Ok(socket) => return socket,
                    Err(Error::Http(refused)) if refused.status() == 409 => {}
                    Err(error) => panic!("the held call takes no connection: {error}"),
                }
            }
        };
        timeout(NOTICED_WITHIN, redial).await.expect("the broken connection is noticed")
    }

    /// Connects and starts.
    pub(crate) async fn connect(&self) -> Client {
        self.start(self.dial().await.unwrap()).await
    }

    /// Connects anew and starts.
    pub(crate) async fn reconnect(&self) -> Client {
        self.start(self.redial().await).await
    }

    async fn start(&self, socket: WebSocket) -> Client {
        let mut client = Client::over(socket);
        client.say(r#"{"type":"start","encoding":"pcm_s16le","sample_rate":16000}"#).await;
        client.until("ready").await;
        client
    }
}

pub(crate) type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Fetches an artefact by its link.
pub(crate) async fn fetch(link: &Value) -> Vec<u8> {
    let response = reqwest::get(link.as_str().unwrap()).await.unwrap();
    response.error_for_status().unwrap().bytes().await.unwrap().to_vec()
}

/// The rep's end of an audio socket: it sends a frame every 20 ms while it waits.
#[derive(Debug)]
pub(crate) struct Client {
    socket: WebSocket,
    /// The index of the next sample.
    pub(crate) index: u32,
    /// Every sample that was sent, in order.
    pub(crate) sent: Vec<i16>,
    speech: std::vec::IntoIter<i16>,
    /// Every message of the server that was text.
    pub(crate) events: Vec<Value>,
    /// How the server closed the socket.
    pub(crate) close: Option<(u16, String)>,
}

impl Client {
    pub(crate) fn over(socket: WebSocket) -> Self {
        Self {
            socket,
            index: 0,
            sent: Vec::new(),
            speech: Vec::new().into_iter(),
            events: Vec::new(),
            close: None,
        }
    }

    /// Says two recorded sentences from the next frame on: a question about help and a rate.
    pub(crate) fn speak(&mut self) {
        let wav = include_bytes!("../../media/tests/audio/slt.wav");
        let samples = hound::WavReader::new(&wav[..]).unwrap().into_samples();
        self.speech = samples.map(Result::unwrap).collect::<Vec<_>>().into_iter();
    }

    /// Sends a text message.
    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends a binary message.
    pub(crate) async fn send(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// Sends nothing for so many frames, as a microphone does whose network is gone for a moment.
    pub(crate) async fn fail_to_send(&mut self, frames: u32) {
        let mut ticks = interval(Duration::from_millis(20));
        ticks.reset();
        for _ in 0..frames {
            ticks.tick().await;
            self.index += u32::try_from(FRAME).unwrap();
        }
    }

    /// Waits for the next message of a type, and returns it.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        self.until_some(|event| event["type"] == kind, kind).await
    }

    /// Waits for a message, and returns it.
    pub(crate) async fn until_some(
        &mut self,
        mut wanted: impl FnMut(&Value) -> bool,
        name: &str,
    ) -> Value {
        let search = async {
            while let Some(event) = self.next().await {
                if wanted(&event) {
                    return Some(event);
                }
            }
            None
        };
        let found = timeout(WITHIN, search).await;
        match found {
            Ok(Some(event)) => event,
            Ok(None) => panic!("closed by {:?} before {name}: {:#?}", self.close, self.events),
            Err(_) => panic!("{name} never came: {:#?}", self.events),
        }
    }

    /// Waits until the server closes the socket: its code and reason.
    pub(crate) async fn until_closed(&mut self) -> (u16, String) {
        let closed = async { while self.next().await.is_some() {} };
        timeout(WITHIN, closed).await.expect("the server closes the socket");
        self.close.clone().expect("the server says why it closes")
    }

    /// Sends frames until a text message comes; nothing when the socket is closed.
    async fn next(&mut self) -> Option<Value> {
        let mut frames = interval(Duration::from_millis(20));
        frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
        frames.reset();
        loop {
            tokio::select! {
                _ = frames.tick() => self.frame().await,
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        let event: Value = serde_json::from_str(&text).unwrap();
                        self.events.push(event.clone());
                        return Some(event);
                    }
                    Some(Ok(Message::Close(frame))) => {
                        self.close = frame
                            .map(|frame| (u16::from(frame.code), frame.reason.as_str().to_owned()));
                        return None;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                },
            }
        }
    }

    async fn frame(&mut self) {
        let samples: Vec<i16> =
            (0..FRAME).map(|_| self.speech.next().unwrap_or_default()).collect();
        let pcm = samples.iter().flat_map(|sample| sample.to_le_bytes());
        let bytes: Vec<u8> = self.index.to_le_bytes().into_iter().chain(pcm).collect();
        self.index += u32::try_from(FRAME).unwrap();
        self.sent.extend(samples);
        // A server that is gone is noticed where the next message is awaited.
        let _ = self.socket.send(Message::binary(bytes)).await;
    }

    /// The utterances that were shown, each with its newest text.
    pub(crate) fn utterances(&self) -> Vec<&Value> {
        let mut shown: Vec<&Value> = Vec::new();
        for event in &self.events {
            if event["type"] == "utterance" {
                let said = &event["utterance"];
                shown.retain(|known| known["id"] != said["id"]);
                shown.push(said);
            }
        }
        shown
    }

    /// Waits for the end of what the buyer says now.
    pub(crate) async fn hear_out(&mut self) {
        self.until("reply.ended").await;
    }

    /// Speaks and waits until it is transcribed: the words.
    pub(crate) async fn say_sentence(&mut self) -> String {
        self.speak();
        let event = self.until_some(|event| event["utterance"]["speaker"] == "rep", "words").await;
        event["utterance"]["text"].as_str().unwrap().to_owned()
    }

    /// Goes on until all of the sentences are sent, and as many frames of silence behind them.
    pub(crate) async fn speak_to_the_end(&mut self, silent_frames: u32) {
        let mut ticks = interval(Duration::from_millis(20));
        while self.speech.len() != 0 {
            ticks.tick().await;
            self.frame().await;
        }
        for _ in 0..silent_frames {
            ticks.tick().await;
            self.frame().await;
        }
    }

    /// Hangs up and waits for the end: its reason.
    pub(crate) async fn hang_up(&mut self) -> String {
        self.say(r#"{"type":"hangup"}"#).await;
        self.ended().await
    }

    /// Waits for the end of the call: its reason.
    pub(crate) async fn ended(&mut self) -> String {
        let ended = self.until("call.ended").await;
        assert_eq!(self.until_closed().await, (1000, "the call is over".to_owned()));
        ended["reason"].as_str().unwrap().to_owned()
    }
}
