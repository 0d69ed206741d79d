//! Calls: opened, followed, ended, and what became of them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use ringcraft_media::call::EndReason;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::config::BaseUrl;
use crate::http::access::{CallAccess, LinkBase};
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::idempotency::IdempotencyKey;
use crate::http::signed_in::AtHome;
use crate::http::token::JOIN_WITHIN;
use crate::identity::Principal;
use crate::live::{CallStatus, LiveCalls, OpenError};
use crate::model::{CallId, Role, UserId};
use crate::store::call::{self, Begun, CallRow, NewCall};
use crate::store::idempotency::{Claim, Claimed};
use ice_servers::IceServer;
use outcome::Outcome;
use summary::{Channel, Summary};

pub(super) mod audio;
pub(super) mod webrtc;
pub(super) mod ice_servers;
pub(super) mod events;
pub(super) mod listen;
pub(super) mod list;
pub(super) mod summary;
pub(super) mod outcome;
pub(super) mod transcript;
pub(super) mod kpis;
pub(super) mod artefacts;
pub(super) mod shares;

/// What a client asks for when it opens a call.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct OpenRequest {
    /// What to practise: the `id` of a scenario.
    scenario_id: String,
    /// Voice, where nothing is said.
    #[serde(default)]
    channel: Channel,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct One<T: ToSchema> {
    call: T,
}

/// A call that was opened, with all that is needed to connect.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Opened {
    id: CallId,
    user_id: UserId,
    status: CallStatus,
    /// Opens this call and nothing else.
    token: String,
    /// When it no longer waits for its first connection.
    expires_at: String,
    links: OpenedLinks,
    /// What `RTCPeerConnection` takes for `iceServers`.
    ice_servers: Vec<IceServer>,
}

#[derive(Debug, Serialize, ToSchema)]
struct OpenedLinks {
    webrtc: String,
    audio: String,
    events: String,
}

/// A call, and once it is completed what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shown {
    #[serde(flatten)]
    summary: Summary,
    #[serde(flatten)]
    outcome: Option<Outcome>,
}

/// Opens a call of a scenario. A call of the same person that still waits is given up for it.
///
/// Sent again within 24 hours with the same `Idempotency-Key`, it answers 200 with the same call.
#[utoipa::path(post, path = "/api/calls", tag = "calls", request_body = OpenRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    responses(
        (status = 201, description = "The call waits for its media for ten minutes", body = One<Opened>),
        (status = 200, description = "The call that this key opened before, with a new token", body = One<Opened>),
        (status = 403, description = "Your role opens no calls, or you act in another org", body = ErrorBody),
        (status = 404, description = "No scenario has this id", body = ErrorBody),
        (status = 422, description = "A field does not fit, or the key was used for another request", body = ErrorBody),
        (status = 503, description = "No slot is free, or half of them wait for people of your org; Retry-After says when to ask again", body = ErrorBody),
    ))]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    AtHome(principal): AtHome,
    IdempotencyKey(key): IdempotencyKey,
    Body(request): Body<OpenRequest>,
) -> Result<(StatusCode, Json<One<Opened>>), ApiError> {
    if principal.role == Role::Hr {
        return Err(ApiError::forbidden());
    }
    if request.channel == Channel::Chat {
        let message = "this server takes voice calls only";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(ApiError::new(status, "unsupported_channel", message).field("channel"));
    }
    let request_hash = request.hash();
    let claim = key.as_deref().map(|key| Claim { key, request_hash: &request_hash });
    let opening = match call::begin(&principal.scope, principal.user, claim).await? {
        Begun::Opening(opening) => opening,
        Begun::Before(before) => {
            let call = opened_before(&app, &principal, before, &request_hash, &base).await?;
            return Ok((StatusCode::OK, Json(One { call })));
        }
    };
    if app.draining.is_cancelled() {
        return Err(OpenError::Draining.into());
    }
    // The key is held, then the slot is taken, then both are noted with the call: requests with
    // one key never take two slots, and a server that is full leaves no key behind.
    let (id, scenario) = app.live.open(principal.org(), principal.user, &request.scenario_id)?;
    let slot = UnnotedSlot { live: &app.live, call: Some(id) };
    let new = NewCall {
        id,
        scenario_id: &scenario.id,
        scenario_title: &scenario.title,
        scenario_hash: scenario.hash(),
        channel: request.channel.as_str(),
    };
    opening.note(new).await?;
    slot.keep();
    let status = give_up_others(&app, &principal, id).await;
    let now = clock::wall_now();
    let keys = Keys::issue(&app, id, &principal, principal.user);
    let call = opened(id, principal.user, status, keys, &base, now);
    Ok((StatusCode::CREATED, Json(One { call })))
}

