//! Two runtimes: a slow request must never make audio stutter.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

/// How long work that ignores its end may hold up the end of the process.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(2);

/// The threads of the server.
#[derive(Debug)]
pub struct Runtimes {
    http: Runtime,
    media: Runtime,
}

impl Runtimes {
    /// Starts the threads: for media one per two cores, at least one; for the rest one per core.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start() -> io::Result<Self> {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Self { http: start("http", cores)?, media: start("media", (cores / 2).max(1))? })
    }

    /// Where links and calls run.
    pub fn media(&self) -> Handle {
        self.media.handle().clone()
    }

    /// Runs the server to its end on the threads for HTTP.
    pub fn run<T>(&self, server: impl Future<Output = T>) -> T {
        self.http.block_on(server)
    }

    /// Ends the threads, media last: it writes what the others may still ask for.
    pub fn stop(self) {
        self.http.shutdown_timeout(SHUTDOWN_WITHIN);
        self.media.shutdown_timeout(SHUTDOWN_WITHIN);
    }

    /// Leaves the threads to the end of the process.
    pub fn abandon(self) {
        self.http.shutdown_background();
        self.media.shutdown_background();
    }
}

fn start(name: &'static str, threads: usize) -> io::Result<Runtime> {
    let next = AtomicUsize::new(0);
    Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name_fn(move || format!("{name}-{}", next.fetch_add(1, Ordering::Relaxed)))
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_has_threads_of_its_own() {
        let runtimes = Runtimes::start().unwrap();
        let name = || std::thread::current().name().map(str::to_owned);
        let task = runtimes.media().spawn(async move { name() });
        let named = runtimes.run(task).unwrap().unwrap();
        assert!(named.starts_with("media-"), "{named}");
        runtimes.stop();
    }
}
