use std::os::unix::fs::PermissionsExt;

use sqlx::PgConnection;
use sqlx::{Connection, Row};

use super::*;
use crate::identity::{Entrance, NotSignedIn, Place, Principal};
use crate::model::CallId;
use crate::store::call::{self, NewCall};
use crate::test_database::{self, TestDatabase};

/// Rows of every table that the demo writes, as the database's owner sees them.
async fn rows(database: &TestDatabase) -> [i64; 7] {
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    let counts = sqlx::query(
        "select (select count(*) from org), (select count(*) from app_user),
           (select count(*) from credential), (select count(*) from api_key where revoked_at is null),
           (select count(*) from team), (select count(*) from team_lead),
           (select count(*) from team_member)",
    );
    let row = counts.fetch_one(&mut owner).await.unwrap();
    std::array::from_fn(|column| row.get(column))
}

/// One org; seven people with a password and a key each; two teams with one lead and two reps.
const WHOLE: [i64; 7] = [1, 7, 7, 7, 2, 2, 4];

async fn signed_in(store: &Store, account: &Account) -> Principal {
    Principal::of(store, &BearerToken::presented(&account.api_key)).await.unwrap()
}

async fn kept_password(database: &TestDatabase, email: &str) -> String {
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    let kept = sqlx::query_scalar(
        "select password_hash from credential c join app_user u on u.id = c.user_id
         where u.email = $1",
    );
    kept.bind(email).fetch_one(&mut owner).await.unwrap()
}

fn place() -> Place {
    Entrance::new().enter().unwrap()
}

#[tokio::test]
async fn each_gets_in_with_what_was_told_and_sees_what_their_role_says() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    let told = seed(&store, folder.path()).await.ok().unwrap();
    assert_eq!(rows(&database).await, WHOLE);

    let roles: Vec<_> = told.accounts.iter().map(|account| account.role.as_str()).collect();
    assert_eq!(roles, ["admin", "manager", "manager", "rep", "rep", "rep", "rep"]);
    let mut people = Vec::new();
    for account in &told.accounts {
        let principal = signed_in(&store, account).await;
        assert_eq!(principal.role, account.role, "{}", account.email);
        let kept = kept_password(&database, &account.email).await;
        assert!(
            Password::new(&*account.password).is(Some(kept), place()).await,
            "{}",
            account.email
        );
        people.push((account, principal));
    }

    let mut calls = Vec::new();
    for (account, rep) in people.iter().filter(|(account, _)| account.role == Role::Rep) {
        let id = CallId::new();
        let new = NewCall {
            id,
            scenario_id: "rachel",
            scenario_title: "The rate shopper",
            scenario_hash: "0",
            channel: "voice",
        };
        test_database::note_call(&rep.scope, rep.user, new).await.unwrap();
        calls.push((id, *account));
    }
    assert_eq!(calls.len(), 4);
    for (account, principal) in &people {
        for (call, of) in &calls {
            let expected = match account.role {
                Role::Admin => true,
                Role::Manager => account.team == of.team,
                _ => account.email == of.email,
            };
            let seen = call::is_visible(&principal.scope, *call).await.unwrap();
            assert_eq!(seen, expected, "{} and the call of {}", account.email, of.email);
        }
    }
}

#[tokio::test]
async fn the_file_is_for_its_owner_and_holds_what_was_told() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    std::fs::write(&file, "what was there before, for all to read").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();

    let mut out = Vec::new();
    offer(&store, folder.path(), "http://localhost:8080", &mut out).await.unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let kept = Accounts::read(&file).unwrap_or_else(|error| panic!("{error}"));
    let out = String::from_utf8(out).unwrap();
    for account in &kept.accounts {
        let row = out.lines().find(|line| line.contains(&account.password)).unwrap();
        assert!(row.contains(&account.name) && row.contains(&account.email), "{row}");
        let row = out.lines().find(|line| line.contains(&account.api_key)).unwrap();
        assert!(row.contains(&account.email), "{row}");
        // Five groups of nothing that is taken for something else.
        assert_eq!(account.password.len(), 19);
        assert!(!account.password.contains(['0', '1', 'l', 'o']), "easily misread");
    }
    // At its end, apart from the rest: where to go, and as whom.
    let (_, welcome) = out.split_once("====\n").unwrap();
    let (welcome, after) = welcome.split_once("\n====").unwrap();
    assert_eq!(after.trim_matches(['=', '\n']), "");
    let lines: Vec<_> = welcome.lines().filter(|line| !line.is_empty()).collect();
    let [address, rep, manager] = lines[..] else { panic!("{welcome}") };
    assert!(address.contains(" http://localhost:8080 "), "{address}");
    for (line, role, email) in [
        (rep, "rep", "yuki.tanaka@demo.example"),
        (manager, "manager", "amara.okafor@demo.example"),
    ] {
        let of = kept.accounts.iter().find(|account| account.email == email).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        assert!(words.ends_with(&[&format!("{role}:"), email, &of.password]), "{line}");
    }

    let mut again = Vec::new();
    offer(&store, folder.path(), "http://localhost:8080", &mut again).await.unwrap();
    assert_eq!(again, b"", "it is told once");
    assert!(Accounts::read(&file).ok() == Some(kept), "the file stays as it is");
    assert_eq!(rows(&database).await, WHOLE);
}

