use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;
use sqlx::{Connection, PgConnection, Row};

use super::*;
use crate::model::{CallStatus, OrgId, Role};
use crate::store::call::{self, NewCall};
use crate::store::{Actor, Store};
use crate::test_database::{self, TestDatabase, org_with};

struct Rig {
    database: TestDatabase,
    store: Store,
    org: OrgId,
    call: CallId,
    node: NodeId,
}

impl Rig {
    /// A call that waits.
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let rep = org_with(&store, Role::Rep).await;
        let call = CallId::new();
        let new = NewCall {
            id: call,
            scenario_id: "rachel",
            scenario_title: "Rachel",
            scenario_hash: "h1",
            channel: "voice",
        };
        let actor = Actor::User { id: rep.user, role: Role::Rep };
        test_database::note_call(&store.scope(rep.org, actor), rep.user, new).await.unwrap();
        Self { database, store, org: rep.org, call, node: NodeId::new() }
    }

    fn scope(&self) -> OrgScope {
        self.store.scope(self.org, Actor::System)
    }

    async fn connect(&self) {
        let note = Connected {
            call: self.call,
            node: self.node,
            at: UNIX_EPOCH + Duration::from_millis(1_767_225_600_250),
            served_by: json!({"stt": "ear"}),
            prompt_hash: "p1".to_owned(),
        };
        connected(&self.scope(), &note).await.unwrap();
    }

    /// A query of the owner's, who sees everything; every column as JSON.
    async fn all(&self, query: &'static str) -> Vec<Value> {
        let mut owner = PgConnection::connect(&self.database.url).await.unwrap();
        let rows = sqlx::query(query).fetch_all(&mut owner).await.unwrap();
        rows.iter().map(|row| row.get::<Value, _>(0)).collect()
    }
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn chunk(first_line: i32, texts: &[&str]) -> LogChunk {
    let mut chunk = LogChunk { first_line, ..LogChunk::default() };
    texts.iter().for_each(|text| chunk.push(text));
    chunk
}

const LOG: &str = "select to_jsonb(l) - 'org_id' - 'call_id' from call_log l order by first_line";

const CALL: &str = "select jsonb_build_object(
  'status', status, 'connected_ms', (extract(epoch from connected_at) * 1000)::bigint,
  'ended_ms', (extract(epoch from ended_at) * 1000)::bigint, 'duration_ms', duration_ms,
  'end_reason', end_reason, 'served_by', served_by, 'prompt_hash', prompt_hash,
  'kpi_version', kpi_version) from call";

#[test]
fn a_log_is_cut_where_a_row_is_full() {
    let long = "x".repeat(CHUNK_BYTES - 2);
    let cut = chunks(&lines(&["a", &long, "b", "c"]));
    // "a" and its break leave room; the long line fills the row, so "b" begins the next.
    assert_eq!(cut, [chunk(0, &["a", &long]), chunk(2, &["b", "c"])]);
    assert_eq!(chunks(&[]), []);
}

