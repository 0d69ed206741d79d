//! People of an org.

use super::{OrgScope, StoreError};
use crate::model::{Role, UserId};

/// Somebody to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    /// Their id.
    pub id: UserId,
    /// Their address, unique on the whole platform whatever its case.
    pub email: &'a str,
    /// What they are called.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// Whether they may come in yet.
    pub status: UserStatus,
}

/// Whether somebody may come in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// Was invited and has not come yet.
    Invited,
    /// May come in.
    Active,
    /// May not come in any more.
    Disabled,
}

impl UserStatus {
    /// Its name, in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// Adds somebody.
///
/// # Errors
/// When `app_user_email_key` refuses an address that is taken, or the actor may not add people.
pub async fn insert(scope: &OrgScope, new: NewUser<'_>) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "insert into app_user (org_id, id, email, name, role, status)
         values ($1, $2, $3, $4, $5, $6)",
        scope.org().0,
        new.id.0,
        new.email,
        new.name,
        new.role.as_str(),
        new.status.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The role of somebody who may come in; nothing for anybody else.
///
/// # Errors
/// When the database does not answer.
pub async fn active_role(scope: &OrgScope, id: UserId) -> Result<Option<Role>, StoreError> {
    let mut tx = scope.begin().await?;
    let role = sqlx::query_scalar!(
        "select role from app_user where org_id = $1 and id = $2 and status = 'active'",
        scope.org().0,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(role.and_then(|role| role.parse().ok()))
}
