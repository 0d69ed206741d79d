//! A Ringcraft server as its HTTP interface shows it to a client.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use ringcraft_media::call::EndReason;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::CallError;
use super::peer::IceServer;
use super::trust::{self, Trust};
use crate::model::CallId;

/// No answer of the server takes longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How often a call is looked at while its artefacts are made.
const POLL_EVERY: Duration = Duration::from_millis(250);

/// How long the artefacts of a call may take.
const SEALED_WITHIN: Duration = Duration::from_secs(60);

/// A server's HTTP interface.
pub(crate) struct Server {
    http: reqwest::Client,
    base: String,
    api_key: String,
}

/// A call that was opened. It has no `Debug`: its token is a secret.
#[derive(Deserialize)]
pub(crate) struct OpenCall {
    /// The call.
    pub(crate) id: CallId,
    /// Opens this call's media.
    pub(crate) token: String,
    /// What helps to find a way to the server.
    #[serde(default)]
    pub(crate) ice_servers: Vec<IceServer>,
    links: MediaLinks,
}

#[derive(Deserialize)]
struct MediaLinks {
    audio: String,
    #[serde(default)]
    webrtc: Option<String>,
}

/// A WebRTC session of a call, as the server knows it. It has no `Debug`: its token is a secret.
pub(crate) struct Session {
    url: Url,
    token: String,
}

impl OpenCall {
    /// The address of the audio socket, with the token.
    pub(crate) fn audio_url(&self) -> String {
        let audio = &self.links.audio;
        if audio.contains("token=") {
            return audio.clone();
        }
        let separator = if audio.contains('?') { '&' } else { '?' };
        format!("{audio}{separator}token={}", self.token)
    }

    /// Where WebRTC is offered.
    ///
    /// # Errors
    /// When the server carries none.
    pub(crate) fn webrtc_url(&self) -> Result<&str, CallError> {
        self.links.webrtc.as_deref().ok_or(CallError::NoWebRtc)
    }
}

/// The status of a call that the server does not tell about.
const UNKNOWN: &str = "unknown";

/// A call after its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallState {
    /// The call.
    pub(crate) id: CallId,
    /// How far it has come.
    pub(crate) status: String,
    /// Why it ended.
    #[serde(default)]
    pub(crate) end_reason: Option<String>,
    /// How long it was.
    #[serde(default)]
    pub(crate) duration_ms: Option<u64>,
    /// Where its artefacts are.
    #[serde(default)]
    pub(crate) links: BTreeMap<String, Value>,
}

impl CallState {
    /// A call that the server does not tell about; why it ended it may have said before.
    pub(crate) fn unknown(id: CallId, ended: Option<EndReason>) -> Self {
        let end_reason = serde_json::to_value(ended).ok();
        let end_reason = end_reason.and_then(|name| name.as_str().map(str::to_owned));
        let (status, links) = (UNKNOWN.to_owned(), BTreeMap::new());
        Self { id, status, end_reason, duration_ms: None, links }
    }

    /// Whether the server told about it.
    pub(crate) fn is_known(&self) -> bool {
        self.status != UNKNOWN
    }

    /// Whether asking again tells nothing new, at least not soon.
    fn is_final(&self) -> bool {
        self.is_completed() || self.was_never_connected() || self.status == "failed"
    }

    /// Whether there was no call: no media came to the server, and none will.
    pub(crate) fn was_never_connected(&self) -> bool {
        self.status == "never_connected"
    }

    /// Whether its artefacts are there.
    pub(crate) fn is_completed(&self) -> bool {
        self.status == "completed"
    }
}

#[derive(Deserialize)]
struct One<T> {
    call: T,
}

#[derive(Deserialize)]
struct Scenarios {
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    id: String,
    #[serde(default)]
    title: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    message: String,
    #[serde(default)]
    field: Option<String>,
}

