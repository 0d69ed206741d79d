//! Jobs: who sees them, and who has them tried again.

use sqlx::{Connection, PgConnection};

use super::*;
use crate::model::NodeId;
use crate::store::{Actor, call_keeping};

#[tokio::test]
async fn admins_see_what_was_given_up_and_have_it_tried_again() {
    let server = Server::start().await;
    let (store, org) = (&server.app.store, server.rep.org);
    let admin = test_database::person_in(store, org, Role::Admin).await;
    let manager = test_database::person_in(store, org, Role::Manager).await;
    let other = test_database::org_with(store, Role::Admin).await;
    let call = CallId::new();
    // Bound to a node that is not there, so that it stays as it is.
    let system = store.scope(org, Actor::System);
    call_keeping::ended(&system, call, NodeId::new(), None).await.unwrap();
    let url = &server.database.url;
    let mut owner = PgConnection::connect(url).await.unwrap();
    sqlx::query("update graphile_worker._private_jobs set attempts = 25, last_error = $1")
        .bind(r#"TaskError("spool file: gone")"#)
        .execute(&mut owner)
        .await
        .unwrap();

    let jobs = |person: &Person, query: &str| {
        server.request("GET", &format!("/api/jobs{query}")).bearer_auth(&person.api_key)
    };
    let (status, body) = answer(jobs(&admin, "?state=failed")).await;
    assert_eq!(status, 200, "{body}");
    let job = &body["jobs"][0];
    assert_eq!(body["jobs"].as_array().unwrap().len(), 1);
    assert_eq!((&job["call_id"], &job["task"]), (&json!(call), &json!("seal_call")));
    assert_eq!((&job["state"], &job["attempts"]), (&json!("failed"), &json!(25)));
    assert_eq!(job["last_error"], "spool file: gone");
    assert_eq!(answer(jobs(&admin, "?state=waiting")).await.1, json!({"jobs": []}));
    assert_eq!(answer(jobs(&other, "")).await.1, json!({"jobs": []}));
    let (_, health) = answer(server.request("GET", "/api/health")).await;
    assert_eq!(health["health"]["jobs"], json!({"waiting": 0, "running": 0, "failed": 1}));
    assert_eq!(health["health"]["database"], "reachable");

    let retry = |person: &Person, id: &str| {
        let path = format!("/api/jobs/{id}/retry");
        server.request("POST", &path).bearer_auth(&person.api_key)
    };
    let id = job["id"].to_string();
    for person in [&server.rep, &manager] {
        assert_eq!(error(jobs(person, "")).await, (403, "forbidden".into()));
        assert_eq!(error(retry(person, &id)).await, (403, "forbidden".into()));
    }
    for (person, id) in
        [(&other, id.as_str()), (&admin, "0"), (&admin, "x"), (&admin, "1'--"), (&admin, "%FF")]
    {
        assert_eq!(error(retry(person, id)).await, (404, "unknown_job".into()), "{id}");
    }
    for query in ["?state=odd", "?state=failed&state=failed"] {
        assert_eq!(error(jobs(&admin, query)).await, (422, "invalid_field".into()), "{query}");
    }
    let (status, body) = answer(retry(&admin, &id)).await;
    assert_eq!((status, &body["job"]["state"]), (200, &json!("waiting")), "{body}");
    assert_eq!(body["job"]["attempts"], 0);
    // It is noted where the job is of, whoever had it tried again.
    let root = test_database::org_with(store, Role::Superadmin).await;
    assert_eq!(answer(retry(&root, &id)).await.0, 200);
    let audit = server.request("GET", "/api/audit_entries").bearer_auth(&admin.api_key);
    let (_, body) = answer(audit).await;
    let noted: Vec<_> = body["audit_entries"].as_array().unwrap().iter().collect();
    assert_eq!(noted.len(), 2, "{body}");
    for (entry, (who, state)) in noted.into_iter().zip([(&root, "waiting"), (&admin, "failed")]) {
        assert_eq!((&entry["action"], &entry["subject_id"]), (&json!("job.retried"), &json!(call)));
        assert_eq!(entry["actor_user_id"], json!(who.user));
        let details = json!({"job_id": job["id"], "task": "seal_call", "state": state});
        assert_eq!(entry["details"], details);
    }
}
