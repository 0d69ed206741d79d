//! `ringcraft call` against a strict stand-in of the server's wire.

#![expect(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

#[path = "call_client/stand_in.rs"]
mod stand_in;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use ringcraft::cli::call::{CallArgs, place};
use serde_json::{Value, json};
use stand_in::{CLIP_LEVELS, REPLY_LEVELS, StandIn};

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    args: CallArgs,
}

const ACCOUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/call_client/accounts.json");

fn arguments(words: &[&str]) -> CallArgs {
    let signed_in = ["call", "--accounts", ACCOUNTS];
    Program::try_parse_from([&signed_in[..], words].concat()).unwrap().args
}

fn write_clip(path: &Path, level: i16, length_ms: u32) {
    let spec = WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut wav = WavWriter::create(path, spec).unwrap();
    for _ in 0..length_ms * 16 {
        wav.write_sample(level).unwrap();
    }
    wav.finalize().unwrap();
}

fn read_wav(path: &Path) -> Vec<i16> {
    WavReader::open(path).unwrap().into_samples().map(Result::unwrap).collect()
}

fn count(samples: &[i16], level: i16) -> usize {
    samples.iter().filter(|&&sample| sample == level).count()
}

/// Speaks three clips of 200 ms: the second cuts in, the third is answered twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_call_with_barge_in_resume_and_clear() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, level) in ["a.wav", "b.wav", "c.wav"].into_iter().zip(CLIP_LEVELS) {
        write_clip(Path::new(&file(name)), level, 200);
    }
    let server = StandIn::listen().await;
    let url = server.url();
    let args = arguments(&[
        "--url",
        &url,
        "--json",
        "--after-ms",
        "100",
        "--barge",
        "1:300",
        "--say",
        &file("a.wav"),
        "--say",
        &file("b.wav"),
        "--say",
        &file("c.wav"),
        "--out",
        &file("heard.wav"),
        "--out-stereo",
        &file("both.wav"),
    ]);
    let mut out = Vec::new();
    let code = server.while_serving(place(&args, &mut out)).await.unwrap();
    assert_eq!(code, ExitCode::SUCCESS);
    let journal = server.journal();

    // The microphone: every frame was checked for size and index; this is its pace.
    let frames = u32::try_from(journal.arrivals.len()).unwrap();
    assert!(100 < frames, "{frames} frames");
    let took = *journal.arrivals.last().unwrap() - journal.arrivals[0];
    let ideal = Duration::from_millis(20) * (frames - 1);
    assert!(ideal < took + Duration::from_millis(250), "{frames} frames in {took:?}");
    assert!(took < ideal + Duration::from_millis(500), "{frames} frames in {took:?}");

    // The loudspeaker: what was heard is what was played, to the sample.
    let paused_at = journal.paused_at;
    assert!(4_800 <= paused_at, "it cut in after 300 ms, not {paused_at} samples");
    assert!(paused_at < 16_000);
    let heard = read_wav(Path::new(&file("heard.wav")));
    assert_eq!(count(&heard, REPLY_LEVELS[0]), 4_800);
    let again = 1_600;
    assert_eq!(count(&heard, REPLY_LEVELS[1]) as u64, 16_000 + again, "100 ms were heard twice");
    assert_eq!(count(&heard, REPLY_LEVELS[2]) as u64, journal.cleared_at);
    assert_eq!(count(&heard, REPLY_LEVELS[3]), 3_200);

    let both = read_wav(Path::new(&file("both.wav")));
    assert_eq!(both.len(), heard.len() * 2);
    let sent: Vec<i16> = both.iter().step_by(2).copied().collect();
    for level in CLIP_LEVELS {
        assert_eq!(count(&sent, level), 3_200);
    }
    assert_eq!(both.iter().skip(1).step_by(2).copied().collect::<Vec<_>>(), heard);

    check_report(&serde_json::from_slice(&out).unwrap(), &url);
}

