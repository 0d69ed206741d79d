//! A back-up that is restored as docs/OPERATIONS.md says lets the same people in, and no others.

use std::process::Command;

use ringcraft::identity::{BearerToken, Principal};
use ringcraft::model::Role;
use ringcraft::store::{self, Store};

use crate::test_database::{TestDatabase, org_with};

#[tokio::test]
async fn a_restored_database_lets_the_same_people_in() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let rep = org_with(&store, Role::Rep).await;
    let other = org_with(&store, Role::Admin).await;
    store.close().await;
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("ringcraft.dump");
    let dump = dump.to_str().unwrap();
    postgres("pg_dump", &["--format", "custom", "--file", dump, &database.url]);

    let restored = TestDatabase::unmigrated().await;
    let options = ["--no-owner", "--exit-on-error", "--single-transaction", "--dbname"];
    postgres("pg_restore", &[&options[..], &[&restored.url, dump]].concat());
    store::migrate(&restored.url).await.unwrap();

    let store = Store::open(&restored.url).await.unwrap();
    for person in [&rep, &other] {
        let token = BearerToken::presented(&person.api_key);
        let principal = Principal::of(&store, &token).await.unwrap();
        assert_eq!((principal.org(), principal.user), (person.org, person.user));
    }
    store.close().await;
}

/// Runs one of PostgreSQL's programs, which Debian keeps out of PATH.
fn postgres(program: &str, arguments: &[&str]) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh");
    let found = Command::new(script).arg("binaries").output().unwrap();
    let folder = String::from_utf8(found.stdout).unwrap();
    let output =
        Command::new(format!("{}/{program}", folder.trim())).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}
