//! Invitations: how somebody comes into an org that is there.

use std::time::Duration;

use super::password::Password;
use super::{BearerToken, DisplayName, Mailer, NewSession, Place, SignInError, TokenKind, sign_in};
use crate::config::BaseUrl;
use crate::model::UserId;
use crate::store::account_token::{self, AccountTokenKind};
use crate::store::mail::NewMail;
use crate::store::platform::Owner;
use crate::store::profile::{self, Profile};
use crate::store::{Actor, OrgScope, Store, StoreError, platform};

/// How long an invitation is good.
pub const INVITATION_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Why a link from a mail does nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It was used, is too old, another took its place, or it never was.
    #[error("this link is not good, or no longer; ask for a new one")]
    Spent,
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for LinkError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::Spent,
            error => Self::Store(error),
        }
    }
}

/// Sends somebody a link with which they come in; one that they had before is void. The actor of the
/// scope is noted as who invites.
///
/// # Errors
/// `NotFound` when nobody of that id waits to come in; else when the database does not answer.
pub async fn invite(
    scope: &OrgScope,
    mailer: &Mailer,
    user: UserId,
    base_url: &BaseUrl,
) -> Result<(), StoreError> {
    let system = scope.as_system();
    let token = BearerToken::new(TokenKind::Mailed);
    let kind = AccountTokenKind::Invitation;
    if !account_token::issue(&system, scope, user, kind, &token.hash(), INVITATION_LIFE).await? {
        return Err(StoreError::NotFound);
    }
    let Profile { name, email, org_name, .. } = profile::get(&system, user).await?;
    // Behind the number sign a token reaches neither a server's log nor another site.
    let link = base_url.http(&format!("/invitation#token={}", token.expose()));
    let mail = NewMail {
        to_address: email,
        subject: format!("{org_name} invites you to practise"),
        body: format!(
            "Hello {name},\n\n{org_name} practises calls with Ringcraft. Choose a password here, \
             within seven days:\n\n{link}\n\nIf you do not know what this is about, do nothing.\n"
        ),
    };
    mailer.post(&system, mail).await
}

/// Tells whom an invitation is for.
///
/// # Errors
/// When it is not good.
pub async fn invited(store: &Store, token: &str) -> Result<Profile, LinkError> {
    let owner = owner(store, token, AccountTokenKind::Invitation).await?;
    Ok(profile::get(&store.scope(owner.org, Actor::System), owner.user).await?)
}

/// Lets somebody in who was invited, and signs them in.
///
/// # Errors
/// When the invitation is not good.
pub async fn accept(
    store: &Store,
    token: &str,
    name: &DisplayName,
    password: &Password,
    place: Place,
) -> Result<NewSession, LinkError> {
    let owner = owner(store, token, AccountTokenKind::Invitation).await?;
    let system = store.scope(owner.org, Actor::System);
    let hash = password.hash_in(place).await;
    account_token::accept_invitation(&system, owner.id, owner.user, name.as_str(), &hash).await?;
    sign_in::begin(&system, owner.user, &hash).await.map_err(|error| match error {
        SignInError::Store(error) => LinkError::Store(error),
        SignInError::Wrong | SignInError::Locked(_) => LinkError::Spent,
    })
}

/// Whose link it is.
pub(super) async fn owner(
    store: &Store,
    token: &str,
    kind: AccountTokenKind,
) -> Result<Owner, LinkError> {
    let token = BearerToken::presented(token);
    if token.kind() != Some(TokenKind::Mailed) {
        return Err(LinkError::Spent);
    }
    platform::account_token(store, &token.hash(), kind).await?.ok_or(LinkError::Spent)
}
