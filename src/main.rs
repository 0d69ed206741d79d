//! Parses, builds, runs, drains; nothing else.

use std::io::Stdout;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use ringcraft::app::{self, Runtimes, Signals, Stopped};
use ringcraft::cli::call::CallArgs;
use ringcraft::cli::replay::ReplayArgs;
use ringcraft::cli::settings::SettingsArgs;
use ringcraft::cli::{self, Arguments, Command};
use ringcraft::config::{self, Config, Secret, ServeArgs};
use ringcraft::provider::stt::recogniser_child;
use ringcraft::telemetry;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command_or_serve() {
        Command::Serve(given) => serve(*given),
        Command::Call(given) => call(given),
        Command::Kpis(given) => Ok(given.run()),
        Command::Replay(given) => replay(&given),
        Command::Superadmin(given) => {
            on_database(async |url, out| cli::superadmin::run(&given, url, out).await)
        }
        Command::ForgetNode(given) => {
            on_database(async |url, out| cli::forget_node::run(&given, url, out).await)
        }
        Command::Migrate => on_database(async |url, out| cli::migrate::run(url, out).await),
        Command::Seed(given) => on_database(async |url, out| cli::seed::run(given, url, out).await),
        Command::Settings(given) => settings(&given),
        Command::Openapi => openapi(),
        Command::Mail => on_database(async |url, out| cli::mail::run(url, out).await),
        Command::Recogniser => {
            recogniser_child::run().map(|()| ExitCode::SUCCESS).context("recognise speech")
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
        let mut signals = Signals::catch().context("catch signals")?;
        let listener = app::bind(config.listen).await?;
        let listening = listener.local_addr().context("read the listening address")?;
        let (app, sealing) = tokio::select! {
            built = app::build(config, listening, media) => built?,
            // It may wait for a database for ever.
            _ = signals.next() => return Ok(Stopped::Drained),
        };
        anyhow::Ok(app.run(listener, sealing, signals).await)
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

fn call(given: CallArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("start threads")?;
    runtime.block_on(cli::call::run(given))
}

fn replay(given: &ReplayArgs) -> anyhow::Result<ExitCode> {
    cli::replay::run(given, &mut std::io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

fn settings(given: &SettingsArgs) -> anyhow::Result<ExitCode> {
    cli::settings::run(given, &mut std::io::stdout().lock()).context("print the settings")?;
    Ok(ExitCode::SUCCESS)
}

fn openapi() -> anyhow::Result<ExitCode> {
    let out = &mut std::io::stdout().lock();
    cli::openapi::run(out).context("print the description of the interface")?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a command that needs the database and no other setting of the server.
fn on_database<E>(
    command: impl AsyncFnOnce(&Secret, &mut Stdout) -> Result<(), E>,
) -> anyhow::Result<ExitCode>
where
    anyhow::Error: From<E>,
{
    let url = config::database_url(config::environment)?;
    let runtime = tokio::runtime::Runtime::new().context("start threads")?;
    runtime.block_on(command(&url, &mut std::io::stdout()))?;
    Ok(ExitCode::SUCCESS)
}
