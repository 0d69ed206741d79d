//! A manager listens to a call of real speech: what they heard is the recording, what they read is
//! the record, and the rep was shown their name.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use ringcraft::model::Role;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::artefacts::Artefacts;
use crate::client::Talk;
use crate::clips::Clips;
use crate::server::Server;
use crate::server::database::Person;

/// Pairs of samples in a piece: 100 ms.
const PIECE: usize = 1_600;

/// Longer than the call takes; only a hang comes near.
const WITHIN: Duration = Duration::from_secs(120);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a listener got.
#[derive(Default)]
struct Heard {
    texts: Vec<Value>,
    /// Each piece's place and its samples, rep and buyer in turn.
    pieces: Vec<(usize, Vec<i16>)>,
    close: Option<(u16, String)>,
}

impl Heard {
    /// Takes one more message; says whether there was one.
    async fn next(&mut self, socket: &mut Socket) -> bool {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                self.texts.push(serde_json::from_str(&text).expect("JSON"));
            }
            Some(Ok(Message::Binary(bytes))) => {
                let (place, pcm) = bytes.split_first_chunk::<4>().expect("a place");
                assert_eq!(pcm.len(), 4 * PIECE);
                let pcm = pcm.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]]));
                self.pieces.push((u32::from_le_bytes(*place) as usize, pcm.collect()));
            }
            Some(Ok(Message::Close(Some(frame)))) => {
                self.close = Some((frame.code.into(), frame.reason.to_string()));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return false,
        }
        true
    }

    fn names(&self) -> Vec<Value> {
        names(&self.texts)
    }
}

/// Who listened, one list after the other; the same list again is left out.
fn names<'a>(events: impl IntoIterator<Item = &'a Value>) -> Vec<Value> {
    let events = events.into_iter().filter(|event| event["type"] == "call.listeners");
    let mut lists: Vec<Value> = events.map(|event| event["listeners"].clone()).collect();
    lists.dedup();
    lists
}

async fn dial(server: &Server, call: &str, person: &Person) -> Result<Socket, (u16, String)> {
    let url = format!("{}/api/calls/{call}/listen", server.url().replace("http", "ws"));
    let mut request = url.into_client_request().expect("an address");
    let key = format!("Bearer {}", person.api_key).parse().expect("a header");
    request.headers_mut().insert("authorization", key);
    // The library's own buffer takes two seconds of sound at once.
    let small = WebSocketConfig::default().read_buffer_size(4 * 1024);
    match connect_async_with_config(request, Some(small), true).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let body: Value =
                serde_json::from_slice(response.body().as_deref().unwrap_or_default())
                    .expect("JSON");
            let code = body["error"]["code"].as_str().expect("a code");
            Err((response.status().as_u16(), code.to_owned()))
        }
        Err(error) => panic!("the server does not answer: {error}"),
    }
}

async fn get(server: &Server, person: &Person, path: &str) -> Value {
    let url = format!("{}{path}", server.url());
    let answer = reqwest::Client::new().get(url).bearer_auth(&person.api_key).send().await;
    answer.expect("an answer").json().await.expect("JSON")
}

/// Waits for the only call and listens to it as soon as it is live.
async fn listen(server: &Server, person: &Person) -> (String, Socket) {
    let mut looks = interval(Duration::from_millis(20));
    loop {
        looks.tick().await;
        let calls = get(server, person, "/api/calls").await;
        let Some(call) = calls["calls"][0]["id"].as_str() else { continue };
        match dial(server, call, person).await {
            Ok(socket) => return (call.to_owned(), socket),
            Err(refused) => assert_eq!(refused, (409, "not_live".to_owned())),
        }
    }
}

/// Reads for 20 s at a third of the speed it is spoken.
async fn listen_slowly(mut socket: Socket) -> Heard {
    let mut heard = Heard::default();
    let mut reads = interval(Duration::from_millis(300));
    let mut taken = 0;
    while heard.next(&mut socket).await {
        // Events are read at once: of those a call may have any number.
        if taken < heard.pieces.len() && heard.pieces.len() < 67 {
            reads.tick().await;
        }
        taken = heard.pieces.len();
    }
    heard
}

/// Six more come, read nothing, and are gone without a word; there is no room for a seventh.
async fn others_come_and_go(server: &Server, call: &str, person: &Person) {
    let mut others = Vec::new();
    for _ in 0..6 {
        others.push(dial(server, call, person).await.expect("there is a seat"));
    }
    let refused = dial(server, call, person).await.err();
    assert_eq!(refused, Some((409, "too_many_listeners".to_owned())));
    let rep = dial(server, call, &server.home().rep).await.err();
    assert_eq!(rep, Some((403, "forbidden".to_owned())));
}

