//! The real server as a process of its own, in a data folder that is gone afterwards.

// Each test takes what it needs.
#![allow(dead_code)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ringcraft::model::Role;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use database::{Person, TestDatabase};

#[path = "database.rs"]
pub(crate) mod database;

/// How long anything that the server shall log may take; only a hang comes near.
const LOGGED_WITHIN: Duration = Duration::from_secs(90);

/// What outlives a server: its data, its database, and a rep who has an API key.
pub(crate) struct Home {
    folder: TempDir,
    database: TestDatabase,
    pub(crate) rep: Person,
}

impl Home {
    /// An empty folder, and a database with one rep in it.
    pub(crate) fn new() -> Self {
        let database = database::new_database();
        let rep = database::new_rep(&database);
        Self { folder: tempfile::tempdir().expect("a folder"), database, rep }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A rep of another org.
    pub(crate) fn another_rep(&self) -> Person {
        database::new_rep(&self.database)
    }

    /// Somebody else in the org of the rep.
    pub(crate) fn colleague(&self, role: Role) -> Person {
        database::new_person(&self.database, self.rep.org, role)
    }

    /// The address of the database, as its owner.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }
}

/// A running server. Dropped, it is killed.
pub(crate) struct Server {
    child: Child,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
    home: Option<Home>,
    /// As it says itself: with http:// or https://, and its port.
    url: String,
}

impl Server {
    /// Starts a server with some variables beside its port and folder.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_in(Home::new(), variables)
    }

    /// Starts a server where one was before, which [`Server::wait`] returned.
    pub(crate) fn start_in(home: Home, variables: &[(&str, &str)]) -> Self {
        let mut child = command(&home.folder, "127.0.0.1:0")
            .env("DATABASE_URL", home.database_url())
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("start the server");
        let (log, reader) = Log::follow(child.stderr.take().expect("a piped log"));
        let mut server =
            Self { child, log, reader: Some(reader), home: Some(home), url: String::new() };
        let listening = server.logged("listening on http");
        let (_, url) = listening.split_once("listening on ").expect("what was waited for");
        url.split_whitespace().next().expect("an address").clone_into(&mut server.url);
        server
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit(':').next().expect("a port").parse().expect("a port")
    }

    /// Its base address.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// What outlives it.
    pub(crate) fn home(&self) -> &Home {
        self.home.as_ref().expect("a server keeps its home")
    }

    /// The key of its rep.
    pub(crate) fn api_key(&self) -> &str {
        &self.home().rep.api_key
    }

    /// Where it keeps its data.
    pub(crate) fn data_dir(&self) -> PathBuf {
        data_dir(&self.home().folder)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("signal the server");
    }

    /// Waits for a line of the log that contains `wanted` and returns the first.
    pub(crate) fn logged(&self, wanted: &str) -> String {
        self.log.wait_for(wanted)
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Waits for its end: how it went, the whole log, and its home for another server.
    pub(crate) fn wait(mut self) -> (ExitStatus, String, Home) {
        let status = self.child.wait().expect("wait for the server");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the log was read to its end");
        }
        (status, self.log.text(), self.home.take().expect("a server keeps its home"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is over already where the test waited for it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that is not started: no setting but where it listens, for HTTP and for WebRTC on any
/// port, and keeps its data.
pub(crate) fn command(folder: &TempDir, listen: &str) -> Command {
    command_in(data_dir(folder), listen)
}

/// The same with a data folder that is there.
pub(crate) fn command_in(data_dir: PathBuf, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringcraft"));
    command.env_clear().env("RINGCRAFT_LISTEN", listen).env("RINGCRAFT_DATA_DIR", data_dir);
    // Servers run side by side.
    command.env("RINGCRAFT_RTC_LISTEN", "127.0.0.1:0");
    command
}

fn data_dir(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// The lines a server has logged.
struct Log {
    state: Mutex<Lines>,
    news: Condvar,
}

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    ended: bool,
}

impl Log {
    /// Reads to the end on a thread of its own, so that a full pipe never stops the server.
    fn follow(stderr: ChildStderr) -> (Arc<Self>, JoinHandle<()>) {
        let log = Arc::new(Self { state: Mutex::default(), news: Condvar::new() });
        let writer = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let Ok(line) = line else { break };
                writer.change(|state| state.lines.push(line));
            }
            writer.change(|state| state.ended = true);
        });
        (log, reader)
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_all();
    }

    fn wait_for(&self, wanted: &str) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = |state: &mut Lines| !state.ended && state.find(wanted).is_none();
        let (state, _) = self
            .news
            .wait_timeout_while(state, LOGGED_WITHIN, missing)
            .unwrap_or_else(PoisonError::into_inner);
        let found = state.find(wanted);
        found.unwrap_or_else(|| panic!("{wanted:?} was not logged:\n{}", state.lines.join("\n")))
    }

    fn text(&self) -> String {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lines.join("\n")
    }
}

impl Lines {
    fn find(&self, wanted: &str) -> Option<String> {
        self.lines.iter().find(|line| line.contains(wanted)).cloned()
    }
}
