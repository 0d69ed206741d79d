//! Superadmins: every org, and acting in one of them, seen by it.

use super::people::{Office, done, refused};
use super::*;
use crate::cli::superadmin::{self, SuperadminArgs, SuperadminFailed};
use crate::config::Secret;
use crate::model::OrgId;

/// What somebody from elsewhere asks in an org.
fn across(
    office: &Office,
    who: &Person,
    (method, path): (&str, &str),
    org: &str,
) -> RequestBuilder {
    office.ask(who, method, path).header("Ringcraft-Org", org)
}

#[tokio::test]
async fn a_superadmin_acts_in_an_org_and_is_seen_there() {
    let office = Office::open().await;
    let root = &test_database::org_with(&office.server.app.store, Role::Superadmin).await;
    let org = office.admin.org.to_string();
    let ask = |method, path| across(&office, root, (method, path), &org);
    let (status, people) = answer(ask("GET", "/api/users?q=robin")).await;
    assert_eq!((status, people["users"].as_array().unwrap().len()), (200, 4));
    let rep = format!("/api/users/{}", office.rep.user);
    let (_, changed) = answer(ask("PATCH", &rep).json(&json!({"role": "manager"}))).await;
    assert_eq!(changed["user"]["role"], "manager");
    assert_eq!(answer(ask("GET", "/api/org")).await.1["org"]["id"], json!(office.admin.org));
    assert_eq!(answer(ask("GET", "/api/scenarios")).await.0, 200);
    // A key would act for somebody who is not of this org.
    let key = refused(ask("POST", "/api/api_keys").json(&json!({"name": "x"}))).await;
    assert_eq!(key, (403, "forbidden".to_owned(), None));
    let acted = |method: &str, path: &str| {
        ("superadmin.acted".to_owned(), Value::Null, json!({"method": method, "path": path}))
    };
    let role = json!({"role": {"from": "rep", "to": "manager"}});
    let expected = [
        acted("POST", "/api/api_keys"),
        ("user.updated".to_owned(), json!(office.rep.user), role),
        acted("PATCH", &rep),
        acted("GET", "/api/users"),
    ];
    assert_eq!(office.noted(9).await, expected);
    let (_, entries) = answer(office.by_admin("GET", "/api/audit_entries")).await;
    for entry in entries["audit_entries"].as_array().unwrap() {
        assert_eq!(entry["actor_user_id"], json!(root.user));
        assert_eq!(entry["actor_role"], "superadmin");
    }
    // At home nothing of it is to be seen, whether the header names home or is not there.
    let home = root.org.to_string();
    for request in [
        office.ask(root, "GET", "/api/audit_entries"),
        across(&office, root, ("GET", "/api/audit_entries"), &home),
    ] {
        assert_eq!(answer(request).await.1["audit_entries"], json!([]));
    }
}

#[tokio::test]
async fn a_superadmin_is_themself_at_home_wherever_they_are_at_work() {
    let office = Office::open().await;
    let store = &office.server.app.store;
    let root = &test_database::org_with(store, Role::Superadmin).await;
    let org = office.admin.org.to_string();
    let ask = |method, path| across(&office, root, (method, path), &org);
    let rename = ask("PATCH", "/api/me").json(&json!({"name": "Kim"}));
    for request in [rename, ask("GET", "/api/me")] {
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["me"]["name"]), (200, &json!("Kim")), "{body}");
        assert_eq!(body["me"]["org"]["id"], json!(root.org));
    }
    let short = json!({"current_password": "x", "new_password": "another horse"});
    let change = refused(ask("POST", "/api/auth/password").json(&short)).await;
    assert_eq!(change.1, "wrong_password", "they are known, and their password is not x");
    assert_eq!(done(ask("POST", "/api/auth/logout")).await, 204);
    assert_eq!(answer(office.ask(root, "GET", "/api/me")).await.0, 401, "the session has ended");
    let root = &test_database::org_with(store, Role::Superadmin).await;
    let everywhere = across(&office, root, ("POST", "/api/auth/logout_everywhere"), &org);
    assert_eq!(done(everywhere).await, 204);
    assert_eq!(answer(office.ask(root, "GET", "/api/me")).await.0, 401);
    assert_eq!(office.noted(9).await, [], "nothing was done in the org that was named");
}

