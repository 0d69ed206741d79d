//! Postgres: the only SQL. A tenant's rows are reached through an [`OrgScope`] and in no other way.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgConnection, PgPool, Row};
use tokio::time::timeout;

pub use check::UnsafeDatabase;
pub use error::StoreError;
pub use migrate::{MigrateError, Migrated, QUEUE_SCHEMA, migrate};
pub use scope::{Actor, OrgScope};

mod scope;
mod error;
mod check;
mod migrate;
pub mod platform;
pub mod org;
pub mod user;
pub mod team;
pub mod session;
pub mod api_key;
pub mod credential;
pub mod account_token;
pub mod login_failure;
pub mod sign_up;
pub mod profile;
pub mod mail;
pub mod audit;
pub mod call;
pub mod call_keeping;
pub mod job;
pub mod idempotency;
pub mod transcript;
pub mod kpi_result;
pub mod recording;
pub mod call_share;
pub mod demo;

#[cfg(test)]
mod tests;

/// Connections of one process. A request that finds none free waits [`ACQUIRE_WITHIN`], then fails.
const CONNECTIONS: u32 = 24;

/// How long anything waits for a connection.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(3);

/// How long a connection that comes back may take to say that it is idle.
const IDLE_WITHIN: Duration = Duration::from_secs(5);

/// What every connection is told before its first use.
///
/// Compiling what policies add to a plan takes longer than any query here runs: a count over
/// 100,000 rows 1.6 s with it, 0.11 s without. A statement that takes too long, one that waits for
/// somebody's lock and a transaction that nobody goes on with each end, so that none of them holds
/// connections until there are none.
const SETTINGS: &str = "set jit = off;
    set statement_timeout = '10s';
    set lock_timeout = '5s';
    set idle_in_transaction_session_timeout = '15s';
    set role ringcraft_app";

/// A database that is migrated and safe. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// `DATABASE_URL` is no address of a Postgres.
    #[error("DATABASE_URL is no postgres:// address: {0}")]
    BadUrl(sqlx::Error),
    /// Nothing answers, or it refuses us.
    #[error("connect to Postgres: {0}; check DATABASE_URL and that the database runs")]
    Unreachable(#[source] StoreError),
    /// It was never migrated, or by an older server.
    #[error("the database is not up to date; run `ringcraft migrate`")]
    NotMigrated,
    /// It would let one tenant see another.
    #[error(transparent)]
    Unsafe(#[from] UnsafeDatabase),
}

impl Store {
    /// Connects as `ringcraft_app` and checks that the database keeps tenants apart.
    ///
    /// # Errors
    /// When it does not answer, is not migrated, or would not keep tenants apart.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, CONNECTIONS).await
    }

    async fn open_with(url: &str, connections: u32) -> Result<Self, OpenError> {
        let options: PgConnectOptions = url.parse().map_err(OpenError::BadUrl)?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_WITHIN)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SETTINGS).await.map(|_| ()) })
            })
            .after_release(|connection, _| Box::pin(in_time(is_idle(connection))))
            .connect_with(options)
            .await
            .map_err(|error| match role_is_missing(&error) {
                true => OpenError::NotMigrated,
                false => OpenError::Unreachable(error.into()),
            })?;
        check::check(&pool).await?;
        Ok(Self { pool })
    }

    /// The way to the rows of one org, for somebody who was let in.
    pub fn scope(&self, org: crate::model::OrgId, actor: Actor) -> OrgScope {
        OrgScope::new(self.pool.clone(), org, actor)
    }

    /// Lets go of every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Whether a connection may go back to the pool; else it is closed.
///
/// A request that is cancelled while its transaction begins leaves that open, and sqlx does not know
/// of it: what the next user of the connection wrote would never be committed. A transaction of
/// before is one that is older than this statement, if that is sent as one message.
async fn is_idle(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    connection.fetch_one("select now() = statement_timestamp()").await?.try_get(0)
}

/// An answer that comes too late is an error, and with an error the connection is dropped as it is: a
/// database that is out of reach is not told goodbye.
async fn in_time<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let late = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    timeout(IDLE_WITHIN, answer).await.map_err(late)?
}

/// 22023: `set role` to a role that is not there.
fn role_is_missing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some("22023")
}
