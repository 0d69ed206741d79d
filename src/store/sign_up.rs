//! New orgs, each with its first admin.

use serde_json::json;

use super::audit::{self, Entry};
use super::user::{self, NewUser};
use super::{Actor, OrgScope, StoreError, credential, org};

/// Any number, the same in every server: whoever makes the first org of a database holds this lock.
pub(super) const FIRST_ORG_LOCK: i64 = 7_202_612;

/// A new org.
#[derive(Clone, Copy, Debug)]
pub struct NewOrg<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Who runs it.
    pub admin: NewUser<'a>,
    /// The hash of their password.
    pub password_hash: &'a str,
}

/// Who may make an org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Whoever comes first.
    FirstOnly,
    /// Anybody.
    Anybody,
}

/// Why an org was not made.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// There is one, and no other is wanted.
    #[error("this server has an org; ask its admin for an invitation")]
    Closed,
    /// The rows could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for SignUpError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Makes the org that the scope is for, with its admin. Of two that would be the first, one is.
///
/// # Errors
/// When no other org is wanted, or `app_user_email_key` refuses an address that is taken.
pub async fn set_up(scope: &OrgScope, new: NewOrg<'_>, allowed: SignUp) -> Result<(), SignUpError> {
    let mut tx = scope.begin().await?;
    if allowed == SignUp::FirstOnly {
        sqlx::query!(r#"select pg_advisory_xact_lock($1)::text as "locked""#, FIRST_ORG_LOCK)
            .fetch_one(&mut *tx)
            .await?;
        let taken = sqlx::query_scalar!(r#"select platform_has_orgs() as "taken!""#)
            .fetch_one(&mut *tx)
            .await?;
        if taken {
            return Err(SignUpError::Closed);
        }
    }
    let admin = new.admin;
    org::insert_in(&mut tx, scope, new.name).await?;
    user::insert_in(&mut tx, scope, admin).await?;
    credential::upsert_in(&mut tx, scope, admin.id, new.password_hash).await?;
    let by = scope.acting(Actor::User { id: admin.id, role: admin.role });
    let entry = Entry {
        action: "auth.org_set_up",
        subject_kind: Some("org"),
        subject_id: Some(scope.org().0),
        details: json!({}),
    };
    audit::insert_in(&mut tx, &by, entry).await?;
    Ok(tx.commit().await?)
}
