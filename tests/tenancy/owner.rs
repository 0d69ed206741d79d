//! The owner of the database is no superuser where somebody else runs Postgres.

use futures_util::future::join_all;
use ringcraft::identity::{BearerToken, Principal};
use ringcraft::model::{CallId, Role};
use ringcraft::store::call::NewCall;
use ringcraft::store::{Store, StoreError, call, migrate};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::test_database::{address, maintenance, note_call, org_with};

/// A role that may log in, and an empty database of its own. Both are gone afterwards.
struct Owned {
    name: String,
    url: String,
}

impl Owned {
    /// `may` is what the role may do beside owning its database.
    async fn new(may: &str) -> Self {
        let name = format!("ringcraft_test_owner_{}", Uuid::now_v7().simple());
        run(&format!("create role {name} login password 'owner' nosuperuser {may}")).await;
        run(&format!("create database {name} owner {name}")).await;
        let of_superuser = address(&name);
        let (_, rest) = of_superuser.split_once("://").unwrap();
        let (server, path) = rest.split_once('/').unwrap();
        let server = server.rsplit_once('@').map_or(server, |(_, server)| server);
        let url = format!("postgres://{name}:owner@{server}/{path}");
        Self { name, url }
    }

    async fn remove(self) {
        run(&format!("drop database {} with (force)", self.name)).await;
        run(&format!("drop role {}", self.name)).await;
    }
}

async fn run(statement: &str) {
    let mut superuser = PgConnection::connect(maintenance()).await.unwrap();
    superuser.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    superuser.close().await.unwrap();
}

/// Signs in and opens a call; another org sees none of it, and neither does the owner.
async fn works(owned: &Owned) {
    let store = Store::open(&owned.url).await.unwrap();
    let rep = org_with(&store, Role::Rep).await;
    let stranger = org_with(&store, Role::Admin).await;
    let principal = Principal::of(&store, &BearerToken::presented(&rep.api_key)).await.unwrap();
    let other = Principal::of(&store, &BearerToken::presented(&stranger.session)).await.unwrap();
    assert_eq!((principal.user, principal.role), (rep.user, Role::Rep));
    let id = CallId::new();
    let new = NewCall {
        id,
        scenario_id: "s",
        scenario_title: "S",
        scenario_hash: "hash",
        channel: "voice",
    };
    note_call(&principal.scope, rep.user, new).await.unwrap();
    assert!(call::is_visible(&principal.scope, id).await.unwrap());
    assert!(!call::is_visible(&other.scope, id).await.unwrap());
    let again = NewCall { id: CallId::new(), ..new };
    let across = note_call(&other.scope, rep.user, again).await;
    assert!(matches!(across, Err(StoreError::Denied)), "{across:?}");
    store.close().await;

    let mut owner = PgConnection::connect(&owned.url).await.unwrap();
    for table in ["org", "app_user", "session", "api_key", "call"] {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        let rows: i64 = sqlx::query_scalar(count).fetch_one(&mut owner).await.unwrap();
        assert_eq!(rows, 0, "{table} as the owner");
    }
    owner.close().await.unwrap();
}

/// Roles are the cluster's, so databases that are migrated at the same time meet in them.
#[tokio::test]
async fn owners_who_may_make_roles_migrate_at_the_same_time() {
    let mut databases = Vec::new();
    for _ in 0..4 {
        databases.push(Owned::new("createrole").await);
    }
    // Each twice: servers of one database start together as well.
    let all = databases.iter().chain(&databases).map(|owned| migrate(&owned.url));
    for migrated in join_all(all).await {
        migrated.unwrap();
    }
    works(&databases[0]).await;
    for owned in databases {
        owned.remove().await;
    }
}

#[tokio::test]
async fn an_owner_who_was_given_the_roles_needs_to_make_none() {
    // They exist: another database of the cluster was migrated.
    crate::test_database::TestDatabase::new().await;
    let owned = Owned::new("nocreaterole").await;
    run(&format!("grant ringcraft_app, ringcraft_lookup, ringcraft_jobs to {}", owned.name)).await;
    migrate(&owned.url).await.unwrap();
    works(&owned).await;
    owned.remove().await;
}

#[tokio::test]
async fn an_owner_who_may_do_neither_is_told_what_to_ask_for() {
    crate::test_database::TestDatabase::new().await;
    let owned = Owned::new("nocreaterole").await;
    let error = migrate(&owned.url).await.unwrap_err().to_string();
    let name = &owned.name;
    assert!(
        error.contains(&format!("{name} may not make or grant the role ringcraft_app")),
        "{error}"
    );
    assert!(
        error
            .contains(&format!("grant ringcraft_app, ringcraft_lookup, ringcraft_jobs to {name};")),
        "{error}"
    );
    owned.remove().await;
}
