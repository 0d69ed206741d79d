//! Whether a call could be held from where somebody is: connections that carry none.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::http::calls::ice_servers::{self as ice, IceServer};
use crate::http::calls::webrtc::body::OfferBody;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::signed_in::{SocketOfPerson, SignedIn};
use crate::live::OpenError;
use crate::model::CallId;
use crate::transport::webrtc::offer::SDP_TYPE;
use crate::transport::websocket::echo;
use crate::transport::websocket::upgrade::Upgrade;
pub use room::Checks;

mod room;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IceServers {
    /// What `RTCPeerConnection` takes for `iceServers`.
    ice_servers: Vec<IceServer>,
}

/// Names the STUN and TURN servers that a call would be told of.
#[utoipa::path(get, path = "/api/connection-check/webrtc", tag = "calls", responses(
    (status = 200, description = "With credentials that are good for two hours", body = IceServers),
))]
pub(super) async fn ice_servers(State(app): State<Arc<App>>, _: SignedIn) -> Response {
    // No call has this id: it tells the credentials of one check from those of another.
    let ice_servers = ice::for_call(&app.config.ice, CallId::new(), clock::wall_now());
    ([(header::CACHE_CONTROL, NO_STORE)], Json(IceServers { ice_servers })).into_response()
}

/// Takes an offer and answers it with a connection that carries no call.
///
/// Once it is connected, the server tells by which way on the channel `events`. It is gone when the
/// peer closes it, and ten seconds after the answer.
#[utoipa::path(post, path = "/api/connection-check/webrtc", tag = "calls",
    request_body(content = String, content_type = "application/sdp"),
    responses(
        (status = 201, description = "The answer, with all candidates", body = String, content_type = "application/sdp"),
        (status = 400, description = "This is no session description", body = ErrorBody),
        (status = 413, description = "The offer is longer than 64 KiB", body = ErrorBody),
        (status = 415, description = "The body is not application/sdp", body = ErrorBody),
        (status = 422, description = "The offer is of no call; the message says why", body = ErrorBody),
        (status = 429, description = "Too many checks run; Retry-After says when to ask again", body = ErrorBody),
        (status = 503, description = "The server is shutting down", body = ErrorBody),
    ))]
pub(super) async fn answer_offer(
    State(app): State<Arc<App>>,
    SignedIn(principal): SignedIn,
    OfferBody { text, .. }: OfferBody,
) -> Result<Response, ApiError> {
    refuse_while_draining(&app)?;
    let room = app.checks.enter(principal.user)?;
    let (answer, session) = app.rtc.answer(&text)?;
    let draining = app.draining.clone();
    let check = async move {
        if let Some(checked) = draining.run_until_cancelled(session.check()).await {
            let (way, ending) = (checked.way, checked.closed.ending);
            tracing::info!(?way, ?ending, "a connection by WebRTC was checked");
        }
        drop(room);
    };
    app.calls.spawn_on(check, &app.media);
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(SDP_TYPE))];
    let no_store = [(header::CACHE_CONTROL, NO_STORE)];
    Ok((StatusCode::CREATED, headers, no_store, answer.sdp).into_response())
}

/// Opens a WebSocket that says back what it hears.
///
/// At most 20 messages of at most 64 bytes, for at most ten seconds. A browser's cookie counts from
/// the server's own page only.
#[utoipa::path(get, path = "/api/connection-check/websocket", tag = "calls", responses(
    (status = 101, description = "What is sent comes back"),
    (status = 403, description = "`cross_origin`: the cookie came from another site's page", body = ErrorBody),
    (status = 426, description = "The request is no WebSocket upgrade", body = ErrorBody),
    (status = 429, description = "Too many checks run; Retry-After says when to ask again", body = ErrorBody),
    (status = 503, description = "The server is shutting down", body = ErrorBody),
))]
pub(super) async fn echo(
    State(app): State<Arc<App>>,
    SocketOfPerson(principal): SocketOfPerson,
    mut request: Request,
) -> Result<Response, ApiError> {
    let upgrade = Upgrade::take(&mut request)?;
    refuse_while_draining(&app)?;
    let room = app.checks.enter(principal.user)?;
    let response = upgrade.response().map(|()| axum::body::Body::empty());
    let draining = app.draining.clone();
    let check = async move {
        if let Some(Err(error)) = draining.run_until_cancelled(hold(upgrade)).await {
            tracing::debug!(%error, "a WebSocket broke while it was opened for a check");
        }
        drop(room);
    };
    app.calls.spawn(check);
    Ok(response)
}

async fn hold(upgrade: Upgrade) -> std::io::Result<()> {
    let (socket, already_read) = upgrade.into_socket().await?;
    let echo::Echoed { ending, messages } = echo::serve(socket.serve()?, already_read).await;
    tracing::info!(?ending, messages, "a connection by WebSocket was checked");
    Ok(())
}

/// A server that stops waits for calls, and for no checks.
fn refuse_while_draining(app: &App) -> Result<(), ApiError> {
    if app.draining.is_cancelled() { Err(OpenError::Draining.into()) } else { Ok(()) }
}
