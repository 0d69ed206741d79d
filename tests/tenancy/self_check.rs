//! A database that would not keep tenants apart is refused, and the refusal says why.

use ringcraft::store::{MigrateError, OpenError, Store, UnsafeDatabase, migrate};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::test_database::TestDatabase;

/// A database to which the owner did something.
async fn after(statement: &str) -> TestDatabase {
    let database = TestDatabase::new().await;
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    owner.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    owner.close().await.unwrap();
    database
}

async fn refusal(statement: &str) -> UnsafeDatabase {
    let database = after(statement).await;
    match Store::open(&database.url).await {
        Err(OpenError::Unsafe(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn unprotected(table: &str) -> UnsafeDatabase {
    UnsafeDatabase::Unprotected { tables: table.to_owned() }
}

#[tokio::test]
async fn a_database_as_it_was_migrated_is_opened() {
    let database = TestDatabase::new().await;
    Store::open(&database.url).await.unwrap().close().await;
}

#[tokio::test]
async fn a_table_without_forced_row_security_is_refused() {
    let why = refusal("alter table utterance no force row level security").await;
    assert_eq!(why, unprotected("utterance"));
    assert_eq!(
        why.to_string(),
        "these tables lack forced row security or the policy of their org: utterance; run `ringcraft \
         migrate`"
    );
}

#[tokio::test]
async fn a_table_with_row_security_switched_off_is_refused() {
    assert_eq!(refusal("alter table org disable row level security").await, unprotected("org"));
}

#[tokio::test]
async fn a_table_without_the_policy_of_its_org_is_refused() {
    assert_eq!(refusal("drop policy call_own_org on call").await, unprotected("call"));
}

#[tokio::test]
async fn a_lookup_with_the_rights_of_the_owner_is_refused_until_the_next_migration() {
    let database = after("alter function platform_session(bytea) owner to current_user").await;
    let refused = Store::open(&database.url).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "these functions belong to the wrong role: platform_session; run `ringcraft migrate`"
    );
    migrate(&database.url).await.unwrap();
    Store::open(&database.url).await.unwrap().close().await;
}

#[tokio::test]
async fn a_policy_of_an_org_for_somebody_else_is_none() {
    let why = refusal("alter policy call_own_org on call to ringcraft_lookup").await;
    assert_eq!(why, unprotected("call"));
}

#[tokio::test]
async fn a_new_table_of_tenants_without_policies_is_refused() {
    let why = refusal("create table note (org_id uuid, text text)").await;
    assert_eq!(why, unprotected("note"));
}

#[tokio::test]
async fn tables_of_the_servers_own_role_are_refused() {
    let why = refusal("alter table consent owner to ringcraft_app").await;
    let (role, tables) = ("ringcraft_app".to_owned(), "consent".to_owned());
    assert_eq!(why, UnsafeDatabase::Owns { role, tables });
}

#[tokio::test]
async fn a_database_without_tables_wants_to_be_migrated() {
    let database = after("drop schema public cascade; create schema public").await;
    let error = Store::open(&database.url).await.unwrap_err();
    assert!(matches!(error, OpenError::NotMigrated), "{error:?}");
    assert_eq!(error.to_string(), "the database is not up to date; run `ringcraft migrate`");
}

#[tokio::test]
async fn a_database_that_lacks_the_last_migration_wants_to_be_migrated() {
    let last = "(select max(version) from _sqlx_migrations)";
    for change in [
        format!("delete from _sqlx_migrations where version = {last}"),
        format!("update _sqlx_migrations set success = false where version = {last}"),
    ] {
        let database = after(&change).await;
        let error = Store::open(&database.url).await.unwrap_err();
        assert!(matches!(error, OpenError::NotMigrated), "{error:?}");
    }
}

/// While servers are replaced one after the other, those of before work on the schema of after.
#[tokio::test]
async fn a_newer_database_is_opened_and_not_migrated_back() {
    let newer = "insert into _sqlx_migrations
        (version, description, success, checksum, execution_time)
        values (99990101, 'of a later server', true, '', 0)";
    let database = after(newer).await;
    Store::open(&database.url).await.unwrap().close().await;
    let error = migrate(&database.url).await.unwrap_err();
    assert!(matches!(error, MigrateError::Newer { version: 99_990_101 }), "{error:?}");
}
