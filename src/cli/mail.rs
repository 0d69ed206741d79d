//! `ringcraft mail`: what would have been sent, for a server without SMTP.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::clock;
use crate::store::mail::{self, WaitingMail};
use crate::store::{Actor, Store, platform};

/// How old a mail may be that is shown: links in older ones are mostly no good any more.
const SHOWN_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Orgs that are asked for at once.
const ORGS_AT_ONCE: i64 = 500;

/// Prints the mail of every org that waits, the oldest of each org first.
///
/// # Errors
/// When no database is named, or it does not answer.
pub async fn run(database_url: Option<String>, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(url) = database_url.filter(|url| !url.trim().is_empty()) else {
        bail!("DATABASE_URL is not set; set it to the database of the server")
    };
    let store = Store::open(url.trim()).await?;
    let mut shown = 0;
    let mut after = None;
    loop {
        let orgs = platform::orgs(&store, after, ORGS_AT_ONCE).await.context("list the orgs")?;
        let Some(last) = orgs.last() else { break };
        after = Some(last.0);
        for org in orgs {
            let system = store.scope(org, Actor::System);
            for mail in mail::waiting(&system, SHOWN_FOR).await.context("read the mail")? {
                show(out, &mail)?;
                shown += 1;
            }
        }
    }
    store.close().await;
    if shown == 0 {
        writeln!(out, "No mail of the last 24 hours waits.")?;
    }
    Ok(())
}

fn show(out: &mut impl Write, mail: &WaitingMail) -> std::io::Result<()> {
    let at = clock::rfc3339(mail.created_at.into());
    writeln!(out, "To: {}\nDate: {at}\nSubject: {}\n", mail.to_address, mail.subject)?;
    writeln!(out, "{}\n{}\n", mail.body.trim_end(), "-".repeat(72))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;
    use crate::store::mail::NewMail;
    use crate::test_database::{TestDatabase, org_with};
    use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

    async fn printed(database: &TestDatabase) -> String {
        let mut out = Vec::new();
        run(Some(database.url.clone()), &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn mail_of_every_org_is_shown_as_long_as_it_waits() {
        let database = TestDatabase::new().await;
        assert_eq!(printed(&database).await, "No mail of the last 24 hours waits.\n");
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
            "update mail set created_at = now() - interval '25 hours' where id = '{}'",
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

    #[tokio::test]
    async fn a_missing_database_is_named() {
        let error = run(Some(" ".to_owned()), &mut Vec::new()).await.unwrap_err().to_string();
        assert_eq!(error, "DATABASE_URL is not set; set it to the database of the server");
    }
}
