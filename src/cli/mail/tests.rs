use super::*;
use crate::model::Role;
use crate::store::mail::NewMail;
use crate::test_database::{TestDatabase, org_with};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

async fn printed(database: &TestDatabase) -> String {
    let mut out = Vec::new();
    run(&Secret::new(database.url.clone()), &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn mail_of_every_org_is_shown_as_long_as_it_waits() {
    let database = TestDatabase::new().await;
    assert_eq!(printed(&database).await, "No mail of the last 7 days waits.\n");
    let store = database.store().await;
    let mut ids = Vec::new();
    for number in 1..=4 {
        let org = org_with(&store, Role::Admin).await.org;
        let system = store.scope(org, Actor::System);
        let mail = NewMail {
            to_address: format!("rep{number}@example.com"),
            subject: "Acme invites you".to_owned(),
            body: format!("Link number {number}\n"),
        };
        let id = mail::insert(&system, &mail).await.unwrap();
        if number == 2 {
            mail::mark_sent(&system, id).await.unwrap();
        }
        ids.push(id);
    }
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    let old = format!(
        "update mail set created_at = now() - interval '169 hours' where id = '{}'",
        ids[2]
    );
    owner.execute(AssertSqlSafe(old)).await.unwrap();
    owner.close().await.unwrap();
    let text = printed(&database).await;
    assert!(text.starts_with("To: rep1@example.com\nDate: 2"), "{text}");
    assert!(text.contains("Subject: Acme invites you\n\nLink number 1\n-----"), "{text}");
    assert!(text.contains("Link number 4"), "{text}");
    assert!(!text.contains("number 2") && !text.contains("number 3"), "{text}");
}
