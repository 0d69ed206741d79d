//! Links to calls: who makes them, what they show, and when they stop.

use super::*;
use crate::model::CallShareId;

fn shares_of(call: CallId) -> String {
    format!("/api/calls/{call}/shares")
}

fn ask(server: &Server, who: &Person, call: CallId, body: Value) -> RequestBuilder {
    server.request("POST", &shares_of(call)).bearer_auth(&who.api_key).json(&body)
}

/// A link that somebody made, and the path by which it is opened.
async fn made(server: &Server, who: &Person, call: CallId) -> (Value, String) {
    let (status, mut body) = answer(ask(server, who, call, json!({}))).await;
    assert_eq!(status, 201, "{body}");
    let share = body["share"].take();
    let path = share["url"].as_str().unwrap().split_once("/shared/").unwrap().1;
    let path = format!("/api/shared/{path}");
    (share, path)
}

async fn list(server: &Server, who: &Person, call: CallId) -> Vec<Value> {
    let (status, mut body) =
        answer(server.request("GET", &shares_of(call)).bearer_auth(&who.api_key)).await;
    assert_eq!(status, 200, "{body}");
    let Value::Array(shares) = body["shares"].take() else { panic!("{body}") };
    shares
}

async fn revoke(server: &Server, who: &Person, call: CallId, share: &Value) -> u16 {
    let path = format!("{}/{}", shares_of(call), share["id"].as_str().unwrap());
    let request = server.request("DELETE", &path).bearer_auth(&who.api_key);
    request.send().await.unwrap().status().as_u16()
}

/// The status of both routes that a link opens.
async fn opens(server: &Server, path: &str) -> u16 {
    let show = server.request("GET", path).send().await.unwrap();
    let status = show.status().as_u16();
    let waveform = server.request("GET", &format!("{path}/waveform")).send().await.unwrap();
    assert_eq!(waveform.status(), status);
    for response in [show, waveform] {
        if status == 404 {
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["error"]["code"], "invalid_link");
        } else {
            assert_eq!(response.headers()["cache-control"], "no-store");
        }
    }
    status
}

