//! Calls that are opened, and what can be.

use futures_util::future::join_all;

use super::*;
use crate::http::scenarios::ScenarioSummary;

pub(in crate::http::tests) fn open(
    server: &Server,
    person: &Person,
    key: &str,
    scenario: &str,
) -> RequestBuilder {
    let request = server.request("POST", "/api/calls").bearer_auth(&person.api_key);
    request.header("idempotency-key", key).json(&json!({"scenario_id": scenario}))
}

#[tokio::test]
async fn a_key_opens_one_call() {
    let server = Server::start().await;
    let rep = &server.rep;
    let (status, first) = answer(open(&server, rep, "k", "rachel")).await;
    assert_eq!((status, &first["call"]["user_id"]), (201, &json!(rep.user)));
    let (status, again) = answer(open(&server, rep, "k", "rachel")).await;
    assert_eq!(status, 200);
    for field in ["id", "user_id", "status", "links", "ice_servers"] {
        assert_eq!(again["call"][field], first["call"][field], "{field}");
    }
    let id = first["call"]["id"].as_str().unwrap();
    let by_token = server.request("GET", &format!("/api/calls/{id}"));
    let by_token = by_token.bearer_auth(again["call"]["token"].as_str().unwrap());
    assert_eq!(answer(by_token).await.0, 200);
    let reused = open(&server, rep, "k", "nobody");
    assert_eq!(error(reused).await, (422, "idempotency_key_reused".into()));
    // The same key of somebody else is another key.
    let colleague = person_in(&server.app.store, rep.org, Role::Rep).await;
    let (status, other) = answer(open(&server, &colleague, "k", "rachel")).await;
    assert_eq!(status, 201);
    assert_ne!(other["call"]["id"], first["call"]["id"]);
    // What was not opened leaves its key free.
    assert_eq!(error(open(&server, rep, "n", "nobody")).await, (404, "unknown_scenario".into()));
    assert_eq!(answer(open(&server, rep, "n", "rachel")).await.0, 201);
    assert_eq!(
        error(open(&server, rep, "two words", "rachel")).await,
        (422, "invalid_field".into())
    );
    let mut system = System::of(&server, rep.org).await;
    let call: CallId = id.parse().unwrap();
    let age = "update idempotency_key set created_at = now() - interval '24 hours 1 second'
               where org_id = $1 and resource_id = $2";
    system.run(age, call).await;
    let (status, later) = answer(open(&server, rep, "k", "rachel")).await;
    assert_eq!(status, 201);
    assert_ne!(later["call"]["id"], first["call"]["id"]);
}

#[tokio::test]
async fn many_requests_at_once_with_one_key_take_one_slot() {
    let server = Server::start().await;
    let asked = join_all((0..16).map(|_| answer(open(&server, &server.rep, "k", "rachel")))).await;
    let made = asked.iter().filter(|(status, _)| *status == 201).count();
    let again = asked.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!((made, again), (1, 15), "{asked:?}");
    let first = &asked[0].1["call"]["id"];
    assert!(asked.iter().all(|(_, body)| body["call"]["id"] == *first));
    assert_eq!(ids(&server, &server.rep, "").await.len(), 1);
    // Four recognisers, four slots: two for calls of this org that wait, two for another's.
    let (store, org) = (&server.app.store, server.rep.org);
    let colleague = person_in(store, org, Role::Rep).await;
    let third = person_in(store, org, Role::Rep).await;
    assert_eq!(answer(open(&server, &colleague, "k", "rachel")).await.0, 201);
    let refused = (503, "too_many_waiting".to_owned());
    assert_eq!(error(open(&server, &third, "k", "rachel")).await, refused);
    let stranger = org_with(store, Role::Rep).await;
    let strange_colleague = person_in(store, stranger.org, Role::Rep).await;
    for person in [&stranger, &strange_colleague] {
        assert_eq!(answer(open(&server, person, "k", "rachel")).await.0, 201);
    }
    let nobody = org_with(store, Role::Rep).await;
    let full = (503, "no_free_slot".to_owned());
    assert_eq!(error(open(&server, &nobody, "k", "rachel")).await, full);
    let end = server.request("POST", &format!("/api/calls/{}/end", first.as_str().unwrap()));
    let (status, ended) = answer(end.bearer_auth(&server.rep.api_key)).await;
    assert_eq!((status, &ended["call"]["status"]), (200, &json!("never_connected")));
    assert_eq!(answer(open(&server, &third, "k", "rachel")).await.0, 201);
}

