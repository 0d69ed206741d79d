//! `ringcraft seed`: an org to try things out in.

use std::io::Write;

use anyhow::Context;
use clap::Args;

use crate::config::{self, Secret};
use crate::store::{self, Store};
use crate::{app, demo};

/// Whether accounts are new, and where they are kept.
#[derive(Clone, Debug, Args)]
pub struct SeedArgs {
    /// Gives the people of a demo org that is there new passwords and keys, and ends their sessions.
    #[arg(long)]
    pub again: bool,

    /// Folder for demo-accounts.json: the server's data folder [default: .local/data]
    #[arg(long, env = "RINGCRAFT_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<String>,
}

/// Seeds a database and tells the accounts on `out`.
///
/// # Errors
/// When nothing was made; the message says why and what to do.
pub async fn run(args: SeedArgs, database_url: &Secret, out: &mut dyn Write) -> anyhow::Result<()> {
    let data_dir = config::data_dir(args.data_dir);
    store::migrate(database_url.expose()).await?;
    let store = Store::open(database_url.expose()).await?;
    app::make_data_dir(&data_dir)
        .with_context(|| format!("make the data folder {}", data_dir.display()))?;
    let accounts = if args.again {
        demo::renew(&store, &data_dir).await?
    } else {
        demo::seed(&store, &data_dir).await?
    };
    store.close().await;
    out.write_all(accounts.table(&data_dir).as_bytes())?;
    out.flush()?;
    Ok(())
}
