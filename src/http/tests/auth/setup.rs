//! The first org, and those that sign themselves up.

use super::*;

fn acme(email: &str) -> Value {
    json!({"org_name": "Crédit Żółw & Söhne", "name": "Nguyễn Thị Ánh", "email": email, "password": PASSWORD})
}

#[tokio::test]
async fn the_first_org_is_anybodys_and_there_is_no_second() {
    let server = behind_proxy().await;
    let closed = (403, "sign_up_closed".to_owned());
    assert_eq!(error(server.post("/api/auth/setup", &acme("first@example.com"))).await, closed);
    server.sql("delete from org").await;
    let response = server.post("/api/auth/setup", &acme("first@example.com")).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert!(response.headers().contains_key("set-cookie"));
    let body: Value = response.json().await.unwrap();
    let user = &body["session"]["user"];
    assert_eq!((&user["role"], &user["name"]), (&json!("admin"), &json!("Nguyễn Thị Ánh")));
    assert_eq!(user["org"]["name"], "Crédit Żółw & Söhne");
    let token = body["session"]["token"].as_str().unwrap();
    assert_eq!(answer(server.request("GET", "/api/me").bearer_auth(token)).await.1["me"], *user);
    assert_eq!(answer(server.login("First@example.com", PASSWORD)).await.0, 200);
    assert_eq!(error(server.post("/api/auth/setup", &acme("other@example.com"))).await, closed);
    let admin = user["id"].as_str().unwrap();
    let expected = format!("auth.org_set_up {admin}, auth.login {admin}, auth.login {admin}");
    assert_eq!(server.audited().await, expected);
}

#[tokio::test]
async fn a_page_knows_whether_an_org_may_be_made() {
    let asked = async |server: &Server| {
        let (status, body) = answer(server.request("GET", "/api/auth/setup")).await;
        assert_eq!(status, 200);
        body["setup"].clone()
    };
    let server = behind_proxy().await;
    assert_eq!(asked(&server).await, json!({"is_first": false, "is_open": false}));
    server.sql("delete from org").await;
    assert_eq!(asked(&server).await, json!({"is_first": true, "is_open": true}));
}

#[tokio::test]
async fn of_several_that_would_be_the_first_one_is() {
    let server = behind_proxy().await;
    server.sql("delete from org").await;
    let asks = (0..6).map(|number| {
        let email = format!("first{number}@example.com");
        let ask = server.post("/api/auth/setup", &acme(&email));
        async move { ask.send().await.unwrap().status().as_u16() }
    });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 403, 403, 403, 403, 403]);
    assert_eq!(server.ask("select count(*)::text from org").await, "1");
    assert_eq!(server.ask("select count(*)::text from app_user").await, "1");
}

#[tokio::test]
async fn where_sign_up_is_open_anybody_makes_an_org_of_their_own() {
    let public_url = Some("https://calls.example.com".to_owned());
    let given = ServeArgs { sign_up: Some("open".into()), public_url, ..Default::default() };
    let server = told(given).await;
    let (_, body) = answer(server.request("GET", "/api/auth/setup")).await;
    assert_eq!(body["setup"], json!({"is_first": false, "is_open": true}));
    let response = server.post("/api/auth/setup", &acme("a@example.com")).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure"), "{cookie}");
    let (status, body) = answer(server.post("/api/auth/setup", &acme("A@EXAMPLE.com"))).await;
    let got = (status, body["error"]["code"].as_str(), body["error"]["field"].as_str());
    assert_eq!(got, (409, Some("email_taken"), Some("email")));
    // The org of the refused one is not there either: it and its admin are one transaction.
    assert_eq!(server.ask("select count(*)::text from org").await, "2");
    let (_, body) = answer(server.post("/api/auth/setup", &acme("b@example.com"))).await;
    let (org, mine) = (&body["session"]["user"]["org"]["id"], json!(server.rep.org));
    assert!(org.is_string() && *org != mine);
}
