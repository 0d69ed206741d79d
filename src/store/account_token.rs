//! What is sent by mail and good once: invitations, and links to set a password.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{Actor, OrgScope, StoreError, credential, session};
use crate::model::{Role, UserId};

/// What a token lets its bearer do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountTokenKind {
    /// Come in for the first time.
    Invitation,
    /// Set a new password.
    PasswordReset,
}

impl AccountTokenKind {
    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::PasswordReset => "password_reset",
        }
    }

    /// The status of those who get one.
    fn status(self) -> &'static str {
        match self {
            Self::Invitation => "invited",
            Self::PasswordReset => "active",
        }
    }

    /// What is noted as one is given, where somebody answers for it: anybody asks for a password.
    fn noted_as(self) -> Option<&'static str> {
        match self {
            Self::Invitation => Some("user.invited"),
            Self::PasswordReset => None,
        }
    }
}

/// How soon somebody may be sent another link to set a password.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Gives somebody a token in place of those of its kind that they have, and notes an invitation as
/// the deed of the actor of `by`. Says whether: nobody gets one to whom it is no use, and no second
/// link to set a password within a minute.
///
/// # Errors
/// When the actor is not the system.
pub async fn issue(
    scope: &OrgScope,
    by: &OrgScope,
    user: UserId,
    kind: AccountTokenKind,
    token_hash: &[u8],
    life: Duration,
) -> Result<bool, StoreError> {
    let mut tx = scope.begin().await?;
    // One after the other, or two at the same time would leave two tokens.
    let fits = sqlx::query_scalar!(
        "select id from app_user where org_id = $1 and id = $2 and status = $3
         for no key update",
        scope.org().0,
        user.0,
        kind.status(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let too_soon = sqlx::query_scalar!(
        r#"select exists (
             select from account_token
             where org_id = $1 and user_id = $2 and kind = 'password_reset' and used_at is null
               and now() - make_interval(secs => $3) < created_at) as "too_soon!""#,
        scope.org().0,
        user.0,
        AGAIN_AFTER.as_secs_f64(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if fits.is_none() || (too_soon && kind == AccountTokenKind::PasswordReset) {
        return Ok(false);
    }
    sqlx::query!(
        "delete from account_token where org_id = $1 and user_id = $2 and kind = $3",
        scope.org().0,
        user.0,
        kind.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into account_token (org_id, id, user_id, kind, token_hash, expires_at)
         values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))",
        scope.org().0,
        Uuid::now_v7(),
        user.0,
        kind.as_str(),
        token_hash,
        life.as_secs_f64(),
    )
    .execute(&mut *tx)
    .await?;
    if let Some(action) = kind.noted_as() {
        audit::insert_in(&mut tx, by, Entry::of_user(action, user)).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Sets a new password with a token, and ends every session of its owner.
///
/// # Errors
/// `NotFound` when the token was used meanwhile or its owner may not come in.
pub async fn reset_password(
    scope: &OrgScope,
    token: Uuid,
    user: UserId,
    password_hash: &str,
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    redeem(&mut tx, scope, token).await?;
    let role = role_in(&mut tx, scope, user, AccountTokenKind::PasswordReset).await?;
    credential::upsert_in(&mut tx, scope, user, password_hash).await?;
    session::delete_others_in(&mut tx, scope, user, None).await?;
    note(&mut tx, scope, "auth.password_reset", user, role).await?;
    Ok(tx.commit().await?)
}

/// Lets somebody in who was invited.
///
/// # Errors
/// `NotFound` when the token was used meanwhile or its owner is not invited any more.
pub async fn accept_invitation(
    scope: &OrgScope,
    token: Uuid,
    user: UserId,
    name: &str,
    password_hash: &str,
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    redeem(&mut tx, scope, token).await?;
    let role = role_in(&mut tx, scope, user, AccountTokenKind::Invitation).await?;
    sqlx::query!(
        "update app_user set status = 'active', name = $3 where org_id = $1 and id = $2",
        scope.org().0,
        user.0,
        name,
    )
    .execute(&mut *tx)
    .await?;
    credential::upsert_in(&mut tx, scope, user, password_hash).await?;
    note(&mut tx, scope, "auth.invitation_accepted", user, role).await?;
    Ok(tx.commit().await?)
}

/// Forgets tokens that were used or are too old.
///
/// # Errors
/// When the actor is not the system.
pub async fn forget_spent(scope: &OrgScope) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "delete from account_token
         where org_id = $1 and (used_at is not null or expires_at <= now())",
        scope.org().0,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Voids every link to set somebody's password.
pub(super) async fn void_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    user: UserId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from account_token
         where org_id = $1 and user_id = $2 and kind = 'password_reset'",
        scope.org().0,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn redeem(
    connection: &mut PgConnection,
    scope: &OrgScope,
    token: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update account_token set used_at = now()
         where org_id = $1 and id = $2 and used_at is null and now() < expires_at
         returning id",
        scope.org().0,
        token,
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// The role of somebody whose status fits the token they hold.
async fn role_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    user: UserId,
    kind: AccountTokenKind,
) -> Result<Role, StoreError> {
    let role = sqlx::query_scalar!(
        "select role from app_user where org_id = $1 and id = $2 and status = $3
         for no key update",
        scope.org().0,
        user.0,
        kind.status(),
    )
    .fetch_one(connection)
    .await?;
    role.parse().map_err(|_| StoreError::NotFound)
}

async fn note(
    connection: &mut PgConnection,
    scope: &OrgScope,
    action: &str,
    user: UserId,
    role: Role,
) -> Result<(), StoreError> {
    let by = scope.acting(Actor::User { id: user, role });
    audit::insert_in(connection, &by, Entry::of_user(action, user)).await
}