#[tokio::test]
async fn nobody_else_names_an_org() {
    let office = Office::open().await;
    let stranger = test_database::org_with(&office.server.app.store, Role::Admin).await;
    let orgs = [office.admin.org.to_string(), stranger.org.to_string(), "x".to_owned()];
    for who in [&office.admin, &office.manager, &office.hr, &office.rep] {
        for org in &orgs {
            for route in [("GET", "/api/users"), ("GET", "/api/orgs"), ("PATCH", "/api/org")] {
                let asked = refused(across(&office, who, route, org)).await;
                assert_eq!(asked, (403, "forbidden".to_owned(), None), "{} {route:?}", who.role);
            }
        }
    }
    let root = test_database::org_with(&office.server.app.store, Role::Superadmin).await;
    for org in [OrgId::new().to_string(), "x".to_owned(), "' or true --".to_owned()] {
        let asked = refused(across(&office, &root, ("GET", "/api/users"), &org)).await;
        let unknown = (422, "invalid_field".to_owned(), Some("ringcraft-org".to_owned()));
        assert_eq!(asked, unknown, "{org}");
    }
}

#[tokio::test]
async fn a_superadmin_lists_every_org() {
    let office = Office::open().await;
    let root = &test_database::org_with(&office.server.app.store, Role::Superadmin).await;
    let call =
        office.ask(&office.rep, "POST", "/api/calls").json(&json!({"scenario_id": "rachel"}));
    assert_eq!(answer(call).await.0, 201);
    let (status, body) = answer(office.ask(root, "GET", "/api/orgs?limit=2")).await;
    assert_eq!(status, 200, "{body}");
    let counts =
        |org: &Value| (org["id"].clone(), org["user_count"].clone(), org["call_count"].clone());
    let counted: Vec<_> = body["orgs"].as_array().unwrap().iter().map(counts).collect();
    let (lone, busy) = (office.server.rep.org, office.admin.org);
    assert_eq!(
        counted,
        [(json!(lone), json!(1), json!(0)), (json!(busy), json!(4), json!(1))],
        "{body}"
    );
    assert_eq!(body["orgs"][0]["name"], "Acme Lending");
    let rest = format!("/api/orgs?limit=2&cursor={}", body["next_cursor"].as_str().unwrap());
    let (_, rest) = answer(office.ask(root, "GET", &rest)).await;
    assert_eq!(counts(&rest["orgs"][0]), (json!(root.org), json!(1), json!(0)));
    assert_eq!((rest["orgs"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &json!(null)));
}

#[tokio::test]
async fn whoever_has_the_database_names_superadmins() {
    let office = Office::open().await;
    let url = || Some(Secret::new(office.server.database.url.clone()));
    let make = async |email: &str, url: Option<Secret>| {
        let mut out = Vec::new();
        let args = SuperadminArgs { email: email.to_owned() };
        let made = superadmin::run(&args, url, &mut out).await;
        made.map(|()| String::from_utf8(out).unwrap())
    };
    assert!(matches!(make("rep@example.com", None).await, Err(SuperadminFailed::NoDatabase)));
    let unknown = make("nobody@example.com", url()).await;
    assert!(matches!(unknown, Err(SuperadminFailed::Unknown)), "{unknown:?}");
    let email = &office.rep.email;
    let said = make(&email.to_uppercase(), url()).await.unwrap();
    assert_eq!(said, format!("{email} is a superadmin\n"));
    assert_eq!(answer(office.ask(&office.rep, "GET", "/api/orgs")).await.0, 200);
    let details = json!({"role": {"from": "rep", "to": "superadmin"}});
    let entry = ("user.updated".to_owned(), json!(office.rep.user), details);
    assert_eq!(office.noted(9).await, [entry]);
    // Their own admin does not undo it.
    let path = format!("/api/users/{}", office.rep.user);
    let demote = refused(office.by_admin("DELETE", &path)).await;
    assert_eq!(demote, (403, "forbidden".to_owned(), None));
    assert_eq!(
        done(office.ask(&office.rep, "DELETE", &format!("/api/users/{}", office.hr.user))).await,
        204
    );
}
