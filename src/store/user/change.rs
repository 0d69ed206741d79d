//! Changes of a person, and the rules that no change may break.

use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::{User, UserStatus, read};
use crate::model::{Role, UserId};
use crate::store::audit::{self, Entry};
use crate::store::scope::go_on_as_system;
use crate::store::{Actor, OrgScope, StoreError, credential, org, team};

/// What is to become of somebody; what is not named stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserChange<'a> {
    /// What they are called.
    pub name: Option<&'a str>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they may come in.
    pub status: Option<UserStatus>,
}

/// Why somebody was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeUserError {
    /// People do not promote themselves, nor shut themselves out.
    #[error("nobody changes their own role or status; another admin does")]
    OwnAccount,
    /// Nobody could run the org.
    #[error("an org keeps at least one admin who may come in")]
    LastAdmin,
    /// Who was invited becomes active by coming, and nobody becomes invited again.
    #[error("whoever is invited becomes active by accepting, and nobody becomes invited again")]
    Invitation,
    /// Who has no password could not come in.
    #[error("whoever never accepted their invitation cannot be active; invite them again")]
    NotAccepted,
    /// Superadmins are changed by superadmins.
    #[error("only a superadmin changes a superadmin")]
    Superadmin,
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ChangeUserError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Changes somebody and notes what changed. Whoever is shut out is signed out everywhere, and
/// their keys and the links they made are revoked.
///
/// # Errors
/// When a rule forbids the change, there is nobody such, or the actor may not change people.
pub async fn update(
    scope: &OrgScope,
    id: UserId,
    change: UserChange<'_>,
) -> Result<User, ChangeUserError> {
    // Passwords are the system's to look at, and who has one keeps one.
    let accepted = credential::is_there(&scope.as_system(), id).await?;
    let mut tx = scope.begin().await?;
    org::lock(&mut tx, scope).await?;
    let before = read(&mut tx, scope, id).await?;
    let after = User {
        name: change.name.unwrap_or(&before.name).to_owned(),
        role: change.role.unwrap_or(before.role),
        status: change.status.unwrap_or(before.status),
        ..before.clone()
    };
    let details = differences(&before, &after);
    if details.is_empty() {
        return Ok(before);
    }
    check(scope.actor(), &before, &after)?;
    if before.status == UserStatus::Disabled && after.status == UserStatus::Active && !accepted {
        return Err(ChangeUserError::NotAccepted);
    }
    if runs_org(&before) && !runs_org(&after) && !others_run_org(&mut tx, scope, id).await? {
        return Err(ChangeUserError::LastAdmin);
    }
    sqlx::query!(
        "update app_user set name = $3, role = $4, status = $5 where org_id = $1 and id = $2",
        scope.org().0,
        id.0,
        after.name,
        after.role.as_str(),
        after.status.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    if !team::may_lead(after.role) {
        sqlx::query!(
            "delete from team_lead where org_id = $1 and user_id = $2",
            scope.org().0,
            id.0,
        )
        .execute(&mut *tx)
        .await?;
    }
    let shut_out = before.status != after.status && after.status == UserStatus::Disabled;
    let entry = Entry {
        action: if shut_out { "user.disabled" } else { "user.updated" },
        subject_kind: Some("user"),
        subject_id: Some(id.0),
        details: details.into(),
    };
    audit::insert_in(&mut tx, scope, entry).await?;
    let after = read(&mut tx, scope, id).await?;
    if shut_out {
        shut(&mut tx, scope, id).await?;
    }
    tx.commit().await?;
    Ok(after)
}

/// Makes somebody a superadmin, as the server itself: nobody in an org gives this role.
///
/// # Errors
/// When there is nobody such.
pub async fn make_superadmin(scope: &OrgScope, id: UserId) -> Result<User, ChangeUserError> {
    let change = UserChange { role: Some(Role::Superadmin), ..UserChange::default() };
    update(&scope.as_system(), id, change).await
}

fn check(actor: Actor, before: &User, after: &User) -> Result<(), ChangeUserError> {
    let (own, by_superadmin) = match actor {
        Actor::User { id, role } => (id == before.id, role == Role::Superadmin),
        Actor::System => (false, true),
    };
    let same_rights = before.role == after.role && before.status == after.status;
    if own && !same_rights {
        return Err(ChangeUserError::OwnAccount);
    }
    if !by_superadmin && (before.role == Role::Superadmin || after.role == Role::Superadmin) {
        return Err(ChangeUserError::Superadmin);
    }
    match (before.status, after.status) {
        (UserStatus::Invited, UserStatus::Active)
        | (UserStatus::Active | UserStatus::Disabled, UserStatus::Invited) => {
            Err(ChangeUserError::Invitation)
        }
        _ => Ok(()),
    }
}

fn differences(before: &User, after: &User) -> Map<String, Value> {
    let fields = [
        ("name", json!(before.name), json!(after.name)),
        ("role", json!(before.role), json!(after.role)),
        ("status", json!(before.status), json!(after.status)),
    ];
    let changed = fields.into_iter().filter(|(_, from, to)| from != to);
    changed.map(|(field, from, to)| (field.to_owned(), json!({"from": from, "to": to}))).collect()
}

fn runs_org(user: &User) -> bool {
    user.role.runs_org() && user.status == UserStatus::Active
}

async fn others_run_org(
    connection: &mut PgConnection,
    scope: &OrgScope,
    id: UserId,
) -> Result<bool, StoreError> {
    let others = sqlx::query_scalar!(
        r#"select exists (
             select from app_user
             where org_id = $1 and id <> $2 and status = 'active'
               and role in ('admin', 'superadmin')) as "others!""#,
        scope.org().0,
        id.0,
    );
    Ok(others.fetch_one(connection).await?)
}

/// Ends everything by which somebody comes in. The last of its transaction.
async fn shut(
    connection: &mut PgConnection,
    scope: &OrgScope,
    id: UserId,
) -> Result<(), StoreError> {
    go_on_as_system(&mut *connection).await?;
    sqlx::query!("delete from session where org_id = $1 and user_id = $2", scope.org().0, id.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "delete from account_token where org_id = $1 and user_id = $2 and used_at is null",
        scope.org().0,
        id.0,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update api_key set revoked_at = now()
         where org_id = $1 and user_id = $2 and revoked_at is null",
        scope.org().0,
        id.0,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update call_share set revoked_at = now()
         where org_id = $1 and user_id = $2 and revoked_at is null",
        scope.org().0,
        id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
