//! Signing in: from an address and a password to a session.

use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::{BearerToken, EmailAddress, Place, TokenKind, password::Password};
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

/// Somebody who has shown that they know their password.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Their org.
    pub org: OrgId,
    /// Who.
    pub user: UserId,
    /// What was kept of the password they know: it may be another by the time it matters.
    pub password_hash: String,
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
    place: Place,
) -> Result<NewSession, SignInError> {
    let Verified { org, user, password_hash } = check(store, email, password, place).await?;
    begin(&store.scope(org, Actor::System), user, &password_hash).await
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
    place: Place,
) -> Result<Verified, SignInError> {
    let locks = match login_failure::count(store, email.as_str()).await? {
        Attempt::Counted { locks } => locks,
        Attempt::Locked(left) => return Err(SignInError::Locked(left)),
    };
    let found = platform::user_by_email(store, email.as_str()).await?;
    let (org, user) = found.unwrap_or((OrgId(Uuid::nil()), UserId(Uuid::nil())));
    let system = store.scope(org, Actor::System);
    let kept = credential::of_active(&system, user).await?;
    if password.is(kept.clone(), place).await
        && let Some(password_hash) = kept
    {
        login_failure::forget(store, email.as_str()).await?;
        return Ok(Verified { org, user, password_hash });
    }
    if locks && found.is_some() {
        audit::insert(&system, Entry::of_user("auth.locked", user)).await?;
    }
    Err(SignInError::Wrong)
}

/// Begins a session for somebody who knows the password of which this is kept.
///
/// # Errors
/// When they may not come in, have another password by now, or the database does not answer.
pub async fn begin(
    system: &OrgScope,
    user: UserId,
    password_hash: &str,
) -> Result<NewSession, SignInError> {
    let role = user::active_role(system, user).await?.ok_or(SignInError::Wrong)?;
    let scope = system.acting(Actor::User { id: user, role });
    let token = BearerToken::new(TokenKind::Session);
    let new = session::NewSession { id: SessionId::new(), user, token_hash: &token.hash() };
    session::begin(system, &scope, new, password_hash).await.map_err(|error| match error {
        StoreError::NotFound => SignInError::Wrong,
        error => error.into(),
    })?;
    let expires_at = clock::wall_now() + session::IDLE_LIFE;
    Ok(NewSession { token, expires_at, user, scope })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Entrance;
    use crate::model::Role;
    use crate::store::credential::Replaced;
    use crate::store::user::{UserChange, UserStatus};
    use crate::test_database::{TestDatabase, org_with};

    #[tokio::test]
    async fn nobody_comes_in_by_a_password_that_was_replaced_meanwhile() {
        let database = TestDatabase::new().await;
        let store = database.store().await;
        let rep = org_with(&store, Role::Rep).await;
        let system = store.scope(rep.org, Actor::System);
        let password = Password::new("correct horse battery staple");
        credential::upsert(&system, rep.user, &password.hash().await).await.unwrap();
        let email = EmailAddress::try_from(rep.email).unwrap();
        let place = Entrance::new().enter().unwrap();
        let verified = check(&store, &email, &password, place).await.unwrap();
        assert_eq!((verified.org, verified.user), (rep.org, rep.user));
        let known = &verified.password_hash;
        begin(&system, rep.user, known).await.unwrap();

        credential::upsert(&system, rep.user, "another").await.unwrap();
        let late = begin(&system, rep.user, known).await;
        assert!(matches!(late, Err(SignInError::Wrong)), "{late:?}");
        let hash = Replaced { from: known, to: "a third" };
        let change = credential::change(&system, &system, rep.user, hash, SessionId::new()).await;
        assert!(matches!(change, Err(StoreError::NotFound)), "{change:?}");
        let kept = credential::of_active(&system, rep.user).await.unwrap();
        assert_eq!(kept.as_deref(), Some("another"));

        begin(&system, rep.user, "another").await.unwrap();
        let disable = UserChange { status: Some(UserStatus::Disabled), ..Default::default() };
        user::update(&system, rep.user, disable).await.unwrap();
        let shut_out = begin(&system, rep.user, "another").await;
        assert!(matches!(shut_out, Err(SignInError::Wrong)), "{shut_out:?}");
    }
}
