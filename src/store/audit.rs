//! What was done, by whom: written once, never changed.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
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

/// An entry as it is read.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its id; later entries have greater ones.
    pub id: Uuid,
    /// When it was done.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who did it; nobody where the server itself did.
    pub actor_user_id: Option<Uuid>,
    /// The role in which they did, or "system".
    pub actor_role: String,
    /// What was done.
    pub action: String,
    /// What kind of thing it was done to.
    pub subject_kind: Option<String>,
    /// The thing.
    pub subject_id: Option<Uuid>,
    /// What changed.
    #[schema(value_type = Object)]
    pub details: Value,
}

/// Which entries are wanted; nothing said is every one.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter<'a> {
    /// Of this action.
    pub action: Option<&'a str>,
    /// Of what this person did.
    pub actor: Option<UserId>,
    /// No earlier than this.
    pub from: Option<OffsetDateTime>,
    /// Earlier than this.
    pub to: Option<OffsetDateTime>,
}

/// Lists entries, the newest first, from before one on.
///
/// # Errors
/// When the database does not answer. Who may not see entries gets none.
pub async fn list(
    scope: &OrgScope,
    filter: AuditFilter<'_>,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut tx = scope.begin().await?;
    let entries = sqlx::query_as!(
        AuditEntry,
        r#"select id, at as "at: _", actor_user_id, actor_role, action, subject_kind, subject_id,
             details
           from audit_entry
           where org_id = $1 and id < $2
             and ($3::text is null or action = $3)
             and ($4::uuid is null or actor_user_id = $4)
             and ($5::timestamptz is null or $5 <= at)
             and ($6::timestamptz is null or at < $6)
           order by id desc limit $7"#,
        scope.org().0,
        before.unwrap_or(Uuid::max()),
        filter.action,
        filter.actor.map(|actor| actor.0),
        filter.from as _,
        filter.to as _,
        most,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(entries)
}
