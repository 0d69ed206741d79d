//! Brings a database up to date, as its owner.

use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Why a database was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It could not be reached.
    #[error("connect to Postgres: {0}; check DATABASE_URL and that the database runs")]
    Connect(#[from] sqlx::Error),
    /// A migration does not fit, or failed.
    #[error("migrate the database: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// Applies the migrations that a database lacks. Servers that start at the same time take turns.
///
/// # Errors
/// When the database cannot be reached, or was migrated by a newer server.
pub async fn migrate(url: &str) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect(url).await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// The newest version that this server knows.
pub(super) fn newest_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}
