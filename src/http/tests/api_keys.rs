//! API keys: made once, shown never again, noted when they are used, revoked.

use sqlx::{Connection, PgConnection, Row};

use super::people::{Office, done, refused};
use super::*;
use crate::model::ApiKeyId;

async fn made(office: &Office, who: &Person, body: Value) -> Value {
    let (status, mut body) = answer(office.ask(who, "POST", "/api/api_keys").json(&body)).await;
    assert_eq!(status, 201, "{body}");
    body["api_key"].take()
}

fn path(key: &Value) -> String {
    format!("/api/api_keys/{}", key["id"].as_str().unwrap())
}

/// The keys that somebody sees, by their names.
async fn names(office: &Office, who: &Person, query: &str) -> Vec<String> {
    let (status, body) = answer(office.ask(who, "GET", &format!("/api/api_keys{query}"))).await;
    assert_eq!(status, 200, "{body}");
    assert!(!body.to_string().contains("\"key\""), "{body}");
    let keys = body["api_keys"].as_array().unwrap().iter();
    keys.map(|key| key["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_key_is_told_once_and_opens_until_it_is_revoked() {
    let office = Office::open().await;
    let rep = &office.rep;
    let key = made(&office, rep, json!({"name": "CRM 'sync' ü"})).await;
    let text = key["key"].as_str().unwrap();
    let expected = json!({
        "id": key["id"], "user_id": rep.user, "name": "CRM 'sync' ü", "prefix": text[..12],
        "created_at": key["created_at"], "last_used_at": null, "expires_at": null,
        "revoked_at": null, "key": text,
    });
    assert_eq!(key, expected);
    assert_eq!((text.len(), &text[..4]), (47, "rck_"));
    let by_key = |method: &str, path: &str| office.server.request(method, path).bearer_auth(text);
    let own = format!("/api/users/{}", rep.user);
    assert_eq!(answer(by_key("GET", &own)).await.0, 200);
    // A key makes no keys, whoever's it is.
    for key in [text, office.admin.api_key.as_str()] {
        let more = office.server.request("POST", "/api/api_keys").bearer_auth(key);
        let more = refused(more.json(&json!({"name": "more"}))).await;
        assert_eq!(more, (403, "forbidden".to_owned(), None));
    }
    let details = json!({"user_id": rep.user, "name": "CRM 'sync' ü", "prefix": text[..12]});
    let entry = ("api_key.created".to_owned(), key["id"].clone(), details.clone());
    assert_eq!(office.noted(9).await, [entry]);
    for _ in 0..2 {
        assert_eq!(done(office.ask(rep, "DELETE", &path(&key))).await, 204);
    }
    assert_eq!(refused(by_key("GET", &own)).await, (401, "invalid_token".to_owned(), None));
    let entry = ("api_key.revoked".to_owned(), key["id"].clone(), details);
    let noted = office.noted(9).await;
    assert_eq!((noted.len(), &noted[0]), (2, &entry), "revoked once");
}

#[tokio::test]
async fn people_see_their_own_keys_and_admins_all() {
    let office = Office::open().await;
    let key = made(&office, &office.rep, json!({"name": "of the rep"})).await;
    // Each person of a test has a key named "test" from the start.
    assert_eq!(names(&office, &office.rep, "").await, ["test", "of the rep"]);
    assert_eq!(names(&office, &office.manager, "").await, ["test"]);
    let of_rep = format!("?user_id={}", office.rep.user);
    assert_eq!(names(&office, &office.hr, &of_rep).await, Vec::<String>::new());
    assert_eq!(names(&office, &office.admin, "").await.len(), 5);
    assert_eq!(names(&office, &office.admin, &of_rep).await, ["test", "of the rep"]);
    let stranger = &test_database::org_with(&office.server.app.store, Role::Admin).await;
    let nothing = (404, "not_found".to_owned(), None);
    for who in [&office.manager, &office.hr, stranger] {
        let revoke = office.ask(who, "DELETE", &path(&key));
        assert_eq!(refused(revoke).await, nothing, "{}", who.role);
    }
    for odd in [ApiKeyId::new().to_string(), "x".to_owned()] {
        let revoke = office.by_admin("DELETE", &format!("/api/api_keys/{odd}"));
        assert_eq!(refused(revoke).await, nothing);
    }
    assert_eq!(done(office.by_admin("DELETE", &path(&key))).await, 204);
    let by_key = office.server.request("GET", "/api/users");
    let by_key = by_key.bearer_auth(key["key"].as_str().unwrap());
    assert_eq!(refused(by_key).await.0, 401);
}

#[tokio::test]
async fn a_key_that_does_not_fit_is_not_made() {
    let office = Office::open().await;
    let table = [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"name": "x", "expires_at": "tomorrow"}), "expires_at"),
        (json!({"name": "x", "expires_at": 7}), "expires_at"),
        (json!({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
    ];
    for (body, field) in table {
        let asked = refused(office.by_admin("POST", "/api/api_keys").json(&body)).await;
        assert_eq!(asked, (422, "invalid_field".to_owned(), Some(field.to_owned())), "{body}");
    }
    let long =
        made(&office, &office.rep, json!({"name": "x", "expires_at": "2999-01-01T01:00:00+01:00"}));
    assert_eq!(long.await["expires_at"], "2999-01-01T00:00:00Z");
}

#[tokio::test]
async fn the_use_of_a_key_is_noted_once_a_minute() {
    let office = Office::open().await;
    let key = made(&office, &office.rep, json!({"name": "x"})).await;
    let id: ApiKeyId = key["id"].as_str().unwrap().parse().unwrap();
    let mut owner = PgConnection::connect(&office.server.database.url).await.unwrap();
    let mut noted = async |age: &str| {
        if !age.is_empty() {
            let set = "update api_key set last_used_at = now() - $2::text::interval where id = $1";
            sqlx::query(set).bind(id.0).bind(age).execute(&mut owner).await.unwrap();
        }
        let row = "select last_used_at::text, xmin::text from api_key where id = $1";
        let row = sqlx::query(row).bind(id.0).fetch_one(&mut owner).await.unwrap();
        (row.get::<Option<String>, _>(0), row.get::<String, _>(1))
    };
    let use_it = async || {
        let text = key["key"].as_str().unwrap();
        answer(office.server.request("GET", "/api/users").bearer_auth(text)).await.0
    };
    let (never, _) = noted("").await;
    assert_eq!((never, use_it().await), (None, 200));
    let first = noted("").await;
    assert!(first.0.is_some());
    assert_eq!(use_it().await, 200);
    assert_eq!(noted("").await, first, "a fresh note is not written again");
    let fresh = noted("50 seconds").await;
    assert_eq!(use_it().await, 200);
    assert_eq!(noted("").await, fresh);
    let stale = noted("61 seconds").await;
    assert_eq!(use_it().await, 200);
    assert!(stale.0 < noted("").await.0);
}
