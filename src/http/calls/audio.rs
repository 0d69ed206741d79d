//! A call's media over a WebSocket.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;

use crate::app::App;
use crate::http::access::MediaAccess;
use crate::http::error::{ApiError, ErrorBody};
use crate::live::AttachError;
use crate::model::CallId;
use crate::transport::socket::Unserved;
use crate::transport::websocket::upgrade::Upgrade;
use crate::transport::{Refused, websocket};

/// Opens the WebSocket of a call, unless its media flows already.
#[utoipa::path(get, path = "/api/calls/{id}/audio", tag = "calls",
    params(("id" = CallId, Path), ("token" = Option<String>, Query, description = "The call's token")),
    responses(
        (status = 101, description = "The protocol of docs/PROTOCOL.md begins"),
        (status = 404, description = "The call is not open", body = ErrorBody),
        (status = 409, description = "Its media flows already", body = ErrorBody),
        (status = 426, description = "The request is no WebSocket upgrade", body = ErrorBody),
    ))]
pub(in crate::http) async fn connect(
    State(app): State<Arc<App>>,
    MediaAccess(claims): MediaAccess,
    mut request: Request,
) -> Result<Response, ApiError> {
    let upgrade = Upgrade::take(&mut request)?;
    app.live.can_attach(claims.call)?;
    let response = upgrade.response().map(|()| Body::empty());
    app.calls.spawn(move_to_media(Arc::clone(&app), claims.call, upgrade));
    Ok(response)
}

/// Takes the connection off the threads for HTTP, its readiness events included.
async fn move_to_media(app: Arc<App>, call: CallId, upgrade: Upgrade) {
    match upgrade.into_socket().await {
        Ok((socket, already_read)) => {
            let media = app.media.clone();
            let calls = app.calls.clone();
            calls.spawn_on(carry(app, call, socket, already_read), &media);
        }
        Err(error) => tracing::debug!(%call, %error, "the audio link broke while it was opened"),
    }
}

async fn carry(app: Arc<App>, call: CallId, socket: Unserved, already_read: bytes::Bytes) {
    let socket = match socket.serve() {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(%call, %error, "the audio link cannot be moved to the media threads");
            return;
        }
    };
    let attach = |link| app.live.attach(call, link).map_err(refused);
    let closed = websocket::serve(socket, already_read, call, attach).await;
    tracing::info!(
        %call,
        ending = ?closed.ending,
        lost_frames = closed.lost_frames,
        faults = closed.faults,
        "audio link closed"
    );
}

pub(super) fn refused(error: AttachError) -> Refused {
    let code = match error {
        AttachError::Unknown => "unknown_call",
        AttachError::AlreadyConnected => "already_connected",
    };
    Refused { code, message: error.to_string().into() }
}
