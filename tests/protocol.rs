//! The sample messages of `docs/PROTOCOL.md`: each is read, written again, and stands in the document.

#![expect(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ringcraft::cli::call::wire::{ChannelRequest, Control, Request, Text, read_text};
use ringcraft::config::IceUrls;
use ringcraft::transport::webrtc::fragment;
use ringcraft::transport::websocket::listener::greeting;
use ringcraft_media::call::{EchoCancellation, Live};
use serde_json::Value;

/// What a client sends.
const CLIENT: [&str; 5] = ["hangup", "microphone", "played", "say", "start"];

/// What a server sends about the audio.
const SERVER: [&str; 5] = ["clear", "error", "pause", "ready", "resume"];

/// What a server sends about the call.
const LIVE: [&str; 15] = [
    "call.connected",
    "call.ended",
    "call.held",
    "call.listeners",
    "call.resumed",
    "rep.started",
    "rep.stopped",
    "reply.ended",
    "reply.interrupted",
    "reply.paused",
    "reply.resumed",
    "reply.started",
    "reply.thinking",
    "transcript.partial",
    "utterance",
];

/// A new message does not compile until it is named here, and fails until it has a sample.
fn live_place(live: &Live) -> usize {
    match live {
        Live::Connected => 0,
        Live::Ended { .. } => 1,
        Live::Held { .. } => 2,
        Live::Listeners { .. } => 3,
        Live::Resumed { .. } => 4,
        Live::RepStarted { .. } => 5,
        Live::RepStopped { .. } => 6,
        Live::ReplyEnded { .. } => 7,
        Live::ReplyInterrupted { .. } => 8,
        Live::ReplyPaused { .. } => 9,
        Live::ReplyResumed { .. } => 10,
        Live::ReplyStarted { .. } => 11,
        Live::ReplyThinking { .. } => 12,
        Live::Partial { .. } => 13,
        Live::Utterance { .. } => 14,
    }
}

fn control_place(control: &Control) -> usize {
    match control {
        Control::Clear { .. } => 0,
        Control::Error { .. } => 1,
        Control::Pause { .. } => 2,
        Control::Ready { .. } => 3,
        Control::Resume { .. } => 4,
    }
}

fn request_place(request: &Request) -> usize {
    match request {
        Request::Hangup => 0,
        Request::Microphone { .. } => 1,
        Request::Played { .. } => 2,
        Request::Say { .. } => 3,
        Request::Start { .. } => 4,
    }
}

/// Every sample of a message by its file's name.
fn samples() -> BTreeMap<String, String> {
    samples_in("tests/protocol")
}

fn samples_in(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn every_message_has_a_sample_and_every_sample_a_message() {
    let mut named: Vec<&str> = [&CLIENT[..], &SERVER, &LIVE].concat();
    named.sort_unstable();
    assert_eq!(samples().keys().map(String::as_str).collect::<Vec<_>>(), named);
}

#[test]
fn every_sample_is_read_and_written_again_the_same() {
    for (name, text) in samples() {
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["type"], name.as_str());
        let again = if CLIENT.contains(&name.as_str()) {
            let request: Request = serde_json::from_str(&text).unwrap();
            assert_eq!(CLIENT[request_place(&request)], name);
            serde_json::to_value(request).unwrap()
        } else {
            match read_text(&text).unwrap() {
                Text::Control(control) => {
                    assert_eq!(SERVER[control_place(&control)], name);
                    serde_json::to_value(control).unwrap()
                }
                Text::Live(live) => {
                    assert_eq!(LIVE[live_place(&live)], name);
                    serde_json::to_value(live).unwrap()
                }
                Text::Unknown(tag) => panic!("{tag} is unknown"),
            }
        };
        assert_eq!(again, value, "{name}");
    }
}

#[test]
fn the_document_shows_the_samples() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/PROTOCOL.md");
    let document = fs::read_to_string(document).unwrap();
    // The answers over HTTP are held against theirs by the tests of the routes.
    let others =
        ["http", "listen", "webrtc"].map(|kind| samples_in(&format!("tests/protocol/{kind}")));
    for (name, text) in samples().into_iter().chain(others.into_iter().flatten()) {
        assert!(document.contains(text.trim_end()), "docs/PROTOCOL.md lacks the sample {name}");
    }
}

#[test]
fn a_listener_is_greeted_as_the_sample_says() {
    let samples = samples_in("tests/protocol/listen");
    assert_eq!(samples.keys().collect::<Vec<_>>(), ["listening"]);
    let sample = samples["listening"].trim_end();
    let value: Value = serde_json::from_str(sample).unwrap();
    let call = value["call_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(greeting(call), sample);
}

#[test]
fn the_samples_of_webrtc_are_read() {
    let samples = samples_in("tests/protocol/webrtc");
    assert_eq!(
        samples.keys().collect::<Vec<_>>(),
        ["candidates", "connection.checked", "ice_servers", "played"]
    );
    let fragment = fragment::read(&samples["candidates"]).unwrap();
    assert_eq!((fragment.ufrag.as_str(), fragment.pwd.len()), ("EsAw", 24));
    let candidate = "candidate:1 1 udp 2122260223 192.0.2.10 50000 typ host generation 0";
    assert_eq!((fragment.candidates, fragment.end_of_candidates), (vec![candidate.into()], true));
    let servers: Value = serde_json::from_str(&samples["ice_servers"]).unwrap();
    for url in servers.as_array().unwrap().iter().flat_map(|server| server["urls"].as_array()) {
        let urls: Vec<_> = url.iter().map(|url| url.as_str().unwrap()).collect();
        assert!(urls.join(",").parse::<IceUrls>().is_ok(), "{urls:?}");
    }
    let played: ChannelRequest = serde_json::from_str(&samples["played"]).unwrap();
    assert_eq!(played, ChannelRequest::Played { rtp_timestamp: 3_735_968_640 });
    let hangup: ChannelRequest =
        serde_json::from_str(&samples_in("tests/protocol")["hangup"]).unwrap();
    assert_eq!(hangup, ChannelRequest::Hangup);
    let microphone: ChannelRequest =
        serde_json::from_str(&samples_in("tests/protocol")["microphone"]).unwrap();
    let off = EchoCancellation::Off;
    assert_eq!(microphone, ChannelRequest::Microphone { echo_cancellation: off });
    let say: ChannelRequest = serde_json::from_str(&samples_in("tests/protocol")["say"]).unwrap();
    assert_eq!(say, ChannelRequest::Say { text: "What matters most to you?".into() });
}
