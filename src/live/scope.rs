//! The only spawner: every task of a call belongs to its scope, which waits for it.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the tasks of an ended call may take to stop.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// The tasks of one call. Closing it cancels them and waits.
#[derive(Clone, Debug)]
pub(super) struct CallScope {
    runtime: Handle,
    tasks: TaskTracker,
    token: CancellationToken,
}

impl CallScope {
    /// A scope whose tasks run on the given runtime.
    pub(super) fn new(runtime: Handle) -> Self {
        Self { runtime, tasks: TaskTracker::new(), token: CancellationToken::new() }
    }

    /// Runs a future until it is done or the scope is closed, whichever is first.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.spawn_until(&self.token, work);
    }

    /// Runs a future until it is done, `token` is cancelled, or the scope is closed.
    pub(super) fn spawn_until(
        &self,
        token: &CancellationToken,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let token = token.clone();
        let guarded = async move {
            token.run_until_cancelled_owned(work).await;
        };
        self.tasks.spawn_on(guarded, &self.runtime);
    }

    /// A token that is cancelled with the scope, or on its own.
    pub(super) fn child_token(&self) -> CancellationToken {
        self.token.child_token()
    }

    /// Cancels what runs and waits for it. Says whether all of it stopped in time.
    pub(super) async fn close(self) -> bool {
        self.tasks.close();
        self.token.cancel();
        tokio::time::timeout(CLOSE_WITHIN, self.tasks.wait()).await.is_ok()
    }
}
