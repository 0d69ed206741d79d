use sqlx::{Connection, PgConnection};
use tokio_util::task::TaskTracker;

use super::*;
use crate::model::Role;
use crate::store::call::NewCall;
use crate::test_database::{self, TestDatabase};

fn page(now: Instant) -> Page {
    Page::new(OrgId::new(), now)
}

#[test]
fn lines_wait_for_company_and_a_hole_begins_a_new_chunk() {
    let now = clock::now();
    let mut page = page(now);
    assert_eq!(page.add_lines(0, "a\nbb", now), 5);
    assert_eq!(page.add_lines(2, "c", now + Duration::from_secs(3)), 2);
    assert_eq!(page.due_at(), now + CHUNK_WITHIN, "counted from the first line");
    let Some(Step::Chunk(first)) = page.first_step() else { panic!("no chunk") };
    assert_eq!((first.first_line, first.line_count, first.lines.as_str()), (0, 3, "a\nbb\nc\n"));
    // Line 3 was dropped.
    page.add_lines(4, "e", now + Duration::from_secs(4));
    assert_eq!(page.chunks.len(), 2);
    assert!(page.due_at() <= now + Duration::from_secs(4), "a chunk that is closed is due");
}

#[test]
fn what_joined_a_chunk_while_it_was_written_is_written_next() {
    let now = clock::now();
    let mut page = page(now);
    page.add_lines(0, "a", now);
    let Some(Step::Chunk(written)) = page.first_step() else { panic!("no chunk") };
    page.add_lines(1, "b", now);
    assert_eq!(page.drop_written(&written), 2);
    let Some(Step::Chunk(next)) = page.first_step() else { panic!("no chunk") };
    assert_eq!((next.first_line, next.line_count, next.lines.as_str()), (1, 1, "b\n"));
    assert_eq!(page.drop_written(&next), 2);
    assert!(page.is_empty());
}

#[test]
fn a_full_chunk_is_due_at_once() {
    let now = clock::now();
    let mut page = page(now);
    page.add_lines(0, &"x".repeat(CHUNK_BYTES), now);
    assert_eq!(page.due_at(), now);
    page.add_lines(1, "next", now);
    assert_eq!(page.chunks.len(), 2, "it takes no more");
}

/// Waits until the database says so.
async fn comes_true(owner: &mut PgConnection, question: &'static str) {
    let asked = timeout(Duration::from_secs(30), async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        loop {
            looks.tick().await;
            let found: bool = sqlx::query_scalar(question).fetch_one(&mut *owner).await.unwrap();
            if found {
                return;
            }
        }
    });
    asked.await.unwrap_or_else(|_| panic!("never: {question}"));
}

#[tokio::test]
async fn an_end_that_is_refused_is_kept_and_holds_up_nobody() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let rep = test_database::org_with(&store, Role::Rep).await;
    let scope = store.scope(rep.org, Actor::User { id: rep.user, role: rep.role });
    let mut calls = Vec::new();
    for scenario_id in ["refused", "fine"] {
        let (id, channel) = (CallId::new(), "voice");
        let new = NewCall { id, scenario_id, scenario_title: "", scenario_hash: "", channel };
        test_database::note_call(&scope, rep.user, new).await.unwrap();
        calls.push(id);
    }
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    for statement in [
        "create function refuse() returns trigger language plpgsql as
         $$ begin raise exception 'no' using errcode = 'XX000'; end $$",
        "create trigger refuse before update on call for each row
         when (new.scenario_id = 'refused') execute function refuse()",
    ] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }

    let (ledger, task) = Ledger::new(store, NodeId::new());
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(task.run(stop.clone()));
    let beginning = |call| Connected {
        call,
        node: NodeId::new(),
        at: SystemTime::UNIX_EPOCH,
        served_by: serde_json::Value::Null,
        prompt_hash: String::new(),
    };
    for call in calls {
        ledger.connected(rep.org, beginning(call)).await;
        ledger.ended(rep.org, call, None).await;
    }
    comes_true(&mut owner, "select status = 'sealing' from call where scenario_id = 'fine'").await;
    let refused = "select status = 'waiting' from call where scenario_id = 'refused'";
    comes_true(&mut owner, refused).await;

    sqlx::query("drop trigger refuse on call").execute(&mut owner).await.unwrap();
    let kept = "select status = 'sealing' from call where scenario_id = 'refused'";
    comes_true(&mut owner, kept).await;
    let jobs = "select count(*) = 2 from graphile_worker._private_jobs";
    comes_true(&mut owner, jobs).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}
