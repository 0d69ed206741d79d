//! The command line: what the program can do, and everything it does beside serving.

use clap::{Parser, Subcommand};

use crate::config::{SECRETS, ServeArgs};
use call::CallArgs;
use kpis::KpisArgs;
use replay::ReplayArgs;

pub mod call;
pub mod kpis;
pub mod mail;
pub mod replay;

/// A voice simulation server: practise a sales call with an AI buyer.
///
/// Without a command it serves, with the settings of its environment.
#[derive(Debug, Parser)]
#[command(
    name = "ringcraft",
    version,
    after_help = "`ringcraft serve --help` explains every setting."
)]
pub struct Arguments {
    /// What to do; the server is run when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// The command, or `serve` with the settings of the environment when none was given.
    pub fn command_or_serve(self) -> Command {
        self.command.unwrap_or_else(|| {
            let serve = Self::parse_from(["ringcraft", "serve"]);
            serve.command.expect("the line names a command")
        })
    }
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    ///
    /// Every setting has an environment variable. A flag wins over it, and a variable that is set
    /// to nothing counts as not set.
    #[command(after_long_help = SECRETS)]
    Serve(Box<ServeArgs>),
    /// Makes a practice call with recorded speech: a rep without a browser.
    Call(CallArgs),
    /// Computes the KPIs of a call record.
    Kpis(KpisArgs),
    /// Feeds a call's log through the call core again and reports what it decides differently.
    Replay(ReplayArgs),
    /// Prints mail that waits because no SMTP server is configured, as the database of DATABASE_URL
    /// holds it: invitations and links to set a password.
    Mail,
    /// Recognises speech for one call; started by the server itself.
    #[command(hide = true)]
    Recogniser,
}
