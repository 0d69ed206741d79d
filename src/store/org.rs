//! The orgs themselves.

use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{OrgScope, StoreError};

/// An org and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Org {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Whether a manager sees every call of the org, not only those of the teams they lead.
    pub managers_see_all: bool,
    /// Since when it is here.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// An org as the platform sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrgSummary {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Since when it is here.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// How many people it has, those who were shut out included.
    pub user_count: i64,
    /// How many calls were opened.
    pub call_count: i64,
}

/// What is to become of an org; what is not named stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrgChange<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// Whether managers see every call.
    pub managers_see_all: Option<bool>,
}

/// Makes the org that the scope is for.
///
/// # Errors
/// When it exists, or the actor is not the system.
pub async fn insert(scope: &OrgScope, name: &str) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    insert_in(&mut tx, scope, name).await?;
    Ok(tx.commit().await?)
}

/// The same within a transaction.
pub(super) async fn insert_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    name: &str,
) -> Result<(), StoreError> {
    sqlx::query!("insert into org (id, name) values ($1, $2)", scope.org().0, name)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether the org of the scope exists.
///
/// # Errors
/// When the database does not answer.
pub async fn exists(scope: &OrgScope) -> Result<bool, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query_scalar!(
        r#"select exists (select from org where id = $1) as "found!""#,
        scope.org().0
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found)
}

/// Reads the org.
///
/// # Errors
/// When there is none.
pub async fn get(scope: &OrgScope) -> Result<Org, StoreError> {
    let mut tx = scope.begin().await?;
    let org = read(&mut tx, scope).await?;
    tx.commit().await?;
    Ok(org)
}

/// Reads the org with the size of it.
///
/// # Errors
/// When there is none.
pub async fn summary(scope: &OrgScope) -> Result<OrgSummary, StoreError> {
    let mut tx = scope.begin().await?;
    let summary = sqlx::query_as!(
        OrgSummary,
        r#"select id, name, created_at as "created_at: _",
             (select count(*) from app_user where org_id = $1) as "user_count!",
             (select count(*) from call where org_id = $1) as "call_count!"
           from org where id = $1"#,
        scope.org().0,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(summary)
}

/// Changes the org and notes what changed.
///
/// # Errors
/// When the actor may not change it.
pub async fn update(scope: &OrgScope, change: OrgChange<'_>) -> Result<Org, StoreError> {
    let mut tx = scope.begin().await?;
    lock(&mut tx, scope).await?;
    let before = read(&mut tx, scope).await?;
    sqlx::query!(
        "update org set name = coalesce($2, name),
           managers_see_all = coalesce($3, managers_see_all)
         where id = $1",
        scope.org().0,
        change.name,
        change.managers_see_all,
    )
    .execute(&mut *tx)
    .await?;
    let after = read(&mut tx, scope).await?;
    let mut details = serde_json::Map::new();
    if before.name != after.name {
        details.insert("name".to_owned(), json!({"from": before.name, "to": after.name}));
    }
    if before.managers_see_all != after.managers_see_all {
        let change = json!({"from": before.managers_see_all, "to": after.managers_see_all});
        details.insert("managers_see_all".to_owned(), change);
    }
    if !details.is_empty() {
        let entry = Entry {
            action: "org.updated",
            subject_kind: Some("org"),
            subject_id: Some(scope.org().0),
            details: details.into(),
        };
        audit::insert_in(&mut tx, scope, entry).await?;
    }
    tx.commit().await?;
    Ok(after)
}

/// Waits for its turn: changes of who runs an org, or leads in it, come one after the other.
pub(super) async fn lock(
    connection: &mut PgConnection,
    scope: &OrgScope,
) -> Result<(), StoreError> {
    // Rows that refer to the org may still be added meanwhile.
    sqlx::query!("select id from org where id = $1 for no key update", scope.org().0)
        .fetch_optional(connection)
        .await?
        .ok_or(StoreError::Denied)?;
    Ok(())
}

async fn read(connection: &mut PgConnection, scope: &OrgScope) -> Result<Org, StoreError> {
    let org = sqlx::query_as!(
        Org,
        r#"select id, name, managers_see_all, created_at as "created_at: _"
           from org where id = $1"#,
        scope.org().0
    );
    Ok(org.fetch_one(connection).await?)
}