impl OpenRequest {
    /// Equal for requests that ask for the same.
    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.channel.as_str());
        hash.update([0]);
        hash.update(&self.scenario_id);
        hash.finalize().into()
    }
}

/// A slot of a call that is not in the database yet. Dropped, also because the client went away,
/// it is given back.
struct UnnotedSlot<'a> {
    live: &'a LiveCalls,
    call: Option<CallId>,
}

impl UnnotedSlot<'_> {
    fn keep(mut self) {
        self.call = None;
    }
}

impl Drop for UnnotedSlot<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call {
            self.live.forget(call);
        }
    }
}

/// Notes that a call took the place of those of the same person that waited, or that another one,
/// opened at the same time, took its place. The slots went already. Returns how far the call is.
async fn give_up_others(app: &App, principal: &Principal, call: CallId) -> CallStatus {
    let system = principal.scope.as_system();
    let status = app.live.status(call).unwrap_or(CallStatus::NeverConnected);
    let noted = match status {
        CallStatus::NeverConnected => call::give_up(&system, call).await,
        _ => call::give_up_before(&system, principal.user, call).await,
    };
    if let Err(error) = noted {
        // Their rows wait until their time is up, and nothing comes of it.
        tracing::debug!(%call, %error, "calls that were given up still wait in the database");
    }
    status
}

/// The call that a key opened before, with a token that is signed now. One that waits and is not
/// known here was opened by a server that is no more: it is admitted anew.
async fn opened_before(
    app: &App,
    principal: &Principal,
    before: Claimed,
    request_hash: &[u8],
    base: &BaseUrl,
) -> Result<Opened, ApiError> {
    if before.request_hash != request_hash {
        let message = "this key was used for another request; take a new one";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(ApiError::new(status, "idempotency_key_reused", message));
    }
    let row = call::find(&principal.scope, CallId(before.resource)).await?;
    let row = row.ok_or_else(ApiError::no_call)?;
    if row.status == CallStatus::Waiting && app.live.status(row.id).is_none() {
        let waited = clock::wall_now().duration_since(row.created_at.into()).unwrap_or_default();
        let of = (principal.org(), row.user);
        app.live.open_again(row.id, of, &row.scenario_id, waited)?;
        give_up_others(app, principal, row.id).await;
    }
    let keys = Keys::issue(app, row.id, principal, row.user);
    let status = summary::status(app, &row);
    Ok(opened(row.id, row.user, status, keys, base, row.created_at.into()))
}

/// What opens a call's media, and the way there, from now on for two hours.
struct Keys {
    token: String,
    ice_servers: Vec<IceServer>,
}

impl Keys {
    fn issue(app: &App, call: CallId, principal: &Principal, user: UserId) -> Self {
        let now = clock::wall_now();
        Self {
            token: app.tokens.issue(call, principal.org(), user, now),
            ice_servers: ice_servers::for_call(&app.config.ice, call, now),
        }
    }
}

fn opened(
    id: CallId,
    user_id: UserId,
    status: CallStatus,
    keys: Keys,
    base: &BaseUrl,
    created_at: SystemTime,
) -> Opened {
    Opened {
        id,
        user_id,
        status,
        token: keys.token,
        expires_at: clock::rfc3339(created_at + JOIN_WITHIN),
        links: OpenedLinks {
            webrtc: base.http(&format!("/api/calls/{id}/webrtc")),
            audio: base.web_socket(&format!("/api/calls/{id}/audio")),
            events: base.http(&format!("/api/calls/{id}/events")),
        },
        ice_servers: keys.ice_servers,
    }
}