impl Server {
    /// The server at a base address.
    ///
    /// # Errors
    /// When the machine cannot do TLS.
    pub(crate) fn at(base: &str, api_key: String, trust: &Trust) -> Result<Self, CallError> {
        // The audio goes straight to the server, so its HTTP does too.
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.tls())
            .no_proxy()
            .timeout(ANSWER_WITHIN)
            .build()
            .map_err(|error| unreachable(base, &error))?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), api_key })
    }

    /// Opens a call.
    ///
    /// # Errors
    /// When the server is not there, has no such scenario or takes no call now.
    pub(crate) async fn open(&self, scenario: &str) -> Result<OpenCall, CallError> {
        let url = format!("{}/api/calls", self.base);
        let body = json!({ "scenario_id": scenario, "channel": "voice" });
        let request = self.http.post(&url).bearer_auth(&self.api_key).json(&body);
        let answer = self.answer::<One<OpenCall>>(&url, request).await;
        match answer {
            Ok(opened) => Ok(opened.call),
            Err(Failure::Refused { reason, .. }) if is_about_the_scenario(&reason) => {
                let known = self.scenario_lines().await;
                Err(CallError::UnknownScenario { id: scenario.to_owned(), known })
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Gives up a call that was opened, so that its slot is free. Nothing depends on the answer:
    /// an unused call ends by itself when its token expires.
    pub(crate) async fn give_up(&self, call: &OpenCall) {
        let url = format!("{}/api/calls/{}/end", self.base, call.id);
        let _ = self.http.post(&url).bearer_auth(&call.token).send().await;
    }

    /// Hands over the offer of a WebRTC connection: the session and its answer.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn connect(
        &self,
        url: &str,
        token: &str,
        offer: String,
    ) -> Result<(Session, String), CallError> {
        let request = self.http.post(url).bearer_auth(token);
        let request = request.header(CONTENT_TYPE, "application/sdp").body(offer);
        let response = self.send(request).await?;
        let status = response.status();
        let location = location(&response);
        let answer = self.body(response).await?;
        if status != StatusCode::CREATED {
            return Err(refusal(url, status.as_u16(), &answer));
        }
        let url = location.ok_or_else(|| unreadable(url, "no Location".into()))?;
        let answer = String::from_utf8(answer);
        let answer = answer.map_err(|error| unreadable(url.as_str(), error.to_string()))?;
        Ok((Session { url, token: token.to_owned() }, answer))
    }

    /// Ends a WebRTC session. Nothing depends on the answer: it may be over already.
    pub(crate) async fn disconnect(&self, session: &Session) {
        let _ = self.http.delete(session.url.clone()).bearer_auth(&session.token).send().await;
    }

    /// Asks for a call until its artefacts are there or will not be, at most a minute.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) async fn sealed(&self, call: &OpenCall) -> Result<CallState, CallError> {
        let deadline = crate::clock::now() + SEALED_WITHIN;
        let mut polls = tokio::time::interval(POLL_EVERY);
        loop {
            polls.tick().await;
            let url = format!("{}/api/calls/{}", self.base, call.id);
            let request = self.http.get(&url).bearer_auth(&call.token);
            let state = self.answer::<One<CallState>>(&url, request).await?.call;
            if state.is_final() || deadline <= crate::clock::now() {
                return Ok(state);
            }
        }
    }

    /// Fetches a JSON document that a signed link names.
    ///
    /// # Errors
    /// When it is not there or no JSON.
    pub(crate) async fn document(&self, url: &str) -> Result<Value, CallError> {
        Ok(self.answer::<Value>(url, self.http.get(url)).await?)
    }

    /// The scenarios there are, as lines for people; nothing where the server does not tell.
    async fn scenario_lines(&self) -> String {
        let url = format!("{}/api/scenarios", self.base);
        let Ok(list) =
            self.answer::<Scenarios>(&url, self.http.get(&url).bearer_auth(&self.api_key)).await
        else {
            return String::new();
        };
        let mut lines = "; it has these:".to_owned();
        for Scenario { id, title } in list.scenarios {
            let _ = write!(lines, "\n  {id:<16} {title}");
        }
        lines
    }

    async fn answer<T: serde::de::DeserializeOwned>(
        &self,
        url: &str,
        request: RequestBuilder,
    ) -> Result<T, Failure> {
        let response = self.send(request).await?;
        let status = response.status();
        let body = self.body(response).await?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| unreadable(url, error.to_string()).into());
        }
        match serde_json::from_slice::<Refusal>(&body) {
            Ok(Refusal { error: reason }) => Err(Failure::Refused { status, reason }),
            Err(_) => Err(unreadable(url, format!("status {status}")).into()),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, CallError> {
        request.send().await.map_err(|error| unreachable(&self.base, &error))
    }

    async fn body(&self, response: Response) -> Result<Vec<u8>, CallError> {
        let body = response.bytes().await.map_err(|error| unreachable(&self.base, &error))?;
        Ok(body.into())
    }
}

