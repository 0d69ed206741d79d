//! The closed list of what is found before it is known whose it is, and of what is no tenant's.
//! Each lookup takes what a caller presents and returns ids, never content.

use uuid::Uuid;

use super::account_token::AccountTokenKind;
use super::{Store, StoreError};
use crate::model::{NodeId, OrgId, UserId};

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The org.
    pub org: OrgId,
    /// The person.
    pub user: UserId,
    /// The row that was found.
    pub id: Uuid,
}

/// Whose session has this token.
///
/// # Errors
/// When the database does not answer.
pub async fn session(store: &Store, token_hash: &[u8]) -> Result<Option<Owner>, StoreError> {
    let found = sqlx::query!(
        r#"select org_id as "org_id!", user_id as "user_id!", session_id as "id!"
           from platform_session($1)"#,
        token_hash
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(found.map(|row| Owner { org: OrgId(row.org_id), user: UserId(row.user_id), id: row.id }))
}

/// Whose API key this is.
///
/// # Errors
/// When the database does not answer.
pub async fn api_key(store: &Store, token_hash: &[u8]) -> Result<Option<Owner>, StoreError> {
    let found = sqlx::query!(
        r#"select org_id as "org_id!", user_id as "user_id!", api_key_id as "id!"
           from platform_api_key($1)"#,
        token_hash
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(found.map(|row| Owner { org: OrgId(row.org_id), user: UserId(row.user_id), id: row.id }))
}

/// Whose token for this it is, as long as it is good.
///
/// # Errors
/// When the database does not answer.
pub async fn account_token(
    store: &Store,
    token_hash: &[u8],
    kind: AccountTokenKind,
) -> Result<Option<Owner>, StoreError> {
    let found = sqlx::query!(
        r#"select org_id as "org_id!", user_id as "user_id!", account_token_id as "id!"
           from platform_account_token($1, $2)"#,
        token_hash,
        kind.as_str(),
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(found.map(|row| Owner { org: OrgId(row.org_id), user: UserId(row.user_id), id: row.id }))
}

/// Whose link to a call this is, as long as it is good.
///
/// # Errors
/// When the database does not answer.
pub async fn call_share(store: &Store, token_hash: &[u8]) -> Result<Option<Owner>, StoreError> {
    let found = sqlx::query!(
        r#"select org_id as "org_id!", user_id as "user_id!", call_share_id as "id!"
           from platform_call_share($1)"#,
        token_hash
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(found.map(|row| Owner { org: OrgId(row.org_id), user: UserId(row.user_id), id: row.id }))
}

/// Who has this e-mail address.
///
/// # Errors
/// When the database does not answer.
pub async fn user_by_email(
    store: &Store,
    email: &str,
) -> Result<Option<(OrgId, UserId)>, StoreError> {
    let found = sqlx::query!(
        r#"select org_id as "org_id!", user_id as "user_id!" from platform_user_by_email($1)"#,
        email
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(found.map(|row| (OrgId(row.org_id), UserId(row.user_id))))
}

/// Whether there is an org at all: before that, anybody may set one up.
///
/// # Errors
/// When the database does not answer.
pub async fn has_orgs(store: &Store) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(r#"select platform_has_orgs() as "found!""#);
    Ok(found.fetch_one(&store.pool).await?)
}

/// Orgs that are asked for at once.
const ORGS_AT_ONCE: i64 = 500;

/// Every org, for what the server does in each of them by itself.
///
/// # Errors
/// When the database does not answer.
pub async fn all_orgs(store: &Store) -> Result<Vec<OrgId>, StoreError> {
    let mut all: Vec<OrgId> = Vec::new();
    loop {
        let more = orgs(store, all.last().map(|org| org.0), ORGS_AT_ONCE).await?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

/// Every org from after one on, for a superadmin: whoever asks was checked to be one.
///
/// # Errors
/// When the database does not answer.
pub async fn orgs(store: &Store, after: Option<Uuid>, most: i64) -> Result<Vec<OrgId>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select org_id as "org_id!" from platform_orgs($1, $2)"#,
        after,
        i32::try_from(most).unwrap_or(i32::MAX),
    )
    .fetch_all(&store.pool)
    .await?;
    Ok(found.into_iter().map(OrgId).collect())
}

/// A server that takes calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub id: NodeId,
    /// Where other nodes reach it.
    pub url: String,
    /// How many more calls it takes.
    pub free_slots: i32,
}

/// Notes that a node lives, and how many more calls it takes.
///
/// # Errors
/// When the database does not answer.
pub async fn node_lives(store: &Store, node: &Node) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into node (id, url, free_slots) values ($1, $2, $3)
         on conflict (id) do update
           set url = excluded.url, free_slots = excluded.free_slots, heartbeat_at = now()",
        node.id.0,
        node.url,
        node.free_slots,
    )
    .execute(&store.pool)
    .await?;
    Ok(())
}

/// Forgets a node that has stopped.
///
/// # Errors
/// When the database does not answer.
pub async fn node_stopped(store: &Store, id: NodeId) -> Result<(), StoreError> {
    sqlx::query!("delete from node where id = $1", id.0).execute(&store.pool).await?;
    Ok(())
}

/// Whether a node said within the last minute that it lives.
///
/// # Errors
/// When the database does not answer.
pub async fn node_is_alive(store: &Store, id: NodeId) -> Result<bool, StoreError> {
    let alive = sqlx::query_scalar!(
        r#"select exists (
             select from node where id = $1 and now() - interval '1 minute' < heartbeat_at
           ) as "alive!""#,
        id.0,
    );
    Ok(alive.fetch_one(&store.pool).await?)
}
