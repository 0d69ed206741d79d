//! `ringcraft migrate`: brings the database up to date.

use std::io::Write;

use crate::config;
use crate::store::{self, Migrated};

/// Migrates the database of the environment and says on `out` what that did.
///
/// # Errors
/// When there is no database, or it cannot be brought up to date.
pub async fn run(out: &mut dyn Write) -> anyhow::Result<()> {
    let url = config::database_url(config::environment)?;
    let Migrated { from, to } = store::migrate(url.expose()).await?;
    if from == to {
        writeln!(out, "the database is up to date, at version {to}")?;
    } else {
        writeln!(out, "the database was brought from version {from} to version {to}")?;
    }
    Ok(())
}
