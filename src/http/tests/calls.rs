//! Calls as people of each role see them.

use reqwest::redirect::Policy;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::*;
use crate::blob::BlobBody;
use crate::jobs::SealedKeys;
use crate::model::{OrgId, TeamId, UserId};
use crate::test_database::{org_with, person_in};

use opening::open;

mod list;
mod listen;
mod shares;
pub(super) mod opening;

/// The server's own hand in the database, at work for one org.
struct System {
    connection: PgConnection,
    org: OrgId,
}

impl System {
    async fn of(server: &Server, org: OrgId) -> Self {
        let mut connection = PgConnection::connect(&server.database.url).await.unwrap();
        sqlx::query("set role ringcraft_app").execute(&mut connection).await.unwrap();
        sqlx::query(
            "select set_config('app.org_id', $1, false), set_config('app.role', 'system', false)",
        )
        .bind(org.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
        Self { connection, org }
    }

    /// A call of `rachel`, opened at a moment.
    async fn call(&mut self, user: UserId, status: &str, created_at: &str) -> CallId {
        let created_at = OffsetDateTime::parse(created_at, &Rfc3339).unwrap();
        let unix_ms = (created_at.unix_timestamp_nanos() / 1_000_000) as u128;
        let id = CallId(Uuid::from_u128((unix_ms << 80) | (Uuid::new_v4().as_u128() >> 48)));
        sqlx::query(
            "insert into call (org_id, id, user_id, scenario_id, scenario_title, scenario_hash,
               channel, status, created_at, served_by)
             values ($1, $2, $3, 'rachel', 'Rachel, rate shopper', 'hash', 'voice', $4, $5,
               '{\"stt\":\"s\",\"llm\":\"l\",\"tts\":\"t\"}')",
        )
        .bind(self.org.0)
        .bind(id.0)
        .bind(user.0)
        .bind(status)
        .bind(created_at)
        .execute(&mut self.connection)
        .await
        .unwrap();
        id
    }

    async fn run(&mut self, statement: &'static str, call: CallId) {
        let query = sqlx::query(statement).bind(self.org.0).bind(call.0);
        query.execute(&mut self.connection).await.unwrap();
    }

