use std::time::UNIX_EPOCH;

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::*;
use crate::model::{CallId, Role};
use crate::store::call::NewCall;
use crate::store::call_keeping::Connected;
use crate::test_database::{self, TestDatabase};

#[tokio::test]
async fn a_lost_node_takes_its_own_calls_and_jobs_with_it() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let (lost, other) = (NodeId::new(), NodeId::new());
    // Of each of two orgs a call on either node, which is over.
    for org in 0..2 {
        let rep = test_database::org_with(&store, Role::Rep).await;
        let scope = store.scope(rep.org, Actor::User { id: rep.user, role: rep.role });
        for (node, scenario_id) in [(lost, "lost"), (other, "other")] {
            let (call, channel) = (CallId::new(), "voice");
            let (scenario_title, scenario_hash) = ("", "");
            let new = NewCall { id: call, scenario_id, scenario_title, scenario_hash, channel };
            test_database::note_call(&scope, rep.user, new).await.unwrap();
            let (served_by, prompt_hash) = (Value::Null, String::new());
            let note = Connected { call, node, at: UNIX_EPOCH, served_by, prompt_hash };
            // Of the second org's calls nobody noted that they were connected.
            if org == 0 {
                call_keeping::connected(&scope.as_system(), &note).await.unwrap();
            }
            call_keeping::ended(&scope.as_system(), call, node, None).await.unwrap();
        }
    }
    let lives = platform::Node { id: lost, url: String::new(), free_slots: 1 };
    platform::node_lives(&store, &lives).await.unwrap();

    let mut out = Vec::new();
    let args = ForgetNodeArgs { node_id: lost };
    let url = Secret::new(database.url.clone());
    let refused = run(&args, &url, &mut out).await;
    assert!(matches!(refused, Err(ForgetNodeFailed::Lives)), "{refused:?}");
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query("update node set heartbeat_at = now() - interval '61 s'")
        .execute(&mut owner)
        .await
        .unwrap();
    run(&args, &url, &mut out).await.unwrap();
    let said = format!("node {lost} is forgotten: 2 calls are failed, 2 jobs are gone\n");
    assert_eq!(String::from_utf8(out).unwrap(), said);

    let calls = "select concat_ws(' ', scenario_id, status, end_reason) from call order by 1";
    let calls: Vec<String> = sqlx::query_scalar(calls).fetch_all(&mut owner).await.unwrap();
    let expected =
        ["lost failed server_lost", "lost failed server_lost", "other sealing", "other sealing"];
    assert_eq!(calls, expected);
    let left = "select count(*) from graphile_worker._private_jobs j
                where j.flags ? ('node:' || $1::text)";
    for (node, jobs) in [(lost, 0), (other, 2)] {
        let left = sqlx::query_scalar::<_, i64>(left).bind(node.to_string());
        assert_eq!(left.fetch_one(&mut owner).await.unwrap(), jobs);
    }
    let nodes = sqlx::query_scalar::<_, i64>("select count(*) from node");
    assert_eq!(nodes.fetch_one(&mut owner).await.unwrap(), 0);
}
