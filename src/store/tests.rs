//! What a connection carries over from one user of it to the next: nothing.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;

use futures_util::FutureExt;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Row};
use uuid::Uuid;

use super::{Actor, OpenError, OrgScope, Store, StoreError, UnsafeDatabase, check};
use crate::model::Role;
use crate::test_database::{self, TestDatabase, maintenance};

/// One connection for all, with an org in the database, and the scope of somebody in it.
async fn one_connection() -> (TestDatabase, Store, OrgScope) {
    let database = TestDatabase::new().await;
    let store = Store::open_with(&database.url, 1).await.unwrap();
    let rep = test_database::org_with(&store, Role::Admin).await;
    let scope = store.scope(rep.org, Actor::User { id: rep.user, role: rep.role });
    (database, store, scope)
}

/// Changes a name and counts people: what a store function does.
async fn work(scope: &OrgScope) {
    let mut tx = scope.begin().await.unwrap();
    let renamed = sqlx::query("update app_user set name = 'Sam'").execute(&mut *tx).await.unwrap();
    assert_eq!(renamed.rows_affected(), 1);
    let people: i64 =
        sqlx::query_scalar("select count(*) from app_user").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(people, 1);
    tx.commit().await.unwrap();
}

/// Whoever takes the connection now has no org, no role, no transaction, and sees no row.
async fn assert_nothing_is_left(store: &Store) {
    let mut connection = store.pool.acquire().await.unwrap();
    // A transaction that was left open began before this statement. As one message: a statement that
    // is prepared first begins a little after its own transaction.
    let row = connection.fetch_one("select now() = statement_timestamp()").await.unwrap();
    assert!(row.get::<bool, _>(0), "a transaction is open");
    let (role, settings, rows): (String, String, i64) = sqlx::query_as(
        "select current_user::text,
                concat(current_setting('app.org_id', true), current_setting('app.user_id', true),
                       current_setting('app.role', true)),
                (select count(*) from app_user)",
    )
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    assert_eq!((role.as_str(), settings.as_str(), rows), ("ringcraft_app", "", 0));
}

#[tokio::test]
async fn nothing_is_left_of_a_transaction_that_was_committed() {
    let (_database, store, scope) = one_connection().await;
    work(&scope).await;
    assert_nothing_is_left(&store).await;
}

#[tokio::test]
async fn nothing_is_left_of_a_transaction_that_was_dropped() {
    let (_database, store, scope) = one_connection().await;
    drop(scope.begin().await.unwrap());
    assert_nothing_is_left(&store).await;
}

#[tokio::test]
async fn nothing_is_left_after_an_error() {
    let (_database, store, scope) = one_connection().await;
    let mut tx = scope.begin().await.unwrap();
    sqlx::query("select 1 / 0").execute(&mut *tx).await.unwrap_err();
    drop(tx);
    assert_nothing_is_left(&store).await;
}

#[tokio::test]
async fn nothing_is_left_after_a_panic() {
    let (_database, store, scope) = one_connection().await;
    let panics = async {
        let _tx = scope.begin().await.unwrap();
        panic!("while a transaction is open, as this test wants it");
    };
    AssertUnwindSafe(panics).catch_unwind().await.unwrap_err();
    assert_nothing_is_left(&store).await;
}

/// A client that goes away cancels its request wherever that waits: each of those places is tried.
#[tokio::test]
async fn nothing_is_left_of_a_request_that_was_cancelled_anywhere() {
    let (_database, store, scope) = one_connection().await;
    let mut cancelled = 0;
    for polls in 1.. {
        if is_done_within(polls, work(&scope)).await {
            break;
        }
        cancelled += 1;
        assert_nothing_is_left(&store).await;
    }
    // How often it waits depends on how soon the database answers; it does for its first answer.
    assert_ne!(cancelled, 0);
    assert_nothing_is_left(&store).await;
}

/// Drops the work after so many polls.
async fn is_done_within(mut polls: u32, work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    poll_fn(|context| {
        if work.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        polls -= 1;
        if polls == 0 { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

#[tokio::test]
async fn nothing_holds_a_connection_for_long() {
    let (_database, store, scope) = one_connection().await;
    let mut tx = scope.begin().await.unwrap();
    let limits: String = sqlx::query_scalar(
        "select concat_ws(' ', current_setting('statement_timeout'),
                current_setting('lock_timeout'),
                current_setting('idle_in_transaction_session_timeout'))",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(limits, "10s 5s 15s");
    sqlx::query("set local statement_timeout = 1").execute(&mut *tx).await.unwrap();
    let slow = sqlx::query("select pg_sleep(60)").execute(&mut *tx).await.unwrap_err();
    assert!(StoreError::from(slow).is_unavailable());
    drop(tx);
    assert_nothing_is_left(&store).await;
}

#[tokio::test]
async fn whoever_waits_for_a_lock_in_vain_may_try_again() {
    let database = TestDatabase::new().await;
    let store = Store::open_with(&database.url, 2).await.unwrap();
    let admin = test_database::org_with(&store, Role::Admin).await;
    let scope = store.scope(admin.org, Actor::User { id: admin.user, role: admin.role });
    let mut first = scope.begin().await.unwrap();
    sqlx::query("update app_user set name = 'Sam'").execute(&mut *first).await.unwrap();
    let mut second = scope.begin().await.unwrap();
    sqlx::query("set local lock_timeout = 1").execute(&mut *second).await.unwrap();
    let waits = sqlx::query("update app_user set name = 'Kim'").execute(&mut *second).await;
    assert!(StoreError::from(waits.unwrap_err()).is_unavailable());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_answer_is_not_waited_for() {
    let late = super::in_time(std::future::pending::<Result<bool, sqlx::Error>>()).await;
    assert!(StoreError::from(late.unwrap_err()).is_unavailable());
}

/// A role of this test that was made with the given powers, and what the self-check says of it.
async fn refusal_of_role(powers: &str) -> (String, UnsafeDatabase) {
    let role = format!("ringcraft_test_role_{}", Uuid::now_v7().simple());
    let mut superuser = PgConnection::connect(maintenance()).await.unwrap();
    let make = format!("create role {role} {powers}");
    superuser.execute(AssertSqlSafe(make)).await.unwrap();
    let database = TestDatabase::new().await;
    let become_it = format!("set role {role}");
    let pool = PgPoolOptions::new().max_connections(1).connect(&database.url).await.unwrap();
    pool.execute(AssertSqlSafe(become_it)).await.unwrap();
    let refused = check_refuses(&pool).await;
    pool.close().await;
    superuser.execute(AssertSqlSafe(format!("drop role {role}"))).await.unwrap();
    (role, refused)
}

async fn check_refuses(pool: &PgPool) -> UnsafeDatabase {
    match check::check(pool).await {
        Err(OpenError::Unsafe(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_role_that_policies_do_not_bind_is_refused() {
    for (powers, why) in [
        ("superuser", "is a superuser"),
        ("bypassrls", "bypasses row security"),
        ("in role ringcraft_lookup", "is a member of another role"),
    ] {
        let (role, refused) = refusal_of_role(powers).await;
        assert_eq!(refused, UnsafeDatabase::Role { role, why });
    }
}
