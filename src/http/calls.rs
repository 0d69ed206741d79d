//! Calls: opened, followed, ended, and what became of them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use ringcraft_media::call::EndReason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::config::BaseUrl;
use crate::http::access::{CallAccess, LinkBase};
use crate::http::body::Body;
use crate::http::calls::outcome::Outcome;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::signed_in::SignedIn;
use crate::http::token::JOIN_WITHIN;
use crate::live::{CallStatus, OpenError};
use crate::model::CallId;
use crate::store::call::{self, NewCall};

pub(super) mod audio;
pub(super) mod events;
pub mod outcome;

/// What a client asks for when it opens a call.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct OpenRequest {
    scenario_id: String,
    #[serde(default)]
    channel: Channel,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Channel {
    #[default]
    Voice,
    Chat,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct One<T: ToSchema> {
    call: T,
}

/// A call that was opened, with all that is needed to connect.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Opened {
    id: CallId,
    status: CallStatus,
    token: String,
    expires_at: String,
    links: OpenedLinks,
    #[schema(value_type = Vec<String>)]
    ice_servers: [(); 0],
}

#[derive(Debug, Serialize, ToSchema)]
struct OpenedLinks {
    audio: String,
    events: String,
}

/// How far a call has come.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shown {
    id: CallId,
    status: CallStatus,
    #[serde(flatten)]
    outcome: Option<Outcome>,
}

/// Opens a call of a scenario.
#[utoipa::path(post, path = "/api/calls", tag = "calls", request_body = OpenRequest, responses(
    (status = 201, description = "The call waits for its media for ten minutes", body = One<Opened>),
    (status = 404, description = "No scenario has this id", body = ErrorBody),
    (status = 503, description = "No slot is free; Retry-After says when to ask again", body = ErrorBody),
))]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    SignedIn(principal): SignedIn,
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
    let (id, scenario) = app.live.open(principal.org(), &request.scenario_id)?;
    let noted = call::insert(
        &principal.scope,
        NewCall {
            id,
            user: principal.user,
            scenario_id: &scenario.id,
            scenario_title: &scenario.title,
            scenario_hash: scenario.hash(),
            channel: "voice",
        },
    );
    if let Err(error) = noted.await {
        app.live.forget(id);
        return Err(error.into());
    }
    let now = clock::wall_now();
    let token = app.tokens.issue(id, principal.org(), principal.user, now);
    let call = opened(id, token, &base, now);
    Ok((StatusCode::CREATED, Json(One { call })))
}

fn opened(id: CallId, token: String, base: &BaseUrl, now: SystemTime) -> Opened {
    Opened {
        id,
        status: CallStatus::Waiting,
        token,
        expires_at: clock::rfc3339(now + JOIN_WITHIN),
        links: OpenedLinks {
            audio: base.web_socket(&format!("/api/calls/{id}/audio")),
            events: base.http(&format!("/api/calls/{id}/events")),
        },
        ice_servers: [],
    }
}

/// Shows how far a call has come and, once it is completed, where its artefacts are.
#[utoipa::path(get, path = "/api/calls/{id}", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "The call", body = One<Shown>),
    (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    access: CallAccess,
) -> Result<Json<One<Shown>>, ApiError> {
    let call = match outcome::read(&app, access.scope.org(), access.call, &base).await? {
        Some(outcome) => {
            Shown { id: access.call, status: CallStatus::Completed, outcome: Some(outcome) }
        }
        None => current(&app, access.call)?,
    };
    Ok(Json(One { call }))
}

/// Ends a call for the rep. Ending it again changes nothing.
#[utoipa::path(post, path = "/api/calls/{id}/end", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "The call is ending", body = One<Shown>),
    (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
))]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    access: CallAccess,
) -> Result<Json<One<Shown>>, ApiError> {
    app.live.end(access.call, EndReason::RepHungUp);
    Ok(Json(One { call: current(&app, access.call)? }))
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

    fn answer(base: &str) -> Value {
        let id = "0190f3a0-0000-7000-8000-000000000001".parse().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let call = opened(id, "a.b.c".to_owned(), &base.parse().unwrap(), now);
        serde_json::to_value(One { call }).unwrap()
    }

    #[test]
    fn an_opened_call_says_how_to_connect() {
        let shown = answer("https://calls.example.com");
        let expected = json!({"call": {
            "id": "0190f3a0-0000-7000-8000-000000000001",
            "status": "waiting",
            "token": "a.b.c",
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
