//! Who sees, adds and changes whom.

use std::collections::BTreeSet;

use super::*;
use crate::model::{OrgId, TeamId, UserId};
use crate::store::user::{self, NewUser, UserStatus};
use crate::store::{self, Actor, credential};

/// A server with an org that has somebody of each role.
pub(super) struct Office {
    pub(super) server: Server,
    pub(super) admin: Person,
    pub(super) manager: Person,
    pub(super) hr: Person,
    pub(super) rep: Person,
}

impl Office {
    pub(super) async fn open() -> Self {
        let server = Server::start().await;
        let store = &server.app.store;
        let admin = test_database::org_with(store, Role::Admin).await;
        let manager = test_database::person_in(store, admin.org, Role::Manager).await;
        let hr = test_database::person_in(store, admin.org, Role::Hr).await;
        let rep = test_database::person_in(store, admin.org, Role::Rep).await;
        Self { server, admin, manager, hr, rep }
    }

    pub(super) async fn another(&self, role: Role) -> Person {
        test_database::person_in(&self.server.app.store, self.admin.org, role).await
    }

    pub(super) fn ask(&self, who: &Person, method: &str, path: &str) -> RequestBuilder {
        self.server.request(method, path).bearer_auth(&who.session)
    }

    pub(super) fn by_admin(&self, method: &str, path: &str) -> RequestBuilder {
        self.ask(&self.admin, method, path)
    }

    /// What the org's newest audit entries say: action, subject and details.
    pub(super) async fn noted(&self, most: usize) -> Vec<(String, Value, Value)> {
        let path = format!("/api/audit_entries?limit={most}");
        let (status, body) = answer(self.by_admin("GET", &path)).await;
        assert_eq!(status, 200, "{body}");
        let entries = body["audit_entries"].as_array().unwrap().iter();
        let entry = |entry: &Value| {
            let action = entry["action"].as_str().unwrap().to_owned();
            (action, entry["subject_id"].clone(), entry["details"].clone())
        };
        entries.map(entry).collect()
    }

    pub(super) async fn seen_by(&self, who: &Person, query: &str) -> BTreeSet<UserId> {
        let (status, body) = answer(self.ask(who, "GET", &format!("/api/users{query}"))).await;
        assert_eq!(status, 200, "{body}");
        let users = body["users"].as_array().unwrap().iter();
        users.map(|user| user["id"].as_str().unwrap().parse().unwrap()).collect()
    }
}

/// The status of an answer without a body.
pub(super) async fn done(request: RequestBuilder) -> u16 {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.text().await.unwrap(), "", "{status}");
    status
}

/// The status, code and field of an error.
pub(super) async fn refused(request: RequestBuilder) -> (u16, String, Option<String>) {
    let (status, body) = answer(request).await;
    let code = body["error"]["code"].as_str().unwrap_or_else(|| panic!("{body}"));
    (status, code.to_owned(), body["error"]["field"].as_str().map(str::to_owned))
}

fn no_field(status: u16, code: &str) -> (u16, String, Option<String>) {
    (status, code.to_owned(), None)
}

fn in_field(status: u16, code: &str, field: &str) -> (u16, String, Option<String>) {
    (status, code.to_owned(), Some(field.to_owned()))
}

