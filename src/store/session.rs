//! Who is signed in.

use std::time::Duration;

use sqlx::PgConnection;

use super::audit::{self, Entry};
use super::{OrgScope, StoreError};
use crate::model::{SessionId, UserId};

/// How long a session lives when it is not used.
pub const IDLE_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// How long a session lives at most.
pub const WHOLE_LIFE: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How often the use of a session is noted.
pub const NOTED_EVERY: Duration = Duration::from_secs(60);

/// Begins a session.
///
/// # Errors
/// When there is no such person, or the actor is not the system.
pub async fn insert(
    scope: &OrgScope,
    id: SessionId,
    user: UserId,
    token_hash: &[u8],
    life: Duration,
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    insert_in(&mut tx, scope, id, user, (token_hash, life)).await?;
    Ok(tx.commit().await?)
}

async fn insert_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    id: SessionId,
    user: UserId,
    (token_hash, life): (&[u8], Duration),
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into session (org_id, id, user_id, token_hash, expires_at)
         values ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        scope.org().0,
        id.0,
        user.0,
        token_hash,
        life.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A session to be begun.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// SHA-256 of its token.
    pub token_hash: &'a [u8],
}

/// Begins a session for the actor of `by`, who knows the password of which this hash is kept, notes
/// it and forgets their sessions that are over.
///
/// # Errors
/// `NotFound` when they may not come in or have another password by now; else when the actor is not
/// the system.
pub async fn begin(
    scope: &OrgScope,
    by: &OrgScope,
    NewSession { id, user, token_hash }: NewSession<'_>,
    password_hash: &str,
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    // Whoever changes the password or shuts somebody out ends their sessions. The locks have this
    // one begin before that, and end with the others, or not at all. First the person, then the
    // password: as a link to set one does it.
    sqlx::query_scalar!(
        "select u.id from app_user u
         join credential c on c.org_id = u.org_id and c.user_id = u.id
         where u.org_id = $1 and u.id = $2 and u.status = 'active' and c.password_hash = $3
         for share",
        scope.org().0,
        user.0,
        password_hash,
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from session where org_id = $1 and user_id = $2 and expires_at <= now()",
        scope.org().0,
        user.0,
    )
    .execute(&mut *tx)
    .await?;
    insert_in(&mut tx, scope, id, user, (token_hash, IDLE_LIFE)).await?;
    audit::insert_in(&mut tx, by, Entry::of_user("auth.login", user)).await?;
    Ok(tx.commit().await?)
}

/// Notes that a session is in use, which lengthens it up to its whole life.
///
/// # Errors
/// When the actor is not the system.
pub async fn note_use(scope: &OrgScope, id: SessionId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "update session
         set last_used_at = now(),
             expires_at = least(
               now() + make_interval(secs => $3), created_at + make_interval(secs => $4))
         where org_id = $1 and id = $2 and now() < expires_at
           and last_used_at < now() - make_interval(secs => $5)",
        scope.org().0,
        id.0,
        IDLE_LIFE.as_secs_f64(),
        WHOLE_LIFE.as_secs_f64(),
        NOTED_EVERY.as_secs_f64(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Ends a session.
///
/// # Errors
/// When the database does not answer.
pub async fn end(scope: &OrgScope, id: SessionId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!("delete from session where org_id = $1 and id = $2", scope.org().0, id.0)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// Forgets sessions that are over.
///
/// # Errors
/// When the actor is not the system.
pub async fn forget_expired(scope: &OrgScope) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!("delete from session where org_id = $1 and expires_at <= now()", scope.org().0)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// Ends every session of the actor, and notes it.
///
/// # Errors
/// When the database does not answer.
pub async fn end_all(scope: &OrgScope, user: UserId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    delete_others_in(&mut tx, scope, user, None).await?;
    audit::insert_in(&mut tx, scope, Entry::of_user("auth.logout_everywhere", user)).await?;
    Ok(tx.commit().await?)
}

/// Ends the sessions of somebody, but one where it is named.
pub(super) async fn delete_others_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from session
         where org_id = $1 and user_id = $2 and ($3::uuid is null or id <> $3)",
        scope.org().0,
        user.0,
        kept.map(|id| id.0),
    )
    .execute(connection)
    .await?;
    Ok(())
}
