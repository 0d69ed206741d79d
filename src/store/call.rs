//! Calls.

use super::{OrgScope, StoreError};
use crate::model::{CallId, UserId};

/// A call that is opened.
#[derive(Clone, Copy, Debug)]
pub struct NewCall<'a> {
    /// Its id.
    pub id: CallId,
    /// Who practises.
    pub user: UserId,
    /// What is practised.
    pub scenario_id: &'a str,
    /// Its name for people.
    pub scenario_title: &'a str,
    /// The version of it.
    pub scenario_hash: &'a str,
    /// "voice" or "chat".
    pub channel: &'a str,
}

/// Notes a call that waits for its first connection.
///
/// # Errors
/// When the actor may not open calls for this person.
pub async fn insert(scope: &OrgScope, new: NewCall<'_>) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "insert into call
           (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status)
         values ($1, $2, $3, $4, $5, $6, $7, 'waiting')",
        scope.org().0,
        new.id.0,
        new.user.0,
        new.scenario_id,
        new.scenario_title,
        new.scenario_hash,
        new.channel,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Whether the actor may know of a call.
///
/// # Errors
/// When the database does not answer.
pub async fn is_visible(scope: &OrgScope, id: CallId) -> Result<bool, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query_scalar!(
        r#"select exists (select from call where org_id = $1 and id = $2) as "found!""#,
        scope.org().0,
        id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found)
}
