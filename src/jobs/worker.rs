//! The worker: does the jobs that are due, as long as there is a database to ask.

use std::fmt;
use std::time::Duration;

use graphile_worker::{
    IntoTaskHandlerResult, TaskHandler, WorkerContext, WorkerOptions, WorkerRecoveryConfig,
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::after_call::{AfterCall, AfterCallError};
use crate::model::{CallId, NodeId, OrgId};
use crate::store::QUEUE_SCHEMA;
use crate::store::job::{self, WorkerPool};

/// Jobs at the same time: sealing takes the processor for seconds.
const CONCURRENCY: usize = 2;

/// How often the queue is asked where no notification comes.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// How often a worker says that it lives, and looks for others that do not.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(3);

/// After how long without a word a worker is dead, and its jobs are taken up by others.
const DEAD_AFTER: Duration = Duration::from_secs(15);

/// How long jobs under way may take at the end of the process.
const GRACE: Duration = Duration::from_secs(20);

/// How soon a database that is away is asked again: first, and at most.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
const AGAIN_AT_MOST: Duration = Duration::from_secs(5);

/// Does jobs: those of its node and those of nobody in particular.
#[derive(Debug)]
pub struct Worker {
    /// The connections it works with.
    pub pool: WorkerPool,
    /// Where it runs.
    pub node: NodeId,
    /// What it does.
    pub after_call: AfterCall,
}

impl Worker {
    /// Works until `stop`, then ends what it has begun.
    pub async fn run(self, stop: CancellationToken) {
        let mut again_after = AGAIN_AFTER;
        while !stop.is_cancelled() {
            match self.work(&stop).await {
                Ok(()) => again_after = AGAIN_AFTER,
                Err(why) => {
                    tracing::warn!(%why, "the worker has lost the queue and asks for it again");
                    tokio::select! {
                        () = sleep(again_after) => {}
                        () = stop.cancelled() => {}
                    }
                    again_after = (2 * again_after).min(AGAIN_AT_MOST);
                }
            }
        }
        self.pool.close().await;
    }

    async fn work(&self, stop: &CancellationToken) -> Result<(), String> {
        let recovery = WorkerRecoveryConfig::default()
            .heartbeat_interval(HEARTBEAT_EVERY)
            .sweep_interval(HEARTBEAT_EVERY)
            .sweep_threshold(DEAD_AFTER)
            .recovery_delay(Duration::ZERO);
        let worker = WorkerOptions::default()
            .pg_pool(self.pool.clone())
            .schema(QUEUE_SCHEMA)
            .concurrency(CONCURRENCY)
            .poll_interval(POLL_EVERY)
            .job_flag_allowlist([job::node_flag(self.node)])
            .worker_recovery(recovery)
            .listen_os_shutdown_signals(false)
            .shutdown_signal(stop.clone().cancelled_owned())
            .shutdown_grace_period(GRACE)
            .shutdown_interrupted_job_retry_delay(Duration::ZERO)
            .add_extension(self.after_call.clone())
            .define_job::<SealCall>()
            .define_job::<MeasureCall>()
            .init()
            .await
            .map_err(|error| error.to_string())?;
        worker.run().await.map_err(|error| error.to_string())
    }
}

/// Turns the spool of a call into artefacts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SealCall {
    org: OrgId,
    call: CallId,
}

/// Computes the numbers of a sealed call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct MeasureCall {
    org: OrgId,
    call: CallId,
}

impl TaskHandler for SealCall {
    const IDENTIFIER: &'static str = job::SEAL_CALL;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Self { org, call } = self;
        after_call(&context)?.seal(org, call).await.map_err(|error| {
            tracing::warn!(%call, %error, "a call is not sealed yet; it is tried again");
            JobError::from(error)
        })
    }
}

impl TaskHandler for MeasureCall {
    const IDENTIFIER: &'static str = job::MEASURE_CALL;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Self { org, call } = self;
        after_call(&context)?.measure(org, call).await.map_err(|error| {
            tracing::warn!(%call, %error, "a call is not measured yet; it is tried again");
            JobError::from(error)
        })
    }
}

fn after_call(context: &WorkerContext) -> Result<&AfterCall, JobError> {
    context.get_ext().ok_or_else(|| JobError("the worker was made without its tools".to_owned()))
}

/// Why a job failed, in words for admins: the queue keeps what `Debug` writes.
struct JobError(String);

impl From<AfterCallError> for JobError {
    fn from(error: AfterCallError) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Debug for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
