//! The link against the client of an independent library, over a pipe on paused time.

use ringcraft_media::call::ReplyId;
use ringcraft_media::units::{CallTime, SampleRate, Samples};
use tokio::io::DuplexStream;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_util::task::TaskTracker;

use super::*;
use crate::transport::{Encoding, LinkIn};

const START: &str = r#"{"type":"start","encoding":"pcm_s16le","sample_rate":16000}"#;

type Client = WebSocketStream<DuplexStream>;

/// A link being served, its client, and what the client's `start` gives to the call.
struct Served {
    client: Client,
    link: oneshot::Receiver<Link>,
    closed: tokio::task::JoinHandle<Closed>,
}

async fn served_with(
    pipe: usize,
    attach: impl FnOnce(Link) -> Result<(), Refused> + Send + 'static,
) -> (Client, tokio::task::JoinHandle<Closed>) {
    let (near, far) = tokio::io::duplex(pipe);
    let call = "0190f3a0-0000-7000-8000-000000000001".parse().expect("an id");
    let closed = TaskTracker::new().spawn(serve(near, Bytes::new(), call, attach));
    (WebSocketStream::from_raw_socket(far, Role::Client, None).await, closed)
}

async fn served() -> Served {
    let (give, link) = oneshot::channel();
    let attach = |link| give.send(link).map_err(|_| unreachable!("the test waits for the link"));
    let (client, closed) = served_with(1 << 20, attach).await;
    Served { client, link, closed }
}

async fn started() -> (Client, Link, tokio::task::JoinHandle<Closed>) {
    let mut served = served().await;
    served.client.send(START.into()).await.unwrap();
    let link = served.link.await.unwrap();
    let ready = next_text(&mut served.client).await;
    assert_eq!(
        ready,
        r#"{"type":"ready","call_id":"0190f3a0-0000-7000-8000-000000000001","sample_rate":16000}"#
    );
    (served.client, link, served.closed)
}

async fn next_text(client: &mut Client) -> String {
    loop {
        match client.next().await.unwrap().unwrap() {
            Message::Text(text) => return text.to_string(),
            Message::Ping(_) => {}
            other => panic!("{other:?} where text was due"),
        }
    }
}

async fn next_close(client: &mut Client) -> (u16, String) {
    loop {
        if let Message::Close(Some(frame)) = client.next().await.unwrap().unwrap() {
            return (frame.code.into(), frame.reason.to_string());
        }
    }
}

fn frame(index: u32, sample: i16) -> Message {
    let mut bytes = index.to_le_bytes().to_vec();
    bytes.extend(std::iter::repeat_n(sample.to_le_bytes(), 320).flatten());
    Message::Binary(bytes.into())
}

