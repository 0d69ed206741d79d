//! Brings a database up to date, as its owner.

use graphile_worker::WorkerUtils;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::error::is_away;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Why a database was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It could not be reached.
    #[error("connect to Postgres: {0}; check DATABASE_URL and that the database runs")]
    Connect(#[from] sqlx::Error),
    /// A newer server was here.
    #[error(
        "the database was brought to version {version} by a newer ringcraft; run that one, or give \
         this one another database"
    )]
    Newer {
        /// A migration that this server does not know.
        version: i64,
    },
    /// A migration does not fit, or failed.
    #[error("migrate the database: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The queue's own migrations failed.
    #[error("migrate the queue of jobs: {0}")]
    Queue(String),
}

impl From<sqlx::migrate::MigrateError> for MigrateError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::Newer { version },
            other => Self::Migrate(other),
        }
    }
}

/// How far a database was brought. The version is that of the last migration; 0 is before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version it had.
    pub from: i64,
    /// The version it has.
    pub to: i64,
}

/// Where the queue keeps its tables.
pub const QUEUE_SCHEMA: &str = "graphile_worker";

/// Any number, the same in every server: who holds the lock migrates the queue.
const QUEUE_LOCK: i64 = 7_202_607;

/// Applies the migrations that a database lacks. Servers that start at the same time take turns.
///
/// # Errors
/// When the database cannot be reached, or was migrated by a newer server.
pub async fn migrate(url: &str) -> Result<Migrated, MigrateError> {
    // The notices are of what is there already, which is how it should be.
    let options = url.parse::<PgConnectOptions>()?.options([("client_min_messages", "warning")]);
    let mut connection = options.connect().await?;
    connection.lock().await?;
    let from = version(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.execute(OWNERS).await?;
    migrate_queue(options, &mut connection).await?;
    let to = version(&mut connection).await?;
    connection.unlock().await?;
    connection.close().await?;
    Ok(Migrated { from, to })
}

/// The version of a database. It gets the table that holds it where it has none.
async fn version(connection: &mut PgConnection) -> Result<i64, MigrateError> {
    let table = &MIGRATIONS.table_name;
    connection.ensure_migrations_table(table).await?;
    let applied = connection.list_applied_migrations(table).await?;
    Ok(applied.iter().map(|migration| migration.version).max().unwrap_or_default())
}

impl MigrateError {
    /// Whether the same may work later: nothing answers, or Postgres is only starting.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Connect(error) => is_away(error),
            // What breaks a connection in mid-migration is not worth telling apart: it is tried
            // again by whoever starts the server again.
            Self::Newer { .. } | Self::Migrate(_) | Self::Queue(_) => false,
        }
    }
}

/// Gives the functions that have rights of their own to the roles whose rights those are.
const OWNERS: &str = include_str!("owners.sql");

/// Makes the queue's tables and lets its worker at them.
async fn migrate_queue(
    options: PgConnectOptions,
    connection: &mut PgConnection,
) -> Result<(), MigrateError> {
    sqlx::query!("select pg_advisory_lock($1)", QUEUE_LOCK).fetch_one(&mut *connection).await?;
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let migrated = WorkerUtils::new(pool.clone(), QUEUE_SCHEMA).migrate().await;
    pool.close().await;
    migrated.map_err(|error| MigrateError::Queue(error.to_string()))?;
    connection.execute("select queue_grant()").await?;
    sqlx::query!("select pg_advisory_unlock($1)", QUEUE_LOCK).fetch_one(&mut *connection).await?;
    Ok(())
}

/// The newest version that this server knows.
pub(super) fn newest_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}