    /// A completed call with everything that is kept of one.
    async fn completed_call(&mut self, server: &Server, user: UserId) -> CallId {
        let call = self.call(user, "completed", "2026-03-01T10:00:00Z").await;
        let keys = SealedKeys::of(self.org, call);
        let prefix = keys.record.strip_suffix("record.json").unwrap();
        for statement in [
            "update call set connected_at = created_at + interval '3 s',
               ended_at = created_at + interval '63 s', duration_ms = 60000,
               end_reason = 'rep_hung_up' where org_id = $1 and id = $2",
            "insert into utterance values
               ($1, $2, 1, 0, 'persona', 0, 1250, 'Hello, Räychel''s <phone>?', true),
               ($1, $2, 1, 1, 'rep', 2000, 3000, 'Hi & welcome', false),
               ($1, $2, 2, 0, 'persona', 0, 1250, 'Hello, Rachel''s phone?', true)",
            "insert into kpi_result values
               ($1, $2, '1', 1, '{\"version\": \"1\", \"old\": 1}', '2026-03-01T11:00:00Z'),
               ($1, $2, '2', 1, '{\"version\": \"2\", \"rep\": {\"wpm\": 120}}', '2026-03-01T12:00:00Z')",
        ] {
            self.run(statement, call).await;
        }
        sqlx::query("insert into recording values ($1, $2, $3, 60000, '2026-03-01T10:02:00Z')")
            .bind(self.org.0)
            .bind(call.0)
            .bind(prefix)
            .execute(&mut self.connection)
            .await
            .unwrap();
        let objects = [
            (&keys.record, r#"{"version":1,"utterances":[]}"#),
            (&keys.opus, "OggS"),
            (&keys.wav, "RIFF"),
            (&keys.peaks, r#"{"version":1}"#),
        ];
        for (key, content) in objects {
            let body = BlobBody::Bytes(content.as_bytes().into());
            server.app.blob.put(key, body, "application/octet-stream").await.unwrap();
        }
        call
    }

    /// A team that somebody leads.
    async fn team(&mut self, name: &str, lead: UserId, members: &[UserId]) -> TeamId {
        let team = TeamId::new();
        let add = |statement| sqlx::query(statement).bind(self.org.0).bind(team.0);
        let make = add("insert into team (org_id, id, name) values ($1, $2, $3)").bind(name);
        make.execute(&mut self.connection).await.unwrap();
        let lead = add("insert into team_lead values ($1, $2, $3)").bind(lead.0);
        lead.execute(&mut self.connection).await.unwrap();
        for member in members {
            let add = add("insert into team_member values ($1, $2, $3)").bind(member.0);
            add.execute(&mut self.connection).await.unwrap();
        }
        team
    }

    async fn name(&mut self, user: UserId, name: &str) {
        sqlx::query("update app_user set name = $3 where org_id = $1 and id = $2")
            .bind(self.org.0)
            .bind(user.0)
            .bind(name)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }
}

/// An org with somebody in every part.
struct People {
    system: System,
    colleague: Person,
    lead: Person,
    other_lead: Person,
    hr: Person,
    admin: Person,
    stranger: Person,
    team: TeamId,
}

async fn people(server: &Server) -> People {
    let (store, org) = (&server.app.store, server.rep.org);
    let mut system = System::of(server, org).await;
    let colleague = person_in(store, org, Role::Rep).await;
    let lead = person_in(store, org, Role::Manager).await;
    let other_lead = person_in(store, org, Role::Manager).await;
    let team = system.team("North", lead.user, &[server.rep.user]).await;
    system.team("South", other_lead.user, &[colleague.user]).await;
    People {
        system,
        colleague,
        lead,
        other_lead,
        hr: person_in(store, org, Role::Hr).await,
        admin: person_in(store, org, Role::Admin).await,
        stranger: org_with(store, Role::Admin).await,
        team,
    }
}

async fn ids(server: &Server, asker: &Person, query: &str) -> Vec<CallId> {
    let request = server.request("GET", &format!("/api/calls{query}"));
    let (status, body) = answer(request.bearer_auth(&asker.api_key)).await;
    assert_eq!(status, 200, "{query} {body}");
    let calls = body["calls"].as_array().unwrap();
    calls.iter().map(|call| call["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn what_was_said_is_told_to_those_who_may_hear_it() {
    let mut server = Server::start().await;
    server.client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let mut people = people(&server).await;
    let call = people.system.completed_call(&server, server.rep.user).await;
    let token = server.token(call);
    let routes = [
        ("", 200),
        ("/record", 200),
        ("/transcript", 200),
        ("/transcript.txt", 200),
        ("/transcript.vtt", 200),
        ("/kpis", 200),
        ("/recording", 302),
        ("/recording?format=wav", 302),
        ("/waveform", 200),
    ];
    let may = [&server.rep.api_key, &server.rep.session, &token, &people.lead.api_key];
    let may = [&may[..], &[&people.admin.api_key]].concat();
    let may_not = [&people.colleague, &people.other_lead, &people.stranger];
    for (route, status) in routes {
        let path = format!("/api/calls/{call}{route}");
        let ask = |token: &str| server.request("GET", &path).bearer_auth(token);
        for token in &may {
            assert_eq!(ask(token).send().await.unwrap().status(), status, "{route}");
        }
        for person in may_not {
            let refused = error(ask(&person.api_key)).await;
            assert_eq!(refused, (404, "unknown_call".into()), "{route} {}", person.role);
        }
        assert_eq!(error(server.request("GET", &path)).await, (401, "not_signed_in".into()));
        if !route.is_empty() {
            let hr = error(ask(&people.hr.api_key)).await;
            assert_eq!(hr, (404, "unknown_call".into()), "{route}");
        }
    }
    let (status, shown) = answer(
        server.request("GET", &format!("/api/calls/{call}")).bearer_auth(&people.hr.api_key),
    )
    .await;
    assert_eq!((status, &shown["call"]["status"]), (200, &json!("completed")));
    let told: Vec<&String> = shown["call"].as_object().unwrap().keys().collect();
    for secret in ["transcript", "kpis", "links", "engines"] {
        assert!(!told.iter().any(|key| *key == secret), "{told:?}");
    }
    let end = server.request("POST", &format!("/api/calls/{call}/end"));
    assert_eq!(error(end.bearer_auth(&people.hr.api_key)).await, (403, "forbidden".into()));
    let events = server.request("GET", &format!("/api/calls/{call}/events"));
    assert_eq!(error(events.bearer_auth(&people.hr.api_key)).await, (404, "unknown_call".into()));
}

#[tokio::test]
async fn a_completed_call_shows_what_came_of_it() {
    let server = Server::start().await;
    let mut system = System::of(&server, server.rep.org).await;
    let call = system.completed_call(&server, server.rep.user).await;
    let get = |rest: &str| {
        let request = server.request("GET", &format!("/api/calls/{call}{rest}"));
        request.bearer_auth(&server.rep.api_key)
    };
    let text = async |rest: &str| get(rest).send().await.unwrap().text().await.unwrap();
    let (_, mut shown) = answer(get("")).await;
    let links = shown["call"]["links"].take();
    for name in ["recording", "recording_wav", "record", "kpis", "log", "peaks"] {
        assert!(links[name].as_str().unwrap().contains("X-Amz-Signature"), "{name} {links}");
    }
    let recording = server.client.get(links["recording"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(recording.text().await.unwrap(), "OggS");
    let kpis = json!({
        "kpi_version": "2",
        "transcript_version": 1,
        "computed_at": "2026-03-01T12:00:00Z",
        "result": {"version": "2", "rep": {"wpm": 120}},
    });
    let second = json!({"version": 2, "utterances": [{
        "seq": 0, "speaker": "persona", "start_ms": 0, "end_ms": 1250,
        "text": "Hello, Rachel's phone?", "interrupted": true,
    }]});
    let expected = json!({
        "id": call,
        "status": "completed",
        "channel": "voice",
        "scenario": {"id": "rachel", "title": "Rachel, rate shopper"},
        "user": {"id": server.rep.user, "name": "Robin"},
        "created_at": "2026-03-01T10:00:00Z",
        "connected_at": "2026-03-01T10:00:03Z",
        "ended_at": "2026-03-01T10:01:03Z",
        "duration_ms": 60_000,
        "end_reason": "rep_hung_up",
        "engines": {"stt": "s", "llm": "l", "tts": "t"},
        "transcript": second,
        "kpis": kpis,
        "links": null,
    });
    assert_eq!(shown["call"], expected);
    assert_eq!(answer(get("/kpis")).await, (200, json!({"kpis": kpis})));
    assert_eq!(answer(get("/record")).await, (200, json!({"version": 1, "utterances": []})));
    assert_eq!(answer(get("/transcript")).await, (200, json!({"transcript": second})));
    let live = "00:00:00.000 Rachel: Hello, Räychel's <phone>? [cut off]\n\
                00:00:02.000 Rep: Hi & welcome\n";
    assert_eq!(text("/transcript.txt?version=1").await, live);
    assert_eq!(text("/transcript?version=1&format=txt").await, live);
    let vtt = "WEBVTT\n\n0\n00:00:00.000 --> 00:00:01.250\n\
               <v Rachel>Hello, Räychel's &lt;phone&gt;? [cut off]</v>\n\n\
               1\n00:00:02.000 --> 00:00:03.000\n<v Rep>Hi &amp; welcome</v>\n";
    assert_eq!(text("/transcript.vtt?version=1").await, vtt);
    let accepting = get("/transcript?version=1").header("accept", "text/vtt").send().await.unwrap();
    assert_eq!(accepting.headers()["content-type"], "text/vtt; charset=utf-8");
    assert_eq!(accepting.headers()["vary"], "accept");
    assert_eq!(accepting.text().await.unwrap(), vtt);
    for (rest, status, code) in [
        ("/transcript?version=3", 404, "unknown_version"),
        ("/transcript?version=one", 422, "invalid_field"),
        ("/transcript?format=srt", 422, "invalid_field"),
        ("/recording?format=mp3", 422, "invalid_field"),
    ] {
        assert_eq!(error(get(rest)).await, (status, code.to_owned()), "{rest}");
    }
    // The client follows the link that the route redirects to.
    assert_eq!(text("/recording").await, "OggS");
    assert_eq!(text("/recording?format=wav").await, "RIFF");
    let waveform = get("/waveform").send().await.unwrap();
    assert_eq!(waveform.headers()["cache-control"], "private, max-age=3600");
    let tag = waveform.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(waveform.text().await.unwrap(), r#"{"version":1}"#);
    let again = get("/waveform").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((again.status().as_u16(), again.text().await.unwrap()), (304, String::new()));
    let stale = get("/waveform").header("if-none-match", "\"other\"").send().await.unwrap();
    assert_eq!(stale.status(), 200);
}

#[tokio::test]
async fn a_call_that_is_not_completed_says_why_there_is_nothing() {
    let server = Server::start().await;
    let mut system = System::of(&server, server.rep.org).await;
    let table = [
        ("waiting", "not_completed"),
        ("live", "not_completed"),
        ("sealing", "not_completed"),
        ("failed", "sealing_failed"),
        ("never_connected", "never_connected"),
    ];
    for (state, code) in table {
        // A call that waits does so for ten minutes.
        let opened =
            if state == "waiting" { "2099-03-01T10:00:00Z" } else { "2026-03-01T10:00:00Z" };
        let call = system.call(server.rep.user, state, opened).await;
        let get = |rest: &str| {
            let request = server.request("GET", &format!("/api/calls/{call}{rest}"));
            request.bearer_auth(&server.rep.api_key)
        };
        for rest in
            ["/record", "/transcript", "/transcript.vtt", "/kpis", "/recording", "/waveform"]
        {
            assert_eq!(error(get(rest)).await, (409, code.to_owned()), "{state} {rest}");
        }
        let (status, shown) = answer(get("")).await;
        assert_eq!((status, &shown["call"]["status"]), (200, &json!(state)));
        assert!(shown["call"].get("links").is_none());
    }
    let silent = system.call(server.rep.user, "completed", "2026-03-01T10:00:00Z").await;
    let get = |rest: &str| {
        let request = server.request("GET", &format!("/api/calls/{silent}{rest}"));
        request.bearer_auth(&server.rep.api_key)
    };
    let nothing = json!({"transcript": {"version": 1, "utterances": []}});
    assert_eq!(answer(get("/transcript")).await, (200, nothing));
    assert_eq!(error(get("/kpis")).await, (404, "no_kpis".into()));
    assert_eq!(error(get("/recording")).await, (404, "no_recording".into()));
}

/// What kind of value is where; an object without fields may be any.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| *name != "result" && *name != "engines");
            fields.map(|(name, field)| (name.clone(), shape(field))).collect()
        }
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn answers_look_like_their_samples() {
    let server = Server::start().await;
    let mut system = System::of(&server, server.rep.org).await;
    let call = system.completed_call(&server, server.rep.user).await;
    system.completed_call(&server, server.rep.user).await;
    let get = |path: &str| server.request("GET", path).bearer_auth(&server.rep.api_key);
    let table = [
        (
            open(&server, &server.rep, "k", "rachel"),
            include_str!("../../../tests/protocol/http/call.opened.json"),
        ),
        (
            get("/api/calls?limit=1&status=completed"),
            include_str!("../../../tests/protocol/http/call.list.json"),
        ),
        (
            get(&format!("/api/calls/{call}")),
            include_str!("../../../tests/protocol/http/call.completed.json"),
        ),
    ];
    for (request, sample) in table {
        let sample: Value = serde_json::from_str(sample).unwrap();
        assert_eq!(shape(&answer(request).await.1), shape(&sample));
    }
}
