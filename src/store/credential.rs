//! The passwords of people, as their hashes.

use sqlx::PgConnection;

use super::audit::{self, Entry};
use super::{OrgScope, StoreError, account_token, session};
use crate::model::{SessionId, UserId};

/// Keeps the hash of somebody's password in place of any other.
///
/// # Errors
/// When there is no such person, or the actor is not the system.
pub async fn upsert(scope: &OrgScope, user: UserId, password_hash: &str) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    upsert_in(&mut tx, scope, user, password_hash).await?;
    Ok(tx.commit().await?)
}

/// The same within a transaction.
pub(super) async fn upsert_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    user: UserId,
    password_hash: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into credential (org_id, user_id, password_hash) values ($1, $2, $3)
         on conflict on constraint credential_pkey do update
           set password_hash = excluded.password_hash, changed_at = now()",
        scope.org().0,
        user.0,
        password_hash,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The hash of the password of somebody who may come in; nothing for anybody else.
///
/// # Errors
/// When the database does not answer.
pub async fn of_active(scope: &OrgScope, user: UserId) -> Result<Option<String>, StoreError> {
    let mut tx = scope.begin().await?;
    let hash = sqlx::query_scalar!(
        r#"select c.password_hash as "password_hash!"
           from credential c
           join app_user u on u.org_id = c.org_id and u.id = c.user_id
           where c.org_id = $1 and c.user_id = $2 and u.status = 'active'"#,
        scope.org().0,
        user.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(hash)
}

/// Whether somebody has a password.
///
/// # Errors
/// When the database does not answer.
pub async fn is_there(scope: &OrgScope, user: UserId) -> Result<bool, StoreError> {
    let mut tx = scope.begin().await?;
    let there = sqlx::query_scalar!(
        r#"select exists (
             select from credential where org_id = $1 and user_id = $2) as "there!""#,
        scope.org().0,
        user.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(there)
}

/// What is kept of a password, and of the one that takes its place.
#[derive(Clone, Copy, Debug)]
pub struct Replaced<'a> {
    /// The hash of the one that was shown to be known.
    pub from: &'a str,
    /// The hash of the new one.
    pub to: &'a str,
}

/// Keeps a new password of the actor of `by` and ends their sessions but one.
///
/// # Errors
/// `NotFound` when they have another password by now; else when the actor is not the system.
pub async fn change(
    scope: &OrgScope,
    by: &OrgScope,
    user: UserId,
    hash: Replaced<'_>,
    kept: SessionId,
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query_scalar!(
        "update credential set password_hash = $4, changed_at = now()
         where org_id = $1 and user_id = $2 and password_hash = $3
         returning user_id",
        scope.org().0,
        user.0,
        hash.from,
        hash.to,
    )
    .fetch_one(&mut *tx)
    .await?;
    session::delete_others_in(&mut tx, scope, user, Some(kept)).await?;
    // A link to set a password that was asked for before must not undo this.
    account_token::void_in(&mut tx, scope, user).await?;
    audit::insert_in(&mut tx, by, Entry::of_user("auth.password_changed", user)).await?;
    Ok(tx.commit().await?)
}