/// Shows a call and, once it is completed, what came of it.
///
/// What was said in it and what it was worth is not shown to hr.
#[utoipa::path(get, path = "/api/calls/{id}", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "The call", body = One<Shown>),
    (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    access: CallAccess,
) -> Result<Json<One<Shown>>, ApiError> {
    let row = call::find(&access.scope, access.call).await?.ok_or_else(ApiError::no_call)?;
    let outcome = match row.status {
        CallStatus::Completed if access.tells_content() => {
            Some(outcome::read(&app, &access, row.served_by.clone(), &base).await?)
        }
        _ => None,
    };
    Ok(Json(One { call: Shown { summary: Summary::of(&app, row), outcome } }))
}

/// Ends a call for the rep. Ending it again changes nothing.
#[utoipa::path(post, path = "/api/calls/{id}/end", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "The call is ending, or over", body = One<Summary>),
    (status = 403, description = "Your role ends no calls", body = ErrorBody),
    (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
))]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    access: CallAccess,
) -> Result<Json<One<Summary>>, ApiError> {
    if !access.tells_content() {
        return Err(ApiError::forbidden());
    }
    app.live.end(access.call, EndReason::RepHungUp);
    // A server that is no more may have left it waiting.
    if app.live.status(access.call).is_none() {
        call::give_up(&access.scope.as_system(), access.call).await?;
    }
    let row = call::find(&access.scope, access.call).await?.ok_or_else(ApiError::no_call)?;
    Ok(Json(One { call: Summary::of(&app, row) }))
}

/// The row of a call whose artefacts are there.
pub(super) async fn completed(access: &CallAccess) -> Result<CallRow, ApiError> {
    let row = call::find(&access.scope, access.call).await?.ok_or_else(ApiError::no_call)?;
    let (code, message) = match row.status {
        CallStatus::Completed => return Ok(row),
        CallStatus::Waiting | CallStatus::Live | CallStatus::Sealing => {
            ("not_completed", "the call is not completed yet; ask again when its status says so")
        }
        CallStatus::Failed => {
            ("sealing_failed", "the call's artefacts could not be made yet; it is tried again")
        }
        CallStatus::NeverConnected => {
            ("never_connected", "nobody connected to this call, so nothing was said in it")
        }
    };
    Err(ApiError::new(StatusCode::CONFLICT, code, message))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn answer(base: &str) -> Value {
        let id = "0190f3a0-0000-7000-8000-000000000001".parse().unwrap();
        let user = "0190f3a0-0000-7000-8000-000000000002".parse().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let base = base.parse().unwrap();
        let keys = Keys { token: "a.b.c".to_owned(), ice_servers: Vec::new() };
        let call = opened(id, user, CallStatus::Waiting, keys, &base, now);
        serde_json::to_value(One { call }).unwrap()
    }

    #[test]
    fn an_opened_call_says_how_to_connect() {
        let shown = answer("https://calls.example.com");
        let expected = json!({"call": {
            "id": "0190f3a0-0000-7000-8000-000000000001",
            "user_id": "0190f3a0-0000-7000-8000-000000000002",
            "status": "waiting",
            "token": "a.b.c",
            "expires_at": "2026-01-01T00:10:00Z",
            "links": {
                "webrtc": "https://calls.example.com/api/calls/0190f3a0-0000-7000-8000-000000000001/webrtc",
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

    #[test]
    fn requests_that_ask_for_the_same_hash_alike() {
        let hash = |text: &str| serde_json::from_str::<OpenRequest>(text).unwrap().hash();
        let plain = hash(r#"{"scenario_id":"rachel"}"#);
        assert_eq!(plain, hash(r#"{ "channel": "voice", "scenario_id": "rachel", "more": 1 }"#));
        assert_ne!(plain, hash(r#"{"scenario_id":"rachel","channel":"chat"}"#));
        assert_ne!(plain, hash(r#"{"scenario_id":"luis"}"#));
    }
}
