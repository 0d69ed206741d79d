//! One run of a speech command: text goes in by standard input, sound comes back in a file.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use ringcraft_media::wav::Wav;
use rustix::process::{Pid, setpriority_process};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::provider::ProviderError;

/// A chunk takes 40 ms; past this the engine hangs.
const DEADLINE: Duration = Duration::from_secs(5);

/// The media threads go first.
const NICE: i32 = 5;

/// A command line speech engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Engine<'a> {
    /// Its name, for people.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) program: &'a Path,
    /// What to do when it is not there.
    pub(super) remedy: &'static str,
}

/// Mono sound as the engine wrote it.
#[derive(Debug)]
pub(super) struct Recording {
    /// Samples a second.
    pub(super) rate_hz: u32,
    /// The samples.
    pub(super) pcm: Vec<i16>,
}

impl Engine<'_> {
    /// Runs the engine on `text` and returns what it printed. Dropping the future kills it.
    ///
    /// # Errors
    /// When it is missing, fails, or takes too long.
    pub(super) async fn run<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        text: &str,
    ) -> Result<String, ProviderError> {
        let mut child = Command::new(self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.unavailable(&error))?;
        if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            // Not being nice is no reason not to speak.
            let _ = setpriority_process(Some(pid), NICE);
        }
        let mut input = child.stdin.take().expect("its standard input is piped");
        let write = async move {
            // An engine that stops reading says why by its exit status.
            let _ = input.write_all(text.as_bytes()).await;
        };
        let run = async { tokio::join!(write, child.wait_with_output()).1 };
        let output = tokio::time::timeout(DEADLINE, run)
            .await
            .map_err(|_| ProviderError::TooSlow { provider: self.name })?
            .map_err(|error| self.broke_off(format!("wait for it: {error}")))?;
        if !output.status.success() {
            return Err(self.broke_off(format!("it ended with {}", output.status)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs the engine as [`Engine::run`] does, with the name of a new file as last argument, and
    /// returns the sound that it wrote there. The file is gone afterwards.
    ///
    /// # Errors
    /// When it is missing, fails, takes too long, or leaves no sound.
    pub(super) async fn record(
        &self,
        arguments: &[&str],
        text: &str,
    ) -> Result<(String, Recording), ProviderError> {
        let file = tempfile::Builder::new()
            .prefix("ringcraft-voice-")
            .suffix(".wav")
            .tempfile()
            .map_err(|error| self.broke_off(format!("make a file for its sound: {error}")))?
            .into_temp_path();
        let mut all: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        all.push(file.as_os_str());
        let printed = self.run(&all, text).await?;
        let bytes = tokio::fs::read(&file)
            .await
            .map_err(|error| self.broke_off(format!("read its sound: {error}")))?;
        let wav = Wav::parse(&bytes).map_err(|error| self.broke_off(error.to_string()))?;
        let recording = Recording { rate_hz: wav.rate_hz, pcm: wav.channel(0).collect() };
        Ok((printed, recording))
    }

    pub(super) fn refused(&self, reason: String) -> ProviderError {
        ProviderError::Refused { provider: self.name, reason }
    }

    pub(super) fn broke_off(&self, reason: String) -> ProviderError {
        ProviderError::BrokeOff { provider: self.name, reason }
    }

    pub(super) fn unavailable(&self, error: &std::io::Error) -> ProviderError {
        let program = self.program.display();
        let reason = if error.kind() == std::io::ErrorKind::NotFound {
            format!("{program} is missing: {}", self.remedy)
        } else {
            format!("start {program}: {error}")
        };
        ProviderError::Unavailable { provider: self.name, reason }
    }
}
