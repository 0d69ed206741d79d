//! What this node counts of itself, for Prometheus and those who run the server.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use http::header;
use http::request::Parts;

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::listener::Peer;
use crate::http::signed_in::SignedIn;
use crate::metrics::{CONTENT_TYPE, Load};
use crate::model::Role;

/// By these a proxy says that it asks for somebody else.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Somebody who runs the server: a program on the same machine, or a superadmin.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunsServer;

impl FromRequestParts<Arc<App>> for RunsServer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if is_of_this_machine(parts) {
            return Ok(Self);
        }
        let SignedIn(principal) = SignedIn::from_request_parts(parts, app).await?;
        match principal.role {
            Role::Superadmin => Ok(Self),
            _ => Err(ApiError::forbidden()),
        }
    }
}

fn is_of_this_machine(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<Peer>();
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
        && !FORWARDED.iter().any(|name| parts.headers.contains_key(*name))
}

/// Tells what this node has counted since its start.
pub(super) async fn show(_: RunsServer, State(app): State<Arc<App>>) -> Response {
    let load = Load { live: app.live.live_count(), free: app.live.free_slots() };
    match app.live.metrics().text(load) {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => ApiError::internal().into_response(),
    }
}
