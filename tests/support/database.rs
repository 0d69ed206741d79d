//! A database of its own for each test, and people in it.
//!
//! `RINGCRAFT_TEST_DATABASE_URL` names a Postgres where databases may be made; `make test` starts
//! one. The first test migrates a template, the others copy it.

// Each test takes what it needs.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::OnceLock;
use std::time::Duration;

use ringcraft::identity::{BearerToken, TokenKind};
use ringcraft::model::{ApiKeyId, OrgId, Role, SessionId, UserId};
use ringcraft::store::api_key::NewApiKey;
use ringcraft::store::call::{Begun, NewCall};
use ringcraft::store::user::{NewUser, UserStatus};
use ringcraft::store::{self, Actor, OrgScope, Store, StoreError};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const TEMPLATE: &str = "ringcraft_template";

/// Any number, the same in every test: who holds the lock makes the template.
const TEMPLATE_LOCK: i64 = 7_202_611;

/// A migrated database without rows. Dropped, it is gone.
pub(crate) struct TestDatabase {
    name: String,
    /// Its address, as its owner.
    pub(crate) url: String,
}

impl TestDatabase {
    /// Copies the template.
    pub(crate) async fn new() -> Self {
        let name = format!("ringcraft_test_{}", uuid::Uuid::now_v7().simple());
        let mut maintenance = PgConnection::connect(maintenance()).await.unwrap();
        sqlx::query("select pg_advisory_lock($1)")
            .bind(TEMPLATE_LOCK)
            .execute(&mut maintenance)
            .await
            .unwrap();
        make_template(&mut maintenance).await;
        let copy = format!("create database {name} template {}", template());
        maintenance.execute(AssertSqlSafe(copy)).await.unwrap();
        maintenance.close().await.unwrap();
        Self { url: address(&name), name }
    }

    /// One without tables, as an operator makes it.
    pub(crate) async fn unmigrated() -> Self {
        let name = format!("ringcraft_test_{}", uuid::Uuid::now_v7().simple());
        let mut maintenance = PgConnection::connect(maintenance()).await.unwrap();
        maintenance.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        maintenance.close().await.unwrap();
        Self { url: address(&name), name }
    }

    /// The database as the server uses it.
    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}

/// The same, where no runtime runs yet.
pub(crate) fn new_database() -> TestDatabase {
    blocking(TestDatabase::new)
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        blocking(|| async move {
            // What cannot be dropped goes with the cluster.
            if let Ok(mut connection) = PgConnection::connect(maintenance()).await {
                let _ = connection.execute(AssertSqlSafe(drop)).await;
            }
        });
    }
}

/// An org with one person of a role, who has an API key and is signed in.
pub(crate) struct Person {
    pub(crate) org: OrgId,
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) email: String,
    pub(crate) api_key: String,
    pub(crate) session: String,
}

/// Makes an org with one person in it.
pub(crate) async fn org_with(store: &Store, role: Role) -> Person {
    let org = OrgId::new();
    store::org::insert(&store.scope(org, Actor::System), "Acme Lending").await.unwrap();
    person_in(store, org, role).await
}

/// Adds a person to an org.
pub(crate) async fn person_in(store: &Store, org: OrgId, role: Role) -> Person {
    let system = store.scope(org, Actor::System);
    let user = UserId::new();
    let email = format!("{user}@example.com");
    let new = NewUser { id: user, email: &email, name: "Robin", role, status: UserStatus::Active };
    store::user::insert(&system, new).await.unwrap();
    let key = BearerToken::new(TokenKind::ApiKey);
    let new_key = NewApiKey {
        id: ApiKeyId::new(),
        user,
        name: "test",
        prefix: &key.expose()[..8],
        token_hash: &key.hash(),
        expires_at: None,
    };
    store::api_key::insert_unaudited(&system, new_key).await.unwrap();
    let session = BearerToken::new(TokenKind::Session);
    let (id, life) = (SessionId::new(), Duration::from_secs(3_600));
    store::session::insert(&system, id, user, &session.hash(), life).await.unwrap();
    let (api_key, session) = (key.expose().to_owned(), session.expose().to_owned());
    Person { org, user, role, email, api_key, session }
}

/// Notes a call that waits for its connection.
pub(crate) async fn note_call(
    scope: &OrgScope,
    user: UserId,
    new: NewCall<'_>,
) -> Result<(), StoreError> {
    let begun = store::call::begin(scope, user, None).await?;
    let Begun::Opening(opening) = begun else { panic!("without a key nothing was before") };
    opening.note(new).await
}

/// The same, where no runtime runs yet: a rep in an org of their own.
pub(crate) fn new_rep(database: &TestDatabase) -> Person {
    blocking(|| async {
        let store = database.store().await;
        let person = org_with(&store, Role::Rep).await;
        store.close().await;
        person
    })
}

/// The same, for somebody in an org that is there.
pub(crate) fn new_person(database: &TestDatabase, org: OrgId, role: Role) -> Person {
    blocking(|| async {
        let store = database.store().await;
        let person = person_in(&store, org, role).await;
        store.close().await;
        person
    })
}

/// Runs to the end on a thread of its own, since the caller may be inside of a runtime.
fn blocking<T: Send, F: Future<Output = T>>(work: impl FnOnce() -> F + Send) -> T {
    std::thread::scope(|threads| {
        let job = threads.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(work())
        });
        job.join().unwrap()
    })
}

/// Named after what is in it, so that a cluster that lives on gets a new one when that changes.
fn template() -> String {
    let mut sum = crc32fast::Hasher::new();
    for migration in include_dir::include_dir!("$CARGO_MANIFEST_DIR/migrations").files() {
        sum.update(migration.contents());
    }
    format!("{TEMPLATE}_{:08x}", sum.finalize())
}

async fn make_template(maintenance: &mut PgConnection) {
    let known: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(template())
            .fetch_one(&mut *maintenance)
            .await
            .unwrap();
    if known {
        return;
    }
    // Under another name until it is whole: a test that was killed must leave no half of one.
    let unfinished = format!("{}_unfinished", template());
    let drop = format!("drop database if exists {unfinished} with (force)");
    maintenance.execute(AssertSqlSafe(drop)).await.unwrap();
    maintenance.execute(AssertSqlSafe(format!("create database {unfinished}"))).await.unwrap();
    store::migrate(&address(&unfinished)).await.unwrap();
    let rename = format!("alter database {unfinished} rename to {}", template());
    maintenance.execute(AssertSqlSafe(rename)).await.unwrap();
}

/// The Postgres of the tests, as somebody who may make databases.
pub(crate) fn maintenance() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        ringcraft::config::environment("RINGCRAFT_TEST_DATABASE_URL").expect(
            "RINGCRAFT_TEST_DATABASE_URL names no Postgres; run the tests with `make test`, which \
             starts one",
        )
    })
}

/// The address of another database on the same server.
pub(crate) fn address(name: &str) -> String {
    let url = maintenance();
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = base.rsplit_once('/').expect("postgres://host/name");
    format!("{server}/{name}?{parameters}")
}