/// A failed request, before it is known what it means for the call.
enum Failure {
    Refused { status: StatusCode, reason: Reason },
    Other(CallError),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Other(error)
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { status, reason } => {
                refused(status.as_u16(), reason.code, reason.message)
            }
            Failure::Other(error) => error,
        }
    }
}

/// Where what was created is; relative to what was asked.
fn location(response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}

/// Reads a refusal from the body of an answer that is not what was asked for.
pub(crate) fn refusal(url: &str, status: u16, body: &[u8]) -> CallError {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { error }) => refused(status, error.code, error.message),
        Err(_) => unreadable(url, format!("status {status}")),
    }
}

fn refused(status: u16, code: String, message: String) -> CallError {
    CallError::Refused { status, code, message }
}

fn is_about_the_scenario(reason: &Reason) -> bool {
    reason.field.as_deref() == Some("scenario_id") || reason.code.contains("scenario")
}

fn unreadable(url: &str, reason: String) -> CallError {
    CallError::Unreadable { url: without_query(url).to_owned(), reason }
}

fn unreachable(base: &str, error: &reqwest::Error) -> CallError {
    let url = base.to_owned();
    match trust::doubt(error) {
        Some(reason) => CallError::NotTrusted { url, reason },
        None => CallError::Unreachable { url, reason: innermost(error) },
    }
}

/// The query may hold a token or a signature.
pub(crate) fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(address, _)| address)
}

/// What is at the bottom of an error says most: "connection refused".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_added_once() {
        let open = |audio: &str| OpenCall {
            id: CallId::new(),
            token: "secret".into(),
            ice_servers: Vec::new(),
            links: MediaLinks { audio: audio.into(), webrtc: None },
        };
        assert_eq!(open("ws://a/audio").audio_url(), "ws://a/audio?token=secret");
        assert_eq!(open("ws://a/audio?token=x").audio_url(), "ws://a/audio?token=x");
        assert_eq!(open("ws://a/audio?v=1").audio_url(), "ws://a/audio?v=1&token=secret");
    }

    #[test]
    fn a_call_is_asked_for_until_its_status_is_final() {
        let is_final = |status: &str| {
            let status = status.to_owned();
            CallState { status, ..CallState::unknown(CallId::new(), None) }.is_final()
        };
        assert!(["completed", "failed", "never_connected"].into_iter().all(is_final));
        assert!(!["waiting", "live", "sealing"].into_iter().any(is_final));
    }

    #[test]
    fn a_refusal_says_what_the_server_said_and_no_query() {
        let body = br#"{"error":{"code":"already_connected","message":"one at a time"}}"#;
        let text = refusal("ws://a/audio?token=secret", 409, body).to_string();
        assert_eq!(text, "the server refused (409 already_connected): one at a time");
        let text = refusal("ws://a/audio?token=secret", 502, b"<html>").to_string();
        assert!(text.contains("ws://a/audio answered") && !text.contains("secret"), "{text}");
    }
}
