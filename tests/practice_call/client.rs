//! `ringcraft call` as a process, and what it reports.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ringcraft_media::wav::Wav;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;
use crate::stalls::Stalls;

/// A call that is over, as the client saw it.
pub(crate) struct Talk {
    pub(crate) report: Report,
    /// What the client played, on its clock.
    pub(crate) heard: Vec<i16>,
    /// The most that the machine stood still within any few seconds.
    pub(crate) stood_still_ms: u64,
    folder: TempDir,
}

/// What `ringcraft call --json` prints; times count from `call.connected`.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) call: CallState,
    pub(crate) complete: bool,
    pub(crate) turns: Vec<Turn>,
    pub(crate) events: Vec<Received>,
    pub(crate) reception: Option<Reception>,
    pub(crate) faults: Vec<String>,
    pub(crate) kpis: Value,
}

/// How the buyer's sound arrived, where it came as packets.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Reception {
    pub(crate) packets: u64,
    pub(crate) missing: u64,
    pub(crate) malformed: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CallState {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) end_reason: String,
    pub(crate) duration_ms: u64,
    pub(crate) links: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Turn {
    pub(crate) barged: bool,
    pub(crate) began_ms: u64,
    pub(crate) speech_ended_ms: u64,
    pub(crate) reply: Option<u32>,
    pub(crate) first_audio_ms: Option<u64>,
    pub(crate) latency_ms: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    pub(crate) event: Value,
}

impl Talk {
    /// Speaks files into a call to its end.
    pub(crate) fn hold(server: &Server, files: &[PathBuf], more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (heard, both) = (folder.path().join("heard.wav"), folder.path().join("both.wav"));
        let mut command = ringcraft(["call", "--json", "--url", &server.url()]);
        for file in files {
            command.arg("--say").arg(file);
        }
        command.env("RINGCRAFT_API_KEY", server.api_key());
        command.arg("--out").arg(&heard).arg("--out-stereo").arg(&both).args(more);
        let stalls = Stalls::watch();
        let output = command.output().expect("run the client");
        let stood_still_ms = stalls.worst_ms();
        println!("the machine stood still for {stood_still_ms} ms at worst");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}\n{}", server.log());
        let report: Report = serde_json::from_slice(&output.stdout).expect("one JSON object");
        assert_eq!(report.faults, Vec::<String>::new());
        assert_eq!(report.call.status, "completed");
        let heard = leg(&heard, 0);
        assert_eq!(heard, leg(&both, 1), "what was heard is the right of both");
        Self { report, heard, stood_still_ms, folder }
    }

    /// What is to be met within so many milliseconds is met within these on this machine.
    pub(crate) fn give_or_take(&self, ms: u64) -> u64 {
        ms + self.stood_still_ms
    }

    /// A place for what was fetched.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("write a file");
        path
    }
}

/// One of the product's own commands.
pub(crate) fn ringcraft(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringcraft"));
    command.env_clear().args(args);
    command
}

fn leg(path: &Path, index: u16) -> Vec<i16> {
    let bytes = std::fs::read(path).expect("a sound file");
    let wav = Wav::parse(&bytes).expect("a WAV file");
    assert_eq!(wav.rate_hz, 16_000);
    wav.channel(index).collect()
}
