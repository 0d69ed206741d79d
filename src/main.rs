//! Parses, builds, runs, drains; nothing else.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use ringcraft::app::{self, Runtimes, Signals, Stopped};
use ringcraft::config::{self, Arguments, Command, Config, ServeArgs};
use ringcraft::telemetry;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command_or_serve() {
        Command::Serve(given) => serve(*given),
        Command::Call(_) | Command::Kpis(_) | Command::Replay { .. } | Command::Recogniser => {
            not_in_this_build()
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("ringcraft: {error:#}");
        ExitCode::FAILURE
    })
}

fn serve(given: ServeArgs) -> anyhow::Result<ExitCode> {
    let config = Config::check(given, config::environment)?;
    telemetry::init(&config.log)?;
    let runtimes = Runtimes::start().context("start threads")?;
    let media = runtimes.media();
    let stopped = runtimes.run(async {
        let signals = Signals::catch().context("catch signals")?;
        let listener = app::bind(config.listen).await?;
        let app = app::build(config, media).await?;
        anyhow::Ok(app.run(listener, signals).await)
    })?;
    match stopped {
        Stopped::Drained => {
            runtimes.stop();
            Ok(ExitCode::SUCCESS)
        }
        Stopped::AtOnce => {
            runtimes.abandon();
            Ok(ExitCode::from(130))
        }
    }
}

fn not_in_this_build() -> anyhow::Result<ExitCode> {
    bail!("this command is not in this build")
}
