//! Seals calls that are over, one after the other: those found at the start first.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::jobs::AfterCall;
use crate::jobs::after_call::Sealed;
use crate::live::{CallStatus, EndedCall, LiveCalls};
use crate::model::CallId;

/// The queue of calls to be sealed.
#[derive(Debug)]
pub struct Sealing {
    pub(super) after_call: AfterCall,
    pub(super) live: Arc<LiveCalls>,
    /// Calls whose server died: their spools were there at the start.
    pub(super) found: Vec<CallId>,
    pub(super) ended: mpsc::Receiver<EndedCall>,
}

impl Sealing {
    /// Seals until `no_more_calls` is set and the queue is empty.
    pub async fn run(mut self, no_more_calls: CancellationToken) {
        if !self.found.is_empty() {
            tracing::info!(calls = self.found.len(), "sealing calls of a server that died");
        }
        for call in std::mem::take(&mut self.found) {
            self.seal(call, Vec::new()).await;
        }
        loop {
            let ended = tokio::select! {
                // What is queued is sealed before the end is noticed.
                biased;
                ended = self.ended.recv() => ended,
                () = no_more_calls.cancelled() => return,
            };
            let Some(EndedCall { call, unwritten }) = ended else { return };
            self.seal(call, unwritten).await;
        }
    }

    async fn seal(&self, call: CallId, unwritten: Vec<u8>) {
        match self.after_call.seal(call, unwritten).await {
            Ok(Sealed::Stored(_)) => {
                tracing::info!(%call, "call sealed");
                self.live.sealed(call, CallStatus::Completed);
            }
            Ok(Sealed::NeverConnected) => self.live.forget(call),
            Err(error) => {
                tracing::error!(%call, %error, "call not sealed; the next start tries again");
                self.live.sealed(call, CallStatus::Failed);
            }
        }
    }
}
