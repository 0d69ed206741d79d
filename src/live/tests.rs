//! Calls with scripted engines on paused time: admission, links, and engines that fail.

mod typed;

use std::time::Duration;

use bytes::Bytes;
use ringcraft_media::log::{self, Entry};
use ringcraft_media::record::{RecordEvent, Speaker, Utterance};
use ringcraft_media::units::{SampleRate, Samples};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, advance, interval, timeout};

use super::*;
use crate::provider::scripted_engines::{Ear, Mind, Throat};
use crate::transport::{Encoding, Inbound, LINK_OUTBOUND, LinkFormat, LinkIn, LinkOut};

mod counted;
mod listening;
mod microphone;

const ORG: OrgId = OrgId(uuid::Uuid::nil());

const HELLO: &str = "Hello, I am calling around for rates today. What do you have for me?";

/// Longer than any script; a call that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(120);

struct Rig {
    calls: Arc<LiveCalls>,
    ended: mpsc::Receiver<EndedCall>,
    spools: SpoolFolder,
    _folder: TempDir,
}

impl Rig {
    fn new(engines: Engines, max_calls: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spools = SpoolFolder::open(folder.path()).unwrap();
        let (calls, ended) = LiveCalls::new(LiveSettings {
            max_calls,
            library: Arc::new(Library::embedded().unwrap()),
            engines,
            spools: spools.clone(),
            ledger: Ledger::unkept(),
            metrics: Metrics::default(),
            media_runtime: Handle::current(),
            runtime: Handle::current(),
        });
        Self { calls: Arc::new(calls), ended, spools, _folder: folder }
    }

    fn healthy() -> Self {
        Self::new(engines(Ear::Hears("send it to me"), Mind::Says(HELLO), Throat::Speaks), 1)
    }

    /// Opens a call and connects it.
    fn connect(&self) -> (CallId, Client) {
        let call = self.calls.open(ORG, UserId::new(), "rachel").unwrap().0;
        let (link, client) = Client::new();
        self.calls.attach(call, link).unwrap();
        (call, client)
    }

    /// The log of the next call that ends.
    async fn log(&mut self) -> Vec<Entry> {
        let ended = timeout(WITHIN, self.ended.recv()).await.expect("the call ends").unwrap();
        let spool = self.spools.read(ended.call, &ended.unwritten).unwrap();
        let entries = log::read(spool.lines.iter().flat_map(|line| line.lines())).unwrap();
        log::replay(&entries).expect("a call replays as it ran");
        entries
    }
}

fn engines(ear: Ear, mind: Mind, throat: Throat) -> Engines {
    Engines { recogniser: Arc::new(ear), model: Arc::new(mind), voice: Arc::new(throat) }
}

fn end_of(entries: &[Entry]) -> (EndReason, u64) {
    let Some(Entry::Closed { at, reason }) = entries.last() else { panic!("no end: {entries:?}") };
    (*reason, at.as_ms())
}

fn said(events: &[Value], speaker: &str) -> Vec<String> {
    let said = events.iter().filter(|event| event["utterance"]["speaker"] == speaker);
    said.map(|event| event["utterance"]["text"].as_str().unwrap().to_owned()).collect()
}

/// The far side of a link: it sends a frame every 20 ms while it waits for something.
struct Client {
    inbound: mpsc::Sender<LinkIn>,
    outbound: mpsc::Receiver<LinkOut>,
    index: u64,
    speech: std::vec::IntoIter<i16>,
}

impl Client {
    fn new() -> (Link, Self) {
        Self::with_room(LINK_OUTBOUND)
    }

    fn with_room(room: usize) -> (Link, Self) {
        let (inbound, from_client) = mpsc::channel(64);
        let (to_client, outbound) = mpsc::channel(room);
        let format = LinkFormat { encoding: Encoding::PcmS16le, rate: SampleRate::Hz16000 };
        let link =
            Link { format, reports_playback: true, inbound: from_client, outbound: to_client };
        (link, Self { inbound, outbound, index: 0, speech: Vec::new().into_iter() })
    }

    /// Speaks a recorded sentence from the next frame on.
    fn speak(&mut self) {
        let wav = include_bytes!("../../media/tests/audio/slt.wav");
        let samples = hound::WavReader::new(&wav[..]).unwrap().into_samples();
        self.speech = samples.map(Result::unwrap).collect::<Vec<_>>().into_iter();
    }

