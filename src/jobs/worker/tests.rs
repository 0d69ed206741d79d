use std::collections::HashSet;

use sqlx::{Connection, PgConnection};
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use tokio_util::task::TaskTracker;

use super::*;
use crate::blob::{Blob, BlobConfig};
use crate::jobs::Unwritten;
use crate::jobs::after_call::OUTCOMES;
use crate::spool::SpoolFolder;
use crate::store::job::JobRow;
use crate::store::{Actor, OrgScope, Store, call_keeping, org};
use crate::test_database::TestDatabase;

/// Longer than a worker takes to notice that another is dead.
const WITHIN: Duration = Duration::from_secs(60);

/// An object store that nobody answers for.
async fn no_store() -> Blob {
    Blob::new(BlobConfig {
        bucket: "ringcraft".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        public_endpoint: None,
        keys: None,
    })
    .await
}

async fn worker(database: &TestDatabase, store: &Store, folder: &std::path::Path) -> Worker {
    let (outcomes, _) = mpsc::channel(OUTCOMES);
    let after_call = AfterCall {
        blob: no_store().await,
        spools: SpoolFolder::open(folder).unwrap(),
        store: store.clone(),
        unwritten: Unwritten::default(),
        outcomes,
    };
    Worker { pool: job::worker_pool(&database.url).unwrap(), node: NodeId::new(), after_call }
}

async fn owner(database: &TestDatabase, query: &'static str) {
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query(query).execute(&mut owner).await.unwrap();
}

async fn jobs_until(scope: &OrgScope, wanted: impl Fn(&[JobRow]) -> bool) -> Vec<JobRow> {
    let looked = async {
        let mut looks = interval(Duration::from_millis(50));
        loop {
            looks.tick().await;
            let jobs = job::list(scope, None).await.unwrap();
            if wanted(&jobs) {
                return jobs;
            }
        }
    };
    timeout(WITHIN, looked).await.expect("the jobs come so far")
}

#[tokio::test]
async fn a_dead_workers_job_is_taken_up_and_one_that_fails_waits_for_later() {
    let (database, folder) = (TestDatabase::new().await, tempfile::tempdir().unwrap());
    let store = database.store().await;
    let worker = worker(&database, &store, folder.path()).await;
    let system = store.scope(OrgId::new(), Actor::System);
    let (own, foreign) = (CallId::new(), CallId::new());
    call_keeping::ended(&system, own, worker.node, None).await.unwrap();
    call_keeping::ended(&system, foreign, NodeId::new(), None).await.unwrap();
    // Both were begun by a worker that has not been heard of for long.
    owner(
        &database,
        "update graphile_worker._private_jobs
         set locked_by = 'dead', locked_at = now() - interval '1 hour', attempts = 1",
    )
    .await;

    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    tasks.spawn(worker.run(stop.clone()));
    tasks.close();
    // There is no spool; whether the call is sealed is a question to the store, which is away.
    let failed = |jobs: &[JobRow]| {
        jobs.iter()
            .any(|job| job.last_error.is_some() && job.attempts == 1 && job.state == "waiting")
    };
    let jobs = jobs_until(&system, failed).await;
    let shown: HashSet<_> = jobs.iter().map(|job| (job.call, job.attempts)).collect();
    assert_eq!(shown, HashSet::from([(own, 1), (foreign, 0)]), "only its own and nobody's");
    let job = jobs.iter().find(|job| job.call == own).unwrap();
    assert!(job.created_at < job.run_at, "it is tried again later");
    assert!(job.last_error.as_deref().unwrap().starts_with("TaskError"), "{job:?}");

    // What is given up and tried again by hand is begun at once.
    owner(
        &database,
        "update graphile_worker._private_jobs set attempts = 25, run_at = now() + interval '1 day'",
    )
    .await;
    org::insert(&system, "Acme Lending").await.unwrap();
    let admin = store.scope(
        system.org(),
        Actor::User { id: crate::model::UserId::new(), role: crate::model::Role::Admin },
    );
    // The worker may have begun it already.
    assert!(job::retry(&admin, job.id).await.unwrap().attempts <= 1);
    jobs_until(&system, |jobs| jobs.iter().any(|job| job.call == own && job.attempts == 1)).await;
    stop.cancel();
    timeout(WITHIN, tasks.wait()).await.expect("the worker stops");
}
