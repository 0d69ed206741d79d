//! Teams: who belongs to one, and who leads it.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::postgres::PgQueryResult;
use sqlx::{PgConnection, Postgres, Transaction};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{OrgScope, StoreError, org};
use crate::model::{Role, TeamId, UserId};

/// A team with those of its people whom the actor may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Team {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Who belongs to it.
    pub member_ids: Vec<Uuid>,
    /// Who leads it.
    pub lead_ids: Vec<Uuid>,
    /// Since when there is such a team.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Why somebody does not lead a team.
#[derive(Debug, thiserror::Error)]
pub enum LeadError {
    /// Their role leads nobody.
    #[error("a team is led by a manager or an admin")]
    NoLead,
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LeadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Whether people of a role lead teams.
pub(super) fn may_lead(role: Role) -> bool {
    role == Role::Manager || role.runs_org()
}

/// Lists teams that the actor may see, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    scope: &OrgScope,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<Team>, StoreError> {
    let mut tx = scope.begin().await?;
    let teams = sqlx::query_as!(
        Team,
        r#"select t.id, t.name, t.created_at as "created_at: _",
             array(select m.user_id from team_member m
                   where m.org_id = $1 and m.team_id = t.id order by m.user_id) as "member_ids!",
             array(select l.user_id from team_lead l
                   where l.org_id = $1 and l.team_id = t.id order by l.user_id) as "lead_ids!"
           from team t where t.org_id = $1 and $2 < t.id order by t.id limit $3"#,
        scope.org().0,
        after.unwrap_or(Uuid::nil()),
        most,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(teams)
}

/// Reads a team.
///
/// # Errors
/// When there is none that the actor may see.
pub async fn get(scope: &OrgScope, id: TeamId) -> Result<Team, StoreError> {
    let mut tx = scope.begin().await?;
    let team = read(&mut tx, scope, id).await?;
    tx.commit().await?;
    Ok(team)
}

/// Makes a team.
///
/// # Errors
/// When `team_name_key` refuses a name that is taken, or the actor may not make teams.
pub async fn insert(scope: &OrgScope, id: TeamId, name: &str) -> Result<Team, StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "insert into team (org_id, id, name) values ($1, $2, $3)",
        scope.org().0,
        id.0,
        name,
    )
    .execute(&mut *tx)
    .await?;
    note(&mut tx, scope, "team.created", id, json!({"name": name})).await?;
    let team = read(&mut tx, scope, id).await?;
    tx.commit().await?;
    Ok(team)
}

