//! Jobs: work that outlives the process that asked for it. The queue's tables are reached through
//! the functions of the schema alone; the worker has a pool of its own.

use std::time::Duration;

use serde_json::json;
pub use sqlx::PgPool as WorkerPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, Postgres, Transaction};
use time::OffsetDateTime;

use super::audit::{self, Entry};
use super::{ACQUIRE_WITHIN, OpenError, OrgScope, Store, StoreError};
use crate::model::{CallId, NodeId, OrgId};

/// The task that turns a spool into artefacts. It runs where the spool is.
pub const SEAL_CALL: &str = "seal_call";

/// The task that computes a sealed call's numbers. It runs anywhere.
pub const MEASURE_CALL: &str = "measure_call";

/// Connections of a worker: one listens, one says that it lives, the others claim and end jobs.
const WORKER_CONNECTIONS: u32 = 5;

/// How long an idle connection of a worker is kept.
const WORKER_IDLE: Duration = Duration::from_secs(60);

/// Jobs in one answer.
const MOST_JOBS: i32 = 200;

/// The flag of jobs that one node alone can do.
pub fn node_flag(node: NodeId) -> String {
    format!("node:{node}")
}

/// How far a job has come.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRow {
    /// Its number.
    pub id: i64,
    /// Whose call it is about.
    pub org: OrgId,
    /// The call.
    pub call: CallId,
    /// What it does.
    pub task: String,
    /// "waiting", "running" or "failed".
    pub state: String,
    /// How often it was begun.
    pub attempts: i32,
    /// How often it is begun before it counts as failed.
    pub max_attempts: i32,
    /// How the last attempt ended.
    pub last_error: Option<String>,
    /// When it is begun next.
    pub run_at: OffsetDateTime,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

/// How many jobs there are on the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// To be begun, now or later.
    pub waiting: u64,
    /// Being done.
    pub running: u64,
    /// Given up.
    pub failed: u64,
}

/// The connections of a worker, which reach the queue and nothing else.
///
/// # Errors
/// When `url` is no address of a Postgres.
pub fn worker_pool(url: &str) -> Result<WorkerPool, OpenError> {
    let options: PgConnectOptions = url.parse().map_err(OpenError::BadUrl)?;
    Ok(PgPoolOptions::new()
        .max_connections(WORKER_CONNECTIONS)
        .acquire_timeout(ACQUIRE_WITHIN)
        .idle_timeout(WORKER_IDLE)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("set role ringcraft_jobs").await?;
                Ok(())
            })
        })
        .connect_lazy_with(options))
}

/// Adds a job within a transaction of the system's. With a node, it runs there alone.
pub(super) async fn add(
    tx: &mut Transaction<'static, Postgres>,
    task: &str,
    call: CallId,
    node: Option<NodeId>,
) -> Result<(), StoreError> {
    sqlx::query!("select queue_add($1, $2, $3)", task, call.0, node.map(|node| node.0))
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// The jobs that the actor may know of, newest first: an admin those of the org, a superadmin all.
///
/// # Errors
/// When the database does not answer.
pub async fn list(scope: &OrgScope, state: Option<&str>) -> Result<Vec<JobRow>, StoreError> {
    rows(scope, None, state).await
}

/// Has a job begin anew, now, unless it runs, and notes it in the org it is of. Returns it as it is
/// then.
///
/// # Errors
/// When there is no such job that the actor may know of.
pub async fn retry(scope: &OrgScope, id: i64) -> Result<JobRow, StoreError> {
    let known = rows(scope, Some(id), None).await?.pop().ok_or(StoreError::NotFound)?;
    let there = scope.in_org(known.org);
    let mut tx = there.begin().await?;
    sqlx::query!("select queue_retry($1)", id).fetch_one(&mut *tx).await?;
    let entry = Entry {
        action: "job.retried",
        subject_kind: Some("call"),
        subject_id: Some(known.call.0),
        details: json!({"job_id": id, "task": known.task, "state": known.state}),
    };
    audit::insert_in(&mut tx, &there, entry).await?;
    tx.commit().await?;
    rows(scope, Some(id), None).await?.pop().ok_or(StoreError::NotFound)
}

async fn rows(
    scope: &OrgScope,
    id: Option<i64>,
    state: Option<&str>,
) -> Result<Vec<JobRow>, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query!(
        r#"select id as "id!", org_id as "org_id!", call_id as "call_id!", task as "task!",
                  state as "state!", attempts as "attempts!", max_attempts as "max_attempts!",
                  last_error as "last_error?", run_at as "run_at!: OffsetDateTime",
                  created_at as "created_at!: OffsetDateTime"
           from queue_jobs($1, $2, $3)"#,
        id,
        state,
        MOST_JOBS,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let row = found.into_iter().map(|row| JobRow {
        id: row.id,
        org: OrgId(row.org_id),
        call: CallId(row.call_id),
        task: row.task,
        state: row.state,
        attempts: row.attempts,
        max_attempts: row.max_attempts,
        last_error: row.last_error,
        run_at: row.run_at,
        created_at: row.created_at,
    });
    Ok(row.collect())
}

/// Frees the jobs that a node held when it died. It is called as the node starts, so none is at
/// work. Returns how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn take_up(store: &Store, node: NodeId) -> Result<i32, StoreError> {
    let freed = sqlx::query_scalar!(r#"select queue_take_up($1) as "freed!""#, node.0);
    Ok(freed.fetch_one(&store.pool).await?)
}

/// Removes the jobs that a node alone could do. Returns how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_node(store: &Store, node: NodeId) -> Result<i64, StoreError> {
    let gone = sqlx::query_scalar!(r#"select queue_forget_node($1) as "gone!""#, node.0);
    Ok(gone.fetch_one(&store.pool).await?)
}

/// How many jobs a node could begin now, or has begun and alone can end.
///
/// # Errors
/// When the database does not answer.
pub async fn due(store: &Store, node: NodeId) -> Result<i64, StoreError> {
    let due = sqlx::query_scalar!(r#"select queue_due($1) as "due!""#, node.0);
    Ok(due.fetch_one(&store.pool).await?)
}

/// How many jobs there are.
///
/// # Errors
/// When the database does not answer.
pub async fn counts(store: &Store) -> Result<JobCounts, StoreError> {
    let row = sqlx::query!(
        r#"select waiting as "waiting!", running as "running!", failed as "failed!"
           from queue_counts()"#
    )
    .fetch_one(&store.pool)
    .await?;
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(JobCounts {
        waiting: count(row.waiting),
        running: count(row.running),
        failed: count(row.failed),
    })
}

#[cfg(test)]
mod tests;
