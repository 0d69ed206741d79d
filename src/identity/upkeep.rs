//! What is done again and again: mail that waits is sent, and what is over is forgotten.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Mailer;
use crate::store::{Actor, Store, StoreError, account_token, idempotency, mail, platform, session};

/// How often it is looked for mail that waits.
const MAIL_EVERY: Duration = Duration::from_secs(60);

/// How often what is over is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Does both, at once and then each in its time, until it is told to stop.
pub(super) async fn run(store: Store, mailer: Mailer, stop: CancellationToken) {
    let (mut mails, mut days) = (interval(MAIL_EVERY), interval(FORGET_EVERY));
    mails.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let again_and_again = async {
        loop {
            let done = tokio::select! {
                _ = mails.tick() => send_waiting(&store, &mailer).await,
                _ = days.tick() => forget(&store).await,
            };
            if let Err(error) = done {
                tracing::warn!(%error, "upkeep waits for its next turn");
            }
        }
    };
    stop.run_until_cancelled(again_and_again).await;
}

/// Sends mail of every org that waits and is due, without waiting for the mail server.
///
/// # Errors
/// When the database does not answer.
pub async fn send_waiting(store: &Store, mailer: &Mailer) -> Result<(), StoreError> {
    if !mailer.sends() {
        return Ok(());
    }
    for org in platform::all_orgs(store).await? {
        mailer.send_due(&store.scope(org, Actor::System)).await?;
    }
    Ok(())
}

/// Forgets sessions, tokens, keys and mail of every org that are of no more use.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(store: &Store) -> Result<(), StoreError> {
    for org in platform::all_orgs(store).await? {
        let system = store.scope(org, Actor::System);
        session::forget_expired(&system).await?;
        account_token::forget_spent(&system).await?;
        idempotency::forget_old(&system).await?;
        mail::forget_old(&system).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
