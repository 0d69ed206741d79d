use sqlx::{Connection, PgConnection};

use super::*;
use crate::model::{Role, UserId};
use crate::store::{Actor, call_keeping, org};
use crate::test_database::TestDatabase;

fn person(store: &Store, org: OrgId, role: Role) -> OrgScope {
    store.scope(org, Actor::User { id: UserId::new(), role })
}

async fn owner(database: &TestDatabase, query: &'static str) {
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query(query).execute(&mut owner).await.unwrap();
}

#[tokio::test]
async fn a_job_is_seen_by_those_who_run_its_org_and_by_superadmins() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let (org, other, call) = (OrgId::new(), OrgId::new(), CallId::new());
    let system = store.scope(org, Actor::System);
    org::insert(&system, "Acme Lending").await.unwrap();
    let node = NodeId::new();
    for _ in 0..2 {
        call_keeping::ended(&system, call, node, None).await.unwrap();
    }
    let admin = person(&store, org, Role::Admin);
    let seen = list(&admin, None).await.unwrap();
    assert_eq!(seen.len(), 1, "asked for twice, added once");
    let JobRow { id, task, state, attempts, max_attempts, .. } = seen[0].clone();
    assert_eq!((seen[0].org, seen[0].call), (org, call));
    let shown = (task.as_str(), state.as_str(), attempts, max_attempts);
    assert_eq!(shown, ("seal_call", "waiting", 0, 25));
    let superadmin = person(&store, other, Role::Superadmin);
    assert_eq!(list(&superadmin, Some("waiting")).await.unwrap(), seen);
    assert_eq!(list(&superadmin, Some("failed")).await.unwrap(), []);
    for (of, role) in
        [(other, Role::Admin), (org, Role::Manager), (org, Role::Rep), (org, Role::Hr)]
    {
        let somebody = person(&store, of, role);
        assert_eq!(list(&somebody, None).await.unwrap(), [], "{role}");
        assert!(matches!(retry(&somebody, id).await, Err(StoreError::NotFound)), "{role}");
    }

    owner(&database, "update graphile_worker._private_jobs set attempts = 25, last_error = 'no'")
        .await;
    let dead = JobCounts { failed: 1, ..JobCounts::default() };
    assert_eq!(counts(&store).await.unwrap(), dead);
    assert!(retry(&person(&store, other, Role::Admin), id).await.is_err());
    assert_eq!(counts(&store).await.unwrap(), dead, "another org's admin changes nothing");
    let again = retry(&admin, id).await.unwrap();
    assert_eq!((again.state.as_str(), again.attempts), ("waiting", 0));
    assert_eq!(due(&store, node).await.unwrap(), 1);
    assert_eq!(due(&store, NodeId::new()).await.unwrap(), 0, "it is bound to its node");
}

#[tokio::test]
async fn what_a_dead_worker_of_the_node_held_is_free_again() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let system = store.scope(OrgId::new(), Actor::System);
    let (node, other) = (NodeId::new(), NodeId::new());
    call_keeping::ended(&system, CallId::new(), node, None).await.unwrap();
    call_keeping::ended(&system, CallId::new(), other, None).await.unwrap();
    owner(
        &database,
        "update graphile_worker._private_jobs
         set locked_by = flags::text, locked_at = now(), attempts = 1",
    )
    .await;
    assert_eq!(take_up(&store, node).await.unwrap(), 1);
    let free = list(&system, Some("waiting")).await.unwrap();
    assert_eq!(
        (free.len(), free[0].attempts),
        (1, 0),
        "the attempt that was cut off is not counted"
    );
    assert_eq!(list(&system, Some("running")).await.unwrap().len(), 1, "the other node works on");
}

#[tokio::test]
async fn only_the_server_adds_jobs_and_the_worker_reaches_nothing_else() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let rep = person(&store, OrgId::new(), Role::Admin);
    let mut tx = rep.begin().await.unwrap();
    let refused = add(&mut tx, SEAL_CALL, CallId::new(), None).await.unwrap_err();
    assert!(matches!(refused, StoreError::Denied), "{refused}");

    let worker = worker_pool(&database.url).unwrap();
    for query in [
        "select from public.call",
        "select from public.app_user",
        "select public.queue_grant()",
        "create table graphile_worker.mine (id int)",
        "create table public.mine (id int)",
    ] {
        let error = worker.execute(query).await.unwrap_err();
        let code = error.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "42501", "{query}: {error}");
    }
    worker.execute("select from graphile_worker._private_jobs").await.unwrap();
    let app = store.pool.execute("select from graphile_worker._private_jobs").await.unwrap_err();
    assert_eq!(app.as_database_error().unwrap().code().unwrap(), "42501");
}
