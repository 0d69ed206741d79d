//! The running server: what every part of it shares, how it starts and how it stops.

use std::fs::DirBuilder;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use node::FolderLock;
pub use runtimes::Runtimes;
pub use sealing::Sealing;
pub use signals::Signals;

use crate::blob::{Blob, EmbeddedS3};
use crate::config::{Config, Secret};
use crate::http;
use crate::http::connection_check::Checks;
use crate::http::scenarios::ScenarioSummary;
use crate::http::tls::Tls;
use crate::http::token::CallTokens;
use crate::identity::Identity;
use crate::jobs::after_call::OUTCOMES;
use crate::jobs::{AfterCall, Unwritten, Worker};
use crate::live::ledger::Ledger;
use crate::live::{LiveCalls, LiveSettings};
use crate::metrics::Metrics;
use crate::spool::SpoolFolder;
use crate::store::{Store, job};
use crate::transport::webrtc::Rtc;
use crate::transport::webrtc::ports::Ports;
use crate::transport::webrtc::sessions::{SESSIONS_PER_CALL, Sessions};

mod node;
mod parts;
mod runtimes;
mod sealing;
mod signals;

use parts::ObjectStore;

/// How long links may take to close once their calls are over.
const LINKS_WITHIN: Duration = Duration::from_secs(15);

/// How long answers that are under way may take once calls are over.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// What every part of the server shares.
#[derive(Debug)]
pub struct App {
    /// What it was told at its start.
    pub config: Config,
    /// Keeps other servers out of the data folder.
    pub folder: FolderLock,
    /// The calls of this node.
    pub live: Arc<LiveCalls>,
    /// Answers offers of WebRTC.
    pub rtc: Rtc,
    /// The sessions that came of them, while they run.
    pub rtc_sessions: Arc<Sessions>,
    /// The checks of connections that run now.
    pub checks: Arc<Checks>,
    /// Makes and checks the tokens of calls.
    pub tokens: CallTokens,
    /// The scenarios that can be called.
    pub scenarios: Vec<ScenarioSummary>,
    /// The outside systems in use.
    pub parts: Parts,
    /// The database.
    pub store: Store,
    /// What lets people in.
    pub identity: Arc<Identity>,
    /// Where artefacts are.
    pub blob: Blob,
    /// How connections are encrypted, where the server does that itself.
    pub tls: Option<Tls>,
    /// The object store inside this process, where no other is configured.
    pub embedded: Option<EmbeddedS3>,
    /// Runs what must not stutter: links and call drivers.
    pub media: Handle,
    /// The port of all calls over WebRTC.
    pub ports: Ports,
    /// Everything that must end before the process does: links and calls.
    pub calls: TaskTracker,
    /// What keeps calls, and makes artefacts of those that are over.
    pub sealing: TaskTracker,
    /// Set when no call runs any more, so that sealing ends with its queue.
    pub calls_over: CancellationToken,
    /// Connections of the HTTP listener.
    pub connections: TaskTracker,
    /// Set when no more calls are taken.
    pub draining: CancellationToken,
    /// Set when the calls are over and the rest shall end.
    pub stopping: CancellationToken,
}

/// The outside systems in use, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Parts {
    /// Who recognises speech.
    pub speech_to_text: String,
    /// Who words the buyer.
    pub persona: String,
    /// Who speaks for the buyer.
    pub text_to_speech: String,
    /// Where recordings go.
    pub object_store: String,
}

/// How the server came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Calls ended, or their grace did.
    Drained,
    /// It was told a second time and dropped everything.
    AtOnce,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error("port {0} is in use; stop the other program or set RINGCRAFT_LISTEN")]
    PortInUse(u16),
    /// The port is kept for root.
    #[error("port {0} needs privileges; set RINGCRAFT_LISTEN to a port above 1023")]
    PortIsPrivileged(u16),
    /// The address is not of this machine, or something rarer.
    #[error("listen on {0}: {1}; set RINGCRAFT_LISTEN to an address of this machine")]
    Other(SocketAddr, io::Error),
}

/// Takes the port, before anything costly is built.
///
/// # Errors
/// When the port or address cannot be had.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortInUse(address.port()),
        io::ErrorKind::PermissionDenied => ListenError::PortIsPrivileged(address.port()),
        _ => ListenError::Other(address, error),
    })
}

