//! `ringcraft migrate`: brings the database up to date.

use std::io::Write;

use crate::config::Secret;
use crate::store::{self, Migrated};

/// Migrates a database and says on `out` what that did.
///
/// # Errors
/// When the database cannot be brought up to date.
pub async fn run(database_url: &Secret, out: &mut dyn Write) -> anyhow::Result<()> {
    let Migrated { from, to } = store::migrate(database_url.expose()).await?;
    if from == to {
        writeln!(out, "the database is up to date, at version {to}")?;
    } else {
        writeln!(out, "the database was brought from version {from} to version {to}")?;
    }
    Ok(())
}
