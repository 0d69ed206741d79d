//! The private Postgres of `make run` and `make test`: what it survives, and that it ends with what uses it.

// A test that panics has failed, which is what it is for.
#![allow(clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, geteuid, kill_process, kill_process_group};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// What a stand-in for the server begins with. It works in the checkout.
const STAND_IN: &str = r#"
    set -eu
    ask() { psql --no-psqlrc -v ON_ERROR_STOP=1 -qAt "$DATABASE_URL" -c "$1"; }
    # For as long as a slow machine may take.
    keep_asking() { for _ in {1..600}; do ask "$1" 2>/dev/null && return; sleep 0.1; done; exit 99; }
    postmaster() { scripts/postgres.sh status "$RINGCRAFT_POSTGRES_DIR" | cut -d ' ' -f 2; }
"#;

/// A cluster in a folder that is gone afterwards.
struct Cluster {
    within: TempDir,
    folder: PathBuf,
}

impl Cluster {
    fn new() -> Self {
        Self::at("postgres", 0o755)
    }

    /// Where others may do `mode` with the folders above it.
    fn at(name: &str, mode: u32) -> Self {
        let within = tempfile::tempdir().unwrap();
        fs::set_permissions(within.path(), Permissions::from_mode(mode)).unwrap();
        let folder = within.path().join(name);
        Self { within, folder }
    }

    fn script(&self, action: &str, more: &[&str]) -> Output {
        script("postgres.sh").arg(action).arg(&self.folder).args(more).output().unwrap()
    }

    /// Starts it, and returns its URL.
    fn start(&self, more: &[&str]) -> String {
        let output = self.script("start", more);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let url = text(&output.stdout);
        assert_eq!(url.lines().count(), 1, "the URL and nothing else: {url:?}");
        url.trim_end().to_owned()
    }

    fn stop(&self) {
        let output = self.script("stop", &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
        assert_eq!(self.postmaster(), None);
    }

    /// Asks whether it runs, and as which process.
    fn postmaster(&self) -> Option<Pid> {
        let output = self.script("status", &[]);
        let line = text(&output.stdout);
        if output.status.code() == Some(3) {
            assert_eq!(line, "stopped\n");
            return None;
        }
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let process = line.strip_prefix("running ").unwrap().split(' ').next().unwrap();
        Some(Pid::from_raw(process.parse().unwrap()).unwrap())
    }

    fn kill_postmaster(&self) {
        kill_process(self.postmaster().unwrap(), Signal::KILL).unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.join("cluster/data")
    }

    /// Runs some lines of bash as `scripts/run.sh` runs the server.
    fn supervise(&self, stand_in: &str) -> Supervised {
        let mut child = script("run.sh")
            .args(["bash", "-c", &format!("{STAND_IN}{stand_in}")])
            .env("RINGCRAFT_POSTGRES_DIR", &self.folder)
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Supervised { child, lines }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It is stopped already where the test went well.
        let _ = self.script("stop", &[]);
    }
}

/// A `scripts/run.sh` with a stand-in for the server. Dropped, it is asked to stop.
struct Supervised {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Supervised {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Reads the stand-in's next line.
    fn line(&mut self) -> String {
        self.lines.next().expect("one more line").unwrap()
    }

    /// Does what a terminal does on Ctrl-C.
    fn ctrl_c(&self) {
        kill_process_group(self.pid(), Signal::INT).unwrap();
    }