#[tokio::test]
async fn a_call_is_kept_from_its_connection_to_its_numbers() {
    let rig = Rig::new().await;
    rig.connect().await;
    keep_lines(&rig.scope(), rig.call, &chunk(0, &["one", "two"])).await.unwrap();
    keep_lines(&rig.scope(), rig.call, &chunk(0, &["one", "two"])).await.unwrap();
    let kept = json!({"first_line": 0, "line_count": 2, "lines": "one\ntwo\n"});
    assert_eq!(rig.all(LOG).await, [kept], "written twice, kept once");

    ended(&rig.scope(), rig.call, rig.node, None).await.unwrap();
    keep_lines(&rig.scope(), rig.call, &chunk(2, &["late"])).await.unwrap();
    assert_eq!(rig.all(LOG).await.len(), 1, "a call that is over takes no single lines");

    let whole = lines(&["one", "two", "three"]);
    let all = Sealed {
        call: rig.call,
        connected_at: UNIX_EPOCH,
        duration_ms: 61_500,
        end_reason: "rep_hung_up",
        served_by: &json!({"stt": "ear", "llm": "mind"}),
        prompt_hash: None,
        object_prefix: "org/o/call/c/",
        lines: &whole,
    };
    let said = |text: &str, speaker, start_ms| Utterance {
        id: format!("u{start_ms}"),
        speaker,
        start_ms,
        end_ms: start_ms + 500,
        text: text.to_owned(),
        words: Vec::new(),
        interrupted: speaker == Speaker::Persona,
        typed: false,
    };
    let utterances = [said("hi\0", Speaker::Persona, 0), said("hello", Speaker::Rep, 900)];
    let result = json!({"call": {"talk": 1}});
    let numbers =
        Measured { call: rig.call, kpi_version: "kpi/1", result: &result, utterances: &utterances };
    for _ in 0..2 {
        sealed(&rig.scope(), &all).await.unwrap();
        measured(&rig.scope(), &numbers).await.unwrap();
    }

    let log = json!({"first_line": 0, "line_count": 3, "lines": "one\ntwo\nthree\n"});
    assert_eq!(rig.all(LOG).await, [log]);
    // Connected as noted; the end was not known, so it is reckoned from the length: 61.5 s later.
    let expected = json!({
        "status": "completed", "connected_ms": 1_767_225_600_250_u64, "ended_ms": 1_767_225_661_750_u64,
        "duration_ms": 61_500, "end_reason": "rep_hung_up",
        "served_by": {"stt": "ear", "llm": "mind"}, "prompt_hash": "p1", "kpi_version": "kpi/1",
    });
    assert_eq!(rig.all(CALL).await, [expected]);
    let told = rig
        .all("select jsonb_build_array(seq, speaker, start_ms, end_ms, text, interrupted) from utterance order by seq")
        .await;
    let expected =
        [json!([0, "persona", 0, 500, "hi", true]), json!([1, "rep", 900, 1_400, "hello", false])];
    assert_eq!(told, expected);
    assert_eq!(rig.all("select result from kpi_result").await, [result]);
    let recording = rig.all("select to_jsonb(object_prefix) from recording").await;
    assert_eq!(recording, [json!("org/o/call/c/")]);
}

#[tokio::test]
async fn another_org_keeps_nothing_of_a_call() {
    let rig = Rig::new().await;
    let other = rig.store.scope(OrgId::new(), Actor::System);
    let (call, node) = (rig.call, rig.node);
    let note = Connected {
        call,
        node,
        at: UNIX_EPOCH,
        served_by: Value::Null,
        prompt_hash: String::new(),
    };
    connected(&other, &note).await.unwrap();
    failed(&other, call).await.unwrap();
    rig.connect().await;
    keep_lines(&other, call, &chunk(0, &["foreign"])).await.unwrap();
    assert_eq!(rig.all(LOG).await, [] as [Value; 0]);
    let numbers = Measured { call, kpi_version: "kpi/1", result: &Value::Null, utterances: &[] };
    let refused = measured(&other, &numbers).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotFound), "{refused}");
    assert_eq!(rig.all(CALL).await[0]["status"], "live");
}

#[tokio::test]
async fn a_call_that_nobody_joins_waits_as_long_as_its_token_is_good() {
    let rig = Rig::new().await;
    let told = async || call::find(&rig.scope(), rig.call).await.unwrap().unwrap().status;
    assert_eq!(told().await, CallStatus::Waiting);
    rig.all("update call set created_at = now() - interval '10 minutes 1 second' returning 'null'::jsonb").await;
    assert_eq!(told().await, CallStatus::NeverConnected);
    // Its media may have flowed at the last moment, and the note of that come late.
    rig.connect().await;
    assert_eq!(rig.all(CALL).await[0]["status"], "live");
}

/// What the queue holds: tasks by name.
const TASKS: &str = "select to_jsonb(t.identifier) from graphile_worker._private_jobs j
  join graphile_worker._private_tasks t on t.id = j.task_id order by 1";

#[tokio::test]
async fn an_end_that_is_noted_late_does_not_undo_a_completed_call() {
    let rig = Rig::new().await;
    rig.connect().await;
    let numbers =
        Measured { call: rig.call, kpi_version: "kpi/1", result: &Value::Null, utterances: &[] };
    measured(&rig.scope(), &numbers).await.unwrap();
    ended(&rig.scope(), rig.call, rig.node, None).await.unwrap();
    assert_eq!(rig.all(CALL).await[0]["status"], "completed");
    // Its spool may still be there, so it is sealed once more; there is nothing to measure.
    sealed_before(&rig.scope(), rig.call).await.unwrap();
    assert_eq!(rig.all(TASKS).await, ["seal_call"]);
}

#[tokio::test]
async fn a_call_that_was_sealed_before_is_measured() {
    let rig = Rig::new().await;
    rig.connect().await;
    ended(&rig.scope(), rig.call, rig.node, None).await.unwrap();
    sealed_before(&rig.scope(), rig.call).await.unwrap();
    assert_eq!(rig.all(TASKS).await, ["measure_call", "seal_call"]);
}
