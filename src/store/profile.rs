//! What people see and change of themselves.

use serde_json::json;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{OrgScope, StoreError};
use crate::model::{OrgId, Role, UserId};

/// Somebody, their org and their teams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Their id.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Their org.
    pub org: OrgId,
    /// What their org is called.
    pub org_name: String,
    /// The teams they belong to or lead, by name.
    pub teams: Vec<OwnTeam>,
}

/// A team of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTeam {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Whether they lead it.
    pub leads: bool,
}

/// Reads what somebody may know of themself.
///
/// # Errors
/// When there is nobody such.
pub async fn get(scope: &OrgScope, user: UserId) -> Result<Profile, StoreError> {
    let mut tx = scope.begin().await?;
    let row = sqlx::query!(
        r#"select u.name, u.email, u.role, o.name as "org_name!"
           from app_user u join org o on o.id = u.org_id
           where u.org_id = $1 and u.id = $2"#,
        scope.org().0,
        user.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    let teams = sqlx::query_as!(
        OwnTeam,
        r#"select t.id, t.name,
             exists (select from team_lead l
                     where l.org_id = $1 and l.team_id = t.id and l.user_id = $2) as "leads!"
           from team t
           where t.org_id = $1 and (
             exists (select from team_lead l
                     where l.org_id = $1 and l.team_id = t.id and l.user_id = $2)
             or exists (select from team_member m
                        where m.org_id = $1 and m.team_id = t.id and m.user_id = $2))
           order by lower(t.name), t.id"#,
        scope.org().0,
        user.0,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let role = row.role.parse().map_err(|_| StoreError::NotFound)?;
    let (name, email, org_name) = (row.name, row.email, row.org_name);
    Ok(Profile { id: user, name, email, role, org: scope.org(), org_name, teams })
}

/// Changes what the actor is called and notes it. No policy lets a rep change a person, so the server
/// does it for them.
///
/// # Errors
/// When the actor is nobody of the org.
pub async fn rename(scope: &OrgScope, name: &str) -> Result<(), StoreError> {
    let user = scope.user().ok_or(StoreError::NotFound)?;
    let mut tx = scope.as_system().begin().await?;
    let before = sqlx::query_scalar!(
        "select name from app_user where org_id = $1 and id = $2 for no key update",
        scope.org().0,
        user.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    if before == name {
        return Ok(());
    }
    let details = json!({"name": {"from": before, "to": name}});
    let entry = Entry { details, ..Entry::of_user("user.updated", user) };
    audit::insert_in(&mut tx, scope, entry).await?;
    sqlx::query!(
        "update app_user set name = $3 where org_id = $1 and id = $2",
        scope.org().0,
        user.0,
        name,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}
