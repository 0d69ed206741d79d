//! Signing in and out, over real sockets.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::*;
use crate::identity::password::Password;
use crate::store::{Actor, credential};

mod abuse;
mod invitations;
mod passwords;
mod setup;
mod smtp;

const PASSWORD: &str = "correct horse battery staple";

/// A server that believes its peer when it says for whom it asks.
async fn behind_proxy() -> Server {
    told(ServeArgs::default()).await
}

async fn told(given: ServeArgs) -> Server {
    let trusted_proxies = Some("127.0.0.1".to_owned());
    let given = ServeArgs { trusted_proxies, ..given };
    let server = Server::told(given, |_| None, |app| router(Arc::clone(app))).await;
    let system = server.app.store.scope(server.rep.org, Actor::System);
    let hash = Password::new(PASSWORD).hash().await;
    credential::upsert(&system, server.rep.user, &hash).await.unwrap();
    server
}

impl Server {
    /// A request of a client that has not asked before.
    fn fresh(&self, method: &str, path: &str) -> RequestBuilder {
        static CLIENTS: AtomicU32 = AtomicU32::new(1);
        let client = CLIENTS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let address = format!("10.{}.{}.{}", client[1], client[2], client[3]);
        self.request(method, path).header("x-forwarded-for", address)
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.fresh("POST", path).json(body)
    }

    fn login(&self, email: &str, password: &str) -> RequestBuilder {
        self.post("/api/auth/login", &json!({"email": email, "password": password}))
    }

    /// The token of a new session of the rep.
    async fn session(&self) -> String {
        let (status, body) = answer(self.login(&self.rep.email, PASSWORD)).await;
        assert_eq!(status, 200, "{body}");
        body["session"]["token"].as_str().unwrap().to_owned()
    }

    async fn sql(&self, statement: &str) {
        let mut owner = PgConnection::connect(&self.database.url).await.unwrap();
        owner.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        owner.close().await.unwrap();
    }

    /// What a query returns that returns one text.
    async fn ask(&self, query: &str) -> String {
        let mut owner = PgConnection::connect(&self.database.url).await.unwrap();
        let query = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
        let text: Option<String> = query.fetch_one(&mut owner).await.unwrap();
        owner.close().await.unwrap();
        text.unwrap_or_default()
    }

    /// The actions on record, by time, with who did them.
    async fn audited(&self) -> String {
        let actor = "coalesce(actor_user_id::text, actor_role)";
        let line = format!("action || ' ' || {actor}");
        self.ask(&format!("select string_agg({line}, ', ' order by id) from audit_entry")).await
    }
}

#[tokio::test]
async fn signing_in_gives_a_cookie_and_the_same_token() {
    let server = behind_proxy().await;
    let asked_at = OffsetDateTime::from(clock::wall_now());
    let response = server.login(&server.rep.email.to_uppercase(), PASSWORD).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    let token = body["session"]["token"].as_str().unwrap().to_owned();
    // 30 days are 2,592,000 s.
    let attributes = "Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000";
    assert_eq!(cookie, format!("ringcraft_session={token}; {attributes}"));
    let shown = body["session"]["expires_at"].as_str().unwrap();
    let expires_at = OffsetDateTime::parse(shown, &Rfc3339).unwrap();
    let life_s = (expires_at - asked_at).whole_seconds();
    assert!((86_398..86_400 + 30).contains(&life_s), "{life_s}");
    let me = json!({
        "id": server.rep.user,
        "name": "Robin",
        "email": server.rep.email,
        "role": "rep",
        "org": {"id": server.rep.org, "name": "Acme Lending"},
        "teams": [],
    });
    assert_eq!(body["session"]["user"], me);
    let by_bearer = server.request("GET", "/api/me").bearer_auth(&token);
    assert_eq!(answer(by_bearer).await, (200, json!({"me": me})));
    let by_cookie =
        server.request("GET", "/api/me").header("cookie", format!("ringcraft_session={token}"));
    assert_eq!(answer(by_cookie).await, (200, json!({"me": me})));
    assert_eq!(server.audited().await, format!("auth.login {}", server.rep.user));
    let stored = server.ask("select string_agg(token_hash::text, ' ') from session").await;
    assert!(stored.contains("\\x") && !stored.contains(&token));
}

