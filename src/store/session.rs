//! Who is signed in, and the API keys of programs.

use std::time::Duration;

use super::{OrgScope, StoreError};
use crate::model::{ApiKeyId, SessionId, UserId};

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
    sqlx::query!(
        "insert into session (org_id, id, user_id, token_hash, expires_at)
         values ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        scope.org().0,
        id.0,
        user.0,
        token_hash,
        life.as_secs_f64(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Gives a program a key.
///
/// # Errors
/// When the actor may not act for this person.
pub async fn insert_api_key(
    scope: &OrgScope,
    id: ApiKeyId,
    user: UserId,
    name: &str,
    (prefix, token_hash): (&str, &[u8]),
) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "insert into api_key (org_id, id, user_id, name, prefix, token_hash)
         values ($1, $2, $3, $4, $5, $6)",
        scope.org().0,
        id.0,
        user.0,
        name,
        prefix,
        token_hash,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}
