//! The demo org: made whole or not at all, and only in a database without any.

use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::api_key::{self, NewApiKey};
use super::sign_up::FIRST_ORG_LOCK;
use super::user::{self, NewUser};
use super::{OrgScope, StoreError, credential, org};
use crate::model::{ApiKeyId, TeamId, UserId};

/// What the keys are called that come with an account.
const KEY_NAME: &str = "demo";

/// How somebody gets in.
#[derive(Clone, Copy, Debug)]
pub struct NewAccess<'a> {
    /// Who.
    pub user: UserId,
    /// Of their password, in PHC format.
    pub password_hash: &'a str,
    /// The id of their key.
    pub api_key: ApiKeyId,
    /// By which they tell it from others.
    pub key_prefix: &'a str,
    /// What is kept of it.
    pub key_hash: &'a [u8],
}

/// A team and who is in it.
#[derive(Clone, Debug)]
pub struct NewTeam<'a> {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: &'a str,
    /// Who leads it.
    pub leads: Vec<UserId>,
    /// Who is in it.
    pub members: Vec<UserId>,
}

/// Accounts that exist once they are committed; dropped, nothing has changed. The lock is held
/// until then.
#[derive(Debug)]
pub struct Uncommitted(Transaction<'static, Postgres>);

impl Uncommitted {
    /// Makes them exist.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

/// Makes the org of the scope with its people and teams; nothing where there is an org already.
///
/// # Errors
/// When the actor is not the system, or the database does not answer.
pub async fn begin_org(
    scope: &OrgScope,
    name: &str,
    people: &[NewUser<'_>],
    teams: &[NewTeam<'_>],
    access: &[NewAccess<'_>],
) -> Result<Option<Uncommitted>, StoreError> {
    let mut tx = scope.begin().await?;
    lock(&mut tx).await?;
    let taken = sqlx::query_scalar!(r#"select platform_has_orgs() as "found!""#);
    if taken.fetch_one(&mut *tx).await? {
        return Ok(None);
    }
    org::insert_in(&mut tx, scope, name).await?;
    for person in people {
        user::insert_in(&mut tx, scope, *person).await?;
    }
    for team in teams {
        insert_team(&mut tx, scope.org().0, team).await?;
    }
    give(&mut tx, scope, access).await?;
    Ok(Some(Uncommitted(tx)))
}

/// Gives people of the org new passwords and keys. What they had before opens nothing any more.
///
/// # Errors
/// When somebody is not of the org, the actor is not the system, or the database does not answer.
pub async fn begin_access(
    scope: &OrgScope,
    access: &[NewAccess<'_>],
) -> Result<Uncommitted, StoreError> {
    let mut tx = scope.begin().await?;
    lock(&mut tx).await?;
    let org = scope.org().0;
    let users: Vec<Uuid> = access.iter().map(|access| access.user.0).collect();
    sqlx::query!(
        "update api_key set revoked_at = now()
         where org_id = $1 and user_id = any($2) and name = $3 and revoked_at is null",
        org,
        &users,
        KEY_NAME,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from session where org_id = $1 and user_id = any($2)", org, &users)
        .execute(&mut *tx)
        .await?;
    give(&mut tx, scope, access).await?;
    Ok(Uncommitted(tx))
}

async fn lock(tx: &mut Transaction<'static, Postgres>) -> Result<(), StoreError> {
    sqlx::query!(r#"select pg_advisory_xact_lock($1)::text as "held""#, FIRST_ORG_LOCK)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

async fn insert_team(
    tx: &mut Transaction<'static, Postgres>,
    org: Uuid,
    team: &NewTeam<'_>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into team (org_id, id, name) values ($1, $2, $3)",
        org,
        team.id.0,
        team.name
    )
    .execute(&mut **tx)
    .await?;
    let leads: Vec<Uuid> = team.leads.iter().map(|user| user.0).collect();
    sqlx::query!(
        "insert into team_lead (org_id, team_id, user_id) select $1, $2, unnest($3::uuid[])",
        org,
        team.id.0,
        &leads,
    )
    .execute(&mut **tx)
    .await?;
    let members: Vec<Uuid> = team.members.iter().map(|user| user.0).collect();
    sqlx::query!(
        "insert into team_member (org_id, team_id, user_id) select $1, $2, unnest($3::uuid[])",
        org,
        team.id.0,
        &members,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn give(
    connection: &mut PgConnection,
    scope: &OrgScope,
    access: &[NewAccess<'_>],
) -> Result<(), StoreError> {
    for access in access {
        credential::upsert_in(&mut *connection, scope, access.user, access.password_hash).await?;
        let key = NewApiKey {
            id: access.api_key,
            user: access.user,
            name: KEY_NAME,
            prefix: access.key_prefix,
            token_hash: access.key_hash,
            expires_at: None,
        };
        api_key::insert_in(&mut *connection, scope, key).await?;
    }
    Ok(())
}