    async fn frame(&mut self) {
        let pcm: Vec<u8> =
            (0..320).flat_map(|_| self.speech.next().unwrap_or(0).to_le_bytes()).collect();
        let media_time = Samples(self.index);
        let inbound = Inbound { seq: self.index / 320, media_time, payload: Bytes::from(pcm) };
        self.index += 320;
        // A call that is over takes no more.
        let _ = self.inbound.send(LinkIn::Audio(inbound)).await;
    }

    /// Says nothing for so many frames.
    async fn silence(&mut self, frames: u32) {
        let mut ticks = interval(Duration::from_millis(20));
        for _ in 0..frames {
            ticks.tick().await;
            self.frame().await;
        }
    }

    /// Sends frames until a live event of the type comes; returns all up to it.
    async fn until(&mut self, wanted: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut frames = interval(Duration::from_millis(20));
        frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let found = timeout(WITHIN, async {
            loop {
                tokio::select! {
                    _ = frames.tick() => self.frame().await,
                    message = self.outbound.recv() => match message {
                        Some(LinkOut::Live(json)) => {
                            let event: Value = serde_json::from_str(&json).unwrap();
                            events.push(event);
                            if events.last().unwrap()["type"] == wanted {
                                return;
                            }
                        }
                        Some(_) => {}
                        None => panic!("the link closed before {wanted}: {events:?}"),
                    },
                }
            }
        });
        let found = found.await;
        assert!(found.is_ok(), "{wanted} never came: {events:?}");
        events
    }
}

/// Waits for a live event of the type as an observer.
async fn seen(observer: &mut broadcast::Receiver<Arc<str>>, wanted: &str) -> Value {
    let search = async {
        loop {
            let event: Value = serde_json::from_str(&observer.recv().await.unwrap()).unwrap();
            if event["type"] == wanted {
                return event;
            }
        }
    };
    timeout(WITHIN, search).await.unwrap_or_else(|_| panic!("{wanted} never came"))
}