fn moment(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

#[tokio::test]
async fn a_link_shows_a_call_to_nobody_in_particular_until_it_is_revoked() {
    let server = Server::start().await;
    let People { mut system, lead, admin, .. } = people(&server).await;
    system.name(lead.user, "Lee Lead").await;
    let call = system.completed_call(&server, server.rep.user).await;
    let keys = SealedKeys::of(server.rep.org, call);
    let record = format!(r#"{{"version":1,"call_id":"{call}","utterances":[{{"text":"Hi"}}]}}"#);
    let record = BlobBody::Bytes(record.into_bytes().into());
    server.app.blob.put(&keys.record, record, "application/json").await.unwrap();

    let (status, body) = answer(ask(&server, &lead, call, json!({"expires_in_days": 90}))).await;
    assert_eq!(status, 201, "{body}");
    let share = &body["share"];
    let url = share["url"].as_str().unwrap();
    let token = url.strip_prefix(&format!("http://{}/shared/", server.address)).unwrap();
    // 32 bytes in base64 behind what a link's token begins with.
    assert_eq!((token.len(), &token[..4]), (47, "rcl_"));
    let mut shown = json!({
        "id": share["id"], "url": url, "created_at": share["created_at"],
        "expires_at": share["expires_at"], "revoked_at": null,
        "created_by": {"id": lead.user, "name": "Lee Lead"}, "opened": 0, "last_opened_at": null,
    });
    assert_eq!(*share, shown);
    let life = moment(&share["expires_at"]) - moment(&share["created_at"]);
    assert_eq!(life, time::Duration::days(90));
    // A rep does not see whom they are led by, but is told who shares their call.
    shown.as_object_mut().unwrap().remove("url");
    assert_eq!(list(&server, &server.rep, call).await, [shown.clone()]);

    let path = format!("/api/shared/{token}");
    let opened = server.request("GET", &path).send().await.unwrap();
    assert_eq!(opened.headers()["cache-control"], "no-store");
    let mut body: Value = opened.json().await.unwrap();
    let links = body["shared"]["links"].take();
    let scenario = body["shared"]["scenario"].take();
    let expected = json!({"shared": {
        "scenario": null,
        "user": {"name": "Robin"},
        "connected_at": "2026-03-01T10:00:03Z",
        "ended_at": "2026-03-01T10:01:03Z",
        "duration_ms": 60_000,
        "end_reason": "rep_hung_up",
        "expires_at": share["expires_at"],
        "record": {"version": 1, "utterances": [{"text": "Hi"}]},
        "kpis": {
            "kpi_version": "2", "transcript_version": 1, "computed_at": "2026-03-01T12:00:00Z",
            "result": {"version": "2", "rep": {"wpm": 120}},
        },
        "links": null,
    }});
    assert_eq!(body, expected);
    assert_eq!(scenario["title"], "Rachel, rate shopper");
    assert_eq!(scenario["persona"]["name"], "Rachel");
    let names: Vec<&String> = links.as_object().unwrap().keys().collect();
    assert_eq!(names, ["recording", "recording_wav"]);
    let fetch =
        async |name: &str| server.client.get(links[name].as_str().unwrap()).send().await.unwrap();
    assert_eq!(fetch("recording").await.text().await.unwrap(), "OggS");
    let wav = fetch("recording_wav").await;
    let saved_as = "attachment; filename=\"practice-call.wav\"";
    assert_eq!(wav.headers()["content-disposition"], saved_as);
    assert_eq!(wav.text().await.unwrap(), "RIFF");
    let waveform = server.request("GET", &format!("{path}/waveform"));
    assert_eq!(answer(waveform).await, (200, json!({"version": 1})));

    // To draw it is no opening.
    let listed = list(&server, &admin, call).await;
    assert_eq!(listed[0]["opened"], 1);
    assert!(moment(&share["created_at"]) <= moment(&listed[0]["last_opened_at"]));
    for _ in 0..2 {
        assert_eq!(revoke(&server, &server.rep, call, share).await, 204);
    }
    assert_eq!(opens(&server, &path).await, 404);
    let listed = list(&server, &lead, call).await;
    assert!(listed[0]["revoked_at"].is_string(), "{listed:?}");
    assert_eq!(listed[0]["opened"], 1);

    let entries = server.request("GET", "/api/audit_entries").bearer_auth(&admin.api_key);
    let (_, body) = answer(entries).await;
    assert!(!body.to_string().contains(token), "{body}");
    let entries = body["audit_entries"].as_array().unwrap().iter().map(|entry| {
        assert_eq!(
            (&entry["subject_kind"], &entry["subject_id"]),
            (&json!("call_share"), &share["id"])
        );
        (
            entry["action"].as_str().unwrap(),
            entry["actor_user_id"].clone(),
            entry["details"].clone(),
        )
    });
    let of_call = json!({"call_id": call});
    let expected = [
        ("call_share.revoked", json!(server.rep.user), of_call.clone()),
        ("call_share.opened", Value::Null, of_call),
        ("call_share.created", json!(lead.user), json!({"call_id": call, "days": 90})),
    ];
    assert_eq!(entries.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn answers_look_like_their_samples() {
    let server = Server::start().await;
    let mut system = System::of(&server, server.rep.org).await;
    let call = system.completed_call(&server, server.rep.user).await;
    let (share, path) = made(&server, &server.rep, call).await;
    let shared = answer(server.request("GET", &path)).await.1;
    let listed = json!({"shares": list(&server, &server.rep, call).await});
    let table = [
        (json!({"share": share}), include_str!("../../../../tests/protocol/http/share.made.json")),
        (listed, include_str!("../../../../tests/protocol/http/share.list.json")),
        (shared, include_str!("../../../../tests/protocol/http/shared.json")),
    ];
    for (answer, sample) in table {
        let sample: Value = serde_json::from_str(sample).unwrap();
        assert_eq!(shape(&answer), shape(&sample));
    }
}

#[tokio::test]
async fn whoever_may_hear_a_completed_call_shares_it_and_nobody_else() {
    let server = Server::start().await;
    let mut people = people(&server).await;
    let call = people.system.completed_call(&server, server.rep.user).await;
    let (share, _) = made(&server, &server.rep, call).await;
    let life = moment(&share["expires_at"]) - moment(&share["created_at"]);
    assert_eq!(life, time::Duration::days(7));
    for who in [&people.lead, &people.admin] {
        made(&server, who, call).await;
    }
    assert_eq!(list(&server, &server.rep, call).await.len(), 3);
    let unknown = (404, "unknown_call".to_owned());
    for who in [&people.colleague, &people.other_lead, &people.hr, &people.stranger] {
        assert_eq!(error(ask(&server, who, call, json!({}))).await, unknown, "{}", who.role);
        let listing = server.request("GET", &shares_of(call)).bearer_auth(&who.api_key);
        assert_eq!(error(listing).await, unknown, "{}", who.role);
        assert_eq!(revoke(&server, who, call, &share).await, 404, "{}", who.role);
    }
    // What opens one call for two hours makes nothing that opens it for longer.
    let token = server.token(call);
    for (method, path) in [("POST", ""), ("GET", ""), ("DELETE", "/x")] {
        let path = format!("{}{path}", shares_of(call));
        let by_token = server.request(method, &path).bearer_auth(&token).json(&json!({}));
        assert_eq!(error(by_token).await, (401, "invalid_token".into()), "{method}");
        let by_nobody = server.request(method, &path).json(&json!({}));
        assert_eq!(error(by_nobody).await, (401, "not_signed_in".into()), "{method}");
    }
    let superadmin = org_with(&server.app.store, Role::Superadmin).await;
    let elsewhere = ask(&server, &superadmin, call, json!({}));
    let elsewhere = elsewhere.header("ringcraft-org", server.rep.org.to_string());
    assert_eq!(error(elsewhere).await, (403, "forbidden".into()));

    for days in [json!(0), json!(91), json!(256), json!(-1), json!(1.5), json!("7")] {
        let (status, body) =
            answer(ask(&server, &server.rep, call, json!({"expires_in_days": days}))).await;
        let told = (status, &body["error"]["code"], &body["error"]["field"]);
        assert_eq!(told, (422, &json!("invalid_field"), &json!("expires_in_days")), "{days}");
    }
    let sealing = people.system.call(server.rep.user, "sealing", "2026-03-01T10:00:00Z").await;
    let early = error(ask(&server, &server.rep, sealing, json!({}))).await;
    assert_eq!(early, (409, "not_completed".into()));
    // A link of one call is none of another.
    let other = people.system.completed_call(&server, server.rep.user).await;
    assert_eq!(revoke(&server, &server.rep, other, &share).await, 404);
    let odd = json!({"id": CallShareId::new()});
    assert_eq!(revoke(&server, &server.rep, call, &odd).await, 404);
    assert_eq!(revoke(&server, &server.rep, call, &json!({"id": "x"})).await, 404);
    assert_eq!(list(&server, &server.rep, call).await.len(), 3);
}

#[tokio::test]
async fn a_link_stops_with_its_time_and_with_the_right_of_its_maker() {
    let server = Server::start().await;
    let People { mut system, lead, admin, .. } = people(&server).await;
    let call = system.completed_call(&server, server.rep.user).await;
    let (old, by_rep) = made(&server, &server.rep, call).await;
    let (_, by_lead) = made(&server, &lead, call).await;
    assert_eq!(opens(&server, &by_rep).await, 200);
    assert_eq!(opens(&server, &by_lead).await, 200);

    let mut owner = PgConnection::connect(&server.database.url).await.unwrap();
    let mut age = async |days: i32| {
        let id: CallShareId = old["id"].as_str().unwrap().parse().unwrap();
        let set = "update call_share set created_at = now() - make_interval(days => $2 + 7),
                   expires_at = now() - make_interval(days => $2) where id = $1";
        sqlx::query(set).bind(id.0).bind(days).execute(&mut owner).await.unwrap();
    };
    age(0).await;
    assert_eq!(opens(&server, &by_rep).await, 404);
    age(29).await;
    assert_eq!(list(&server, &server.rep, call).await.len(), 2, "ended a month ago");
    age(30).await;
    assert_eq!(list(&server, &server.rep, call).await.len(), 1);

    // A manager who leads others now, then those again, then none.
    let mut set_role = async |role: &'static str| {
        let set = "update app_user set role = $3 where org_id = $1 and id = $2";
        let set = sqlx::query(set).bind(server.rep.org.0).bind(lead.user.0).bind(role);
        set.execute(&mut system.connection).await.unwrap();
    };
    for (role, status) in [("rep", 404), ("hr", 404), ("manager", 200)] {
        set_role(role).await;
        assert_eq!(opens(&server, &by_lead).await, status, "{role}");
    }
    let disable = format!("/api/users/{}", lead.user);
    let disable = server.request("DELETE", &disable).bearer_auth(&admin.api_key);
    assert_eq!(disable.send().await.unwrap().status(), 204);
    assert_eq!(opens(&server, &by_lead).await, 404);
    let listed = list(&server, &server.rep, call).await;
    assert!(listed[0]["revoked_at"].is_string(), "enabled again, their links stay revoked");
}

#[tokio::test]
async fn what_is_no_link_is_told_nothing_and_tries_twenty_times_a_minute() {
    let server = Server::start().await;
    let unknown = crate::identity::BearerToken::new(crate::identity::TokenKind::Share);
    let mut answers = Vec::new();
    for token in [unknown.expose(), "rcl_", "x", &server.rep.session, "%FF", "%00"] {
        answers.push(answer(server.request("GET", &format!("/api/shared/{token}"))).await);
    }
    answers.dedup();
    let [(404, body)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(body["error"]["code"], "invalid_link");
    let share = server.request("GET", &format!("/api/shared/{}", unknown.expose()));
    let share = share.bearer_auth(unknown.expose());
    assert_eq!(error(share).await, (404, "invalid_link".into()));
    let signed_in = server.request("GET", "/api/me").bearer_auth(unknown.expose());
    assert_eq!(error(signed_in).await, (401, "invalid_token".into()));
    // Seven were asked; one comes back every three seconds.
    let mut refused = 0;
    for _ in 0..15 {
        let status = server.request("GET", "/api/shared/x/waveform").send().await.unwrap().status();
        refused += u32::from(status == 429);
    }
    assert!(0 < refused, "the 21st within a minute is one too many");
}

#[tokio::test]
async fn a_call_has_twenty_links_at_most_also_when_they_are_made_at_once() {
    let server = Server::start().await;
    let mut system = System::of(&server, server.rep.org).await;
    let call = system.completed_call(&server, server.rep.user).await;
    let (first, _) = made(&server, &server.rep, call).await;
    for _ in 1..17 {
        made(&server, &server.rep, call).await;
    }
    let ask = || answer(ask(&server, &server.rep, call, json!({})));
    let (a, b, c, d, e, f) = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask());
    let mut statuses = [a, b, c, d, e, f].map(|(status, body)| {
        assert!(status == 201 || body["error"]["code"] == "too_many_links", "{body}");
        status
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 409, 409, 409]);
    assert_eq!(list(&server, &server.rep, call).await.len(), 20);
    assert_eq!(revoke(&server, &server.rep, call, &first).await, 204);
    assert_eq!(ask().await.0, 201);
}

#[tokio::test]
async fn the_token_of_a_link_is_not_logged() {
    let (lines, _guard) = Lines::take();
    let server = Server::start().await;
    let mut system = System::of(&server, server.rep.org).await;
    let call = system.completed_call(&server, server.rep.user).await;
    let (share, path) = made(&server, &server.rep, call).await;
    assert_eq!(opens(&server, &path).await, 200);
    let page = share["url"].as_str().unwrap();
    server.client.get(page).send().await.unwrap();
    server.app.drain().await;
    let text = lines.text();
    assert!(text.contains("path=\"/api/shared/\"") && text.contains(&shares_of(call)), "{text}");
    assert!(!text.contains("rcl_"), "{text}");
}