fn check_report(report: &Value, url: &str) {
    assert_eq!(report["call"]["status"], "completed");
    assert_eq!(report["call"]["end_reason"], "rep_hung_up");
    assert_eq!(report["call"]["links"]["recording"], format!("{url}/legs.opus"));
    assert_eq!(report["kpis"], json!({ "call": { "duration_ms": 7_000 } }));
    assert_eq!((&report["complete"], &report["sample_rate"]), (&json!(true), &json!(16_000)));
    assert_eq!((&report["link"], &report["reception"]), (&json!("websocket"), &json!(null)));
    assert_eq!(report["faults"], json!([]));
    let turns = report["turns"].as_array().unwrap();
    let of = |name: &str| turns.iter().map(|turn| turn[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("file"), ["a.wav", "b.wav", "c.wav"]);
    assert_eq!(of("barged"), [false, true, false]);
    assert_eq!(of("reply"), [json!(2), json!(null), json!(3)]);
    // The stand-in answers after ten silent frames: 200 ms, and what the machine adds.
    for turn in [&turns[0], &turns[2]] {
        let latency = turn["latency_ms"].as_i64().unwrap();
        assert!((150..700).contains(&latency), "{latency} ms");
        let ended = turn["speech_ended_ms"].as_i64().unwrap();
        assert_eq!(turn["first_audio_ms"].as_i64().unwrap() - ended, latency);
        assert!((turn["began_ms"].as_i64().unwrap() + 180 - ended).abs() < 200);
    }
    let events = report["events"].as_array().unwrap();
    let types: Vec<_> =
        events.iter().map(|event| event["event"]["type"].as_str().unwrap()).collect();
    assert_eq!(types.first(), Some(&"call.connected"));
    assert_eq!(events[0]["received_ms"], 0);
    assert_eq!(types.last(), Some(&"call.ended"));
    assert!(types.contains(&"coach.nudge"), "an event it does not know is passed on");
}

#[tokio::test]
async fn an_error_says_what_to_do() {
    let server = StandIn::listen().await;
    let url = server.url();
    let call = async |words: &[&str]| {
        let mut out = Vec::new();
        let args = arguments(&[&["--url", &url], words].concat());
        let error = server.while_serving(place(&args, &mut out)).await.unwrap_err();
        assert_eq!(out, b"");
        error.to_string()
    };
    let unknown = call(&["--scenario", "nobody"]).await;
    assert!(unknown.contains("no scenario `nobody`"), "{unknown}");
    assert!(unknown.contains("rachel           The rate shopper"), "{unknown}");

    let full = call(&["--scenario", "full"]).await;
    assert!(full.contains("503 full") && full.contains("try again"), "{full}");

    let taken = call(&["--scenario", "taken"]).await;
    assert!(taken.contains("409 already_connected"), "{taken}");
    let refused = call(&["--scenario", "refuses"]).await;
    assert!(refused.contains("1008 no audio today"), "{refused}");
    let plain = call(&["--link", "webrtc"]).await;
    assert!(plain.contains("no WebRTC") && plain.contains("--link websocket"), "{plain}");
    assert_eq!(server.given_up(), 3, "a call that was opened and not used is ended");

    drop(server);
    let mut out = Vec::new();
    let gone = place(&arguments(&["--url", &url]), &mut out).await.unwrap_err().to_string();
    assert!(gone.contains(&format!("no server answers at {url}")), "{gone}");
    assert!(gone.contains("make run"), "{gone}");
}

/// As a process: what it takes from the environment is its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_is_a_demo_rep_or_whom_the_environment_names() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(ACCOUNTS, folder.path().join("demo-accounts.json")).unwrap();
    let server = StandIn::listen().await;
    let url = server.url();
    // The stand-in has no slot for this scenario, so nobody has to speak.
    let call = async |data_dir: &Path, key: Option<&str>, words: &[&str]| {
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_ringcraft"));
        program.env_clear().env("RINGCRAFT_DATA_DIR", data_dir);
        program.args(["call", "--url", &url, "--scenario", "full"]).args(words);
        if let Some(key) = key {
            program.env("RINGCRAFT_API_KEY", key);
        }
        let output = server.while_serving(program.output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(output.stdout, b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("rck_"), "keys are not told: {said}");
        (server.keys(), said)
    };
    let (keys, said) = call(folder.path(), None, &[]).await;
    assert_eq!(keys, ["Bearer rck_rep"]);
    assert!(said.starts_with("Calling as Ren <ren@demo.example>, of "), "{said}");

    let (keys, said) = call(folder.path(), None, &["--as", "MIA@demo.example"]).await;
    assert_eq!(keys, ["Bearer rck_manager"]);
    assert!(said.starts_with("Calling as Mia <mia@demo.example>, of "), "{said}");

    let (keys, said) = call(folder.path(), Some("rck_own"), &[]).await;
    assert_eq!(keys, ["Bearer rck_own"]);
    assert!(said.starts_with("ringcraft: the server refused (503 full)"), "{said}");

    let (keys, said) = call(folder.path(), None, &["--as", "stan@demo.example"]).await;
    assert_eq!(keys, ["Bearer rck_stale"]);
    assert!(said.contains("ringcraft seed --again"), "{said}");
    let (_, said) = call(folder.path(), Some("rck_stale"), &[]).await;
    assert!(said.contains("RINGCRAFT_API_KEY holds no key of this server"), "{said}");

    let nowhere = folder.path().join("nowhere");
    let (keys, said) = call(&nowhere, None, &[]).await;
    assert!(keys.is_empty(), "the server was not asked: {keys:?}");
    assert!(said.contains("Set RINGCRAFT_API_KEY") && said.contains("make run"), "{said}");
}

#[tokio::test]
async fn a_call_that_breaks_off_took_place_and_says_so() {
    let server = StandIn::listen().await;
    let folder = tempfile::tempdir().unwrap();
    let heard = folder.path().join("heard.wav");
    let url = server.url();
    let args = arguments(&["--url", &url, "--scenario", "drops", "--out", heard.to_str().unwrap()]);
    let mut out = Vec::new();
    let code = server.while_serving(place(&args, &mut out)).await.unwrap();
    assert_eq!(code, ExitCode::SUCCESS);
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with("00:00.0        connected\n"), "{out}");
    assert!(out.contains("fault: the audio socket"), "{out}");
    assert!(heard.exists());
}

#[tokio::test]
async fn wrong_arguments_exit_with_2_before_anything_is_called() {
    let mut out = Vec::new();
    let url = ["--url", "http://127.0.0.1:1"];
    for words in [&["--say", "/nowhere/a.wav"][..], &["--barge", "0:100"], &["--rtc-tcp"]] {
        let args = arguments(&[&url[..], words].concat());
        assert_eq!(place(&args, &mut out).await.unwrap(), ExitCode::from(2), "{words:?}");
    }
    for words in [["--rate", "44100"], ["--barge", "2"], ["--barge", "a:b"], ["--link", "pigeon"]] {
        let error = Program::try_parse_from([&["call"], &words[..]].concat()).err().unwrap();
        assert_eq!(error.exit_code(), 2, "{words:?}");
    }
}
