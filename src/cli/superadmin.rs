//! `ringcraft superadmin EMAIL`: who may run the whole platform is decided by who has its database.

use std::io::{self, Write};

use crate::config::Secret;
use crate::store::user::{self, ChangeUserError};
use crate::store::{Actor, OpenError, Store, StoreError, platform};

/// Makes somebody a superadmin: they see every org and may act in it, and its audit entries tell.
///
/// The database is the one that DATABASE_URL names.
#[derive(Debug, clap::Args)]
pub struct SuperadminArgs {
    /// The address with which they sign in.
    pub email: String,
}

/// Why nobody became a superadmin.
#[derive(Debug, thiserror::Error)]
pub enum SuperadminFailed {
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The address is nobody's.
    #[error("nobody has this address")]
    Unknown,
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A rule forbids it.
    #[error(transparent)]
    Change(#[from] ChangeUserError),
    /// What was done could not be said.
    #[error("write: {0}")]
    Write(#[from] io::Error),
}

/// Gives the role to whoever has the address.
///
/// # Errors
/// When nobody has it, or the database cannot be used.
pub async fn run(
    args: &SuperadminArgs,
    database_url: &Secret,
    out: &mut impl Write,
) -> Result<(), SuperadminFailed> {
    let store = Store::open(database_url.expose()).await?;
    let found = platform::user_by_email(&store, args.email.trim()).await?;
    let (org, id) = found.ok_or(SuperadminFailed::Unknown)?;
    let user = user::make_superadmin(&store.scope(org, Actor::System), id).await?;
    store.close().await;
    writeln!(out, "{} is a superadmin", user.email)?;
    Ok(())
}
