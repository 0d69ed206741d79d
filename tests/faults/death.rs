//! Processes that are killed: the server in mid-call, a recogniser in mid-turn.

use std::process::Command;

use ringcraft_media::wav::Wav;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::client::{Opened, fetch};
use crate::server::Server;

/// What the death of the server may cost of the recording.
const LOST_MS: usize = 200;

/// The same in frames, and one more for the frame that is being written.
const LOST_FRAMES: u32 = LOST_MS as u32 / 20 + 1;

#[tokio::test]
async fn a_killed_server_seals_the_call_at_its_next_start() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    client.say_sentence().await;
    client.until("reply.started").await;
    // A machine that stalls in the pause between the sentences hears two turns in them, and then the
    // reply starts while the second is still to be said.
    client.speak_to_the_end(LOST_FRAMES).await;
    server.signal(Signal::KILL);
    let sent_ms = client.sent.len() / 16;
    let (_, log, home) = server.wait();

    let server = Server::start_in(home, &[]);
    let shown = call.on(&server).sealed().await;
    assert_eq!(shown["end_reason"], "server_lost");
    let links = &shown["links"];
    let record: Value = serde_json::from_slice(&fetch(&links["record"]).await).unwrap();
    let kept = record["utterances"].as_array().unwrap();
    let told = client.utterances();
    assert!(2 <= told.len(), "the opening and the rep's words were shown");
    for said in told {
        assert!(kept.contains(said), "shown and lost: {said}\n{kept:#?}");
    }
    let bytes = fetch(&links["recording_wav"]).await;
    let wav = Wav::parse(&bytes).unwrap();
    let rep: Vec<i16> = wav.channel(0).collect();
    let kept_ms = rep.len() / 16;
    assert!(sent_ms <= kept_ms + LOST_MS, "sent {sent_ms} ms, kept {kept_ms} ms");
    // All speech was sent longer ago than what may be lost, so all of it must be there.
    let loud = |samples: &[i16]| samples.iter().filter(|sample| 300 < sample.abs()).count();
    let (was, is) = (loud(&client.sent), loud(&rep));
    assert!(was.abs_diff(is) * 100 < was, "{was} loud samples were sent, {is} are kept\n{log}");

    let file = server.data_dir().join("log.jsonl.zst");
    std::fs::write(&file, fetch(&links["log"]).await).unwrap();
    let mut replay = Command::new(env!("CARGO_BIN_EXE_ringcraft"));
    let output = replay.arg("replay").arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("the same"), "{output:?}");
    let spools = std::fs::read_dir(server.data_dir().join("spool")).unwrap().count();
    assert_eq!(spools, 0, "a sealed call leaves no spool");
}

#[tokio::test]
async fn a_recogniser_that_is_killed_in_mid_turn_costs_no_word() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    client.speak();
    client.until("rep.started").await;
    let children = recognisers(server.pid());
    assert_eq!(children.len(), 1, "one call, one recogniser");
    kill_process(children[0], Signal::KILL).unwrap();
    // It may be more than one turn, and a late word may join one that was shown.
    client.until_some(|event| rep_said(event, "six and a quarter"), "the last words").await;
    let first = client.utterances().into_iter().find(|said| said["speaker"] == "rep").unwrap();
    let first = first["text"].as_str().unwrap();
    assert!(first.starts_with("how can i help"), "the new one heard it from the start: {first}");
    assert_ne!(recognisers(server.pid()), children);
    assert_eq!(client.hang_up().await, "rep_hung_up");
    assert!(server.log().contains("offline recogniser restarted"));
}

fn rep_said(event: &Value, words: &str) -> bool {
    let said = &event["utterance"];
    said["speaker"] == "rep" && said["text"].as_str().unwrap().contains(words)
}

#[tokio::test]
async fn a_recogniser_that_dies_again_and_again_ends_the_call() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    let mut killed = Vec::new();
    // Three are replaced within a minute; with the fourth the engine is lost.
    while killed.len() < 4 {
        for child in recognisers(server.pid()) {
            if !killed.contains(&child) {
                kill_process(child, Signal::KILL).unwrap();
                killed.push(child);
            }
        }
        client.fail_to_send(1).await;
    }
    assert_eq!(client.ended().await, "vendor_lost");
    assert_eq!(call.sealed().await["end_reason"], "vendor_lost");
}

/// The recogniser processes of a server.
fn recognisers(server: Pid) -> Vec<Pid> {
    let tasks = std::fs::read_dir(format!("/proc/{server}/task")).unwrap();
    let children =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    let pids: Vec<i32> = children
        .flat_map(|list| {
            list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()
        })
        .collect();
    let is_recogniser = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == b"recogniser")
    };
    pids.into_iter().filter(is_recogniser).filter_map(Pid::from_raw).collect()
}