#[tokio::test]
async fn of_many_at_once_one_makes_it() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    let seeds = (0..6).map(|_| seed(&store, folder.path()));
    let mut made = Vec::new();
    for outcome in futures_util::future::join_all(seeds).await {
        match outcome {
            Ok(accounts) => made.push(accounts),
            Err(error) => assert!(matches!(error, SeedError::HasOrgs), "{error}"),
        }
    }
    assert_eq!(made.len(), 1);
    assert_eq!(rows(&database).await, WHOLE);
    let kept = Accounts::read(&folder.path().join(FILE)).ok();
    assert!(kept.as_ref() == made.first(), "the file has the accounts that exist");
    signed_in(&store, &made[0].accounts[0]).await;
}

#[tokio::test]
async fn a_database_with_an_org_is_left_alone() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    let person = test_database::org_with(&store, Role::Admin).await;
    let before = rows(&database).await;
    let refused = seed(&store, folder.path()).await.err().unwrap();
    assert!(matches!(refused, SeedError::HasOrgs), "{refused}");
    assert!(refused.to_string().contains("--again"), "{refused}");
    let refused = renew(&store, folder.path()).await.err().unwrap();
    assert!(matches!(refused, SeedError::NoDemo), "{refused}");
    offer(&store, folder.path(), "http://localhost:8080", &mut Vec::new()).await.unwrap();
    assert_eq!(rows(&database).await, before);
    assert!(!folder.path().join(FILE).exists());
    Principal::of(&store, &BearerToken::presented(&person.api_key)).await.unwrap();
}

#[tokio::test]
async fn accounts_that_cannot_be_kept_are_not_made() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(FILE)).unwrap();
    let refused = seed(&store, folder.path()).await.err().unwrap();
    assert!(matches!(refused, SeedError::Accounts(AccountsError::Io { .. })), "{refused}");
    assert_eq!(rows(&database).await, [0; 7]);
    std::fs::remove_dir(folder.path().join(FILE)).unwrap();
    seed(&store, folder.path()).await.ok().unwrap();
    assert_eq!(rows(&database).await, WHOLE);
}

#[tokio::test]
async fn new_passwords_and_keys_take_the_place_of_the_old() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    let old = seed(&store, folder.path()).await.ok().unwrap();
    let users = signed_in(&store, &old.accounts[3]).await;
    let new = renew(&store, folder.path()).await.ok().unwrap();
    assert_eq!(rows(&database).await, WHOLE);
    for (old, new) in old.accounts.iter().zip(&new.accounts) {
        assert_eq!(old.email, new.email);
        let refused = Principal::of(&store, &BearerToken::presented(&old.api_key)).await;
        assert!(matches!(refused, Err(NotSignedIn::Refused)), "{}", old.email);
        assert_eq!(signed_in(&store, new).await.role, new.role);
        let kept = kept_password(&database, &new.email).await;
        assert!(Password::new(&*new.password).is(Some(kept.clone()), place()).await);
        assert!(!Password::new(&*old.password).is(Some(kept), place()).await);
    }
    assert_eq!(signed_in(&store, &new.accounts[3]).await.user, users.user, "they are the same");
    let kept = Accounts::read(&folder.path().join(FILE)).ok();
    assert!(kept == Some(new), "the file has the new ones");
}