#[tokio::test]
async fn whoever_may_not_come_in_gets_one_answer() {
    let server = behind_proxy().await;
    let wrong = answer(server.login(&server.rep.email, "incorrect horse")).await;
    assert_eq!(wrong.0, 401);
    assert_eq!(wrong.1["error"]["code"], "wrong_credentials");
    assert_eq!(answer(server.login("nobody@example.com", PASSWORD)).await, wrong);
    assert_eq!(answer(server.login(&server.rep.email, "short")).await, wrong);
    for status in ["invited", "disabled"] {
        server.sql(&format!("update app_user set status = '{status}'")).await;
        assert_eq!(answer(server.login(&server.rep.email, PASSWORD)).await, wrong, "{status}");
    }
    server.sql("update app_user set status = 'active'").await;
    server.sql("delete from credential").await;
    assert_eq!(answer(server.login(&server.rep.email, PASSWORD)).await, wrong);
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over_or_its_owner_is_shut_out() {
    let server = behind_proxy().await;
    let token = server.session().await;
    let me = || server.request("GET", "/api/me").bearer_auth(&token);
    let refused = (401, "invalid_token".to_owned());
    assert_eq!(answer(me()).await.0, 200);
    server.sql("update app_user set status = 'disabled'").await;
    assert_eq!(error(me()).await, refused);
    server.sql("update app_user set status = 'active'").await;
    assert_eq!(answer(me()).await.0, 200);
    server.sql("update session set expires_at = now() - interval '1 second'").await;
    assert_eq!(error(me()).await, refused);
    // The next sign-in forgets what is over.
    server.session().await;
    assert_eq!(server.ask("select count(*)::text from session").await, "1");
}

#[tokio::test]
async fn use_lengthens_a_session_up_to_thirty_days() {
    let server = behind_proxy().await;
    let left = "select (extract(epoch from expires_at - now()) / 60)::int::text from session";
    let aged = [
        // Used an hour ago: 24 more hours are 1,440 minutes.
        ("interval '2 days'", "interval '1 hour'", "1440"),
        // 29 days and 23 hours old: an hour is left of its whole life.
        ("interval '29 days 23 hours'", "interval '1 hour'", "60"),
    ];
    for (age, unused, expected) in aged {
        server.sql("delete from session").await;
        let token = server.session().await;
        let set = format!(
            "update session set created_at = now() - {age}, last_used_at = now() - {unused}, \
             expires_at = now() + interval '10 minutes'"
        );
        server.sql(&set).await;
        let me = server.request("GET", "/api/me").bearer_auth(&token);
        assert_eq!(answer(me).await.0, 200);
        // It is noted beside the request: asked until it is, or the runner's patience ends.
        while server.ask(left).await == "10" {}
        assert_eq!(server.ask(left).await, expected, "{age}");
    }
}

#[tokio::test]
async fn signing_out_ends_this_session_or_all() {
    let server = behind_proxy().await;
    let (one, two, three) =
        (server.session().await, server.session().await, server.session().await);
    let ask = |path: &str, token: &str| server.fresh("POST", path).bearer_auth(token);
    let alive = |token: &str| answer(server.request("GET", "/api/me").bearer_auth(token));
    let out = ask("/api/auth/logout", &one).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(
        out.headers()["set-cookie"],
        "ringcraft_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    );
    assert_eq!((alive(&one).await.0, alive(&two).await.0), (401, 200));
    let out = ask("/api/auth/logout_everywhere", &two).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!((alive(&two).await.0, alive(&three).await.0), (401, 401));
    // Keys are for programs: they stay, and they end no session.
    assert_eq!(alive(&server.rep.api_key).await.0, 200);
    for path in ["/api/auth/logout", "/api/auth/logout_everywhere"] {
        let by_key = ask(path, &server.rep.api_key);
        assert_eq!(error(by_key).await, (403, "session_required".into()), "{path}");
        assert_eq!(error(server.fresh("POST", path)).await, (401, "not_signed_in".into()));
    }
    let user = server.rep.user;
    let expected = format!(
        "auth.login {user}, auth.login {user}, auth.login {user}, auth.logout_everywhere {user}"
    );
    assert_eq!(server.audited().await, expected);
}

#[tokio::test]
async fn people_see_and_name_themselves() {
    let server = behind_proxy().await;
    let (org, user) = (server.rep.org, server.rep.user);
    // Only managers and admins lead.
    server.sql(&format!("update app_user set role = 'manager' where id = '{user}'")).await;
    for (number, name, table) in [(1, "Süd", "team_member"), (2, "Nord", "team_lead")] {
        let team = format!("00000000-0000-7000-8000-00000000000{number}");
        server
            .sql(&format!(
                "insert into team (org_id, id, name) values ('{org}', '{team}', '{name}'); \
                 insert into {table} (org_id, team_id, user_id) values ('{org}', '{team}', '{user}')"
            ))
            .await;
    }
    let name = "Robin'); drop table app_user; -- נועה 🎧";
    let change = |body: Value| {
        server.request("PATCH", "/api/me").bearer_auth(&server.rep.api_key).json(&body)
    };
    let (status, body) = answer(change(json!({"name": format!("  {name}\n")}))).await;
    assert_eq!((status, &body["me"]["name"]), (200, &json!(name)));
    let teams = json!([
        {"id": "00000000-0000-7000-8000-000000000002", "name": "Nord", "leads": true},
        {"id": "00000000-0000-7000-8000-000000000001", "name": "Süd", "leads": false},
    ]);
    assert_eq!(body["me"]["teams"], teams);
    for bad in [json!({}), json!({"name": ""}), json!({"name": 7}), json!({"name": "a\u{0}b"})] {
        let (status, body) = answer(change(bad.clone())).await;
        assert_eq!((status, &body["error"]["field"]), (422, &json!("name")), "{bad}");
    }
    assert_eq!(error(server.request("GET", "/api/me")).await, (401, "not_signed_in".into()));
    assert_eq!(error(server.request("PUT", "/api/me")).await, (405, "method_not_allowed".into()));
}