#[tokio::test(start_paused = true)]
async fn audio_and_reports_reach_the_driver_in_order() {
    let (mut client, mut link, closed) = started().await;
    assert_eq!(link.format, LinkFormat { encoding: Encoding::PcmS16le, rate: SampleRate::Hz16000 });
    assert!(link.reports_playback);
    client.send(frame(u32::MAX - 319, 258)).await.unwrap();
    client.send(r#"{"type":"played","reply":7,"sample":480}"#.into()).await.unwrap();
    client.send(frame(0, -1)).await.unwrap();
    client.send(r#"{"type":"hangup"}"#.into()).await.unwrap();
    let Some(LinkIn::Audio(first)) = link.inbound.recv().await else { panic!("no audio") };
    assert_eq!(first.media_time, Samples(4_294_966_976));
    assert_eq!(first.payload, [2, 1].repeat(320));
    let Some(LinkIn::Played { reply, sample }) = link.inbound.recv().await else {
        panic!("no report")
    };
    assert_eq!((reply, sample), (ReplyId(7), Samples(480)));
    let Some(LinkIn::Audio(second)) = link.inbound.recv().await else { panic!("no audio") };
    assert_eq!(second.media_time, Samples(4_294_967_296), "the index wraps on");
    assert!(matches!(link.inbound.recv().await, Some(LinkIn::HangUp)));
    client.close(None).await.unwrap();
    assert!(link.inbound.recv().await.is_none(), "a client that left closes the inbound channel");
    assert_eq!(
        closed.await.unwrap(),
        Closed { ending: Ending::ClientLeft, lost_frames: 0, faults: 0 }
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_goes_out_before_the_close() {
    let (mut client, link, closed) = started().await;
    for number in 0..100u32 {
        let out = LinkOut::Audio {
            reply: ReplyId(1),
            offset: Samples(u64::from(number) * 320),
            at: CallTime::ZERO,
            payload: vec![0; 640].into(),
        };
        link.outbound.try_send(out).unwrap();
    }
    link.outbound.try_send(LinkOut::Clear(ReplyId(1))).unwrap();
    let ended = r#"{"type":"call.ended","reason":"completed","at_ms":2000}"#;
    // The feed holds a sender of its own and outlives the driver's link by a moment.
    let feed = link.outbound.clone();
    drop(link);
    feed.send(LinkOut::Live(ended.into())).await.unwrap();
    drop(feed);
    for number in 0..100u32 {
        let Message::Binary(bytes) = client.next().await.unwrap().unwrap() else {
            panic!("frame {number} is missing")
        };
        assert_eq!(bytes[4..8], (number * 320).to_le_bytes());
    }
    assert_eq!(next_text(&mut client).await, r#"{"type":"clear","reply":1}"#);
    assert_eq!(next_text(&mut client).await, ended);
    assert_eq!(next_close(&mut client).await, (1000, "the call is over".into()));
    assert!(client.next().await.is_none());
    assert_eq!(closed.await.unwrap().ending, Ending::Finished);
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_told_and_the_link_goes_on_until_the_twentieth() {
    let (mut client, mut link, closed) = started().await;
    client.send(Message::Binary(vec![0; 643].into())).await.unwrap();
    assert_eq!(
        next_text(&mut client).await,
        r#"{"type":"error","code":"wrong_size","message":"an audio frame is 644 bytes: 4 of index and 20 ms of samples; this is 643"}"#
    );
    client.send(frame(640, 0)).await.unwrap();
    assert!(matches!(link.inbound.recv().await, Some(LinkIn::Audio(_))));
    for _ in 0..19 {
        client.send("{nonsense".into()).await.unwrap();
    }
    for _ in 0..19 {
        assert!(next_text(&mut client).await.contains(r#""code":"malformed_json""#));
    }
    assert_eq!(next_close(&mut client).await, (1008, "20 messages were not understood".into()));
    let closed = closed.await.unwrap();
    assert_eq!((closed.ending, closed.faults), (Ending::TooManyFaults(Fault::NotAnObject), 20));
    assert!(link.inbound.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn audio_before_start_closes() {
    let mut served = served().await;
    served.client.send(frame(0, 0)).await.unwrap();
    assert_eq!(next_close(&mut served.client).await, (1008, "audio came before \"start\"".into()));
    assert!(served.link.await.is_err(), "nothing was attached");
}

#[tokio::test(start_paused = true)]
async fn no_start_within_five_seconds_closes() {
    let before = clock::now();
    let mut served = served().await;
    assert_eq!(next_close(&mut served.client).await, (1008, "no \"start\" within 5 s".into()));
    assert_eq!(clock::now() - before, START_WITHIN);
    assert_eq!(served.closed.await.unwrap().ending, Ending::NoStart);
}

#[tokio::test(start_paused = true)]
async fn a_message_past_64_kib_closes_with_the_reason() {
    let (mut client, _link, closed) = started().await;
    client.send("x".repeat(MAX_MESSAGE + 1).into()).await.unwrap();
    assert_eq!(
        next_close(&mut client).await,
        (1008, "messages may have at most 65536 bytes".into())
    );
    drop(client);
    assert_eq!(closed.await.unwrap().ending, Ending::TooBig);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_refuses_the_link_says_why() {
    let refused = Refused { code: "already_connected", message: "taken".into() };
    let (mut client, closed) = served_with(1 << 16, {
        let refused = refused.clone();
        move |_| Err(refused)
    })
    .await;
    client.send(START.into()).await.unwrap();
    assert_eq!(
        next_text(&mut client).await,
        r#"{"type":"error","code":"already_connected","message":"taken"}"#
    );
    assert_eq!(next_close(&mut client).await, (1008, "already_connected".into()));
    drop(client);
    assert_eq!(closed.await.unwrap().ending, Ending::Refused(refused));
}

#[tokio::test(start_paused = true)]
async fn an_idle_client_is_pinged_and_kept() {
    let (mut client, _link, closed) = started().await;
    let begun = clock::now();
    for number in 1..=12 {
        let Some(Ok(Message::Ping(_))) = client.next().await else { panic!("no ping {number}") };
        assert_eq!((clock::now() - begun).as_secs(), number * PING_EVERY.as_secs());
    }
    assert!(!closed.is_finished(), "two minutes of pongs keep the link");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_no_ping_is_gone() {
    let (client, mut link, closed) = started().await;
    let begun = clock::now();
    assert!(link.inbound.recv().await.is_none());
    assert_eq!(clock::now() - begun, SILENT_AFTER);
    assert_eq!(closed.await.unwrap().ending, Ending::ClientSilent);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_gone_while_it_still_speaks() {
    let (give, link) = oneshot::channel();
    let attach = |link| give.send(link).map_err(|_| unreachable!("the test waits for the link"));
    let (mut client, closed) = served_with(2_000, attach).await;
    client.send(START.into()).await.unwrap();
    let mut link = link.await.unwrap();
    let begun: Instant = clock::now();
    for _ in 0..10 {
        link.outbound.try_send(LinkOut::Live("x".repeat(1_000).into())).unwrap();
    }
    client.send(frame(0, 0)).await.unwrap();
    assert!(matches!(link.inbound.recv().await, Some(LinkIn::Audio(_))), "heard all the same");
    assert!(link.inbound.recv().await.is_none());
    assert_eq!(clock::now() - begun, SEND_WITHIN);
    assert_eq!(closed.await.unwrap().ending, Ending::ClientStalled);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_nobody_finishes_is_finished() {
    let (mut client, link, closed) = started().await;
    let begun = clock::now();
    // Someone kept a sender for ever: the farewell is bounded all the same.
    let Link { outbound, inbound, .. } = link;
    drop(inbound);
    assert_eq!(next_close(&mut client).await, (1000, "the call is over".into()));
    assert_eq!(clock::now() - begun, FAREWELL_WITHIN);
    drop((client, outbound));
    assert_eq!(closed.await.unwrap().ending, Ending::Finished);
}
