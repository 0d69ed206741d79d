//! A call's media over WebRTC: the HTTP of WHIP (RFC 9725), with an answer that talks back.
//!
//! Any page may ask here: the call's token is what lets it in, and no cookie is read.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use ringcraft_media::call::EndReason;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::http::access::MediaAccess;
use crate::http::calls::webrtc::body::{FragmentBody, OfferBody};
use crate::http::calls::{audio, ice_servers};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::token::CallClaims;
use crate::model::CallId;
use crate::store::{Actor, call};
use crate::transport::webrtc::fragment::{FRAGMENT_TYPE, Place};
use crate::transport::webrtc::offer::SDP_TYPE;
use crate::transport::webrtc::sessions::{Applied, Condition, Reached, Seat};
use crate::transport::webrtc::{Ending, Session};

pub(in crate::http) mod body;
mod refusal;

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// A session of a call, opened by the call's token.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct SessionAccess {
    call: CallId,
    session: Uuid,
}

#[derive(Deserialize)]
struct SessionPath {
    session: String,
}

impl FromRequestParts<Arc<App>> for SessionAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let MediaAccess(claims) = MediaAccess::from_request_parts(parts, app).await?;
        let named = Path::<SessionPath>::from_request_parts(parts, app).await;
        let session = named.ok().and_then(|Path(path)| path.session.parse().ok());
        let session = session.filter(|id| app.rtc_sessions.has(claims.call, *id));
        Ok(Self { call: claims.call, session: session.ok_or_else(ApiError::no_session)? })
    }
}

/// Takes an offer and answers it, unless the call's media flows already.
///
/// The answer holds every candidate of the server. The session is at `Location`; unlike other
/// WHIP endpoints, this one talks back: both descriptions are `sendrecv`.
#[utoipa::path(post, path = "/api/calls/{id}/webrtc", tag = "calls",
    request_body(content = String, content_type = "application/sdp"),
    params(("id" = CallId, Path), ("token" = Option<String>, Query, description = "The call's token")),
    responses(
        (status = 201, description = "The answer", body = String, content_type = "application/sdp",
            headers(
                ("Location" = String, description = "The session"),
                ("ETag" = String, description = "The ICE session"),
                ("Link" = String, description = "STUN and TURN servers"),
                ("Accept-Patch" = String, description = "What the session takes"),
            )),
        (status = 400, description = "This is no session description", body = ErrorBody),
        (status = 401, description = "The token does not open this call", body = ErrorBody),
        (status = 404, description = "The call is not open", body = ErrorBody),
        (status = 409, description = "Its media flows already", body = ErrorBody),
        (status = 413, description = "The offer is longer than 64 KiB", body = ErrorBody),
        (status = 415, description = "The body is not application/sdp", body = ErrorBody),
        (status = 422, description = "The offer is of no call; the message says why", body = ErrorBody),
        (status = 429, description = "Too many connections of the call are being made; Retry-After says when to ask again", body = ErrorBody),
        (status = 503, description = "The server has no room; Retry-After says when to ask again", body = ErrorBody),
    ))]
pub(in crate::http) async fn answer_offer(
    State(app): State<Arc<App>>,
    MediaAccess(claims): MediaAccess,
    uri: Uri,
    headers: HeaderMap,
    OfferBody { offer, text }: OfferBody,
) -> Result<Response, ApiError> {
    let call = claims.call;
    app.live.can_attach(call)?;
    let seat = app.rtc_sessions.reserve(call)?;
    let (answer, session) = app.rtc.answer(&text)?;
    seat.fill(Reached {
        handle: answer.handle,
        tag: answer.tag.clone(),
        peer_ufrag: offer.ufrag,
        place: Place::of(&answer.sdp),
        restarting: false,
    });
    let path = format!("/api/calls/{call}/webrtc/{}", seat.id());
    let mut location = app.config.public_url.as_ref().map_or(path.clone(), |base| base.http(&path));
    // Who cannot set headers here, cannot there.
    if let Some(query) = uri.query().filter(|_| !headers.contains_key(header::AUTHORIZATION)) {
        location = format!("{location}?{query}");
    }
    app.calls.spawn_on(carry(Arc::clone(&app), claims, session, seat), &app.media);
    let mut response = (StatusCode::CREATED, answer.sdp).into_response();
    let told = response.headers_mut();
    told.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP_TYPE));
    told.insert(header::LOCATION, value(location)?);
    told.insert(header::ETAG, entity_tag(&answer.tag)?);
    told.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT_TYPE));
    let servers = ice_servers::for_call(&app.config.ice, call, clock::wall_now());
    for link in ice_servers::links(&servers) {
        told.append(header::LINK, link);
    }
    Ok(response)
}

