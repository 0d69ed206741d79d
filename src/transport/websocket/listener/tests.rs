//! A listener's connection, over a pipe on paused time.

use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use futures_util::SinkExt;

use super::*;

const GREETING: &str = r#"{"type":"listening","call_id":"0190f3a0-0000-7000-8000-000000000001","sample_rate":16000,"channels":2}"#;

/// A call of which a test makes everything, and somebody who listens to it.
struct Rig {
    tell: broadcast::Sender<Arc<str>>,
    sound: broadcast::Sender<Bytes>,
    client: WebSocketStream<DuplexStream>,
    left: JoinHandle<Left>,
}

impl Rig {
    async fn new(pipe: usize, past: &[&str]) -> Self {
        let (tell, events) = broadcast::channel(8);
        let (sound, pieces) = broadcast::channel(4);
        let (near, far) = tokio::io::duplex(pipe);
        let call = "0190f3a0-0000-7000-8000-000000000001".parse().unwrap();
        let past = past.iter().map(|text| (*text).to_owned()).collect();
        let program = Program { call, past, events, sound: pieces };
        let left = TaskTracker::new().spawn(serve(near, Bytes::new(), program));
        let client = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        Self { tell, sound, client, left }
    }

    fn tell(&self, text: &str) {
        self.tell.send(text.into()).unwrap();
    }

    fn sound(&self, number: u8) {
        self.sound.send(piece(number)).unwrap();
    }

    /// The next message that is no ping.
    async fn next(&mut self) -> Option<Message> {
        loop {
            match self.client.next().await {
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    async fn text(&mut self) -> String {
        let message = self.next().await;
        let Some(Message::Text(text)) = message else { panic!("{message:?} where text was due") };
        text.to_string()
    }

    async fn close(&mut self) -> (u16, String) {
        let message = self.next().await;
        let Some(Message::Close(Some(frame))) = message else { panic!("{message:?}, no close") };
        (frame.code.into(), frame.reason.to_string())
    }
}

/// A piece of the length that pieces have.
fn piece(number: u8) -> Bytes {
    vec![number; 6_404].into()
}

#[tokio::test(start_paused = true)]
async fn what_was_said_comes_first_and_what_is_left_before_the_close() {
    let mut rig = Rig::new(1 << 20, &["before"]).await;
    assert_eq!(rig.text().await, GREETING);
    assert_eq!(rig.text().await, "before");
    rig.tell("now");
    assert_eq!(rig.text().await, "now");
    rig.sound(1);
    assert_eq!(rig.next().await, Some(Message::Binary(piece(1))));
    rig.tell("end");
    rig.sound(2);
    let Rig { tell, sound, .. } = rig;
    drop((tell, sound));
    let mut rig = Rig { tell: broadcast::Sender::new(1), sound: broadcast::Sender::new(1), ..rig };
    let mut last = [rig.next().await.unwrap(), rig.next().await.unwrap()];
    last.sort_by_key(Message::is_binary);
    assert_eq!(last, [Message::Text("end".into()), Message::Binary(piece(2))]);
    assert_eq!(rig.close().await, (1000, "the call is over".to_owned()));
    assert!(rig.next().await.is_none());
    assert_eq!(rig.left.await.unwrap(), Left { ending: Ending::Finished, lost_pieces: 0 });
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_loses_the_oldest_sound_and_no_words() {
    // Room for the greeting and about two pieces.
    let mut rig = Rig::new(13_500, &[]).await;
    assert_eq!(rig.text().await, GREETING);
    for number in 0..20 {
        rig.sound(number);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    rig.tell("said meanwhile");
    let mut heard = Vec::new();
    let mut said = false;
    while heard.last() != Some(&19) {
        match rig.next().await.unwrap() {
            Message::Binary(piece) => heard.push(piece[0]),
            Message::Text(text) => {
                assert_eq!(text, "said meanwhile");
                said = true;
            }
            other => panic!("{other:?}"),
        }
    }
    // Two are in the pipe, one is being sent, and four wait.
    assert_eq!(heard, [0, 1, 2, 16, 17, 18, 19]);
    if !said {
        assert_eq!(rig.text().await, "said meanwhile");
    }
    rig.client.close(None).await.unwrap();
    assert_eq!(rig.left.await.unwrap(), Left { ending: Ending::ClientLeft, lost_pieces: 13 });
}

#[tokio::test(start_paused = true)]
async fn who_misses_words_is_told_how_many() {
    let mut rig = Rig::new(4_096, &[]).await;
    assert_eq!(rig.text().await, GREETING);
    // It fills the pipe, so that nothing is taken from the channel while the others come.
    rig.tell(&"x".repeat(8_192));
    tokio::time::sleep(Duration::from_millis(1)).await;
    (0..10).for_each(|number| rig.tell(&number.to_string()));
    assert_eq!(rig.text().await.len(), 8_192);
    let missed = r#"{"type":"error","code":"events_missed","message":"2 events were missed because they were not taken in time"}"#;
    assert_eq!(rig.text().await, missed);
    assert_eq!(rig.text().await, "2");
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_is_let_go() {
    let mut rig = Rig::new(1_024, &[]).await;
    assert_eq!(rig.text().await, GREETING);
    rig.sound(1);
    let begun = clock::now();
    let left = (&mut rig.left).await.unwrap();
    assert_eq!(left.ending, Ending::ClientStalled);
    assert_eq!((clock::now() - begun).as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_without_a_word_is_noticed() {
    let mut rig = Rig::new(1 << 20, &[]).await;
    assert_eq!(rig.text().await, GREETING);
    let begun = clock::now();
    // Nobody reads, so no ping is answered.
    let left = (&mut rig.left).await.unwrap();
    assert_eq!(left.ending, Ending::ClientSilent);
    assert_eq!((clock::now() - begun).as_secs(), 30);

    let rig = Rig::new(1 << 20, &[]).await;
    drop(rig.client);
    assert_eq!(rig.left.await.unwrap().ending, Ending::ClientLeft);
}

#[tokio::test(start_paused = true)]
async fn who_answers_pings_stays_and_what_they_say_is_passed_over() {
    let mut rig = Rig::new(1 << 20, &[]).await;
    assert_eq!(rig.text().await, GREETING);
    rig.client.send("hello?".into()).await.unwrap();
    rig.client.send(Message::Binary(vec![0; 4_096].into())).await.unwrap();
    for _ in 0..7 {
        let ping = rig.client.next().await.unwrap().unwrap();
        assert!(ping.is_ping(), "{ping:?}");
    }
    rig.tell("70 s later");
    assert_eq!(rig.text().await, "70 s later");
    rig.client.send(Message::Binary(vec![0; 4_097].into())).await.unwrap();
    assert_eq!(rig.close().await.0, 1008);
    assert_eq!(rig.left.await.unwrap().ending, Ending::TooBig);
}
