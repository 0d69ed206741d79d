//! Keys by which a request that is sent again is known for the same.

use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{OrgScope, StoreError};
use crate::model::{OrgId, UserId};

/// A key that somebody sent, and what with.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The key.
    pub key: &'a str,
    /// SHA-256 of what was asked.
    pub request_hash: &'a [u8],
}

/// What a key was used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// What was made.
    pub resource: Uuid,
    /// SHA-256 of what was asked.
    pub request_hash: Vec<u8>,
}

/// Whether a key was free.
#[derive(Debug)]
pub(super) enum Key {
    /// It was, and is taken now, for what the transaction makes.
    Free,
    /// It was not: this was made with it in the last 24 hours.
    Used(Claimed),
}

/// Takes a key for what the transaction is about to make. Of two at the same time, the second
/// waits until the first commits, or takes the key where it does not.
pub(super) async fn claim(
    tx: &mut Transaction<'static, Postgres>,
    org: OrgId,
    user: UserId,
    claim: Claim<'_>,
) -> Result<Key, StoreError> {
    let taken = sqlx::query!(
        "insert into idempotency_key as k (org_id, user_id, key, request_hash, resource_id)
         values ($1, $2, $3, $4, $5)
         on conflict (org_id, user_id, key) do update
           set request_hash = $4, resource_id = $5, created_at = now()
           where k.created_at <= now() - interval '24 hours'",
        org.0,
        user.0,
        claim.key,
        claim.request_hash,
        Uuid::nil(),
    )
    .execute(&mut **tx)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Key::Free);
    }
    let used = sqlx::query_as!(
        Claimed,
        "select resource_id as resource, request_hash from idempotency_key
         where org_id = $1 and user_id = $2 and key = $3",
        org.0,
        user.0,
        claim.key,
    );
    Ok(Key::Used(used.fetch_one(&mut **tx).await?))
}

/// Forgets keys that may be used anew.
///
/// # Errors
/// When the actor is not the system.
pub async fn forget_old(scope: &OrgScope) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "delete from idempotency_key
         where org_id = $1 and created_at <= now() - interval '24 hours'",
        scope.org().0,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Notes what was made with a key that the transaction took.
pub(super) async fn note(
    tx: &mut Transaction<'static, Postgres>,
    org: OrgId,
    user: UserId,
    key: &str,
    resource: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update idempotency_key set resource_id = $4
         where org_id = $1 and user_id = $2 and key = $3",
        org.0,
        user.0,
        key,
        resource,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