async fn made_team(office: &Office, name: &str) -> String {
    let request = office.by_admin("POST", "/api/teams").json(&json!({"name": name}));
    let (status, body) = answer(request).await;
    assert_eq!(status, 201, "{body}");
    body["team"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_role_sees_the_people_it_may() {
    let office = Office::open().await;
    let (admin, manager, hr, rep) = (&office.admin, &office.manager, &office.hr, &office.rep);
    let apart = office.another(Role::Rep).await;
    let team = made_team(&office, "North").await;
    for (kind, who) in [("members", rep.user), ("leads", manager.user)] {
        let path = format!("/api/teams/{team}/{kind}/{who}");
        assert_eq!(done(office.by_admin("PUT", &path)).await, 204);
    }
    let all = BTreeSet::from([admin.user, manager.user, hr.user, rep.user, apart.user]);
    let led = BTreeSet::from([manager.user, rep.user]);
    let table = [
        (admin, all.clone()),
        (hr, all.clone()),
        (manager, led),
        (rep, BTreeSet::from([rep.user])),
    ];
    for (who, seen) in &table {
        assert_eq!(office.seen_by(who, "").await, *seen, "{}", who.role);
        for other in &all {
            let path = format!("/api/users/{other}");
            let (status, _) = answer(office.ask(who, "GET", &path)).await;
            assert_eq!(status, if seen.contains(other) { 200 } else { 404 }, "{}", who.role);
        }
        // Of another org nobody knows anything.
        for odd in [office.server.rep.user.to_string(), UserId::new().to_string(), "x".into()] {
            let path = format!("/api/users/{odd}");
            let asked = refused(office.ask(who, "GET", &path)).await;
            assert_eq!(asked, no_field(404, "not_found"), "{} {odd}", who.role);
        }
    }
    let open = office.by_admin("PATCH", "/api/org").json(&json!({"managers_see_all": true}));
    assert_eq!(answer(open).await.1["org"]["managers_see_all"], true);
    assert_eq!(office.seen_by(manager, "").await, all);
    let nobody = refused(office.server.request("GET", "/api/users")).await;
    assert_eq!(nobody, no_field(401, "not_signed_in"));
}

#[tokio::test]
async fn only_those_who_run_the_org_change_it() {
    let office = Office::open().await;
    let team = made_team(&office, "North").await;
    let rep = office.rep.user;
    let routes = [
        ("POST", "/api/users".to_owned()),
        ("POST", format!("/api/users/{rep}/invite")),
        ("PATCH", format!("/api/users/{rep}")),
        ("DELETE", format!("/api/users/{rep}")),
        ("POST", "/api/teams".to_owned()),
        ("PATCH", format!("/api/teams/{team}")),
        ("DELETE", format!("/api/teams/{team}")),
        ("PUT", format!("/api/teams/{team}/members/{rep}")),
        ("DELETE", format!("/api/teams/{team}/members/{rep}")),
        ("PUT", format!("/api/teams/{team}/leads/{rep}")),
        ("DELETE", format!("/api/teams/{team}/leads/{rep}")),
        ("GET", "/api/org".to_owned()),
        ("PATCH", "/api/org".to_owned()),
        ("GET", "/api/audit_entries".to_owned()),
        ("GET", "/api/orgs".to_owned()),
    ];
    for who in [&office.rep, &office.manager, &office.hr] {
        for (method, path) in &routes {
            // Who may not is told so before the body is looked at.
            for body in [json!({"name": "Mine", "role": "admin"}), json!(7)] {
                let asked = refused(office.ask(who, method, path).json(&body)).await;
                assert_eq!(asked, no_field(403, "forbidden"), "{} {method} {path}", who.role);
            }
        }
    }
    assert_eq!(office.noted(5).await.len(), 1, "nothing but the team was made");
}

#[tokio::test]
async fn an_admin_invites() {
    let office = Office::open().await;
    let team = made_team(&office, "North").await;
    let invite = |body: Value| office.by_admin("POST", "/api/users").json(&body);
    let name = "Robert'); drop table app_user;-- Žižek 李 🎧";
    let (status, body) = answer(invite(json!({
        "email": "Bobby@Example.com", "name": format!("  {name} "), "role": "manager",
        "team_ids": [team, team],
    })))
    .await;
    let user = &body["user"];
    assert_eq!(status, 201, "{body}");
    let expected = json!({
        "id": user["id"], "email": "Bobby@Example.com", "name": name, "role": "manager",
        "status": "invited", "team_ids": [team], "led_team_ids": [],
        "created_at": user["created_at"],
    });
    assert_eq!(*user, expected);
    let created_at = user["created_at"].as_str().unwrap();
    assert!(created_at.ends_with('Z') && created_at.contains('T'), "{created_at}");
    let path = format!("/api/users/{}", user["id"].as_str().unwrap());
    assert_eq!(answer(office.by_admin("GET", &path)).await, (200, body.clone()));
    let details = json!({"email": "Bobby@Example.com", "role": "manager", "team_ids": [team]});
    let expected = [
        ("user.invited".to_owned(), user["id"].clone(), json!({})),
        ("user.created".to_owned(), user["id"].clone(), details),
    ];
    assert_eq!(office.noted(2).await, expected);

    let person = |field: &str, value: Value| {
        let mut body = json!({"email": "eve@example.com", "name": "Eve", "role": "rep"});
        body[field] = value;
        invite(body)
    };
    let taken = in_field(409, "email_taken", "email");
    for address in ["bobby@example.com", office.server.rep.email.as_str()] {
        assert_eq!(refused(person("email", json!(address))).await, taken, "{address}");
    }
    let system = office.server.app.store.scope(office.server.rep.org, Actor::System);
    let elsewhere = store::team::insert(&system, TeamId::new(), "South").await.unwrap().id;
    let unfit = [
        ("email", json!("eve")),
        ("email", json!(7)),
        ("name", json!("")),
        ("name", json!("E\u{0}ve")),
        ("name", json!("e".repeat(201))),
        ("role", json!("superadmin")),
        ("role", json!("king")),
        ("role", json!(null)),
        ("team_ids", json!([elsewhere])),
        ("team_ids", json!(vec![elsewhere; 101])),
    ];
    for (field, value) in unfit {
        let asked = refused(person(field, value.clone())).await;
        assert_eq!(asked, in_field(422, "invalid_field", field), "{value}");
    }
    let missing = refused(invite(json!({"name": "Eve", "role": "rep"}))).await;
    assert_eq!(missing, in_field(422, "invalid_field", "email"));
    let large = refused(person("name", json!("e".repeat(body::MAX_BODY)))).await;
    assert_eq!(large, no_field(413, "too_large"));
    let wrong = office.by_admin("PUT", "/api/users").send().await.unwrap();
    assert_eq!(
        (wrong.status().as_u16(), &wrong.headers()["allow"]),
        (405, &"GET,HEAD,POST".parse().unwrap())
    );
    assert_eq!(office.seen_by(&office.admin, "?q=eve").await, BTreeSet::new());
}

#[tokio::test]
async fn rules_that_no_change_breaks() {
    let office = Office::open().await;
    let invited = answer(office.by_admin("POST", "/api/users").json(&json!({
        "email": "ines@example.com", "name": "Ines", "role": "rep",
    })));
    let invited: UserId = invited.await.1["user"]["id"].as_str().unwrap().parse().unwrap();
    let superadmin = office.another(Role::Superadmin).await;
    let change = |who: UserId, body: Value| {
        office.by_admin("PATCH", &format!("/api/users/{who}")).json(&body)
    };
    let (me, rep) = (office.admin.user, office.rep.user);
    let table = [
        (change(me, json!({"role": "rep"})), no_field(409, "own_account")),
        (change(me, json!({"status": "disabled"})), no_field(409, "own_account")),
        (office.by_admin("DELETE", &format!("/api/users/{me}")), no_field(409, "own_account")),
        (change(invited, json!({"status": "active"})), no_field(409, "invitation")),
        (change(rep, json!({"status": "invited"})), in_field(422, "invalid_field", "status")),
        (change(rep, json!({"role": "superadmin"})), in_field(422, "invalid_field", "role")),
        (change(rep, json!({"email": "x@example.com"})), in_field(422, "invalid_field", "email")),
        (change(rep, json!({"name": " "})), in_field(422, "invalid_field", "name")),
        (change(superadmin.user, json!({"role": "rep"})), no_field(403, "forbidden")),
        (change(superadmin.user, json!({"status": "disabled"})), no_field(403, "forbidden")),
        (change(office.server.rep.user, json!({"name": "Eve"})), no_field(404, "not_found")),
    ];
    for (request, expected) in table {
        let shown = format!("{request:?}");
        assert_eq!(refused(request).await, expected, "{shown}");
    }
    assert_eq!(office.noted(9).await.len(), 2, "nothing but the invitation was done");
    // What stays the same is no change, so one's own role may be named.
    let (status, body) = answer(change(me, json!({"role": "admin", "name": "Åsa"}))).await;
    assert_eq!((status, &body["user"]["name"]), (200, &json!("Åsa")));
    let entry =
        ("user.updated".to_owned(), json!(me), json!({"name": {"from": "Robin", "to": "Åsa"}}));
    assert_eq!(office.noted(2).await[0], entry);
    let (status, _) = answer(change(me, json!({}))).await;
    assert_eq!((status, office.noted(9).await.len()), (200, 3));
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once() {
    let office = Office::open().await;
    let (rep, path) = (&office.rep, format!("/api/users/{}", office.rep.user));
    let by_key = || office.server.request("GET", &path).bearer_auth(&rep.api_key);
    assert_eq!(answer(by_key()).await.0, 200);
    assert_eq!(done(office.by_admin("DELETE", &path)).await, 204);
    let out = no_field(401, "invalid_token");
    assert_eq!(refused(office.ask(rep, "GET", &path)).await, out);
    assert_eq!(refused(by_key()).await, out);
    let details = json!({"status": {"from": "active", "to": "disabled"}});
    assert_eq!(office.noted(1).await, [("user.disabled".to_owned(), json!(rep.user), details)]);
    // A second time changes nothing, and whoever comes back has to sign in anew.
    assert_eq!(done(office.by_admin("DELETE", &path)).await, 204);
    assert_eq!(office.noted(9).await.len(), 1);
    let back = || office.by_admin("PATCH", &path).json(&json!({"status": "active"}));
    assert_eq!(refused(back()).await, no_field(409, "not_accepted"), "they have no password");
    let system = office.server.app.store.scope(rep.org, Actor::System);
    credential::upsert(&system, rep.user, "a hash").await.unwrap();
    assert_eq!(answer(back()).await.1["user"]["status"], "active");
    assert_eq!(refused(office.ask(rep, "GET", &path)).await, out);
    assert_eq!(refused(by_key()).await, out);
}

#[tokio::test]
async fn of_the_last_two_admins_one_stays() {
    let office = Office::open().await;
    let superadmin = &test_database::org_with(&office.server.app.store, Role::Superadmin).await;
    let org = office.admin.org.to_string();
    let mut last = office.admin.user;
    for _ in 0..10 {
        let other = office.another(Role::Admin).await.user;
        let remove = async |who: UserId| {
            let path = format!("/api/users/{who}");
            let request = office.ask(superadmin, "DELETE", &path).header("ringcraft-org", &org);
            request.send().await.unwrap().status().as_u16()
        };
        let removed = tokio::join!(remove(last), remove(other));
        last = match removed {
            (204, 409) => other,
            (409, 204) => last,
            neither => panic!("{neither:?}"),
        };
    }
    let demote = office.ask(superadmin, "PATCH", &format!("/api/users/{last}"));
    let demote = demote.header("ringcraft-org", &org).json(&json!({"role": "manager"}));
    assert_eq!(refused(demote).await, no_field(409, "last_admin"));
}

#[tokio::test]
async fn filters_take_text_as_it_is() {
    let office = Office::open().await;
    let system = office.server.app.store.scope(office.admin.org, Actor::System);
    let add = async |email: &str, name: &str, status: UserStatus| {
        let new = NewUser { id: UserId::new(), email, name, role: Role::Rep, status };
        user::insert(&system, new).await.unwrap();
        new.id
    };
    let percent = add("p@x.example", "100 % Ana", UserStatus::Active).await;
    let under = add("under_score@x.example", r"Back\slash", UserStatus::Disabled).await;
    let arabic = add("m@x.example", "محمد", UserStatus::Invited).await;
    let table = [
        ("?q=%25", vec![percent]),
        ("?q=_", vec![under]),
        ("?q=%5C", vec![under]),
        ("?q=under_SCORE@", vec![under]),
        ("?q=0%20%25%20a", vec![percent]),
        ("?q=%D9%85%D8%AD", vec![arabic]),
        ("?q=%27%20or%201%3D1--", vec![]),
        ("?q=x.example&status=disabled", vec![under]),
        ("?q=x.example", vec![percent, under, arabic]),
        ("?status=invited", vec![arabic]),
        ("?role=hr", vec![office.hr.user]),
        ("?role=hr&status=invited", vec![]),
    ];
    for (query, found) in table {
        let found = BTreeSet::from_iter(found);
        assert_eq!(office.seen_by(&office.admin, query).await, found, "{query}");
    }
    assert_eq!(office.seen_by(&office.admin, "?q=").await.len(), 7, "nothing said is everybody");
    let team = made_team(&office, "North").await;
    let member = format!("/api/teams/{team}/members/{percent}");
    assert_eq!(done(office.by_admin("PUT", &member)).await, 204);
    let of_team = office.seen_by(&office.admin, &format!("?team_id={team}")).await;
    assert_eq!(of_team, BTreeSet::from([percent]));
    let unfit = [
        ("role=king", "role"),
        ("status=gone", "status"),
        ("team_id=7", "team_id"),
        ("q=%00", "q"),
        ("cursor=%27", "cursor"),
        ("limit=1000", "limit"),
    ];
    for (query, field) in unfit {
        let asked = refused(office.by_admin("GET", &format!("/api/users?{query}"))).await;
        assert_eq!(asked, in_field(422, "invalid_field", field), "{query}");
    }
}

#[tokio::test]
async fn a_list_is_paged_through_while_it_grows() {
    let office = Office::open().await;
    let store = &office.server.app.store;
    let fill = async |org: OrgId, count: usize| {
        let system = store.scope(org, Actor::System);
        let mut ids = Vec::new();
        for _ in 0..count {
            let id = UserId::new();
            let email = format!("{id}@example.com");
            let (role, status) = (Role::Rep, UserStatus::Active);
            user::insert(&system, NewUser { id, email: &email, name: "Kim", role, status })
                .await
                .unwrap();
            ids.push(id);
        }
        ids
    };
    let known = fill(office.admin.org, 246).await;
    let mut expected =
        vec![office.admin.user, office.manager.user, office.hr.user, office.rep.user];
    expected.extend(known);
    let page_through = async {
        let (mut ids, mut cursor, mut pages) = (Vec::<UserId>::new(), String::new(), 0);
        loop {
            let path = format!("/api/users?limit=20{cursor}");
            let (status, body) = answer(office.by_admin("GET", &path)).await;
            assert_eq!(status, 200, "{body}");
            let users = body["users"].as_array().unwrap().iter();
            ids.extend(users.map(|user| user["id"].as_str().unwrap().parse::<UserId>().unwrap()));
            pages += 1;
            let Some(next) = body["next_cursor"].as_str() else { return (ids, pages) };
            cursor = format!("&cursor={next}");
        }
    };
    let ((ids, pages), added) = tokio::join!(page_through, fill(office.admin.org, 30));
    // Everybody once, in order, those who came meanwhile last: all of them but the very latest.
    assert_eq!(ids[..250], expected);
    assert_eq!(ids[250..], added[..ids.len() - 250]);
    assert_eq!(pages, ids.len().div_ceil(20));
}
