//! The commands that prepare a database, as processes: what they say, and what a server does with it.

// A test that panics has failed, which is what it is for.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use database::TestDatabase;

#[path = "support/database.rs"]
mod database;

fn ringcraft(database: &TestDatabase, data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringcraft"));
    command.env_clear().env("DATABASE_URL", &database.url).env("RINGCRAFT_DATA_DIR", data_dir);
    command.stdin(Stdio::null());
    command
}

fn run(database: &TestDatabase, data_dir: &Path, words: &[&str]) -> Output {
    ringcraft(database, data_dir).args(words).output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn newest_migration() -> i64 {
    let versions =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/migrations").files().map(|file| {
            let name = file.path().to_str().unwrap();
            name.split('_').next().unwrap().parse::<i64>().unwrap()
        });
    versions.max().unwrap()
}

async fn orgs(database: &TestDatabase) -> i64 {
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query_scalar("select count(*) from org").fetch_one(&mut owner).await.unwrap()
}

/// A server that is killed when it is dropped.
struct Serving(Child);

impl Serving {
    /// Starts it and waits until it listens: its log up to there.
    fn start(database: &TestDatabase, data_dir: &Path, demo: Option<&str>) -> (Self, String) {
        let mut command = ringcraft(database, data_dir);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(demo) = demo {
            command.env("RINGCRAFT_DEMO", demo);
        }
        let mut child = command.spawn().unwrap();
        let mut log = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        while !log.contains("listening on http://") {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {log}"));
            log += &(line.unwrap() + "\n");
        }
        (Self(child), log)
    }

    /// Ends it: what it has printed.
    fn end(mut self) -> String {
        self.0.kill().unwrap();
        let printed = self.0.stdout.take().unwrap();
        std::io::read_to_string(printed).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn migrate_says_from_where_to_where() {
    let database = TestDatabase::unmigrated().await;
    let folder = tempfile::tempdir().unwrap();
    let newest = newest_migration();
    let first = run(&database, folder.path(), &["migrate"]);
    assert_eq!(
        text(first.stdout),
        format!("the database was brought from version 0 to version {newest}\n")
    );
    let again = run(&database, folder.path(), &["migrate"]);
    assert_eq!(text(again.stdout), format!("the database is up to date, at version {newest}\n"));
    assert_eq!(text(again.stderr), "", "nothing to say but that");

    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    let newer = "insert into _sqlx_migrations
       (version, description, success, checksum, execution_time) values (9999, 'x', true, '', 0)";
    sqlx::query(newer).execute(&mut owner).await.unwrap();
    let refused = run(&database, folder.path(), &["migrate"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(refused.stderr);
    assert!(said.contains("to version 9999 by a newer ringcraft"), "{said}");

    let unnamed = ringcraft(&database, folder.path())
        .env_remove("DATABASE_URL")
        .arg("migrate")
        .output()
        .unwrap();
    assert_eq!(unnamed.status.code(), Some(1));
    let said = text(unnamed.stderr);
    assert!(said.contains("DATABASE_URL is not set") && said.contains("make run"), "{said}");
}

#[tokio::test]
async fn seed_tells_the_accounts_once() {
    let database = TestDatabase::unmigrated().await;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let seeded = run(&database, &data_dir, &["seed"]);
    assert_eq!(seeded.status.code(), Some(0), "{}", text(seeded.stderr));
    let told = text(seeded.stdout);
    let file = data_dir.join("demo-accounts.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for account in kept["accounts"].as_array().unwrap() {
        for part in ["name", "email", "role", "password", "api_key"] {
            assert!(told.contains(account[part].as_str().unwrap()), "no {part}: {told}");
        }
    }
    assert!(told.contains(file.to_str().unwrap()), "{told}");

    let again = run(&database, &data_dir, &["seed"]);
    assert_eq!((again.status.code(), &*again.stdout), (Some(1), &b""[..]));
    let said = text(again.stderr);
    assert!(said.contains("has an org already") && said.contains("seed --again"), "{said}");
    let renewed = run(&database, &data_dir, &["seed", "--again"]);
    assert_eq!(renewed.status.code(), Some(0), "{}", text(renewed.stderr));
    let first = kept["accounts"][0]["password"].as_str().unwrap();
    assert!(!text(renewed.stdout).contains(first), "new passwords");
    assert_eq!(orgs(&database).await, 1);
}

#[tokio::test]
async fn a_server_makes_a_demo_only_when_it_is_told_to() {
    let database = TestDatabase::unmigrated().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo-accounts.json");
    for demo in [None, Some("off")] {
        let (server, log) = Serving::start(&database, folder.path(), demo);
        assert_eq!(server.end(), "", "{log}");
        assert!(!log.contains("already exists"), "the database's notices are no news: {log}");
        assert_eq!(orgs(&database).await, 0, "{demo:?}");
        assert!(!file.exists());
    }

    let (server, log) = Serving::start(&database, folder.path(), Some("on"));
    let told = server.end();
    assert_eq!(orgs(&database).await, 1);
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for account in kept["accounts"].as_array().unwrap() {
        for secret in ["password", "api_key"] {
            let secret = account[secret].as_str().unwrap();
            assert!(told.contains(secret), "{told}");
            assert!(!log.contains(secret), "the log is for others too: {log}");
        }
        assert!(!log.contains(account["email"].as_str().unwrap()), "{log}");
    }

    let (server, log) = Serving::start(&database, folder.path(), Some("on"));
    assert_eq!(server.end(), "", "it is told once");
    assert!(log.contains("demo-accounts.json"), "where they are is said: {log}");
    assert_eq!(orgs(&database).await, 1);
}
