//! Whether this node is ready for calls, and what it is made of.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use crate::app::{App, Parts};

#[derive(Debug, Serialize)]
struct Envelope {
    health: Health,
}

#[derive(Debug, Serialize)]
struct Health {
    status: Status,
    version: &'static str,
    parts: Parts,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ready,
    Draining,
}

/// Answers 200 while calls are taken, 503 once the server is shutting down.
pub(super) async fn show(State(app): State<Arc<App>>) -> (StatusCode, Json<impl Serialize>) {
    let (code, status) = if app.draining.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, Status::Draining)
    } else {
        (StatusCode::OK, Status::Ready)
    };
    let version = env!("CARGO_PKG_VERSION");
    let health = Health { status, version, parts: app.parts.clone() };
    (code, Json(Envelope { health }))
}
