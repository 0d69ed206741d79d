//! The server's half: calls, their links and their ledger, in a process that does nothing else.

use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringcraft::app::Runtimes;
use ringcraft::clock;
use ringcraft::live::ledger::Ledger;
use ringcraft::live::{LiveCalls, LiveSettings, engines::Engines};
use ringcraft::model::{NodeId, Role};
use ringcraft::persona::Library;
use ringcraft::spool::SpoolFolder;
use ringcraft::store::call::NewCall;
use ringcraft::store::platform;
use ringcraft::transport::Refused;
use ringcraft::transport::webrtc::{Rtc, ports::Ports};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use database::{TestDatabase, note_call, org_with, person_in};

use crate::engines::{Ear, Mind, Throat};
use crate::process;

#[path = "../../tests/support/database.rs"]
mod database;

/// The argument that makes this program the server.
pub(crate) const AS_NODE: &str = "--as-node";

/// More than are made, so that half of them may wait at once.
const SLOTS: usize = 400;

const FRAME: Duration = Duration::from_millis(20);

/// What the callers ask of the server.
#[derive(Serialize, Deserialize)]
enum Asked {
    Answer { offer: String },
    Figures,
}

/// What the server's process has cost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Since it began.
    pub(crate) wall: Duration,
    /// On a processor.
    pub(crate) cpu: Duration,
    pub(crate) resident_bytes: u64,
    pub(crate) handles: u64,
    /// How late a bare timer thread woke since the figures before, the slowest of a hundred left out.
    pub(crate) timer_p99: Duration,
}

/// The server as the callers reach it.
pub(crate) struct Node {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Node {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.arg(AS_NODE).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("this program again");
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let output = BufReader::new(output.expect("its output")).lines();
        Self { _process: process, input: input.expect("its input"), output }
    }

    /// The answer to a caller's offer, for a new call.
    pub(crate) async fn answer(&mut self, offer: String) -> String {
        self.ask(&Asked::Answer { offer }).await
    }

    pub(crate) async fn figures(&mut self) -> Figures {
        self.ask(&Asked::Figures).await
    }

    async fn ask<T: for<'de> Deserialize<'de>>(&mut self, asked: &Asked) -> T {
        let mut line = serde_json::to_string(asked).expect("JSON");
        line.push('\n');
        self.input.write_all(line.as_bytes()).await.expect("a server that reads");
        let line = self.output.next_line().await.expect("a server that writes");
        serde_json::from_str(&line.expect("a server that lives")).expect("its JSON")
    }
}

/// Is the server until nobody asks any more.
pub(crate) fn serve() -> ExitCode {
    let runtimes = Runtimes::start().expect("threads");
    let media = runtimes.media();
    let (asked, asking) = std::sync::mpsc::channel::<Asked>();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = asked.send(serde_json::from_str(&line).expect("JSON"));
        }
    });
    runtimes.run(answer_all(media, asking));
    ExitCode::SUCCESS
}

async fn answer_all(media: tokio::runtime::Handle, asking: std::sync::mpsc::Receiver<Asked>) {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let admin = org_with(&store, Role::Admin).await;
    let folder = tempfile::tempdir().expect("a folder");
    let id = NodeId::new();
    let node = platform::Node { id, url: "http://127.0.0.1".to_owned(), free_slots: 0 };
    platform::node_lives(&store, &node).await.expect("a database");
    let (ledger, ledger_task) = Ledger::new(store.clone(), id);
    let tasks = TaskTracker::new();
    tasks.spawn(ledger_task.run(CancellationToken::new()));
    let library = Arc::new(Library::embedded().expect("scenarios"));
    let (live, mut ended) = LiveCalls::new(LiveSettings {
        max_calls: SLOTS,
        library,
        engines: Engines {
            recogniser: Arc::new(Ear),
            model: Arc::new(Mind),
            voice: Arc::new(Throat),
        },
        spools: SpoolFolder::open(folder.path()).expect("a folder"),
        ledger,
        metrics: ringcraft::metrics::Metrics::default(),
        media_runtime: media.clone(),
        runtime: tokio::runtime::Handle::current(),
    });
    let live = Arc::new(live);
    tasks.spawn(async move { while ended.recv().await.is_some() {} });
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let ports = Ports::bind(loopback, |_| Vec::new(), &media).expect("a port");
    let rtc = Rtc::new(Arc::new(ports)).expect("a certificate");
    let timer = Timer::start();
    let began = clock::now().into_std();
    // Asked rarely, and by one after the other: what blocks here disturbs nobody.
    while let Ok(asked) = tokio::task::block_in_place(|| asking.recv()) {
        let told = match asked {
            Asked::Answer { offer } => {
                let rep = person_in(&store, admin.org, Role::Rep).await;
                let (call, scenario) = live.open(rep.org, rep.user, "rachel").expect("a slot");
                let scope = store.scope(rep.org, ringcraft::store::Actor::System);
                let new = NewCall {
                    id: call,
                    scenario_id: &scenario.id,
                    scenario_title: &scenario.title,
                    scenario_hash: scenario.hash(),
                    channel: "voice",
                };
                note_call(&scope, rep.user, new).await.expect("a database");
                let (answer, session) = rtc.answer(&offer).expect("a fit offer");
                let live = Arc::clone(&live);
                let attach = move |link| {
                    live.attach(call, link).map_err(|error| Refused {
                        code: "refused",
                        message: error.to_string().into(),
                    })
                };
                tasks.spawn_on(session.run(attach), &media);
                serde_json::to_string(&answer.sdp)
            }
            Asked::Figures => serde_json::to_string(&Figures {
                wall: began.elapsed(),
                cpu: process::cpu(),
                resident_bytes: process::resident_bytes(),
                handles: process::handles(),
                timer_p99: timer.take_p99(),
            }),
        };
        println!("{}", told.expect("JSON"));
    }
}

/// A thread that does nothing but wake every 20 ms: what the machine can do at best.
struct Timer {
    late: Arc<Mutex<Vec<Duration>>>,
}

impl Timer {
    #[expect(clippy::disallowed_methods, reason = "this thread is nothing but a timer")]
    fn start() -> Self {
        let late = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&late);
        std::thread::spawn(move || {
            let mut due = clock::now().into_std();
            loop {
                due += FRAME;
                std::thread::sleep(due.saturating_duration_since(clock::now().into_std()));
                noted.lock().expect("nobody panics").push(due.elapsed());
            }
        });
        Self { late }
    }

    fn take_p99(&self) -> Duration {
        let mut late = std::mem::take(&mut *self.late.lock().expect("nobody panics"));
        late.sort_unstable();
        late.get(late.len() * 99 / 100).copied().unwrap_or_default()
    }
}