/// Builds the server from its settings, for an address it listens on already. `media` runs links
/// and calls.
///
/// # Errors
/// When a folder, file or outside system is missing; the message says which and what to do.
pub async fn build(
    config: Config,
    listening: SocketAddr,
    media: Handle,
) -> anyhow::Result<(Arc<App>, Sealing)> {
    make_data_dir(&config.data_dir).with_context(|| {
        format!("make the data folder {} (RINGCRAFT_DATA_DIR)", config.data_dir.display())
    })?;
    let folder = FolderLock::of(&config.data_dir)?;
    let ports = parts::ports(&config, &media)?;
    let secret = match &config.secret {
        Some(secret) => secret.clone(),
        None => Secret::load_or_make(&config.data_dir).context("read the server's secret")?,
    };
    let library = Arc::new(parts::library(&config)?);
    let engines = parts::engines(&config)?;
    let tls = Tls::of(&config, listening)?;
    let identity = Identity::new(&config, listening.port())?;
    let store = parts::database(&config).await?;
    let node = node::Node::of(&config.data_dir, parts::own_url(&config.tls.scheme(), listening))
        .context("read the node's id in the data folder (RINGCRAFT_DATA_DIR)")?;
    parts::demo(&config, &store, &identity.base_url).await?;
    let ObjectStore { blob, embedded, inside } = parts::object_store(&config, listening).await?;
    let spools = SpoolFolder::open(&config.data_dir).context("open the folder of live calls")?;
    let found = spools.list().context("look for calls of a server that died")?;
    let scenarios = library.scenarios().map(|scenario| ScenarioSummary::of(scenario)).collect();
    let parts = parts::named(&engines, &config);
    let rtc = Rtc::new(Arc::new(ports.clone())).context("start WebRTC")?;
    let rtc_sessions = Sessions::new(parts::max_calls(&config) * SESSIONS_PER_CALL);
    let (ledger, ledger_task) = Ledger::new(store.clone(), node.id);
    let (live, ended) = LiveCalls::new(LiveSettings {
        max_calls: parts::max_calls(&config),
        library,
        engines,
        spools: spools.clone(),
        ledger: ledger.clone(),
        metrics: Metrics::default(),
        media_runtime: media.clone(),
        runtime: Handle::current(),
    });
    let live = Arc::new(live);
    let unwritten = Unwritten::default();
    let (told, outcomes) = mpsc::channel(OUTCOMES);
    let after_call = AfterCall {
        blob: blob.clone(),
        spools: spools.clone(),
        store: store.clone(),
        unwritten: unwritten.clone(),
        outcomes: told,
    };
    let pool = job::worker_pool(parts::database_url(&config)?)?;
    let sealing = Sealing {
        store: store.clone(),
        live: Arc::clone(&live),
        worker: Worker { pool, node: node.id, after_call },
        node,
        spools,
        unwritten,
        ledger,
        ledger_task,
        ended,
        outcomes,
        found,
    };
    let app = Arc::new(App {
        folder,
        live,
        rtc,
        rtc_sessions: Arc::new(rtc_sessions),
        checks: Arc::default(),
        tokens: CallTokens::new(&secret),
        scenarios,
        parts,
        store,
        identity: Arc::new(identity),
        blob,
        tls,
        embedded,
        media,
        ports,
        calls: TaskTracker::new(),
        sealing: TaskTracker::new(),
        calls_over: CancellationToken::new(),
        connections: TaskTracker::new(),
        draining: CancellationToken::new(),
        stopping: CancellationToken::new(),
        config,
    });
    if let (Some(inside), Some(embedded)) = (inside, &app.embedded) {
        let (connections, stopping) = (app.connections.clone(), app.stopping.clone());
        let serve = http::listener::serve(inside, None, embedded.router(), connections, stopping);
        app.connections.spawn(serve);
    }
    Ok((app, sealing))
}

impl App {
    /// Serves until a signal says stop, then drains. A second signal cuts the draining short.
    pub async fn run(
        self: &Arc<Self>,
        listener: TcpListener,
        sealing: Sealing,
        mut signals: Signals,
    ) -> Stopped {
        match listener.local_addr() {
            Ok(address) => {
                let scheme = self.config.tls.scheme();
                tracing::info!(%address, "listening on {scheme}://{address}");
            }
            Err(error) => tracing::error!(%error, "the listener has no address"),
        }
        let router = http::router(Arc::clone(self));
        let connections = self.connections.clone();
        let stopping = self.stopping.clone();
        if let Some(tls) = self.tls.clone() {
            self.connections.spawn(tls.keep_up(stopping.clone()));
        }
        let tls = self.tls.clone();
        self.connections.spawn(http::listener::serve(listener, tls, router, connections, stopping));
        self.sealing.spawn(sealing.run(self.calls_over.clone()));
        self.identity.keep_up(&self.store, self.stopping.clone());
        let signal = signals.next().await;
        tracing::info!(
            signal,
            grace_s = self.config.drain_grace.as_secs(),
            calls = self.live.live_count(),
            "stopping: no new calls; a second signal stops at once"
        );
        tokio::select! {
            () = self.drain() => Stopped::Drained,
            signal = signals.next() => {
                tracing::warn!(signal, "stopping at once; calls are sealed at the next start");
                Stopped::AtOnce
            }
        }
    }

    /// Takes no more calls, waits for those that run or has them say goodbye, seals them, then
    /// ends what is left.
    pub async fn drain(&self) {
        self.draining.cancel();
        self.live.drain(self.config.drain_grace).await;
        self.calls.close();
        if timeout(LINKS_WITHIN, self.calls.wait()).await.is_err() {
            tracing::warn!(links = self.calls.len(), "links that do not close are cut off");
        }
        self.ports.stop().await;
        self.calls_over.cancel();
        self.sealing.close();
        // The store may be our own: it answers until everything is sealed.
        self.sealing.wait().await;
        self.stopping.cancel();
        self.connections.close();
        if timeout(ANSWERS_WITHIN, self.connections.wait()).await.is_err() {
            tracing::debug!(connections = self.connections.len(), "connections are cut off");
        }
        self.identity.finish().await;
        self.store.close().await;
        tracing::info!("stopped");
    }
}

/// Makes the folder for what the server keeps, for the eyes of its owner.
pub(crate) fn make_data_dir(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