/// Runs a session to its end, on the media threads.
async fn carry(app: Arc<App>, claims: CallClaims, session: Session, seat: Seat) {
    let call = claims.call;
    let attach = |link| app.live.attach(call, link).map_err(audio::refused);
    let closed = session.run(attach).await;
    drop(seat);
    if closed.ending == Ending::HungUp {
        give_up(&app, &claims).await;
    }
    tracing::info!(
        %call,
        ending = ?closed.ending,
        lost_frames = closed.lost_frames,
        faults = closed.faults,
        quality = ?closed.quality,
        "WebRTC link closed"
    );
}

/// Ends a call whose rep hung up before they were connected, unless another link carries it.
async fn give_up(app: &App, claims: &CallClaims) {
    let call = claims.call;
    if app.live.can_attach(call).is_err() {
        return;
    }
    app.live.end(call, EndReason::RepHungUp);
    if app.live.status(call).is_none() {
        let scope = app.store.scope(claims.org, Actor::System);
        if let Err(error) = call::give_up(&scope, call).await {
            // Its row waits until its time is up, and nothing comes of it.
            tracing::debug!(%call, %error, "a call that was given up still waits in the database");
        }
    }
}

/// Says that offers are taken here.
#[utoipa::path(get, path = "/api/calls/{id}/webrtc", tag = "calls",
    params(("id" = CallId, Path), ("token" = Option<String>, Query, description = "The call's token")),
    responses(
        (status = 204, description = "The token opens this call"),
        (status = 401, description = "The token does not open this call", body = ErrorBody),
    ))]
pub(in crate::http) async fn find_endpoint(_: MediaAccess) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Tells a page of another site that it may send offers.
#[utoipa::path(options, path = "/api/calls/{id}/webrtc", tag = "calls", security(()),
    params(("id" = CallId, Path)), responses((status = 200, description = "It may")))]
pub(in crate::http) async fn allow_offer() -> impl IntoResponse {
    [(ACCEPT_POST, SDP_TYPE)]
}

/// Takes candidates of the peer, or begins ICE anew where its user name is a new one.
#[utoipa::path(patch, path = "/api/calls/{id}/webrtc/{session}", tag = "calls",
    request_body(content = String, content_type = "application/trickle-ice-sdpfrag"),
    params(
        ("id" = CallId, Path), ("session" = Uuid, Path),
        ("token" = Option<String>, Query, description = "The call's token"),
        ("If-Match" = Option<String>, Header, description = "The ETag that the candidates belong to, or * to begin anew"),
    ),
    responses(
        (status = 204, description = "The candidates are tried"),
        (status = 200, description = "ICE begins anew, with this on the server's side", body = String,
            content_type = "application/trickle-ice-sdpfrag",
            headers(("ETag" = String, description = "The new ICE session"))),
        (status = 400, description = "This is no fragment", body = ErrorBody),
        (status = 401, description = "The token does not open this call", body = ErrorBody),
        (status = 404, description = "The call has no such session, or no longer", body = ErrorBody),
        (status = 409, description = "ICE is beginning anew already", body = ErrorBody),
        (status = 412, description = "The ETag is of an earlier ICE session", body = ErrorBody),
        (status = 413, description = "The fragment is longer than 8 KiB", body = ErrorBody),
        (status = 415, description = "The body is not application/trickle-ice-sdpfrag", body = ErrorBody),
        (status = 422, description = "The session cannot use it, and goes on as it was", body = ErrorBody),
        (status = 428, description = "The user name is a new one and If-Match is missing", body = ErrorBody),
        (status = 503, description = "The session has more to do than it can", body = ErrorBody),
    ))]
