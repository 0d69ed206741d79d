//! The keeping of calls: what they note goes to the database, those that are over are handed to the
//! worker, and those that a dead server left as well.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::node::Node;
use crate::clock;
use crate::jobs::{Outcome, Unwritten, Worker};
use crate::live::ledger::{Ledger, LedgerTask};
use crate::live::{CallStatus, EndedCall, LiveCalls};
use crate::model::{CallId, NodeId};
use crate::spool::SpoolFolder;
use crate::store::{Store, job};

/// How long the calls of this node may take to be sealed before the server ends without.
const SEALED_WITHIN: Duration = Duration::from_secs(60);

/// How often it is looked whether they are.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The keeping of this node's calls.
#[derive(Debug)]
pub struct Sealing {
    pub(super) store: Store,
    pub(super) live: Arc<LiveCalls>,
    pub(super) node: Node,
    pub(super) spools: SpoolFolder,
    pub(super) unwritten: Unwritten,
    pub(super) ledger: Ledger,
    pub(super) ledger_task: LedgerTask,
    pub(super) worker: Worker,
    pub(super) ended: mpsc::Receiver<EndedCall>,
    pub(super) outcomes: mpsc::Receiver<(CallId, Outcome)>,
    /// Calls whose server died: their spools were there at the start.
    pub(super) found: Vec<CallId>,
}

impl Sealing {
    /// Keeps calls until `no_more_calls` is set, then seals what is left, within a bound.
    pub async fn run(self, no_more_calls: CancellationToken) {
        let Self { store, live, node, spools, unwritten, ledger, ledger_task, .. } = self;
        let (flush, stop) = (CancellationToken::new(), CancellationToken::new());
        let (ledger_tracker, tasks) = (TaskTracker::new(), TaskTracker::new());
        ledger_tracker.spawn(ledger_task.run(flush.clone()));
        ledger_tracker.close();
        let id = node.id;
        tasks.spawn(node.run(store.clone(), Arc::clone(&live), stop.clone()));
        if let Err(error) = job::take_up(&store, id).await {
            tracing::warn!(%error, "jobs of the last run of this node are freed later");
        }
        tasks.spawn(self.worker.run(stop.clone()));
        let hand_over = HandOver { spools, unwritten, ledger };
        hand_over.found(self.found).await;
        let (mut ended, mut outcomes) = (self.ended, self.outcomes);
        loop {
            tokio::select! {
                // What is queued is handed over before the end is noticed.
                biased;
                Some(call) = ended.recv() => hand_over.ended(call).await,
                Some((call, outcome)) = outcomes.recv() => note(&live, call, outcome),
                () = no_more_calls.cancelled() => break,
            }
        }
        flush.cancel();
        ledger_tracker.wait().await;
        let sealed = async {
            tokio::select! {
                () = all_done(&store, id) => {}
                () = async { while let Some((call, outcome)) = outcomes.recv().await {
                    note(&live, call, outcome);
                }} => {}
            }
        };
        if timeout(SEALED_WITHIN, sealed).await.is_err() {
            tracing::warn!("calls are not sealed yet; the next start goes on");
        }
        stop.cancel();
        tasks.close();
        tasks.wait().await;
        while let Ok((call, outcome)) = outcomes.try_recv() {
            note(&live, call, outcome);
        }
    }
}

/// What turns the end of a call into a job.
struct HandOver {
    spools: SpoolFolder,
    unwritten: Unwritten,
    ledger: Ledger,
}

impl HandOver {
    async fn ended(&self, ended: EndedCall) {
        let EndedCall { org, call, unwritten } = ended;
        let at = clock::wall_now();
        if !unwritten.is_empty() {
            let spools = self.spools.clone();
            let append = tokio::task::spawn_blocking(move || spools.append(call, unwritten));
            match append.await {
                Ok(rest) if rest.is_empty() => {}
                Ok(rest) => self.unwritten.keep(call, rest),
                Err(error) => tracing::error!(%call, %error, "the end of a call is lost"),
            }
        }
        self.ledger.ended(org, call, Some(at)).await;
    }

    async fn found(&self, found: Vec<CallId>) {
        if !found.is_empty() {
            tracing::info!(calls = found.len(), "sealing calls of a server that died");
        }
        for call in found {
            let spools = self.spools.clone();
            match tokio::task::spawn_blocking(move || spools.header(call)).await {
                Ok(Ok(header)) => self.ledger.ended(header.org_id, call, None).await,
                Ok(Err(error)) => {
                    tracing::error!(%call, %error, "a spool does not say whose call it holds; it is kept");
                }
                Err(error) => tracing::warn!(%call, %error, "reading a spool was cut off"),
            }
        }
    }
}

fn note(live: &LiveCalls, call: CallId, outcome: Outcome) {
    match outcome {
        Outcome::Stored => {
            tracing::info!(%call, "call sealed");
            live.sealed(call, CallStatus::Completed);
        }
        Outcome::NeverConnected => live.forget(call),
        Outcome::Unreadable => live.sealed(call, CallStatus::Failed),
    }
}

/// Waits until nothing is left that this node could do now. A job that failed waits for later.
async fn all_done(store: &Store, node: NodeId) {
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        match job::due(store, node).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => return tracing::warn!(%error, "calls are sealed at the next start"),
        }
    }
}
