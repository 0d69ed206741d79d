//! `ringcraft mail`: what would have been sent, for a server without SMTP.

use std::io::Write;

use anyhow::Context;

use crate::clock;
use crate::config::Secret;
use crate::store::mail::{self, WaitingMail};
use crate::store::{Actor, Store, platform};

/// Prints the mail of every org that waits, the oldest of each org first.
///
/// # Errors
/// When the database does not answer.
pub async fn run(database_url: &Secret, out: &mut impl Write) -> anyhow::Result<()> {
    let store = Store::open(database_url.expose()).await?;
    let mut shown = 0;
    for org in platform::all_orgs(&store).await.context("list the orgs")? {
        let system = store.scope(org, Actor::System);
        for mail in mail::waiting(&system, mail::WORTH_SENDING).await.context("read the mail")? {
            show(out, &mail)?;
            shown += 1;
        }
    }
    store.close().await;
    if shown == 0 {
        writeln!(out, "No mail of the last 7 days waits.")?;
    }
    Ok(())
}

fn show(out: &mut impl Write, mail: &WaitingMail) -> std::io::Result<()> {
    let at = clock::rfc3339(mail.created_at.into());
    writeln!(out, "To: {}\nDate: {at}\nSubject: {}\n", mail.to_address, mail.subject)?;
    writeln!(out, "{}\n{}\n", mail.body.trim_end(), "-".repeat(72))
}

#[cfg(test)]
mod tests;
