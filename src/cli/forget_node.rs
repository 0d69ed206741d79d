//! `ringcraft forget-node NODE_ID`: a node whose disk is lost leaves calls that nobody can seal.

use std::io::{self, Write};

use crate::config::Secret;
use crate::model::NodeId;
use crate::store::{Actor, OpenError, Store, StoreError, call_keeping, job, platform};

/// Gives up the calls of a node whose data folder is lost.
///
/// Those that are not completed are failed then, with the end reason server_lost. The database is
/// the one that DATABASE_URL names; its table node lists the nodes.
#[derive(Debug, clap::Args)]
pub struct ForgetNodeArgs {
    /// The id of the node, as its data folder had it in the file node_id.
    pub node_id: NodeId,
}

/// Why a node was not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetNodeFailed {
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It said a moment ago that it lives.
    #[error("this node lived within the last minute; stop it first, and it seals its calls itself")]
    Lives,
    /// The rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was done could not be said.
    #[error("write: {0}")]
    Write(#[from] io::Error),
}

/// Gives up what the node left, in every org.
///
/// # Errors
/// When the node lives, or the database cannot be used.
pub async fn run(
    args: &ForgetNodeArgs,
    database_url: &Secret,
    out: &mut impl Write,
) -> Result<(), ForgetNodeFailed> {
    let store = Store::open(database_url.expose()).await?;
    let node = args.node_id;
    if platform::node_is_alive(&store, node).await? {
        return Err(ForgetNodeFailed::Lives);
    }
    let mut calls = 0;
    for org in platform::all_orgs(&store).await? {
        calls += call_keeping::lost_with(&store.scope(org, Actor::System), node).await?;
    }
    let jobs = job::forget_node(&store, node).await?;
    platform::node_stopped(&store, node).await?;
    store.close().await;
    writeln!(out, "node {node} is forgotten: {calls} calls are failed, {jobs} jobs are gone")?;
    Ok(())
}

#[cfg(test)]
mod tests;
