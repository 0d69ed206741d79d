//! Whether this node is ready for calls, and what it is made of.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, Parts};

#[derive(Debug, Serialize, ToSchema)]
struct HealthAnswer {
    health: Health,
}

#[derive(Debug, Serialize, ToSchema)]
struct Health {
    status: Status,
    version: &'static str,
    parts: Parts,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ready,
    Draining,
}

/// Tells whether the server takes calls, and what it is made of.
///
/// Answers 200 while calls are taken, 503 once the server is shutting down.
#[utoipa::path(get, path = "/api/health", tag = "server", security(()), responses(
    (status = 200, description = "Calls are taken", body = HealthAnswer),
    (status = 503, description = "The server is shutting down", body = HealthAnswer),
))]
pub(super) async fn show(State(app): State<Arc<App>>) -> (StatusCode, Json<impl Serialize>) {
    let (code, status) = if app.draining.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, Status::Draining)
    } else {
        (StatusCode::OK, Status::Ready)
    };
    let version = env!("CARGO_PKG_VERSION");
    let health = Health { status, version, parts: app.parts.clone() };
    (code, Json(HealthAnswer { health }))
}
