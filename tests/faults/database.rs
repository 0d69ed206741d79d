//! Postgres that is away: at the start, in mid-call; and jobs whose worker is killed.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tokio::time::{interval, timeout};

use crate::client::{Opened, ask, fetch};
use crate::proxy::Proxy;
use crate::server::{self, Home, Server};

/// Longer than any wait of a server that works.
const WITHIN: Duration = Duration::from_secs(60);

/// What the owner of the database reads, as JSON.
async fn read(home: &Home, query: &'static str) -> Value {
    let mut owner = PgConnection::connect(home.database_url()).await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut owner).await.unwrap()
}

/// Waits until the owner of the database reads something.
async fn read_until(home: &Home, query: &'static str, wanted: &Value) {
    let mut looks = interval(Duration::from_millis(50));
    let found = async {
        while read(home, query).await != *wanted {
            looks.tick().await;
        }
    };
    timeout(WITHIN, found).await.unwrap_or_else(|_| panic!("{query} never gave {wanted}"));
}

async fn health(server: &Server) -> (u16, Value) {
    let answer = reqwest::get(format!("{}/api/health", server.url())).await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

const STATUS: &str = "select to_jsonb(status) from call";

#[tokio::test]
async fn a_call_outlives_its_database_and_all_of_it_is_stored() {
    let home = Home::new();
    let proxy = Proxy::to(home.database_url());
    let server = Server::start_in(home, &[("DATABASE_URL", proxy.url())]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    read_until(server.home(), STATUS, &Value::from("live")).await;
    assert_eq!(health(&server).await.0, 200);

    proxy.cut();
    let (status, body) = health(&server).await;
    assert_eq!((status, &body["health"]["database"]), (503, &Value::from("unreachable")));
    client.say_sentence().await;
    client.until("reply.started").await;
    client.hear_out().await;
    assert_eq!(ask(&server, "rachel").await.status, 503, "a new call must wait");
    assert_eq!(client.hang_up().await, "rep_hung_up");
    server.logged("the database is away");
    assert_eq!(read(server.home(), STATUS).await, "live", "nothing of the end is known yet");

    proxy.restore();
    read_until(server.home(), STATUS, &Value::from("completed")).await;
    let shown = call.sealed().await;
    let record: Value = serde_json::from_slice(&fetch(&shown["links"]["record"]).await).unwrap();
    the_rows_are_the_record(server.home(), &record).await;
    let log = zstd::decode_all(&fetch(&shown["links"]["log"]).await[..]).unwrap();
    let kept = read(
        server.home(),
        "select to_jsonb(string_agg(lines, '' order by first_line)) from call_log",
    );
    assert_eq!(kept.await.as_str().unwrap().as_bytes(), log);
    assert_eq!(health(&server).await.0, 200);
}

/// Holds the rows of the only call against its record.
async fn the_rows_are_the_record(home: &Home, record: &Value) {
    let row = read(home, "select to_jsonb(call) from call").await;
    assert_eq!(row["duration_ms"], record["duration_ms"]);
    assert_eq!(row["end_reason"], record["end_reason"]);
    assert_eq!(row["served_by"], record["served_by"]["engines"]);
    assert_eq!(row["prompt_hash"], record["served_by"]["prompt_hash"]);
    let told = read(
        home,
        "select jsonb_agg(jsonb_build_object('speaker', speaker, 'start_ms', start_ms, 'end_ms',
           end_ms, 'text', text, 'interrupted', interrupted) order by seq) from utterance",
    )
    .await;
    let fields = ["speaker", "start_ms", "end_ms", "text", "interrupted"];
    let utterances = record["utterances"].as_array().unwrap();
    assert_eq!(told.as_array().unwrap().len(), utterances.len());
    assert!(2 <= utterances.len(), "the opening and the rep's words");
    for (row, said) in told.as_array().unwrap().iter().zip(utterances) {
        for field in fields {
            let expected = match &said[field] {
                Value::Null => Value::Bool(false),
                value => value.clone(),
            };
            assert_eq!(row[field], expected, "{field} of {said}");
        }
    }
}

#[tokio::test]
async fn a_server_waits_for_a_database_that_is_away_and_stops_when_told() {
    let home = Home::new();
    let proxy = Proxy::to(home.database_url());
    proxy.cut();
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut child = server::command(&folder, "127.0.0.1:0")
            .env("DATABASE_URL", proxy.url())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let waits = lines.find(|line| line.contains("the server starts once")).unwrap();
        assert!(waits.contains("connect to Postgres"), "{waits}");
        assert!(waits.contains("check DATABASE_URL"), "{waits}");
        (child, lines)
    };
    let (mut child, _lines) = start();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success(), "a signal still stops it");

    let (mut child, mut lines) = start();
    proxy.restore();
    lines.find(|line| line.contains("listening on http://")).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}

const JOBS: &str = "select coalesce(jsonb_agg(jsonb_build_array(state, attempts)), '[]')
  from (select set_config('app.role', 'superadmin', false)) as asker, queue_jobs(null, null, 9)";

#[tokio::test]
async fn a_server_that_is_killed_while_it_seals_seals_at_its_next_start() {
    // An object store that takes connections and never answers.
    let stuck = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", stuck.local_addr().unwrap());
    let server = Server::start(&[
        ("S3_ENDPOINT", &endpoint),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    assert_eq!(client.hang_up().await, "rep_hung_up");
    read_until(server.home(), JOBS, &serde_json::json!([["running", 1]])).await;
    assert_eq!(read(server.home(), STATUS).await, "sealing");
    server.signal(Signal::KILL);
    let (_, _, home) = server.wait();

    let server = Server::start_in(home, &[]);
    read_until(server.home(), STATUS, &Value::from("completed")).await;
    read_until(server.home(), JOBS, &serde_json::json!([])).await;
    let shown = call.on(&server).sealed().await;
    // It ended before its server died, and its log says so.
    assert_eq!(shown["end_reason"], "rep_hung_up");
    let record: Value = serde_json::from_slice(&fetch(&shown["links"]["record"]).await).unwrap();
    let row = read(server.home(), "select to_jsonb(call) from call").await;
    assert_eq!(row["duration_ms"], record["duration_ms"]);
    assert_eq!(read(server.home(), "select to_jsonb(count(*)) from node").await, 1);
    server.signal(Signal::TERM);
    let (status, _, home) = server.wait();
    assert!(status.success());
    assert_eq!(read(&home, "select to_jsonb(count(*)) from node").await, 0, "it said goodbye");
}
