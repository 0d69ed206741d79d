//! The way back in for somebody who forgot their password.

use std::time::Duration;

use super::invitation::{LinkError, owner};
use super::password::Password;
use super::{BearerToken, EmailAddress, Mailer, Place, TokenKind};
use crate::config::BaseUrl;
use crate::store::account_token::{self, AccountTokenKind};
use crate::store::mail::NewMail;
use crate::store::{Actor, Store, StoreError, login_failure, platform, profile};

/// How long a link to set a password is good.
pub const RECOVERY_LIFE: Duration = Duration::from_secs(3_600);

/// Sends a link to set a new password, where somebody who may come in has this address.
///
/// # Errors
/// When the database does not answer.
pub async fn ask(
    store: &Store,
    mailer: &Mailer,
    email: &EmailAddress,
    base_url: &BaseUrl,
) -> Result<(), StoreError> {
    let Some((org, user)) = platform::user_by_email(store, email.as_str()).await? else {
        return Ok(());
    };
    let system = store.scope(org, Actor::System);
    let token = BearerToken::new(TokenKind::Mailed);
    let kind = AccountTokenKind::PasswordReset;
    if !account_token::issue(&system, &system, user, kind, &token.hash(), RECOVERY_LIFE).await? {
        return Ok(());
    }
    let person = profile::get(&system, user).await?;
    let link = base_url.http(&format!("/reset-password#token={}", token.expose()));
    let mail = NewMail {
        // As it is on record: what was typed may differ from it in case.
        to_address: person.email,
        subject: "Set a new password".to_owned(),
        body: format!(
            "Hello {},\n\nsomebody asked to set a new password for your Ringcraft account. If it \
             was you, choose one here, within an hour:\n\n{link}\n\nIf it was not you, do nothing: \
             your password stays as it is.\n",
            person.name
        ),
    };
    mailer.post(&system, mail).await
}

/// Sets a new password with the link from the mail. Every session of its owner ends, and failures to
/// sign in are forgotten.
///
/// # Errors
/// When the link is not good.
pub async fn confirm(
    store: &Store,
    token: &str,
    password: &Password,
    place: Place,
) -> Result<(), LinkError> {
    let owner = owner(store, token, AccountTokenKind::PasswordReset).await?;
    let system = store.scope(owner.org, Actor::System);
    let hash = password.hash_in(place).await;
    account_token::reset_password(&system, owner.id, owner.user, &hash).await?;
    let person = profile::get(&system, owner.user).await?;
    Ok(login_failure::forget(store, &person.email).await?)
}