async fn status_of(server: &Server, call: &Value) -> Value {
    let path = format!("/api/calls/{}", call["call"]["id"].as_str().unwrap());
    let request = server.request("GET", &path).bearer_auth(&server.rep.api_key);
    answer(request).await.1["call"]["status"].clone()
}

#[tokio::test]
async fn a_person_has_one_call_that_waits() {
    let server = Server::start().await;
    let (_, first) = answer(open(&server, &server.rep, "a", "rachel")).await;
    let (status, second) = answer(open(&server, &server.rep, "b", "rachel")).await;
    assert_eq!((status, &second["call"]["status"]), (201, &json!("waiting")));
    assert_eq!(status_of(&server, &first).await, "never_connected");
    assert_eq!(status_of(&server, &second).await, "waiting");
    let socket = |call: &Value| {
        let (link, token) = (&call["call"]["links"]["audio"], &call["call"]["token"]);
        format!("{}?token={}", link.as_str().unwrap(), token.as_str().unwrap())
    };
    let refused = tokio_tungstenite::connect_async(socket(&first)).await.unwrap_err();
    let tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status(), 404);
    // The key of the first gives it as it is, and does not bring it back.
    let (status, again) = answer(open(&server, &server.rep, "a", "rachel")).await;
    assert_eq!((status, &again["call"]["status"]), (200, &json!("never_connected")));
    tokio_tungstenite::connect_async(socket(&second)).await.expect("the second one is open");
}

#[tokio::test]
async fn a_call_that_waited_for_a_dead_server_is_taken_up_or_given_up() {
    let server = Server::start().await;
    let (_, first) = answer(open(&server, &server.rep, "a", "rachel")).await;
    let id: CallId = first["call"]["id"].as_str().unwrap().parse().unwrap();
    // What a process knew of a call goes with it.
    server.app.live.forget(id);
    let (status, again) = answer(open(&server, &server.rep, "a", "rachel")).await;
    assert_eq!((status, &again["call"]["status"]), (200, &json!("waiting")));
    assert_eq!(again["call"]["id"], first["call"]["id"]);
    assert_eq!(server.app.live.can_attach(id), Ok(()), "it may be connected");
    assert_eq!(server.app.live.free_slots(), 3);

    server.app.live.forget(id);
    let end = server.request("POST", &format!("/api/calls/{id}/end"));
    let (status, ended) = answer(end.bearer_auth(&server.rep.api_key)).await;
    assert_eq!((status, &ended["call"]["status"]), (200, &json!("never_connected")));
    let (status, over) = answer(open(&server, &server.rep, "a", "rachel")).await;
    assert_eq!((status, &over["call"]["status"]), (200, &json!("never_connected")));
    assert!(server.app.live.can_attach(id).is_err(), "it was given up");
}

#[tokio::test]
async fn hr_opens_no_calls() {
    let server = Server::start().await;
    let hr = person_in(&server.app.store, server.rep.org, Role::Hr).await;
    assert_eq!(error(open(&server, &hr, "k", "rachel")).await, (403, "forbidden".into()));
    assert_eq!(ids(&server, &hr, "").await, []);
}

#[tokio::test]
async fn a_scenario_tells_nothing_that_has_to_be_found_out() {
    let server = Server::start().await;
    for path in ["/api/scenarios", "/api/scenarios/rachel"] {
        assert_eq!(error(server.request("GET", path)).await, (401, "not_signed_in".into()));
    }
    let get = |path| server.request("GET", path).bearer_auth(&server.rep.api_key);
    let (status, shown) = answer(get("/api/scenarios/rachel")).await;
    assert_eq!(status, 200);
    let scenario = &shown["scenario"];
    assert_eq!(scenario["persona"]["name"], "Rachel");
    assert_eq!(scenario["coaching"], true);
    let weights = scenario["rubric"].as_array().unwrap().iter();
    assert_eq!(weights.map(|criterion| criterion["weight"].as_u64().unwrap()).sum::<u64>(), 100);
    assert_eq!(scenario["targets"]["rep.wpm"], json!({"min": 120.0, "max": 180.0}));
    let (_, list) = answer(get("/api/scenarios")).await;
    let listed = list["scenarios"].as_array().unwrap();
    assert!(listed.contains(scenario), "{list}");
    let known: Vec<&ScenarioSummary> = server.app.scenarios.iter().collect();
    assert_eq!(listed.len(), known.len());
    // Her credit score is the first of the facts she tells only when asked.
    assert!(!shown.to_string().contains("741"), "{shown}");
    for path in ["/api/scenarios/nobody", "/api/scenarios/..%2Frules", "/api/scenarios/%00"] {
        assert_eq!(error(get(path)).await, (404, "unknown_scenario".into()), "{path}");
    }
}