/// Gives a team another name.
///
/// # Errors
/// When `team_name_key` refuses a name that is taken, or there is no such team that the actor may
/// change.
pub async fn rename(scope: &OrgScope, id: TeamId, name: &str) -> Result<Team, StoreError> {
    let mut tx = scope.begin().await?;
    let before = sqlx::query_scalar!(
        "select name from team where org_id = $1 and id = $2 for update",
        scope.org().0,
        id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    if before != name {
        sqlx::query!(
            "update team set name = $3 where org_id = $1 and id = $2",
            scope.org().0,
            id.0,
            name,
        )
        .execute(&mut *tx)
        .await?;
        let details = json!({"name": {"from": before, "to": name}});
        note(&mut tx, scope, "team.updated", id, details).await?;
    }
    let team = read(&mut tx, scope, id).await?;
    tx.commit().await?;
    Ok(team)
}

/// Dissolves a team. Its people and their calls stay.
///
/// # Errors
/// When there is no such team that the actor may dissolve.
pub async fn delete(scope: &OrgScope, id: TeamId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    let name = sqlx::query_scalar!(
        "delete from team where org_id = $1 and id = $2 returning name",
        scope.org().0,
        id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    note(&mut tx, scope, "team.deleted", id, json!({"name": name})).await?;
    Ok(tx.commit().await?)
}

/// Takes somebody into a team. Whoever is in it already stays.
///
/// # Errors
/// When there is no such team or person, or the actor may not change teams.
pub async fn add_member(scope: &OrgScope, id: TeamId, user: UserId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    let added = sqlx::query!(
        "insert into team_member (org_id, team_id, user_id) values ($1, $2, $3)
         on conflict do nothing",
        scope.org().0,
        id.0,
        user.0,
    )
    .execute(&mut *tx)
    .await
    .map_err(no_such)?;
    finish(tx, scope, &added, "team.member_added", (id, user)).await
}

/// Takes somebody out of a team. Whoever is not in it stays out.
///
/// # Errors
/// When there is no such team that the actor may see.
pub async fn remove_member(scope: &OrgScope, id: TeamId, user: UserId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    read(&mut tx, scope, id).await?;
    let removed = sqlx::query!(
        "delete from team_member where org_id = $1 and team_id = $2 and user_id = $3",
        scope.org().0,
        id.0,
        user.0,
    )
    .execute(&mut *tx)
    .await?;
    finish(tx, scope, &removed, "team.member_removed", (id, user)).await
}

/// Has somebody lead a team.
///
/// # Errors
/// When there is no such team or person, or their role leads nobody.
pub async fn add_lead(scope: &OrgScope, id: TeamId, user: UserId) -> Result<(), LeadError> {
    let mut tx = scope.begin().await?;
    // Their role must not change until they lead.
    org::lock(&mut tx, scope).await?;
    read(&mut tx, scope, id).await?;
    let role = sqlx::query_scalar!(
        "select role from app_user where org_id = $1 and id = $2",
        scope.org().0,
        user.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    if !role.parse().is_ok_and(may_lead) {
        return Err(LeadError::NoLead);
    }
    let added = sqlx::query!(
        "insert into team_lead (org_id, team_id, user_id) values ($1, $2, $3)
         on conflict do nothing",
        scope.org().0,
        id.0,
        user.0,
    )
    .execute(&mut *tx)
    .await
    .map_err(no_such)?;
    Ok(finish(tx, scope, &added, "team.lead_added", (id, user)).await?)
}

/// Has somebody lead a team no more. Whoever does not lead it changes nothing.
///
/// # Errors
/// When there is no such team that the actor may see.
pub async fn remove_lead(scope: &OrgScope, id: TeamId, user: UserId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    read(&mut tx, scope, id).await?;
    let removed = sqlx::query!(
        "delete from team_lead where org_id = $1 and team_id = $2 and user_id = $3",
        scope.org().0,
        id.0,
        user.0,
    )
    .execute(&mut *tx)
    .await?;
    finish(tx, scope, &removed, "team.lead_removed", (id, user)).await
}

/// Ends a transaction that took somebody in or out, and notes it where that changed anything.
async fn finish(
    mut tx: Transaction<'static, Postgres>,
    scope: &OrgScope,
    done: &PgQueryResult,
    action: &str,
    (id, user): (TeamId, UserId),
) -> Result<(), StoreError> {
    if done.rows_affected() != 0 {
        note(&mut tx, scope, action, id, json!({"user_id": user})).await?;
    }
    Ok(tx.commit().await?)
}

async fn read(
    connection: &mut PgConnection,
    scope: &OrgScope,
    id: TeamId,
) -> Result<Team, StoreError> {
    let team = sqlx::query_as!(
        Team,
        r#"select t.id, t.name, t.created_at as "created_at: _",
             array(select m.user_id from team_member m
                   where m.org_id = $1 and m.team_id = t.id order by m.user_id) as "member_ids!",
             array(select l.user_id from team_lead l
                   where l.org_id = $1 and l.team_id = t.id order by l.user_id) as "lead_ids!"
           from team t where t.org_id = $1 and t.id = $2"#,
        scope.org().0,
        id.0,
    );
    Ok(team.fetch_one(connection).await?)
}

/// A team or a person that a row refers to and that is not there.
fn no_such(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Refused { constraint } if constraint.ends_with("_fkey") => StoreError::NotFound,
        other => other,
    }
}

async fn note(
    connection: &mut PgConnection,
    scope: &OrgScope,
    action: &str,
    id: TeamId,
    details: Value,
) -> Result<(), StoreError> {
    let entry = Entry { action, subject_kind: Some("team"), subject_id: Some(id.0), details };
    audit::insert_in(connection, scope, entry).await
}
