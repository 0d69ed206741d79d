//! A call's live events for those who only watch.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use http::{HeaderName, HeaderValue};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::http::access::{CallAccess, ContentAccess};
use crate::http::error::{ApiError, ErrorBody};
use crate::model::CallId;
use crate::transport::text::events_missed;

/// How often a comment shows that the stream lives while nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Streams the live events of an open call until it is over.
#[utoipa::path(get, path = "/api/calls/{id}/events", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "Server-sent events, as docs/PROTOCOL.md lists them", content_type = "text/event-stream"),
    (status = 404, description = "The call is not open, or you may not see it", body = ErrorBody),
))]
pub(in crate::http) async fn follow(
    State(app): State<Arc<App>>,
    ContentAccess(CallAccess { call, .. }): ContentAccess,
) -> Result<Response, ApiError> {
    let events = app.live.watch(call).ok_or_else(ApiError::no_call)?;
    let stream = Sse::new(messages(events, app.stopping.clone()))
        .keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"));
    let mut response = stream.into_response();
    // A proxy that gathers output would hold events back.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.headers_mut().extend([unbuffered]);
    Ok(response)
}

/// Every event as a message, up to the end of the call or of the server.
fn messages(
    events: Receiver<Arc<str>>,
    stopping: CancellationToken,
) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold((events, stopping), async |(mut events, stopping)| {
        let received = tokio::select! {
            received = events.recv() => received,
            () = stopping.cancelled() => return None,
        };
        let event = match received {
            Ok(json) => Event::default().data(&*json),
            Err(RecvError::Lagged(missed)) => Event::default().data(events_missed(missed)),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (events, stopping)))
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;

    use super::*;

    async fn body(events: Receiver<Arc<str>>, stopping: CancellationToken) -> String {
        let response = Sse::new(messages(events, stopping)).into_response();
        let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_watcher_gets_every_event_until_the_call_is_over() {
        let (tell, events) = broadcast::channel::<Arc<str>>(8);
        tell.send(r#"{"type":"call.connected"}"#.into()).unwrap();
        tell.send(r#"{"type":"call.ended","reason":"completed","at_ms":9}"#.into()).unwrap();
        drop(tell);
        assert_eq!(
            body(events, CancellationToken::new()).await,
            "data: {\"type\":\"call.connected\"}\n\n\
             data: {\"type\":\"call.ended\",\"reason\":\"completed\",\"at_ms\":9}\n\n"
        );
    }

    #[tokio::test]
    async fn a_slow_watcher_is_told_what_it_missed() {
        let (tell, events) = broadcast::channel::<Arc<str>>(2);
        for number in 0..5 {
            tell.send(number.to_string().into()).unwrap();
        }
        drop(tell);
        assert_eq!(
            body(events, CancellationToken::new()).await,
            "data: {\"type\":\"error\",\"code\":\"events_missed\",\"message\":\"3 events were missed \
             because they were not taken in time\"}\n\ndata: 3\n\ndata: 4\n\n"
        );
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_server() {
        let (tell, events) = broadcast::channel::<Arc<str>>(2);
        let stopping = CancellationToken::new();
        stopping.cancel();
        assert_eq!(body(events, stopping).await, "");
        drop(tell);
    }
}
