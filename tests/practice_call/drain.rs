//! The server is told to stop in the middle of a call.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Stdio};

use ringcraft_media::call::EndReason;
use ringcraft_media::log::{self, Entry};
use ringcraft_media::record::{CallRecord, Speaker};
use rustix::process::Signal;

use crate::client::ringcraft;
use crate::clips::words;
use crate::server::Server;

#[test]
fn a_server_that_stops_says_goodbye_and_seals_the_call() {
    let server = Server::start(&[("RINGCRAFT_DRAIN_SECONDS", "1")]);
    let mut client = ringcraft(["call", "--url", &server.url(), "--hold", "60"])
        .env("RINGCRAFT_API_KEY", server.api_key())
        .stdout(Stdio::piped())
        .spawn()
        .expect("run the client");
    let mut told = BufReader::new(client.stdout.take().expect("a piped story"));
    let opening = line_with(&mut told, " buyer ");
    server.signal(Signal::TERM);
    let goodbye = line_with(&mut told, " buyer ");
    assert_ne!(opening, goodbye);
    let mut rest = String::new();
    told.read_to_string(&mut rest).expect("the story to its end");
    assert!(rest.contains("the call is over"), "{rest}");
    assert!(client.wait().expect("wait for the client").success(), "{rest}");

    let (status, log, home) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    for line in ["stopping: no new calls", "saying goodbye", "call sealed"] {
        assert!(log.contains(line), "{line:?} in\n{log}");
    }
    assert!(log.trim_end().ends_with("stopped"), "{log}");

    let record = std::fs::read(only(home.path(), "record.json")).expect("the record");
    let record = CallRecord::from_json(&record).expect("a call record").into_parts();
    let last = record.utterances.last().expect("a goodbye");
    assert_eq!((last.speaker, last.interrupted), (Speaker::Persona, false), "{last:?}");
    let spoken = words(goodbye.split(" buyer ").nth(1).expect("what the buyer said"));
    assert_eq!(words(&last.text), spoken);
    let packed = std::fs::read(only(home.path(), "log.jsonl.zst")).expect("the log");
    let log = zstd::decode_all(packed.as_slice()).expect("a compressed log");
    let log = String::from_utf8(log).expect("a log in UTF-8");
    let entries = log::read(log.lines()).expect("a readable log");
    let Some(Entry::Closed { reason, .. }) = entries.last() else { panic!("no end: {log}") };
    assert_eq!(*reason, EndReason::ServerDrain);
    assert_eq!(files(&home.path().join("data/spool")), [] as [PathBuf; 0], "nothing waits");
}

/// The next line that holds `wanted`.
fn line_with(told: &mut BufReader<ChildStdout>, wanted: &str) -> String {
    let mut seen = String::new();
    while told.read_line(&mut seen).expect("a line") != 0 {
        if let Some(line) = seen.lines().last().filter(|line| line.contains(wanted)) {
            return line.to_owned();
        }
    }
    panic!("{wanted:?} was not told:\n{seen}");
}

/// The one file of this name.
fn only(folder: &Path, name: &str) -> PathBuf {
    let mut found = files(folder);
    found.retain(|file| file.file_name().is_some_and(|its| its == name));
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.remove(0)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
