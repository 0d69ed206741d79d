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
async fn what_is_for_people_of_the_org_is_not_for_a_superadmin_from_elsewhere() {
    let office = Office::open().await;
    let root = &test_database::org_with(&office.server.app.store, Role::Superadmin).await;
    let (there, home) = (office.admin.org.to_string(), root.org.to_string());
    let call = json!({"scenario_id": "rachel"});
    let routes = [
        ("POST", "/api/calls", call.clone()),
        ("POST", "/api/api_keys", json!({"name": "x"})),
        ("GET", "/api/me", json!({})),
        ("PATCH", "/api/me", json!({"name": "Root"})),
        ("POST", "/api/auth/password", json!({"current_password": "x", "new_password": "y"})),
        ("POST", "/api/auth/logout_everywhere", json!({})),
        ("POST", "/api/auth/logout", json!({})),
    ];
    let message = "this is for the people of the org; leave out Ringcraft-Org";
    let expected = json!({"error": {"code": "forbidden", "message": message}});
    for (method, path, body) in routes {
        let asked = across(&office, root, (method, path), &there).json(&body);
        assert_eq!(answer(asked).await, (403, expected.clone()), "{method} {path}");
    }
    let (_, calls) = answer(across(&office, root, ("GET", "/api/calls"), &there)).await;
    assert_eq!(calls["calls"], json!([]));
    // At home they do, and nothing has signed them out.
    let open = across(&office, root, ("POST", "/api/calls"), &home).json(&call);
    assert_eq!(answer(open).await.0, 201);
    assert_eq!(done(across(&office, root, ("POST", "/api/auth/logout"), &home)).await, 204);
    let out = refused(office.ask(root, "GET", "/api/me")).await;
    assert_eq!(out, (401, "invalid_token".to_owned(), None));
}

#[tokio::test]
async fn a_calls_own_token_names_no_org() {
    let office = Office::open().await;
    let open = office.ask(&office.rep, "POST", "/api/calls");
    let (_, opened) = answer(open.json(&json!({"scenario_id": "rachel"}))).await;
    let (id, token) = (&opened["call"]["id"], opened["call"]["token"].as_str().unwrap());
    let path = format!("/api/calls/{}", id.as_str().unwrap());
    let audio = format!("{path}/audio");
    let orgs = [office.admin.org.to_string(), office.server.rep.org.to_string(), "x".to_owned()];
    let ask = |path: &str| office.server.request("GET", path).bearer_auth(token);
    for org in &orgs {
        for path in [&path, &audio] {
            let asked = refused(ask(path).header("ringcraft-org", org)).await;
            assert_eq!(asked, (403, "forbidden".to_owned(), None), "{path} {org}");
        }
    }
    assert_eq!(answer(ask(&path)).await.1["call"]["id"], *id);
    assert_eq!(refused(ask(&audio)).await.0, 426);
    let forged = office.server.request("GET", &path).bearer_auth("x");
    assert_eq!(refused(forged.header("ringcraft-org", &orgs[0])).await.0, 401);
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
    let url = Secret::new(office.server.database.url.clone());
    let make = async |email: &str| {
        let mut out = Vec::new();
        let args = SuperadminArgs { email: email.to_owned() };
        let made = superadmin::run(&args, &url, &mut out).await;
        made.map(|()| String::from_utf8(out).unwrap())
    };
    let unknown = make("nobody@example.com").await;
    assert!(matches!(unknown, Err(SuperadminFailed::Unknown)), "{unknown:?}");
    let email = &office.rep.email;
    let said = make(&email.to_uppercase()).await.unwrap();
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