    /// Reads to the end: how it went, and what was said until then.
    fn wait(&mut self) -> (ExitStatus, Vec<String>) {
        let said = self.lines.by_ref().map(Result::unwrap).collect();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // Twice, as for a server that drains.
            let _ = kill_process(self.pid(), Signal::TERM);
            let _ = kill_process(self.pid(), Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

fn script(name: &str) -> Command {
    let mut command =
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name));
    command.env_remove("DATABASE_URL");
    // Settings for another server, which must not matter.
    command.env("PGHOST", "nowhere.invalid").env("PGPORT", "1").env("PGUSER", "nobody");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Asks with the client that the server uses.
fn ask(url: &str, sql: &'static str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let answer: String = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        answer
    })
}

fn write_down(url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let sql = "create table note as select 'Rachel asked twice' as words";
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    assert_written_down(url);
}

fn assert_written_down(url: &str) {
    assert_eq!(ask(url, "select words from note"), "Rachel asked twice");
}

#[test]
fn it_keeps_its_data_over_a_stop_and_starts_once() {
    let cluster = Cluster::new();
    let url = cluster.start(&[]);
    let postmaster = cluster.postmaster();
    assert!(postmaster.is_some());
    write_down(&url);
    assert_eq!(cluster.start(&[]), url);
    assert_eq!(cluster.postmaster(), postmaster, "a second start finds the first one's");
    cluster.stop();
    cluster.stop();
    assert_eq!(cluster.start(&[]), url);
    assert_written_down(&url);
}

#[test]
fn it_is_set_up_for_a_laptop_and_safe_in_a_power_cut() {
    let cluster = Cluster::new();
    let url = cluster.start(&[]);
    let settings =
        "select string_agg(name || '=' || setting, ' ' order by lower(name)) from pg_settings
        where name in ('data_checksums', 'fsync', 'full_page_writes', 'listen_addresses', 'log_error_verbosity',
                       'max_connections', 'server_encoding', 'synchronous_commit', 'TimeZone')";
    assert_eq!(
        ask(&url, settings),
        "data_checksums=on fsync=on full_page_writes=on listen_addresses= log_error_verbosity=terse \
         max_connections=200 server_encoding=UTF8 synchronous_commit=on TimeZone=UTC"
    );
    let names = "select current_user || ' ' || datname || ' ' || datcollate from pg_database
                 where datname = current_database()";
    assert_eq!(ask(&url, names), "ringcraft ringcraft C.UTF-8");
    for private in ["cluster", "cluster/socket", "cluster/data"] {
        let metadata = fs::metadata(cluster.folder.join(private)).unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o700, "{private}");
        assert_ne!(metadata.uid(), 0, "PostgreSQL never runs as root");
    }
}

#[test]
fn a_killed_postmaster_is_followed_by_another_though_a_query_still_runs() {
    let cluster = Cluster::new();
    let url = cluster.start(&[]);
    write_down(&url);
    // Such a loop does not notice that the postmaster is gone.
    let mut busy = Command::new("psql")
        .args(["-qX", &url, "-c", "do $$ begin loop end loop; end $$"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let looping =
        "select pg_sleep(0.05)::text || count(*) from pg_stat_activity where query like 'do %'";
    while ask(&url, looping) != "1" {}
    cluster.kill_postmaster();
    assert_eq!(cluster.postmaster(), None);
    assert_eq!(cluster.start(&[]), url);
    assert_written_down(&url);
    assert!(!busy.wait().unwrap().success(), "the query ended with its process");
}

#[test]
fn a_stale_process_number_that_another_program_has_now_is_no_hindrance() {
    let cluster = Cluster::new();
    let url = cluster.start(&[]);
    write_down(&url);
    cluster.kill_postmaster();
    let owner = fs::metadata(cluster.data()).unwrap().uid();
    let mut other = Command::new("sleep");
    if geteuid().is_root() {
        other.uid(owner);
    }
    let mut other = other.arg("600").spawn().unwrap();
    for file in ["cluster/data/postmaster.pid", "cluster/socket/.s.PGSQL.5432.lock"] {
        let file = cluster.folder.join(file);
        let stale = fs::read_to_string(&file).unwrap();
        let (_, rest) = stale.split_once('\n').unwrap();
        fs::write(&file, format!("{}\n{rest}", other.id())).unwrap();
    }
    let postmaster = cluster.postmaster();
    let started = cluster.script("start", &[]);
    other.kill().unwrap();
    assert_eq!(other.wait().unwrap().signal(), Some(9), "the other program was left alone");
    assert_eq!(postmaster, None);
    assert_eq!(text(&started.stdout).trim_end(), url, "{}", text(&started.stderr));
    assert_written_down(&url);
}

#[test]
fn a_cluster_of_another_version_is_named_and_left_alone() {
    let cluster = Cluster::new();
    let url = cluster.start(&[]);
    write_down(&url);
    cluster.stop();
    let version = cluster.data().join("PG_VERSION");
    let made_by = fs::read_to_string(&version).unwrap();
    fs::write(&version, "14\n").unwrap();
    let output = cluster.script("start", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = text(&output.stderr);
    for wanted in
        ["was made by PostgreSQL 14", "Nothing was touched", "pg_dumpall", "postgresql-14"]
    {
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
    fs::write(&version, made_by).unwrap();
    assert_eq!(cluster.start(&[]), url);
    assert_written_down(&url);
}

#[test]
fn half_a_cluster_is_never_taken_for_one() {
    let cluster = Cluster::new();
    write_down(&cluster.start(&[]));
    cluster.stop();
    fs::rename(cluster.data(), cluster.folder.join("cluster/data.new")).unwrap();
    let url = cluster.start(&[]);
    assert_eq!(ask(&url, "select count(*)::text from pg_tables where tablename = 'note'"), "0");
    assert!(!cluster.folder.join("cluster/data.new").exists());
    cluster.stop();
    fs::remove_file(cluster.data().join("PG_VERSION")).unwrap();
    let output = cluster.script("start", &[]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("is no whole cluster") && message.contains("move it away"),
        "{message}"
    );
}

#[test]
fn a_throwaway_cluster_is_fast_and_goes_with_its_stop() {
    let cluster = Cluster::new();
    let url = cluster.start(&["--throwaway"]);
    let settings = "select string_agg(setting, ' ') from pg_settings
                    where name in ('fsync', 'full_page_writes', 'synchronous_commit')";
    assert_eq!(ask(&url, settings), "off off off");
    let lasting = cluster.script("start", &[]);
    assert_eq!(lasting.status.code(), Some(1), "data to keep does not go there");
    cluster.stop();
    assert!(!cluster.folder.join("cluster").exists());
    cluster.start(&[]);
    let throwaway = cluster.script("start", &["--throwaway"]);
    assert_eq!(throwaway.status.code(), Some(1), "what is to last is not made unsafe");
    cluster.stop();
    assert!(cluster.data().exists());
}

#[test]
fn a_folder_too_deep_or_too_odd_for_a_socket_has_it_elsewhere() {
    for name in [&"deep/".repeat(25), "it's 100 % $HOME, \"so\" to say"] {
        let cluster = Cluster::at(name, 0o755);
        let url = cluster.start(&["--throwaway"]);
        let socket = PathBuf::from(url.split_once("?host=").unwrap().1.replace("%2F", "/"));
        assert_eq!(socket.parent(), Some(Path::new("/tmp")), "{url}");
        assert_eq!(fs::symlink_metadata(&socket).unwrap().mode(), 0o040_700);
        assert_eq!(ask(&url, "select 'here'"), "here");
        cluster.stop();
        assert!(!socket.exists());
        // Somebody else's folder of that name could answer in our database's place.
        fs::create_dir(&socket).unwrap();
        fs::set_permissions(&socket, Permissions::from_mode(0o755)).unwrap();
        let output = cluster.script("start", &["--throwaway"]);
        fs::remove_dir(&socket).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("is not a folder of"), "{}", text(&output.stderr));
    }
}

#[test]
fn where_its_user_cannot_go_root_keeps_it_elsewhere_and_finds_it_again() {
    if !geteuid().is_root() {
        return;
    }
    let cluster = Cluster::at("postgres", 0o700);
    let url = cluster.start(&[]);
    let place = PathBuf::from(fs::read_to_string(cluster.folder.join("place")).unwrap().trim_end());
    assert_eq!(place.parent(), Some(Path::new("/var/lib/ringcraft")));
    write_down(&url);
    cluster.stop();
    // Without its memory, and where it would not be sent away today.
    fs::remove_dir_all(&cluster.folder).unwrap();
    fs::set_permissions(cluster.within.path(), Permissions::from_mode(0o755)).unwrap();
    assert_eq!(cluster.start(&[]), url);
    assert_written_down(&url);
    cluster.stop();
    let gone = place.with_extension("gone");
    fs::rename(&place, &gone).unwrap();
    let output = cluster.script("start", &[]);
    fs::remove_dir_all(&gone).unwrap();
    assert_eq!(output.status.code(), Some(1), "none is made anew");
    assert!(text(&output.stderr).contains("is not there"), "{}", text(&output.stderr));
}

#[test]
fn a_database_url_is_passed_on_and_nothing_is_started() {
    let cluster = Cluster::new();
    let output = script("run.sh")
        .args(["bash", "-c", "echo $DATABASE_URL"])
        .env("DATABASE_URL", "postgres://owner@db.example/ringcraft")
        .env("RINGCRAFT_POSTGRES_DIR", &cluster.folder)
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "postgres://owner@db.example/ringcraft\n");
    assert_eq!(output.status.code(), Some(0));
    assert!(!cluster.folder.exists());
}

#[test]
fn the_supervisor_starts_a_killed_postgres_again_and_stops_it_after_the_server() {
    let cluster = Cluster::new();
    let mut run = cluster.supervise(
        r#"
        ask "create table note as select 'kept' as words"
        for _ in 1 2; do
          killed=$(postmaster)
          kill -9 "$killed"
          keep_asking "select words from note"
          [ "$(postmaster)" != "$killed" ]
        done
        exit 7"#,
    );
    let (status, said) = run.wait();
    assert_eq!(said, ["kept", "kept"]);
    assert_eq!(status.code(), Some(7), "the server's own");
    assert_eq!(cluster.postmaster(), None);
}

#[test]
fn a_server_killed_at_once_takes_its_postgres_with_it() {
    let cluster = Cluster::new();
    let (status, said) = cluster.supervise("ask 'select 1'; kill -9 $$").wait();
    assert_eq!(said, ["1"]);
    assert_eq!(status.code(), Some(128 + 9));
    assert_eq!(cluster.postmaster(), None);
}

#[test]
fn ctrl_c_reaches_the_server_once_and_postgres_waits_for_it() {
    let cluster = Cluster::new();
    let mut run = cluster.supervise(
        r#"
        signals=0
        trap 'signals=$((signals + 1))' INT
        echo up
        while [ $signals -eq 0 ]; do sleep 0.05; done
        for _ in {1..20}; do sleep 0.05; done
        echo "signals $signals"
        ask "select 'still here'"
        while [ $signals -eq 1 ]; do sleep 0.05; done
        ask "select 'and here'"
        exit 3"#,
    );
    assert_eq!(run.line(), "up");
    run.ctrl_c();
    assert_eq!(run.line(), "signals 1");
    assert_eq!(run.line(), "still here");
    run.ctrl_c();
    let (status, said) = run.wait();
    assert_eq!(said, ["and here"]);
    assert_eq!(status.code(), Some(3));
    assert_eq!(cluster.postmaster(), None);
}

#[test]
fn the_last_of_two_servers_stops_their_postgres() {
    let cluster = Cluster::new();
    let until_told = "trap 'exit 4' TERM; echo up; while :; do sleep 0.05; done";
    let mut first = cluster.supervise(until_told);
    assert_eq!(first.line(), "up");
    let mut second = cluster.supervise(until_told);
    assert_eq!(second.line(), "up");
    let postmaster = cluster.postmaster();
    assert!(postmaster.is_some());
    for (server, left) in [(&mut first, postmaster), (&mut second, None)] {
        kill_process(server.pid(), Signal::TERM).unwrap();
        assert_eq!(server.wait().0.code(), Some(4));
        assert_eq!(cluster.postmaster(), left);
    }
}

#[test]
fn a_killed_supervisor_leaves_postgres_to_the_server_and_to_the_next_one() {
    let cluster = Cluster::new();
    let mut run = cluster.supervise("echo $$; while :; do sleep 0.05; done");
    let server = Pid::from_raw(run.line().parse().unwrap()).unwrap();
    let postmaster = cluster.postmaster();
    run.child.kill().unwrap();
    run.child.wait().unwrap();
    let (status, said) = cluster.supervise("ask 'select 3'; postmaster").wait();
    assert_eq!(status.code(), Some(0));
    let process = postmaster.unwrap().as_raw_nonzero().to_string();
    assert_eq!(said, ["3", process.as_str()], "the next one takes it over");
    assert_eq!(cluster.postmaster(), postmaster, "the server of before still needs it");
    kill_process(server, Signal::KILL).unwrap();
    // Whoever watches over it holds this lock until it has stopped.
    let lock = cluster.folder.join("use");
    assert!(Command::new("flock").arg(lock).arg("true").status().unwrap().success());
    assert_eq!(cluster.postmaster(), None);
}
