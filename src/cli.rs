//! The command line: what the program can do, and everything it does beside serving.

use clap::{Parser, Subcommand};

use crate::config::{self, ServeArgs};
use call::CallArgs;
use forget_node::ForgetNodeArgs;
use kpis::KpisArgs;
use replay::ReplayArgs;
use seed::SeedArgs;
use settings::SettingsArgs;
use superadmin::SuperadminArgs;

pub mod call;
pub mod kpis;
pub mod migrate;
pub mod mail;
pub mod replay;
pub mod superadmin;
pub mod forget_node;
pub mod seed;
pub mod settings;
pub mod openapi;

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
    #[command(after_long_help = config::secrets_help())]
    Serve(Box<ServeArgs>),
    /// Makes a practice call with recorded speech: a rep without a browser.
    ///
    /// RINGCRAFT_API_KEY holds the API key of the rep who calls. Without it the rep is one of the
    /// demo org, whose accounts `make run` and `ringcraft seed` leave in the data folder.
    ///
    /// The rep waits for their turn, speaks the next file in real time, and hangs up once the last
    /// answer was heard. Exits with 0 when the call took place, 1 when it did not, 2 when an
    /// argument is wrong.
    Call(CallArgs),
    /// Computes the KPIs of a call record.
    Kpis(KpisArgs),
    /// Feeds a call's log through the call core again and reports what it decides differently.
    Replay(ReplayArgs),
    /// Makes somebody a superadmin.
    Superadmin(SuperadminArgs),
    /// Gives up the calls of a node whose data folder is lost.
    ForgetNode(ForgetNodeArgs),
    /// Brings the database of DATABASE_URL up to date; the server does so too when it starts.
    Migrate,
    /// Makes a demo org in a database that has no org, and prints its accounts.
    ///
    /// It has an admin, two managers with a team each, and four reps. Their passwords and API keys
    /// are printed once, and written to demo-accounts.json in the data folder, where
    /// `ringcraft call` finds them. The database is the one of DATABASE_URL; it is brought up to
    /// date before.
    Seed(SeedArgs),
    /// Lists every setting of the server.
    Settings(SettingsArgs),
    /// Prints the description of the HTTP interface, OpenAPI 3.1 in JSON, from which clients are made.
    ///
    /// It needs neither a server nor a database. A running server has it at /api/openapi.json.
    Openapi,
    /// Prints mail of the last 7 days that was not sent, as the database of DATABASE_URL holds it:
    /// invitations and links to set a password.
    ///
    /// It waits because no SMTP server is configured, or because the server did not take it yet.
    Mail,
    /// Recognises speech for one call; started by the server itself.
    #[command(hide = true)]
    Recogniser,
}
