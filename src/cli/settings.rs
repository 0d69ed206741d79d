//! `ringcraft settings`: every setting of the server, as the documentation has them.

use std::io::{self, Write};

use clap::{Args, ValueEnum};

use crate::config;

/// How the settings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SettingsFormat {
    /// Tables for people.
    Markdown,
    /// A file of environment variables, all commented out.
    Env,
}

/// Lists every setting of the server.
#[derive(Clone, Debug, Args)]
pub struct SettingsArgs {
    /// As tables in Markdown, or as a file of environment variables to be filled in.
    #[arg(long, value_enum, default_value_t = SettingsFormat::Markdown)]
    pub format: SettingsFormat,
}

/// Prints the settings.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &SettingsArgs, out: &mut dyn Write) -> io::Result<()> {
    let text = match args.format {
        SettingsFormat::Markdown => config::markdown(),
        SettingsFormat::Env => config::sample(),
    };
    out.write_all(text.as_bytes())?;
    out.flush()
}
