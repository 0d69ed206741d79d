//! Teams, their people, and the settings of an org.

use super::people::{Office, done, refused};
use super::*;
use crate::model::{TeamId, UserId};

async fn made(office: &Office, name: &str) -> Value {
    let request = office.by_admin("POST", "/api/teams").json(&json!({"name": name}));
    let (status, mut body) = answer(request).await;
    assert_eq!(status, 201, "{body}");
    body["team"].take()
}

fn path(team: &Value) -> String {
    format!("/api/teams/{}", team["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_team_is_made_named_and_dissolved() {
    let office = Office::open().await;
    let team = made(&office, "  Équipe 50 % _ 'Nord' ").await;
    let expected = json!({
        "id": team["id"], "name": "Équipe 50 % _ 'Nord'", "member_ids": [], "lead_ids": [],
        "created_at": team["created_at"],
    });
    assert_eq!(team, expected);
    let other = made(&office, "South").await;
    let rename = |body: Value| office.by_admin("PATCH", &path(&other)).json(&body);
    let taken = (409, "name_taken".to_owned(), Some("name".to_owned()));
    let same = json!({"name": "équipe 50 % _ 'nord'"});
    assert_eq!(refused(rename(same.clone())).await, taken);
    assert_eq!(refused(office.by_admin("POST", "/api/teams").json(&same)).await, taken);
    for body in [json!({}), json!({"name": ""}), json!({"name": 7}), json!({"name": "a\u{0}"})] {
        let unfit = (422, "invalid_field".to_owned(), Some("name".to_owned()));
        assert_eq!(refused(rename(body.clone())).await, unfit, "{body}");
    }
    let more = refused(rename(json!({"name": "East", "id": "x"}))).await;
    assert_eq!(more, (422, "invalid_field".to_owned(), Some("id".to_owned())));
    assert_eq!(answer(rename(json!({"name": "East"}))).await.1["team"]["name"], "East");
    // Another org may use the name as well, and nobody reaches across.
    let store = &office.server.app.store;
    let stranger = test_database::org_with(store, Role::Admin).await;
    let theirs = office.ask(&stranger, "POST", "/api/teams").json(&json!({"name": "East"}));
    assert_eq!(answer(theirs).await.0, 201);
    let nothing = (404, "not_found".to_owned(), None);
    for (method, body) in
        [("GET", json!(null)), ("PATCH", json!({"name": "x"})), ("DELETE", json!(null))]
    {
        let across = office.ask(&stranger, method, &path(&team)).json(&body);
        assert_eq!(refused(across).await, nothing, "{method}");
        for odd in [TeamId::new().to_string(), "x".to_owned()] {
            let odd = office.by_admin(method, &format!("/api/teams/{odd}")).json(&body);
            assert_eq!(refused(odd).await, nothing, "{method}");
        }
    }
    assert_eq!(done(office.by_admin("DELETE", &path(&team))).await, 204);
    assert_eq!(refused(office.by_admin("GET", &path(&team))).await, nothing);
    let (_, listed) = answer(office.by_admin("GET", "/api/teams")).await;
    let names: Vec<_> =
        listed["teams"].as_array().unwrap().iter().map(|team| &team["name"]).collect();
    assert_eq!((names, &listed["next_cursor"]), (vec![&json!("East")], &json!(null)));
    let noted = office.noted(9).await;
    let actions: Vec<_> =
        noted.iter().map(|(action, subject, _)| (action.as_str(), subject)).collect();
    let (team, other) = (&team["id"], &other["id"]);
    assert_eq!(
        actions,
        [
            ("team.deleted", team),
            ("team.updated", other),
            ("team.created", other),
            ("team.created", team),
        ]
    );
    assert_eq!(noted[1].2, json!({"name": {"from": "South", "to": "East"}}));
}

#[tokio::test]
async fn people_join_lead_and_leave() {
    let office = Office::open().await;
    let team = made(&office, "North").await;
    let (rep, manager) = (office.rep.user, office.manager.user);
    let at = |kind: &str, who: UserId| format!("{}/{kind}/{who}", path(&team));
    let shown = async |who: &Person| answer(office.ask(who, "GET", &path(&team))).await;
    assert_eq!(shown(&office.rep).await.0, 404, "it is not theirs yet");
    for _ in 0..2 {
        assert_eq!(done(office.by_admin("PUT", &at("members", rep))).await, 204);
        assert_eq!(done(office.by_admin("PUT", &at("members", office.hr.user))).await, 204);
        assert_eq!(done(office.by_admin("PUT", &at("leads", manager))).await, 204);
    }
    let both = json!([office.hr.user.min(rep), office.hr.user.max(rep)]);
    for who in [&office.admin, &office.manager, &office.hr] {
        let (_, body) = shown(who).await;
        assert_eq!(body["team"]["member_ids"], both, "{}", who.role);
        assert_eq!(body["team"]["lead_ids"], json!([manager]), "{}", who.role);
    }
    let (_, seen) = shown(&office.rep).await;
    assert_eq!(seen["team"]["member_ids"], json!([rep]), "a rep sees themself");
    assert_eq!(office.noted(9).await.len(), 4, "to be put twice is to be put once");

    let unfit = (422, "invalid_field".to_owned(), Some("user_id".to_owned()));
    for who in [rep, office.hr.user] {
        assert_eq!(refused(office.by_admin("PUT", &at("leads", who))).await, unfit);
    }
    let nothing = (404, "not_found".to_owned(), None);
    for who in [office.server.rep.user, UserId::new()] {
        for kind in ["members", "leads"] {
            assert_eq!(refused(office.by_admin("PUT", &at(kind, who))).await, nothing, "{kind}");
        }
    }
    for method in ["PUT", "DELETE"] {
        for kind in ["members", "leads"] {
            let nowhere = format!("/api/teams/{}/{kind}/{manager}", TeamId::new());
            assert_eq!(
                refused(office.by_admin(method, &nowhere)).await,
                nothing,
                "{method} {kind}"
            );
        }
    }

    // Whoever is a manager no more leads no more.
    let demote = office.by_admin("PATCH", &format!("/api/users/{manager}"));
    let (_, body) = answer(demote.json(&json!({"role": "rep"}))).await;
    assert_eq!(body["user"]["led_team_ids"], json!([]));
    assert_eq!(shown(&office.admin).await.1["team"]["lead_ids"], json!([]));
    for _ in 0..2 {
        assert_eq!(done(office.by_admin("DELETE", &at("members", rep))).await, 204);
        assert_eq!(done(office.by_admin("DELETE", &at("leads", manager))).await, 204);
    }
    assert_eq!(shown(&office.admin).await.1["team"]["member_ids"], json!([office.hr.user]));
    let entry = ("team.member_removed".to_owned(), team["id"].clone(), json!({"user_id": rep}));
    assert_eq!(office.noted(1).await, [entry]);
}

#[tokio::test]
async fn an_org_is_renamed_and_opened_to_its_managers() {
    let office = Office::open().await;
    let (_, before) = answer(office.by_admin("GET", "/api/org")).await;
    assert_eq!(before["org"]["name"], "Acme Lending");
    assert_eq!(before["org"]["managers_see_all"], false);
    let change = |body: Value| office.by_admin("PATCH", "/api/org").json(&body);
    let (status, after) =
        answer(change(json!({"name": "Köln & Söhne", "managers_see_all": true}))).await;
    assert_eq!((status, &after["org"]["name"]), (200, &json!("Köln & Söhne")));
    assert_eq!(after["org"]["id"], json!(office.admin.org));
    let (_, same) = answer(change(json!({"name": "Köln & Söhne"}))).await;
    assert_eq!(same, after);
    let details = json!({
        "name": {"from": "Acme Lending", "to": "Köln & Söhne"},
        "managers_see_all": {"from": false, "to": true},
    });
    let entry = ("org.updated".to_owned(), json!(office.admin.org), details);
    assert_eq!(office.noted(9).await, [entry]);
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"managers_see_all": "yes"}), "managers_see_all"),
        (json!({"id": 7}), "id"),
    ] {
        let unfit = (422, "invalid_field".to_owned(), Some(field.to_owned()));
        assert_eq!(refused(change(body)).await, unfit);
    }
    let elsewhere = answer(office.ask(&office.server.rep, "GET", "/api/org")).await;
    assert_eq!(elsewhere.0, 403);
}

