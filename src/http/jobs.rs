//! Jobs: what is still to be done for calls, and what was given up.

use std::time::SystemTime;

use axum::Json;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::fields::Named;
use crate::http::page::Filter;
use crate::http::signed_in::RunsOrg;
use crate::model::{CallId, OrgId};
use crate::store::job::{self, JobRow};

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Jobs in this state alone: "waiting", "running" or "failed".
    state: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Many {
    jobs: Vec<Job>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct One {
    job: Job,
}

/// Something to be done for a call.
#[derive(Debug, Serialize, ToSchema)]
struct Job {
    id: i64,
    org_id: OrgId,
    call_id: CallId,
    /// "seal_call" or "measure_call".
    task: String,
    /// "waiting", "running" or "failed": given up until somebody has it tried again.
    state: String,
    /// How often it was begun.
    attempts: i32,
    max_attempts: i32,
    /// Why the last attempt failed.
    last_error: Option<String>,
    /// When it is begun next, or was.
    run_at: String,
    created_at: String,
}

/// Lists the newest jobs: an admin sees those of the org, a superadmin all.
#[utoipa::path(get, path = "/api/jobs", tag = "server", params(Wanted), responses(
    (status = 200, description = "At most 200 jobs, the newest first", body = Many),
    (status = 403, description = "Your role does not allow this", body = ErrorBody),
    (status = 422, description = "There is no such state", body = ErrorBody),
))]
pub(super) async fn list(
    RunsOrg(principal): RunsOrg,
    Filter(wanted): Filter<Wanted>,
) -> Result<Json<Many>, ApiError> {
    let state = wanted.state.as_deref().filter(|state| !state.is_empty());
    if state.is_some_and(|state| !["waiting", "running", "failed"].contains(&state)) {
        return Err(ApiError::invalid("state", "state is waiting, running or failed"));
    }
    let rows = job::list(&principal.scope, state).await?;
    Ok(Json(Many { jobs: rows.into_iter().map(Job::from).collect() }))
}

/// Has a job begin anew, now. One that runs is left to itself.
#[utoipa::path(post, path = "/api/jobs/{id}/retry", tag = "server", params(("id" = i64, Path)), responses(
    (status = 200, description = "The job as it is now", body = One),
    (status = 403, description = "Your role does not allow this", body = ErrorBody),
    (status = 404, description = "There is no such job, or none you may see", body = ErrorBody),
))]
pub(super) async fn retry(
    RunsOrg(principal): RunsOrg,
    id: Result<Named<i64>, ApiError>,
) -> Result<Json<One>, ApiError> {
    let no_job = || ApiError::new(StatusCode::NOT_FOUND, "unknown_job", "no job has this id");
    let Named(id) = id.map_err(|_| no_job())?;
    match job::retry(&principal.scope, id).await {
        Err(crate::store::StoreError::NotFound) => Err(no_job()),
        row => Ok(Json(One { job: row?.into() })),
    }
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            org_id: row.org,
            call_id: row.call,
            task: row.task,
            state: row.state,
            attempts: row.attempts,
            max_attempts: row.max_attempts,
            last_error: row.last_error.as_deref().map(words),
            run_at: clock::rfc3339(SystemTime::from(row.run_at)),
            created_at: clock::rfc3339(SystemTime::from(row.created_at)),
        }
    }
}

/// An error without the queue's wrapping.
fn words(error: &str) -> String {
    let inner = error.strip_prefix("TaskError(\"").and_then(|rest| rest.strip_suffix("\")"));
    inner.unwrap_or(error).replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_in_its_own_words() {
        assert_eq!(words(r#"TaskError("the \"store\" is away")"#), r#"the "store" is away"#);
        assert_eq!(words("TaskPanic(\"x\")"), "TaskPanic(\"x\")");
    }
}