pub(in crate::http) async fn patch_session(
    State(app): State<Arc<App>>,
    access: SessionAccess,
    headers: HeaderMap,
    FragmentBody(fragment): FragmentBody,
) -> Result<Response, ApiError> {
    let values = headers.get_all(header::IF_MATCH).iter();
    let condition = Condition::read(values.filter_map(|value| value.to_str().ok()));
    let SessionAccess { call, session } = access;
    let sessions = Arc::clone(&app.rtc_sessions);
    // A task of its own: a client that goes away must not leave half a restart behind.
    let patch = async move { sessions.patch(call, session, condition, fragment).await };
    let applied = app.calls.spawn(patch).await.map_err(|_| ApiError::internal())??;
    Ok(match applied {
        Applied::Trickled => StatusCode::NO_CONTENT.into_response(),
        Applied::Restarted { fragment, tag } => {
            let mut response = fragment.into_response();
            let told = response.headers_mut();
            told.insert(header::CONTENT_TYPE, HeaderValue::from_static(FRAGMENT_TYPE));
            told.insert(header::ETAG, entity_tag(&tag)?);
            response
        }
    })
}

/// Hangs up. The call ends as if the rep had hung up on the data channel.
#[utoipa::path(delete, path = "/api/calls/{id}/webrtc/{session}", tag = "calls",
    params(("id" = CallId, Path), ("session" = Uuid, Path), ("token" = Option<String>, Query, description = "The call's token")),
    responses(
        (status = 200, description = "The session ends"),
        (status = 401, description = "The token does not open this call", body = ErrorBody),
        (status = 404, description = "The call has no such session, or no longer", body = ErrorBody),
        (status = 503, description = "The session has more to do than it can", body = ErrorBody),
    ))]
pub(in crate::http) async fn hang_up(
    State(app): State<Arc<App>>,
    access: SessionAccess,
) -> Result<StatusCode, ApiError> {
    app.rtc_sessions.end(access.call, access.session)?;
    Ok(StatusCode::OK)
}

/// Says that a session is there.
#[utoipa::path(get, path = "/api/calls/{id}/webrtc/{session}", tag = "calls",
    params(("id" = CallId, Path), ("session" = Uuid, Path), ("token" = Option<String>, Query, description = "The call's token")),
    responses(
        (status = 204, description = "It runs"),
        (status = 401, description = "The token does not open this call", body = ErrorBody),
        (status = 404, description = "The call has no such session, or no longer", body = ErrorBody),
    ))]
pub(in crate::http) async fn find_session(_: SessionAccess) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Tells a page of another site that it may send fragments and hang up.
#[utoipa::path(options, path = "/api/calls/{id}/webrtc/{session}", tag = "calls", security(()),
    params(("id" = CallId, Path), ("session" = Uuid, Path)),
    responses((status = 200, description = "It may")))]
pub(in crate::http) async fn allow_patch() -> impl IntoResponse {
    [(ACCEPT_PATCH, FRAGMENT_TYPE)]
}

/// Lets pages of every site read the answers.
pub(in crate::http) async fn share(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    let mut tell =
        |name, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
    tell(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    tell(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After",
    );
    if is_preflight {
        tell(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, DELETE, OPTIONS");
        tell(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-Match");
        // A day: nothing here depends on who asks.
        tell(header::ACCESS_CONTROL_MAX_AGE, "86400");
    }
    response
}

fn entity_tag(tag: &str) -> Result<HeaderValue, ApiError> {
    value(format!("\"{tag}\""))
}

fn value(text: String) -> Result<HeaderValue, ApiError> {
    HeaderValue::from_str(&text).map_err(|error| {
        tracing::error!(%error, "a header of an answer cannot be written");
        ApiError::internal()
    })
}
