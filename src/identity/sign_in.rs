//! Signing in: from an address and a password to a session.

use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::{BearerToken, EmailAddress, TokenKind, password::Password};
use crate::clock;
use crate::model::{OrgId, SessionId, UserId};
use crate::store::audit::{self, Entry};
use crate::store::login_failure::{self, Attempt};
use crate::store::{Actor, OrgScope, Store, StoreError, credential, platform, session, user};

/// A session that has begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// What its bearer presents.
    pub token: BearerToken,
    /// When it ends if it is not used.
    pub expires_at: SystemTime,
    /// Whose it is.
    pub user: UserId,
    /// What they may see.
    pub scope: OrgScope,
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The address, the password, or both; or they may not come in. Which, is not said.
    #[error("the e-mail address or the password is wrong")]
    Wrong,
    /// It was tried too often.
    #[error("too many failed attempts; try again later")]
    Locked(Duration),
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs somebody in by what they know.
///
/// # Errors
/// When it is wrong, was tried too often, or the database does not answer.
pub async fn with_password(
    store: &Store,
    email: &EmailAddress,
    password: &Password,
) -> Result<NewSession, SignInError> {
    let (org, user) = check(store, email, password).await?;
    begin(&store.scope(org, Actor::System), user).await
}

/// Finds whose address and password these are, and counts it when they are nobody's. It takes the
/// same steps for an address that nobody has.
///
/// # Errors
/// When they are wrong, were tried too often, or the database does not answer.
pub async fn check(
    store: &Store,
    email: &EmailAddress,
    password: &Password,
) -> Result<(OrgId, UserId), SignInError> {
    let key = email.failure_key();
    let locks = match login_failure::count(store, &key).await? {
        Attempt::Counted { locks } => locks,
        Attempt::Locked(left) => return Err(SignInError::Locked(left)),
    };
    let found = platform::user_by_email(store, email.as_str()).await?;
    let (org, user) = found.unwrap_or((OrgId(Uuid::nil()), UserId(Uuid::nil())));
    let system = store.scope(org, Actor::System);
    let kept = credential::of_active(&system, user).await?;
    if password.is(kept).await {
        login_failure::forget(store, &key).await?;
        return Ok((org, user));
    }
    if locks && found.is_some() {
        audit::insert(&system, Entry::of_user("auth.locked", user)).await?;
    }
    Err(SignInError::Wrong)
}

/// Begins a session for somebody who has shown who they are.
///
/// # Errors
/// When they may not come in, or the database does not answer.
pub async fn begin(system: &OrgScope, user: UserId) -> Result<NewSession, SignInError> {
    let role = user::active_role(system, user).await?.ok_or(SignInError::Wrong)?;
    let scope = system.acting(Actor::User { id: user, role });
    let token = BearerToken::new(TokenKind::Session);
    session::begin(system, &scope, SessionId::new(), user, &token.hash()).await?;
    let expires_at = clock::wall_now() + session::IDLE_LIFE;
    Ok(NewSession { token, expires_at, user, scope })
}
