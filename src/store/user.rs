//! People of an org.

use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{OrgScope, StoreError};
use crate::model::{NoSuchRole, Role, TeamId, UserId};
pub use change::{ChangeUserError, UserChange, make_superadmin, update};

mod change;

/// Somebody, with those of their teams that the actor may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their address.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may come in.
    pub status: UserStatus,
    /// The teams they belong to.
    pub team_ids: Vec<Uuid>,
    /// The teams they lead.
    pub led_team_ids: Vec<Uuid>,
    /// Since when they are known.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Which people are wanted; nothing said is everybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserFilter<'a> {
    /// Of this role.
    pub role: Option<Role>,
    /// Of this status.
    pub status: Option<UserStatus>,
    /// In this team.
    pub team: Option<TeamId>,
    /// With this in their name or address, whatever its case.
    pub text: Option<&'a str>,
}

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

impl std::str::FromStr for UserStatus {
    type Err = NoSuchStatus;

    fn from_str(text: &str) -> Result<Self, NoSuchStatus> {
        let all = [Self::Invited, Self::Active, Self::Disabled];
        all.into_iter().find(|status| status.as_str() == text).ok_or(NoSuchStatus)
    }
}

/// A word that names no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such status; one of: invited, active, disabled")]
pub struct NoSuchStatus;

/// Adds somebody.
///
/// # Errors
/// When `app_user_email_key` refuses an address that is taken, or the actor may not add people.
pub async fn insert(scope: &OrgScope, new: NewUser<'_>) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    insert_in(&mut tx, scope, new).await?;
    Ok(tx.commit().await?)
}

/// The same within a transaction.
pub(super) async fn insert_in(
    connection: &mut PgConnection,
    scope: &OrgScope,
    new: NewUser<'_>,
) -> Result<(), StoreError> {
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
    .execute(connection)
    .await?;
    Ok(())
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

/// Adds somebody who has yet to come, with their teams, and notes it.
///
/// # Errors
/// When `app_user_email_key` refuses an address that is taken or `team_member_team_fkey` a team
/// that is not there, or the actor may not add people.
pub async fn invite(
    scope: &OrgScope,
    new: NewUser<'_>,
    teams: &[TeamId],
) -> Result<User, StoreError> {
    let mut tx = scope.begin().await?;
    insert_in(&mut tx, scope, new).await?;
    let teams: Vec<Uuid> = teams.iter().map(|team| team.0).collect();
    sqlx::query!(
        "insert into team_member (org_id, team_id, user_id)
         select $1, team_id, $2 from unnest($3::uuid[]) as wanted (team_id)
         on conflict do nothing",
        scope.org().0,
        new.id.0,
        &teams,
    )
    .execute(&mut *tx)
    .await?;
    let user = read(&mut tx, scope, new.id).await?;
    let entry = Entry {
        action: "user.created",
        subject_kind: Some("user"),
        subject_id: Some(new.id.0),
        details: json!({"email": new.email, "role": new.role, "team_ids": user.team_ids}),
    };
    audit::insert_in(&mut tx, scope, entry).await?;
    tx.commit().await?;
    Ok(user)
}

/// Lists people whom the actor may see, those who came first first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    scope: &OrgScope,
    filter: UserFilter<'_>,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<User>, StoreError> {
    let mut tx = scope.begin().await?;
    // strpos and not like: what is looked for holds no wildcards.
    let rows = sqlx::query_as!(
        UserRow,
        r#"select u.id, u.email, u.name, u.role, u.status,
             u.created_at as "created_at: _",
             array(select m.team_id from team_member m
                   where m.org_id = $1 and m.user_id = u.id order by m.team_id) as "team_ids!",
             array(select l.team_id from team_lead l
                   where l.org_id = $1 and l.user_id = u.id order by l.team_id) as "led_team_ids!"
           from app_user u
           where u.org_id = $1 and $2 < u.id
             and ($3::text is null or u.role = $3)
             and ($4::text is null or u.status = $4)
             and ($5::uuid is null or exists (
               select from team_member m
               where m.org_id = $1 and m.user_id = u.id and m.team_id = $5))
             and ($6::text is null or strpos(lower(u.name), lower($6)) <> 0
               or strpos(lower(u.email), lower($6)) <> 0)
           order by u.id limit $7"#,
        scope.org().0,
        after.unwrap_or(Uuid::nil()),
        filter.role.map(Role::as_str),
        filter.status.map(UserStatus::as_str),
        filter.team.map(|team| team.0),
        filter.text,
        most,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    rows.into_iter().map(User::try_from).collect()
}

/// Reads somebody.
///
/// # Errors
/// When there is nobody such whom the actor may see.
pub async fn get(scope: &OrgScope, id: UserId) -> Result<User, StoreError> {
    let mut tx = scope.begin().await?;
    let user = read(&mut tx, scope, id).await?;
    tx.commit().await?;
    Ok(user)
}

async fn read(
    connection: &mut PgConnection,
    scope: &OrgScope,
    id: UserId,
) -> Result<User, StoreError> {
    let row = sqlx::query_as!(
        UserRow,
        r#"select u.id, u.email, u.name, u.role, u.status,
             u.created_at as "created_at: _",
             array(select m.team_id from team_member m
                   where m.org_id = $1 and m.user_id = u.id order by m.team_id) as "team_ids!",
             array(select l.team_id from team_lead l
                   where l.org_id = $1 and l.user_id = u.id order by l.team_id) as "led_team_ids!"
           from app_user u where u.org_id = $1 and u.id = $2"#,
        scope.org().0,
        id.0,
    );
    row.fetch_one(connection).await?.try_into()
}

struct UserRow {
    id: Uuid,
    email: String,
    name: String,
    role: String,
    status: String,
    created_at: OffsetDateTime,
    team_ids: Vec<Uuid>,
    led_team_ids: Vec<Uuid>,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    /// Fails on a role or status that only a newer server knows.
    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let unknown = |error| StoreError::Query(sqlx::Error::Decode(error));
        Ok(Self {
            id: UserId(row.id),
            email: row.email,
            name: row.name,
            role: row.role.parse().map_err(|error: NoSuchRole| unknown(error.into()))?,
            status: row.status.parse().map_err(|error: NoSuchStatus| unknown(error.into()))?,
            team_ids: row.team_ids,
            led_team_ids: row.led_team_ids,
            created_at: row.created_at,
        })
    }
}
