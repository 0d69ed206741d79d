//! Somebody listens to a live call, and its rep is shown who.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::json;

use crate::app::App;
use crate::http::access::ListenerAccess;
use crate::http::error::{ApiError, ErrorBody};
use crate::live::listeners::{ListenError, Seat};
use crate::model::{CallId, CallStatus, UserId};
use crate::store::audit::{self, Entry};
use crate::store::call::CallRow;
use crate::store::{Actor, profile};
use crate::transport::websocket::listener::{self, Program};
use crate::transport::websocket::upgrade::Upgrade;

/// Opens a WebSocket with what is said in a live call, in words and sound. The rep is shown who
/// listens.
#[utoipa::path(get, path = "/api/calls/{id}/listen", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 101, description = "The messages of docs/PROTOCOL.md, \"Listening in\", begin"),
    (status = 403, description = "You take part in this call, or a cookie came from another site's page", body = ErrorBody),
    (status = 404, description = "There is no such call, or none you may listen to", body = ErrorBody),
    (status = 409, description = "It is not live yet, it is over, or eight people listen already", body = ErrorBody),
    (status = 426, description = "The request is no WebSocket upgrade", body = ErrorBody),
))]
pub(in crate::http) async fn listen(
    State(app): State<Arc<App>>,
    ListenerAccess { call, listener }: ListenerAccess,
    mut request: Request,
) -> Result<Response, ApiError> {
    let upgrade = Upgrade::take(&mut request)?;
    let home =
        app.store.scope(listener.home, Actor::User { id: listener.user, role: listener.role });
    let name = profile::get(&home, listener.user).await?.name;
    let seat = seat(&app, &call, listener.user, name)?;
    let entry = Entry {
        action: "call.listened",
        subject_kind: Some("call"),
        subject_id: Some(call.id.0),
        details: json!({ "rep": call.user }),
    };
    audit::insert(&listener.scope, entry).await?;
    let response = upgrade.response().map(|()| Body::empty());
    app.calls.spawn(serve(Arc::clone(&app), call.id, seat, upgrade));
    Ok(response)
}

fn seat(app: &App, call: &CallRow, listener: UserId, name: String) -> Result<Seat, ListenError> {
    app.live.seat(call.id, listener, name).map_err(|error| match (error, call.status) {
        (ListenError::Unknown, CallStatus::Waiting) => ListenError::NotLive,
        // Another node may hold it.
        (ListenError::Unknown, CallStatus::Live) => ListenError::Unknown,
        (ListenError::Unknown, _) => ListenError::Over,
        (known, _) => known,
    })
}

/// Serves a listener until the call is over or they leave.
async fn serve(app: Arc<App>, call: CallId, seat: Seat, upgrade: Upgrade) {
    let opened = match upgrade.into_socket().await {
        Ok((socket, already_read)) => socket.serve().map(|socket| (socket, already_read)),
        Err(error) => Err(error),
    };
    let (socket, already_read) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            return tracing::debug!(%call, %error, "a listener was gone before they heard anything");
        }
    };
    let hearing = seat.take();
    // What is told from now on waits in the channel, and what was told before is in the file.
    let reader = Arc::clone(&app);
    let past = app.calls.spawn_blocking(move || reader.live.said_so_far(call));
    let past = past.await.unwrap_or_default();
    let program = Program { call, past, events: hearing.events, sound: hearing.sound };
    let left = listener::serve(socket, already_read, program).await;
    tracing::info!(%call, ending = ?left.ending, lost_pieces = left.lost_pieces, "listener left");
}
