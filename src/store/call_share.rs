//! Links by which anybody sees one call, without an account.

use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::audit::{self, Entry};
use super::scope::go_on_as_system;
use super::{OrgScope, StoreError};
use crate::model::{CallId, CallShareId, UserId};

/// Links of one call that may be good at the same time.
pub const MAX_LIVE_SHARES: i64 = 20;

/// Links that a list shows at most.
const LISTED: i64 = 100;

/// A link as it is shown: never the link itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallShare {
    /// Its id.
    pub id: CallShareId,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// Who made it.
    pub created_by: ShareMaker,
    /// How often it was opened.
    pub opened: i32,
    /// When it was opened last.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_opened_at: Option<OffsetDateTime>,
}

/// Who made a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShareMaker {
    /// Their id.
    pub id: UserId,
    /// What they are called.
    pub name: String,
}

/// A link that is made.
#[derive(Clone, Copy, Debug)]
pub struct NewCallShare<'a> {
    /// Its id.
    pub id: CallShareId,
    /// The call that it shows.
    pub call: CallId,
    /// Who makes it.
    pub user: UserId,
    /// What is kept of its token.
    pub token_hash: &'a [u8],
    /// How long it is good.
    pub days: u8,
}

/// Why a link was not made.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// The call has as many as it may have.
    #[error("this call has {MAX_LIVE_SHARES} links already; revoke one first")]
    TooMany,
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ShareError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Keeps a new link and notes that it was made.
///
/// # Errors
/// When the call has too many, or the actor may not share it in this person's name.
pub async fn insert(scope: &OrgScope, new: NewCallShare<'_>) -> Result<CallShare, ShareError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "insert into call_share (org_id, id, call_id, user_id, token_hash, expires_at)
         values ($1, $2, $3, $4, $5, now() + make_interval(hours => 24 * $6::integer))",
        scope.org().0,
        new.id.0,
        new.call.0,
        new.user.0,
        new.token_hash,
        i32::from(new.days),
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({"call_id": new.call, "days": new.days});
    audit::insert_in(&mut tx, scope, entry("call_share.created", new.id, details)).await?;
    go_on_as_system(&mut tx).await?;
    if MAX_LIVE_SHARES < live_shares(&mut tx, scope, new.call).await? {
        return Err(ShareError::TooMany);
    }
    let share = read(&mut tx, scope, new.call, Some(new.id)).await?.pop();
    tx.commit().await?;
    share.ok_or(StoreError::NotFound.into())
}

/// How many links of a call are good. Who makes one at the same time waits here for the other, so
/// that neither overlooks the other's.
async fn live_shares(
    connection: &mut PgConnection,
    scope: &OrgScope,
    call: CallId,
) -> Result<i64, StoreError> {
    sqlx::query!(
        "select id from call where org_id = $1 and id = $2 for no key update",
        scope.org().0,
        call.0,
    )
    .fetch_one(&mut *connection)
    .await?;
    let live = sqlx::query_scalar!(
        r#"select count(*) as "live!" from call_share
           where org_id = $1 and call_id = $2 and revoked_at is null and now() < expires_at"#,
        scope.org().0,
        call.0,
    );
    Ok(live.fetch_one(connection).await?)
}

/// Lists the links of a call that are good or ended within the last 30 days, the newest first.
///
/// # Errors
/// When the database does not answer. Who may not see the call's content gets none.
pub async fn list(scope: &OrgScope, call: CallId) -> Result<Vec<CallShare>, StoreError> {
    let mut tx = scope.begin().await?;
    let may_see = sqlx::query_scalar!(
        r#"select exists (select from call_share where org_id = $1 and call_id = $2) as "any!""#,
        scope.org().0,
        call.0,
    );
    if !may_see.fetch_one(&mut *tx).await? {
        tx.commit().await?;
        return Ok(Vec::new());
    }
    // Whoever may see a call is told who shares it, also where they would not see that person.
    go_on_as_system(&mut tx).await?;
    let shares = read(&mut tx, scope, call, None).await?;
    tx.commit().await?;
    Ok(shares)
}

async fn read(
    connection: &mut PgConnection,
    scope: &OrgScope,
    call: CallId,
    only: Option<CallShareId>,
) -> Result<Vec<CallShare>, StoreError> {
    let rows = sqlx::query!(
        r#"select s.id, s.created_at, s.expires_at, s.revoked_at, s.opened, s.last_opened_at,
             s.user_id, u.name
           from call_share s
           join app_user u on u.org_id = s.org_id and u.id = s.user_id
           where s.org_id = $1 and s.call_id = $2
             and ($3::uuid is null or s.id = $3)
             and now() - interval '30 days' < least(s.expires_at, s.revoked_at)
           order by s.id desc limit $4"#,
        scope.org().0,
        call.0,
        only.map(|id| id.0),
        LISTED,
    )
    .fetch_all(connection)
    .await?;
    let shares = rows.into_iter().map(|row| CallShare {
        id: CallShareId(row.id),
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        created_by: ShareMaker { id: UserId(row.user_id), name: row.name },
        opened: row.opened,
        last_opened_at: row.last_opened_at,
    });
    Ok(shares.collect())
}

/// Revokes a link of a call and notes it. To revoke it again changes nothing.
///
/// # Errors
/// When the call has no such link that the actor may see.
pub async fn revoke(scope: &OrgScope, call: CallId, id: CallShareId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "select id from call_share where org_id = $1 and call_id = $2 and id = $3",
        scope.org().0,
        call.0,
        id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    let revoked = sqlx::query!(
        "update call_share set revoked_at = now()
         where org_id = $1 and id = $2 and revoked_at is null",
        scope.org().0,
        id.0,
    )
    .execute(&mut *tx)
    .await?;
    if revoked.rows_affected() != 0 {
        let details = json!({"call_id": call});
        audit::insert_in(&mut tx, scope, entry("call_share.revoked", id, details)).await?;
    }
    Ok(tx.commit().await?)
}

/// What a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The call.
    pub call: CallId,
    /// When the link ends.
    pub expires_at: OffsetDateTime,
}

/// What a link opens, where it is good and the actor, its maker, may see the call.
///
/// # Errors
/// When the database does not answer.
pub async fn find(scope: &OrgScope, id: CallShareId) -> Result<Option<Shared>, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query!(
        "select call_id, expires_at from call_share
         where org_id = $1 and id = $2 and revoked_at is null and now() < expires_at",
        scope.org().0,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found.map(|row| Shared { call: CallId(row.call_id), expires_at: row.expires_at }))
}

/// Counts that a link was opened and notes it, for the server itself: nobody signed in.
///
/// # Errors
/// `NotFound` when it ended meanwhile.
pub async fn note_opened(system: &OrgScope, id: CallShareId) -> Result<(), StoreError> {
    let mut tx = system.begin().await?;
    let opened = sqlx::query!(
        "update call_share set opened = opened + 1, last_opened_at = now()
         where org_id = $1 and id = $2 and revoked_at is null and now() < expires_at
         returning call_id",
        system.org().0,
        id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    let details = json!({"call_id": opened.call_id});
    audit::insert_in(&mut tx, system, entry("call_share.opened", id, details)).await?;
    Ok(tx.commit().await?)
}

fn entry(action: &str, id: CallShareId, details: serde_json::Value) -> Entry<'_> {
    let (subject_kind, subject_id) = (Some("call_share"), Some(id.0));
    Entry { action, subject_kind, subject_id, details }
}
