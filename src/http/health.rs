//! Whether this node is ready for calls, and what it is made of.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::app::{App, Parts};
use crate::store::job;

/// How long the database may take to answer; whoever probes has more patience than that.
const DATABASE_WITHIN: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize, ToSchema)]
struct HealthAnswer {
    health: Health,
}

#[derive(Debug, Serialize, ToSchema)]
struct Health {
    status: Status,
    version: &'static str,
    database: Database,
    /// How much is to be done for calls that are over; absent while the database is away.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs: Option<Jobs>,
    parts: Parts,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ready,
    /// Calls that run go on; new ones must wait.
    Unavailable,
    Draining,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Database {
    Reachable,
    Unreachable,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Jobs {
    waiting: u64,
    running: u64,
    /// Given up until somebody has them tried again.
    failed: u64,
}

/// Tells whether the server takes calls, and what it is made of.
///
/// Answers 200 while calls are taken, 503 while the database is away and once the server is shutting
/// down.
#[utoipa::path(get, path = "/api/health", tag = "server", security(()), responses(
    (status = 200, description = "Calls are taken", body = HealthAnswer),
    (status = 503, description = "No calls are taken: the database is away, or the server is shutting down", body = HealthAnswer),
))]
pub(super) async fn show(State(app): State<Arc<App>>) -> (StatusCode, Json<impl Serialize>) {
    let counted = timeout(DATABASE_WITHIN, job::counts(&app.store)).await;
    let jobs = counted.ok().and_then(Result::ok).map(|counts| Jobs {
        waiting: counts.waiting,
        running: counts.running,
        failed: counts.failed,
    });
    let database = if jobs.is_some() { Database::Reachable } else { Database::Unreachable };
    let (code, status) = match (app.draining.is_cancelled(), database) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, Status::Draining),
        (false, Database::Unreachable) => (StatusCode::SERVICE_UNAVAILABLE, Status::Unavailable),
        (false, Database::Reachable) => (StatusCode::OK, Status::Ready),
    };
    let version = env!("CARGO_PKG_VERSION");
    let health = Health { status, version, database, jobs, parts: app.parts.clone() };
    (code, Json(HealthAnswer { health }))
}