#[tokio::test]
async fn audit_entries_are_filtered_and_paged() {
    let office = Office::open().await;
    let colleague = office.another(Role::Admin).await;
    for name in ["One", "Two", "Three"] {
        made(&office, name).await;
    }
    let theirs = office.ask(&colleague, "POST", "/api/teams").json(&json!({"name": "Four"}));
    assert_eq!(answer(theirs).await.0, 201);
    let listed = async |query: &str| {
        let (status, body) =
            answer(office.by_admin("GET", &format!("/api/audit_entries?{query}"))).await;
        assert_eq!(status, 200, "{body}");
        let entries = body["audit_entries"].as_array().unwrap().clone();
        let names = entries.iter().map(|entry| entry["details"]["name"].clone());
        (names.collect::<Vec<_>>(), entries, body["next_cursor"].as_str().map(str::to_owned))
    };
    let (names, entries, _) = listed("").await;
    assert_eq!(names, ["Four", "Three", "Two", "One"]);
    assert_eq!(entries[0]["actor_user_id"], json!(colleague.user));
    assert_eq!(entries[0]["actor_role"], "admin");
    assert_eq!(entries[0]["subject_kind"], "team");
    assert_eq!(listed(&format!("actor={}", office.admin.user)).await.0, ["Three", "Two", "One"]);
    assert_eq!(listed("action=team.created&limit=1").await.0, ["Four"]);
    assert_eq!(listed("action=user.created").await.0, Vec::<Value>::new());
    // From is included, to is not.
    let two = entries[2]["at"].as_str().unwrap().replace('+', "%2B");
    assert_eq!(listed(&format!("from={two}")).await.0, ["Four", "Three", "Two"]);
    assert_eq!(listed(&format!("to={two}")).await.0, ["One"]);
    let (first, _, next) = listed("limit=3").await;
    assert_eq!(first, ["Four", "Three", "Two"]);
    let (rest, _, end) = listed(&format!("limit=3&cursor={}", next.unwrap())).await;
    assert_eq!((rest, end), (vec![json!("One")], None));
    for (query, field) in [
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("actor=me", "actor"),
        ("action=%00", "action"),
    ] {
        let asked = refused(office.by_admin("GET", &format!("/api/audit_entries?{query}"))).await;
        assert_eq!(asked, (422, "invalid_field".to_owned(), Some(field.to_owned())), "{query}");
    }
}
