//! Calls: opened, followed, ended, and what became of them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use ringcraft_media::call::EndReason;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock;
use crate::config::BaseUrl;
use crate::http::access::{CallAccess, LinkBase};
use crate::http::body::Body;
use crate::http::calls::outcome::Outcome;
use crate::http::error::ApiError;
use crate::http::token::{CallTokens, JOIN_WITHIN};
use crate::live::{CallStatus, OpenError};
use crate::model::{CallId, OrgId};

pub(super) mod audio;
pub(super) mod events;
pub mod outcome;

/// What a client asks for when it opens a call.
#[derive(Debug, Deserialize)]
pub(super) struct OpenRequest {
    scenario_id: String,
    #[serde(default)]
    channel: Channel,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Channel {
    #[default]
    Voice,
    Chat,
}

#[derive(Debug, Serialize)]
pub(super) struct One<T> {
    call: T,
}

/// A call that was opened, with all that is needed to connect.
#[derive(Debug, Serialize)]
pub(super) struct Opened {
    id: CallId,
    status: CallStatus,
    token: String,
    expires_at: String,
    links: OpenedLinks,
    ice_servers: [(); 0],
}

#[derive(Debug, Serialize)]
struct OpenedLinks {
    audio: String,
    events: String,
}

/// How far a call has come.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    id: CallId,
    status: CallStatus,
    #[serde(flatten)]
    outcome: Option<Outcome>,
}

/// Opens a call of a scenario.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    Body(request): Body<OpenRequest>,
) -> Result<(StatusCode, Json<One<Opened>>), ApiError> {
    if request.channel == Channel::Chat {
        let message = "this server takes voice calls only";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(ApiError::new(status, "unsupported_channel", message).field("channel"));
    }
    if app.draining.is_cancelled() {
        return Err(OpenError::Draining.into());
    }
    let id = app.live.open(&request.scenario_id)?;
    let call = opened(id, &base, &app.tokens, clock::wall_now());
    Ok((StatusCode::CREATED, Json(One { call })))
}

fn opened(id: CallId, base: &BaseUrl, tokens: &CallTokens, now: SystemTime) -> Opened {
    Opened {
        id,
        status: CallStatus::Waiting,
        token: tokens.issue(id, OrgId::LOCAL, now),
        expires_at: clock::rfc3339(now + JOIN_WITHIN),
        links: OpenedLinks {
            audio: base.web_socket(&format!("/api/calls/{id}/audio")),
            events: base.http(&format!("/api/calls/{id}/events")),
        },
        ice_servers: [],
    }
}

/// Shows how far a call has come and, once it is completed, where its artefacts are.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    CallAccess(claims): CallAccess,
) -> Result<Json<One<Shown>>, ApiError> {
    let call = match outcome::read(&app, &claims, &base).await? {
        Some(outcome) => {
            Shown { id: claims.call, status: CallStatus::Completed, outcome: Some(outcome) }
        }
        None => current(&app, claims.call)?,
    };
    Ok(Json(One { call }))
}

/// Ends a call for the rep. Ending it again changes nothing.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    CallAccess(claims): CallAccess,
) -> Result<Json<One<Shown>>, ApiError> {
    app.live.end(claims.call, EndReason::RepHungUp);
    Ok(Json(One { call: current(&app, claims.call)? }))
}

fn current(app: &App, id: CallId) -> Result<Shown, ApiError> {
    let status = app.live.status(id).ok_or_else(ApiError::no_call)?;
    Ok(Shown { id, status, outcome: None })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::config::Secret;

    fn answer(base: &str) -> Value {
        let id = "0190f3a0-0000-7000-8000-000000000001".parse().unwrap();
        let tokens = CallTokens::new(&Secret::new("0123456789abcdef0123456789abcdef"));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let call = opened(id, &base.parse().unwrap(), &tokens, now);
        assert!(tokens.check(&call.token, id, now).is_ok(), "the token opens the call");
        serde_json::to_value(One { call }).unwrap()
    }

    #[test]
    fn an_opened_call_says_how_to_connect() {
        let mut shown = answer("https://calls.example.com");
        let token = shown["call"].as_object_mut().unwrap().remove("token").unwrap();
        assert_eq!(token.as_str().unwrap().split('.').count(), 3);
        let expected = json!({"call": {
            "id": "0190f3a0-0000-7000-8000-000000000001",
            "status": "waiting",
            "expires_at": "2026-01-01T00:10:00Z",
            "links": {
                "audio": "wss://calls.example.com/api/calls/0190f3a0-0000-7000-8000-000000000001/audio",
                "events": "https://calls.example.com/api/calls/0190f3a0-0000-7000-8000-000000000001/events",
            },
            "ice_servers": [],
        }});
        assert_eq!(shown, expected);
        let plain = answer("http://localhost:8080");
        assert_eq!(
            plain["call"]["links"]["audio"],
            "ws://localhost:8080/api/calls/0190f3a0-0000-7000-8000-000000000001/audio"
        );
    }
}
