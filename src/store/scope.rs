//! Whose rows, and who asks. Every transaction says both to the database, which has policies for it.

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::StoreError;
use crate::model::{OrgId, Role, UserId};

/// Who is at work in an org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who signed in.
    User {
        /// Who.
        id: UserId,
        /// What they may do.
        role: Role,
    },
    /// The server itself: a job, or the keeping of a call. It is not for acting on a request, but
    /// where code has checked what a policy cannot say.
    System,
}

/// The only way to the rows of an org.
#[derive(Clone, Debug)]
pub struct OrgScope {
    pool: PgPool,
    org: OrgId,
    actor: Actor,
}

impl OrgScope {
    pub(super) fn new(pool: PgPool, org: OrgId, actor: Actor) -> Self {
        Self { pool, org, actor }
    }

    /// Whose rows.
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// Who asks.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Who asks, where it is a person.
    pub fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User { id, .. } => Some(id),
            Actor::System => None,
        }
    }

    /// The same org, for the server itself.
    #[must_use]
    pub fn as_system(&self) -> Self {
        self.acting(Actor::System)
    }

    /// The same org, for somebody else.
    #[must_use]
    pub(crate) fn acting(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same actor in another org, where what they may know of is there.
    pub(super) fn in_org(&self, org: OrgId) -> Self {
        Self { org, ..self.clone() }
    }

    /// Begins a transaction that says whose rows it is about, and who asks. What is said ends with
    /// it: the next user of the connection starts with nothing.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let (user, role) = match self.actor {
            Actor::User { id, role } => (id.to_string(), role.as_str()),
            Actor::System => (String::new(), "system"),
        };
        let mut transaction = self.pool.begin().await?;
        sqlx::query!(
            r#"select set_config('app.org_id', $1, true) as "org!",
                      set_config('app.user_id', $2, true) as "user!",
                      set_config('app.role', $3, true) as "role!""#,
            self.org.to_string(),
            user,
            role,
        )
        .fetch_one(&mut *transaction)
        .await?;
        Ok(transaction)
    }
}

/// Ends a transaction as the server itself: for what follows from a change that the actor was
/// allowed, where no policy lets a person do it.
pub(super) async fn go_on_as_system(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!(r#"select set_config('app.role', 'system', true) as "role!""#)
        .fetch_one(connection)
        .await?;
    Ok(())
}
