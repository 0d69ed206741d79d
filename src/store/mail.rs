//! Mail that was sent or waits.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{OrgScope, StoreError};

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