#[tokio::test]
async fn a_listener_hears_the_recording_and_reads_the_record() {
    let clips = Clips::make();
    let server = Arc::new(Server::start(&[]));
    let people = [Role::Manager, Role::Admin].map(|role| server.home().colleague(role));
    let [morgan, ash] = &people;
    let mut owner = PgConnection::connect(server.home().database_url()).await.expect("connect");
    for (person, name) in [(morgan, "Morgan Lee"), (ash, "Ash Khan")] {
        let rename = sqlx::query("update app_user set name = $2 where id = $1");
        rename.bind(person.user.0).bind(name).execute(&mut owner).await.expect("rename");
    }
    let team = sqlx::query(
        "with made as (insert into team (org_id, id, name) values ($1, $2, 'North')),
              led as (insert into team_lead values ($1, $2, $3))
         insert into team_member values ($1, $2, $4)",
    );
    let team = team.bind(morgan.org.0).bind(uuid::Uuid::now_v7()).bind(morgan.user.0);
    team.bind(server.home().rep.user.0).execute(&mut owner).await.expect("make a team");

    let (talking, files) = (Arc::clone(&server), [1, 2].map(|turn| clips.file("rms", turn)));
    let talk = tokio::task::spawn_blocking(move || Talk::hold(&talking, &files, &[]));
    let (call, mut socket) = timeout(WITHIN, listen(&server, morgan)).await.expect("a live call");
    let mut heard = Heard::default();
    let to_the_end = async {
        while heard.pieces.is_empty() {
            assert!(heard.next(&mut socket).await);
        }
        let slow = listen_slowly(dial(&server, &call, morgan).await.expect("there is a seat"));
        others_come_and_go(&server, &call, ash).await;
        let ((), slow) = tokio::join!(async { while heard.next(&mut socket).await {} }, slow);
        slow
    };
    let slow = timeout(WITHIN, to_the_end).await.expect("the call ends");
    let talk = talk.await.expect("a call");
    let left = Artefacts::fetch(&talk);

    let greeting =
        json!({"type": "listening", "call_id": call, "sample_rate": 16_000, "channels": 2});
    for heard in [&heard, &slow] {
        assert_eq!(heard.close, Some((1000, "the call is over".to_owned())), "{}", server.log());
        assert_eq!(heard.texts[0], greeting);
        assert_eq!(heard.texts.last().map(|event| &event["type"]), Some(&json!("call.ended")));
        it_reads_like_the_record(heard, &left);
    }
    let (one, both) =
        (json!([{"name": "Morgan Lee"}]), json!([{"name": "Morgan Lee"}, {"name": "Ash Khan"}]));
    let lists = [one.clone(), both, one];
    assert_eq!(heard.names(), lists);
    assert_eq!(names(talk.report.events.iter().map(|event| &event.event)), lists, "so the rep saw");
    assert_eq!(it_sounds_like_the_recording(&heard, &left, &talk), 0);
    // What they were behind was at most what the ring and the network hold.
    let missed = it_sounds_like_the_recording(&slow, &left, &talk);
    assert!(10 < missed, "{missed} pieces were lost on the slow one");

    let noted = get(&server, ash, "/api/audit_entries?action=call.listened").await;
    let noted = noted["audit_entries"].as_array().expect("entries");
    let by = |person: &Person| {
        noted.iter().filter(|entry| entry["actor_user_id"] == json!(person.user)).count()
    };
    assert_eq!((by(morgan), by(ash), noted.len()), (2, 6, 8), "who was turned away is not noted");
    for entry in noted {
        assert_eq!((&entry["subject_kind"], &entry["subject_id"]), (&json!("call"), &json!(call)));
        assert_eq!(entry["details"], json!({"rep": server.home().rep.user}));
    }
}

/// Holds what was heard against the recording, and returns how many pieces are missing in between.
/// Where the machine stood still, sound came after its place had been listened to in silence.
fn it_sounds_like_the_recording(heard: &Heard, left: &Artefacts, talk: &Talk) -> usize {
    let recorded = |leg: &[i16], at: usize| leg.get(at).copied().unwrap_or_default();
    // What was sent before they listened is missing from the first pieces: some 60 ms are sent
    // ahead of time.
    let pieces = &heard.pieces[2..];
    let (mut place, mut missed, mut late, mut spoken) = (pieces[0].0, 0, 0, [0; 2]);
    for (at, pcm) in pieces {
        assert!(place <= *at && (at - place).is_multiple_of(PIECE), "{at} after {place}");
        missed += (at - place) / PIECE;
        for (number, pair) in pcm.chunks_exact(2).enumerate() {
            let at = at + number;
            let truth = [recorded(&left.rep, at), recorded(&left.persona, at)];
            for ((count, &sample), truth) in spoken.iter_mut().zip(pair).zip(truth) {
                assert!(sample == truth || sample == 0, "{sample}, not {truth}, at sample {at}");
                *count += usize::from(sample != 0);
                late += usize::from(sample != truth);
            }
        }
        place = at + PIECE;
    }
    let length = left.rep.len().max(left.persona.len());
    println!(
        "{} pieces from {} ms of {} ms on are the recording, {missed} are missing; {spoken:?} \
         samples are no silence; {late} came too late",
        pieces.len(),
        pieces[0].0 / 16,
        length / 16,
    );
    // Each side speaks for seconds, and they listened from the first of them on.
    assert!(spoken.iter().all(|samples| 2 * 16_000 < *samples), "{spoken:?}");
    let share = if talk.stood_still_ms == 0 { 20 } else { 4 };
    assert!(share * late <= spoken[0], "{late} samples came too late");
    assert!(pieces[0].0 < 3 * 16_000);
    assert!(length <= place + PIECE, "to the end: {place} of {length}");
    missed
}

fn it_reads_like_the_record(heard: &Heard, left: &Artefacts) {
    let mut said: Vec<&Value> = Vec::new();
    for event in heard.texts.iter().filter(|event| event["type"] == "utterance") {
        let utterance = &event["utterance"];
        said.retain(|known| known["id"] != utterance["id"]);
        said.push(utterance);
    }
    said.sort_by_key(|utterance| utterance["start_ms"].as_u64());
    let mut record: Vec<Value> = left
        .record
        .utterances
        .iter()
        .map(|utterance| serde_json::to_value(utterance).expect("an utterance"))
        .collect();
    record.sort_by_key(|utterance| utterance["start_ms"].as_u64());
    assert_eq!(said, record.iter().collect::<Vec<_>>());
    assert!(4 < said.len(), "an opening, two turns and two answers");
}
