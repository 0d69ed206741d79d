//! Keys with which programs act for people.

use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{OrgScope, StoreError};
use crate::model::{ApiKeyId, Role, UserId};

/// A key as it is shown: never the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// For whom it acts.
    pub user_id: Uuid,
    /// What it is for, in its owner's words.
    pub name: String,
    /// Its first characters, by which people tell keys apart.
    pub prefix: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
}

/// A key that is made.
#[derive(Clone, Copy, Debug)]
pub struct NewApiKey<'a> {
    /// Its id.
    pub id: ApiKeyId,
    /// For whom it acts.
    pub user: UserId,
    /// What it is for.
    pub name: &'a str,
    /// Its first characters.
    pub prefix: &'a str,
    /// What is kept of it.
    pub token_hash: &'a [u8],
    /// When it ends by itself.
    pub expires_at: Option<OffsetDateTime>,
}

/// Keeps a new key and notes that it was made.
///
/// # Errors
/// When the actor may not act for this person.
pub async fn insert(scope: &OrgScope, new: NewApiKey<'_>) -> Result<ApiKey, StoreError> {
    let mut tx = scope.begin().await?;
    let key = insert_in(&mut tx, scope, new).await?;
    let details = json!({"user_id": new.user, "name": new.name, "prefix": new.prefix});
    audit::insert_in(&mut tx, scope, entry("api_key.created", new.id, details)).await?;
    tx.commit().await?;
    Ok(key)
}

/// Keeps a new key of which nothing is noted, for people who are made with one.
///
/// # Errors
/// When the actor may not act for this person.
pub async fn insert_unaudited(scope: &OrgScope, new: NewApiKey<'_>) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    insert_in(&mut tx, scope, new).await?;
    Ok(tx.commit().await?)
}

/// The same within a transaction.
pub(super) async fn insert_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    new: NewApiKey<'_>,
) -> Result<ApiKey, StoreError> {
    let key = sqlx::query_as!(
        ApiKey,
        r#"insert into api_key (org_id, id, user_id, name, prefix, token_hash, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           returning id, user_id, name, prefix, created_at as "created_at: _",
             last_used_at as "last_used_at: _", expires_at as "expires_at: _",
             revoked_at as "revoked_at: _""#,
        scope.org().0,
        new.id.0,
        new.user.0,
        new.name,
        new.prefix,
        new.token_hash,
        new.expires_at as _,
    )
    .fetch_one(connection)
    .await?;
    Ok(key)
}

/// Lists keys that the actor may see, or those of one person, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    scope: &OrgScope,
    user: Option<UserId>,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<ApiKey>, StoreError> {
    let mut tx = scope.begin().await?;
    let keys = sqlx::query_as!(
        ApiKey,
        r#"select id, user_id, name, prefix, created_at as "created_at: _",
             last_used_at as "last_used_at: _", expires_at as "expires_at: _",
             revoked_at as "revoked_at: _"
           from api_key
           where org_id = $1 and $2 < id and ($3::uuid is null or user_id = $3)
           order by id limit $4"#,
        scope.org().0,
        after.unwrap_or(Uuid::nil()),
        user.map(|user| user.0),
        most,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(keys)
}

/// Revokes a key and notes it. To revoke it again changes nothing.
///
/// # Errors
/// When there is no such key that the actor may see.
pub async fn revoke(scope: &OrgScope, id: ApiKeyId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    let key = sqlx::query!(
        "select user_id, name, prefix from api_key where org_id = $1 and id = $2",
        scope.org().0,
        id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    let revoked = sqlx::query!(
        "update api_key set revoked_at = now()
         where org_id = $1 and id = $2 and revoked_at is null",
        scope.org().0,
        id.0,
    )
    .execute(&mut *tx)
    .await?;
    if revoked.rows_affected() != 0 {
        let details = json!({"user_id": key.user_id, "name": key.name, "prefix": key.prefix});
        audit::insert_in(&mut tx, scope, entry("api_key.revoked", id, details)).await?;
    }
    Ok(tx.commit().await?)
}

/// The role of the key's owner, if they may come in. That it was used is noted at most once a
/// minute: a request that finds the note fresh writes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn use_key(scope: &OrgScope, id: ApiKeyId) -> Result<Option<Role>, StoreError> {
    let mut tx = scope.begin().await?;
    let owner = sqlx::query!(
        r#"select u.role,
             coalesce(k.last_used_at < now() - interval '1 minute', true) as "stale!"
           from api_key k
           join app_user u on u.org_id = k.org_id and u.id = k.user_id
           where k.org_id = $1 and k.id = $2 and u.status = 'active'"#,
        scope.org().0,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if owner.as_ref().is_some_and(|owner| owner.stale) {
        // Requests at the same time wait for one another here, and one of them writes.
        sqlx::query!(
            "update api_key set last_used_at = now()
             where org_id = $1 and id = $2
               and coalesce(last_used_at < now() - interval '1 minute', true)",
            scope.org().0,
            id.0,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(owner.and_then(|owner| owner.role.parse().ok()))
}

fn entry(action: &str, id: ApiKeyId, details: serde_json::Value) -> Entry<'_> {
    Entry { action, subject_kind: Some("api_key"), subject_id: Some(id.0), details }
}
