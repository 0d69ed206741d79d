//! Mail that was sent or waits.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{OrgScope, StoreError};

/// How long a mail is worth sending: as long as any link in one is good.
pub const WORTH_SENDING: Duration = Duration::from_secs(7 * 24 * 3_600);

/// How long a mail is left alone once somebody tries to send it, which takes less: the first time,
/// and at most. Each time it is twice as long as before.
const AGAIN_AFTER: Duration = Duration::from_secs(120);
const AGAIN_AT_MOST: Duration = Duration::from_secs(3_600);

/// How long mail is kept, sent or not.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// To whom.
    pub to_address: String,
    /// What it is about.
    pub subject: String,
    /// Its plain text.
    pub body: String,
}

/// A mail that nobody has sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMail {
    /// To whom.
    pub to_address: String,
    /// What it is about.
    pub subject: String,
    /// Its plain text.
    pub body: String,
    /// When it was written.
    pub created_at: OffsetDateTime,
}

/// Keeps a mail that waits.
///
/// # Errors
/// When the actor is not the system.
pub async fn insert(scope: &OrgScope, mail: &NewMail) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "insert into mail (org_id, id, to_address, subject, body) values ($1, $2, $3, $4, $5)",
        scope.org().0,
        id,
        mail.to_address,
        mail.subject,
        mail.body,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// The mail of an org that is to be tried now, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn due(scope: &OrgScope, most: usize) -> Result<Vec<Uuid>, StoreError> {
    let mut tx = scope.begin().await?;
    let ids = sqlx::query_scalar!(
        "select id from mail
         where org_id = $1 and sent_at is null and next_try_at <= now()
           and now() - make_interval(secs => $2) < created_at
         order by id limit $3",
        scope.org().0,
        WORTH_SENDING.as_secs_f64(),
        i64::try_from(most).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(ids)
}

/// Takes a mail in order to send it, unless it is sent, not due or another takes it right now.
///
/// # Errors
/// When the database does not answer.
pub async fn take(scope: &OrgScope, id: Uuid) -> Result<Option<NewMail>, StoreError> {
    let mut tx = scope.begin().await?;
    let mail = sqlx::query_as!(
        NewMail,
        "update mail
         set tries = tries + 1,
             next_try_at = now() + make_interval(secs => least($3 * 2 ^ tries, $4))
         where org_id = $1 and id = (
           select id from mail
           where org_id = $1 and id = $2 and sent_at is null and next_try_at <= now()
           for update skip locked)
         returning to_address, subject, body",
        scope.org().0,
        id,
        AGAIN_AFTER.as_secs_f64(),
        AGAIN_AT_MOST.as_secs_f64(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(mail)
}

/// Forgets mail that is old.
///
/// # Errors
/// When the actor is not the system.
pub async fn forget_old(scope: &OrgScope) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "delete from mail where org_id = $1 and created_at < now() - make_interval(secs => $2)",
        scope.org().0,
        KEPT.as_secs_f64(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Notes that a mail was sent. Its text goes: it held a link that lets somebody in.
///
/// # Errors
/// When the database does not answer.
pub async fn mark_sent(scope: &OrgScope, id: Uuid) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "update mail set sent_at = now(), body = '' where org_id = $1 and id = $2",
        scope.org().0,
        id,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The mail of an org that waits and is no older than this, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(scope: &OrgScope, age: Duration) -> Result<Vec<WaitingMail>, StoreError> {
    let mut tx = scope.begin().await?;
    let mails = sqlx::query_as!(
        WaitingMail,
        r#"select to_address, subject, body, created_at as "created_at: OffsetDateTime"
           from mail
           where org_id = $1 and sent_at is null
             and now() - make_interval(secs => $2) < created_at
           order by id"#,
        scope.org().0,
        age.as_secs_f64(),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(mails)
}