#[tokio::test(start_paused = true)]
async fn the_last_slot_is_given_once_and_comes_free_with_the_end() {
    let mut rig = Rig::healthy();
    assert_eq!(
        rig.calls.open(ORG, UserId::new(), "nobody").err(),
        Some(OpenError::UnknownScenario)
    );
    let waiting = rig.calls.open(ORG, UserId::new(), "rachel").unwrap().0;
    assert_eq!(
        rig.calls.open(ORG, UserId::new(), "rachel").err(),
        Some(OpenError::Full),
        "a waiting call has its slot"
    );
    assert!(rig.calls.end(waiting, EndReason::RepHungUp));
    assert_eq!(rig.calls.status(waiting), None);

    let (call, mut client) = rig.connect();
    client.until("call.connected").await;
    assert_eq!(rig.calls.open(ORG, UserId::new(), "rachel").err(), Some(OpenError::Full));
    assert_eq!(rig.calls.live_count(), 1);
    assert!(rig.calls.end(call, EndReason::RepHungUp));
    assert_eq!(end_of(&rig.log().await).0, EndReason::RepHungUp);
    assert_eq!(rig.calls.status(call), Some(CallStatus::Sealing));
    assert_eq!(rig.calls.live_count(), 0);
    rig.calls
        .open(ORG, UserId::new(), "rachel")
        .expect("a call that only waits for its seal needs no slot");
    rig.calls.sealed(call, CallStatus::Completed);
    assert_eq!(rig.calls.status(call), Some(CallStatus::Completed));
    assert_eq!(rig.calls.can_attach(call), Err(AttachError::Unknown), "it is over");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_joins_gives_its_slot_back() {
    let rig = Rig::healthy();
    let call = rig.calls.open(ORG, UserId::new(), "rachel").unwrap().0;
    advance(WAITING_FOR).await;
    assert_eq!(rig.calls.can_attach(call), Ok(()), "its token is good to the end");
    advance(Duration::from_secs(1)).await;
    assert_eq!(rig.calls.can_attach(call), Err(AttachError::Unknown));
    rig.calls.open(ORG, UserId::new(), "rachel").expect("the slot is free");
    assert_eq!(rig.calls.status(call), None);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_opened_again_waits_for_what_is_left_of_its_time() {
    let rig = Rig::healthy();
    let (call, of) = (CallId::new(), (ORG, UserId::new()));
    rig.calls.open_again(call, of, "rachel", Duration::from_secs(590)).unwrap();
    advance(Duration::from_secs(10)).await;
    assert_eq!(rig.calls.can_attach(call), Ok(()));
    rig.calls.open_again(call, of, "rachel", Duration::ZERO).expect("it is here already");
    advance(Duration::from_secs(1)).await;
    assert_eq!(rig.calls.can_attach(call), Err(AttachError::Unknown));
}

#[tokio::test(start_paused = true)]
async fn neither_a_person_nor_an_org_takes_every_slot_without_calling() {
    let engines = || engines(Ear::Hears(""), Mind::Says(HELLO), Throat::Speaks);
    let rig = Rig::new(engines(), 5);
    let rep = UserId::new();
    let open = |org, user| rig.calls.open(org, user, "rachel").map(|(call, _)| call);
    let first = open(ORG, rep).unwrap();
    let second = open(ORG, rep).unwrap();
    assert_eq!(rig.calls.status(first), None, "the later call took its place");
    assert_eq!(rig.calls.can_attach(first), Err(AttachError::Unknown));
    assert_eq!((rig.calls.can_attach(second), rig.calls.free_slots()), (Ok(()), 4));

    // Half of 5 slots are 2.
    open(ORG, UserId::new()).unwrap();
    assert_eq!(open(ORG, UserId::new()), Err(OpenError::TooManyWaiting));
    let third = open(ORG, rep).expect("it takes the place of the second");
    let other = OrgId::new();
    open(other, rep).expect("the person of another org is another");
    assert_eq!(rig.calls.can_attach(third), Ok(()));

    // A call that is connected is no longer among those that wait.
    let (link, _client) = Client::new();
    rig.calls.attach(third, link).unwrap();
    open(ORG, rep).expect("a person in a call may have one more waiting");
    assert_eq!(rig.calls.status(third), Some(CallStatus::Live));
    open(other, UserId::new()).unwrap();
    assert_eq!(open(OrgId::new(), rep), Err(OpenError::Full));

    let single = Rig::new(engines(), 1);
    single.calls.open(ORG, rep, "rachel").expect("half of one slot is one");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_spool_gives_its_slot_back() {
    let mut rig = Rig::healthy();
    let call = rig.calls.open(ORG, UserId::new(), "rachel").unwrap().0;
    std::fs::create_dir(rig.spools.call_dir(call)).unwrap();
    let (link, mut client) = Client::new();
    rig.calls.attach(call, link).unwrap();
    assert!(client.outbound.recv().await.is_none(), "the link is closed without a word");
    let ended = rig.ended.recv().await.unwrap();
    assert_eq!((ended.call, ended.unwritten), (call, Vec::new()));
    rig.calls.open(ORG, UserId::new(), "rachel").expect("the slot is free");
}

#[tokio::test(start_paused = true)]
async fn a_live_call_takes_no_second_link_and_a_held_one_does() {
    let mut rig = Rig::healthy();
    let (call, mut first) = rig.connect();
    first.until("reply.started").await;
    let (link, _second) = Client::new();
    assert_eq!(rig.calls.attach(call, link), Err(AttachError::AlreadyConnected));
    first.until("reply.ended").await;

    let mut observer = rig.calls.watch(call).unwrap();
    drop(first);
    seen(&mut observer, "call.held").await;
    let (link, mut third) = Client::new();
    rig.calls.attach(call, link).expect("a held call takes another link");
    let events = third.until("reply.ended").await;
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = ["call.resumed", "reply.thinking", "reply.started", "utterance", "reply.ended"];
    assert_eq!(kinds, expected, "the buyer speaks again on the new link");
    third.inbound.send(LinkIn::HangUp).await.unwrap();
    assert_eq!(end_of(&rig.log().await).0, EndReason::RepHungUp);
}

#[tokio::test(start_paused = true)]
async fn a_rep_who_never_returns_is_given_thirty_seconds() {
    let mut rig = Rig::healthy();
    let (call, mut client) = rig.connect();
    client.until("reply.ended").await;
    let mut observer = rig.calls.watch(call).unwrap();
    drop(client);
    let held = seen(&mut observer, "call.held").await["at_ms"].as_u64().unwrap();
    let (reason, at_ms) = end_of(&rig.log().await);
    assert_eq!(reason, EndReason::RepLost);
    assert_eq!(at_ms, held + 30_000);
}

#[tokio::test(start_paused = true)]
async fn a_drained_server_says_goodbye_on_every_call() {
    let mut rig = Rig::healthy();
    let (_, mut client) = rig.connect();
    client.until("reply.ended").await;
    let calls = Arc::clone(&rig.calls);
    let drain = async {
        calls.drain(Duration::from_secs(3)).await;
        calls.open(ORG, UserId::new(), "rachel")
    };
    let (after, events) = tokio::join!(drain, client.until("call.ended"));
    assert_eq!(after.err(), Some(OpenError::Draining));
    assert_eq!(events.last().unwrap()["reason"], "server_drain");
    assert_eq!(said(&events, "persona"), [HELLO], "the goodbye was spoken");
    assert_eq!(end_of(&rig.log().await).0, EndReason::ServerDrain);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_ended_before_its_first_audio() {
    let mut rig = Rig::healthy();
    let (call, client) = rig.connect();
    assert!(rig.calls.end(call, EndReason::RepHungUp));
    assert_eq!(end_of(&rig.log().await), (EndReason::RepHungUp, 0));
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_takes_nothing_is_let_go() {
    let mut rig = Rig::healthy();
    let call = rig.calls.open(ORG, UserId::new(), "rachel").unwrap().0;
    let mut observer = rig.calls.watch(call).unwrap();
    let (link, mut client) = Client::with_room(1);
    rig.calls.attach(call, link).unwrap();
    client.frame().await;
    let held = seen(&mut observer, "call.held").await["at_ms"].as_u64().unwrap();
    // It takes `call.connected`, and not the `reply.thinking` of 400 ms later.
    assert!((400..600).contains(&held), "{held}");
    assert!(client.inbound.is_closed(), "the carrier learns that it is let go");
    let (link, mut client) = Client::new();
    rig.calls.attach(call, link).expect("another link may take its place");
    client.until("reply.ended").await;
    client.inbound.send(LinkIn::HangUp).await.unwrap();
    assert_eq!(end_of(&rig.log().await).0, EndReason::RepHungUp);
}

/// Runs a call in silence until the engines end it.
/// The rep hangs up in the middle of a reply: what it had told by then is in the record.
#[tokio::test(start_paused = true)]
async fn a_reply_cut_by_the_end_of_the_call_still_counts() {
    const OPENING: &str = "What is your rate today? I have not got much time, so be quick.";
    let mut rig = Rig::new(engines(Ear::Hears("well"), Mind::Says(OPENING), Throat::Speaks), 1);
    let (call, mut client) = rig.connect();
    client.until("reply.started").await;
    let mut frames = interval(Duration::from_millis(20));
    for _ in 0..75 {
        frames.tick().await;
        client.frame().await;
    }
    assert!(rig.calls.end(call, EndReason::RepHungUp));
    let entries = rig.log().await;
    assert_eq!(end_of(&entries).0, EndReason::RepHungUp);
    let record = log::record(&entries).unwrap().into_parts();
    let told = record.events.iter().any(|event| {
        matches!(event, RecordEvent::ObjectionRaised(objection) if objection.tag == "just_the_rate")
    });
    assert!(told, "{:?} {:?}", record.utterances, record.events);
}

async fn lost_with(ear: Ear, mind: Mind, throat: Throat) -> (EndReason, u64, Vec<Value>) {
    let mut rig = Rig::new(engines(ear, mind, throat), 1);
    let (_, mut client) = rig.connect();
    let events = client.until("call.ended").await;
    let (reason, at_ms) = end_of(&rig.log().await);
    (reason, at_ms, events)
}

#[tokio::test(start_paused = true)]
async fn a_call_does_not_go_on_without_an_engine() {
    let ear = Ear::Hears("");
    let (reason, at_ms, _) = lost_with(Ear::Lost, Mind::Says(HELLO), Throat::Speaks).await;
    assert_eq!(reason, EndReason::VendorLost);
    assert!(at_ms < 200, "a deaf call ends at once, not at {at_ms} ms");
    let (reason, at_ms, _) = lost_with(ear, Mind::Says(HELLO), Throat::Lost).await;
    assert_eq!(reason, EndReason::VendorLost);
    // The buyer opens after 400 ms; its voice is gone then.
    assert!((400..600).contains(&at_ms), "{at_ms}");
    let (reason, at_ms, _) = lost_with(ear, Mind::Refuses, Throat::Speaks).await;
    assert_eq!(reason, EndReason::VendorLost);
    assert!((400..600).contains(&at_ms), "asked twice and refused twice, at {at_ms}");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_never_answers_is_asked_twice_and_given_up() {
    let (reason, at_ms, events) = lost_with(Ear::Hears(""), Mind::Silent, Throat::Speaks).await;
    assert_eq!(reason, EndReason::VendorLost);
    let asked = events.iter().filter(|event| event["type"] == "reply.thinking").count();
    assert_eq!(asked, 2);
    // 400 ms until the buyer opens, then twice 8 s.
    assert!((16_400..16_600).contains(&at_ms), "{at_ms}");
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_fails_costs_its_words_and_not_the_call() {
    let mut rig = Rig::new(engines(Ear::Hears(""), Mind::Says(HELLO), Throat::FailsOn(1)), 1);
    let (_, mut client) = rig.connect();
    let events = client.until("reply.ended").await;
    let heard = said(&events, "persona");
    assert_eq!(heard.len(), 1);
    assert!(heard[0].len() < HELLO.len() && HELLO.starts_with(&heard[0]), "{heard:?}");
    client.until("reply.started").await;
    client.inbound.send(LinkIn::HangUp).await.unwrap();
    assert_eq!(end_of(&rig.log().await).0, EndReason::RepHungUp);
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_never_settles_delays_a_turn_and_loses_nothing() {
    let words = "send it to me";
    let ear = Ear::NeverSettles(words);
    let mut rig = Rig::new(engines(ear, Mind::Says(HELLO), Throat::Speaks), 1);
    let (_, mut client) = rig.connect();
    client.until("reply.ended").await;
    client.speak();
    let events = client.until("reply.started").await;
    assert_eq!(said(&events, "rep"), [words], "what was shown is the turn");
    let stopped = events.iter().rfind(|event| event["type"] == "rep.stopped").unwrap();
    let answered = events.last().unwrap()["at_ms"].as_u64().unwrap();
    let wait = answered - stopped["at_ms"].as_u64().unwrap();
    // The recogniser is waited for for 1200 ms, an unfinished sentence for up to 2500 ms.
    assert!((1_200..2_700).contains(&wait), "{wait}");
    client.inbound.send(LinkIn::HangUp).await.unwrap();
    let log = rig.log().await;
    let record = log::record(&log).unwrap().into_parts();
    let rep: Vec<&Utterance> =
        record.utterances.iter().filter(|said| said.speaker == Speaker::Rep).collect();
    assert_eq!(rep.len(), 1);
    assert_eq!(end_of(&log).0, EndReason::RepHungUp);
}

#[tokio::test(start_paused = true)]
async fn what_the_recorder_does_not_take_is_counted() {
    let engines = engines(Ear::Hears(""), Mind::Says(HELLO), Throat::Speaks);
    let (link, client) = Client::new();
    let (control, wishes) = mpsc::channel(CONTROL);
    // It takes the log's opening and nothing else.
    let (recorder, _stuck) = mpsc::channel(1);
    let start = driver::Start {
        opened: log::Opened {
            version: log::VERSION,
            call_id: "c".to_owned(),
            setup: ringcraft_media::call::Setup {
                policy: ringcraft_media::turn::Policy::default(),
                language: "en-US".to_owned(),
                recogniser: engines.recogniser.abilities(),
                fillers: Vec::new(),
            },
            scenario: Value::Null,
            served_by: Value::Null,
        },
        scenario: Library::embedded().unwrap().scenario("rachel").unwrap(),
        engines,
        link,
        control: wishes,
        recorder,
        feed: Arc::new(Feed::new()),
        metrics: Metrics::default(),
        scope: scope::CallScope::new(Handle::current()),
        seed: 0,
        held: watch::Sender::new(false),
    };
    control.send(Control::End(EndReason::RepHungUp)).await.unwrap();
    let faults = driver::run(start).await;
    drop(client);
    // The one thing that happened: the hang-up, with the line that closes the log.
    assert_eq!(faults, driver::Faults { recorder_overruns: 1, ..driver::Faults::default() });
}
