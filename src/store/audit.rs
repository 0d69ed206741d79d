//! What was done, by whom: written once, never changed.

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Actor, OrgScope, StoreError};
use crate::model::UserId;

/// Something that was done.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What, as "team.created".
    pub action: &'a str,
    /// What kind of thing it was done to.
    pub subject_kind: Option<&'a str>,
    /// The thing.
    pub subject_id: Option<Uuid>,
    /// What changed, without secrets.
    pub details: Value,
}

impl<'a> Entry<'a> {
    /// Something that was done to a person, with nothing more to say.
    pub fn of_user(action: &'a str, user: UserId) -> Self {
        Self { action, subject_kind: Some("user"), subject_id: Some(user.0), details: json!({}) }
    }
}

/// Notes something that was done by the actor of the scope.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(scope: &OrgScope, entry: Entry<'_>) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    insert_in(&mut tx, scope, entry).await?;
    Ok(tx.commit().await?)
}

/// The same within a transaction: what was done and its entry stand or fall together. The scope
/// says who did it; the transaction may be the system's.
pub(super) async fn insert_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    entry: Entry<'_>,
) -> Result<(), StoreError> {
    let (actor, role) = match scope.actor() {
        Actor::User { id, role } => (Some(id.0), role.as_str()),
        Actor::System => (None, "system"),
    };
    sqlx::query!(
        "insert into audit_entry
           (org_id, id, actor_user_id, actor_role, action, subject_kind, subject_id, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        scope.org().0,
        Uuid::now_v7(),
        actor,
        role,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.details,
    )
    .execute(connection)
    .await?;
    Ok(())
}
