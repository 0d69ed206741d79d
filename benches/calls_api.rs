//! The calls API over loopback: a real server and a Postgres with 100,000 calls of one org. Past a
//! budget, the bench fails.
//!
//! `RINGCRAFT_TEST_DATABASE_URL` names a Postgres in which a database may be made and dropped.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use criterion::measurement::{Measurement, WallTime};
use reqwest::{Client, RequestBuilder};
use ringcraft::model::Role;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

use server::Server;
use server::database::{Person, person_in};

#[path = "../tests/support/server.rs"]
mod server;

/// Of the middle of all times.
const OPEN_BUDGET: Duration = Duration::from_millis(10);

/// Of the middle of all times.
const LIST_BUDGET: Duration = Duration::from_millis(20);

/// Asked before anything is measured: connections are made, pages read.
const WARM_UP: usize = 20;

const ROUNDS: usize = 200;

fn main() -> ExitCode {
    let server = Server::start(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let is_within = runtime.expect("a runtime").block_on(measure(&server));
    if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(server: &Server) -> bool {
    let people = fill(server).await;
    let client = Client::builder().no_proxy().build().expect("a client");
    let mut is_within = open(server, &client).await;
    let team = format!("?team_id={}", people.team);
    let table = [
        (&people.admin, "", 50),
        (&people.manager, "", 50),
        (&people.rep, "", 50),
        (&people.admin, "?limit=100", 100),
        (&people.admin, "?status=failed", 50),
        (&people.admin, "?status=failed&scenario_id=sam", 50),
        (&people.admin, "?from=2025-03-01T00:00:00Z&to=2025-03-02T00:00:00Z", 50),
        (&people.admin, "?q=chlo%C3%AB", 50),
        (&people.admin, "?q=nobody", 0),
        (&people.admin, &team, 50),
        (&people.manager, "?status=failed", 50),
        (&people.manager, "?from=2025-03-01T00:00:00Z&to=2025-06-01T00:00:00Z", 50),
        (&people.manager, "?q=br", 50),
        (&people.manager, &team, 50),
        (&people.rep, "?status=completed", 50),
    ];
    for (person, query, calls) in table {
        let request = || {
            client.get(format!("{}/api/calls{query}", server.url())).bearer_auth(&person.api_key)
        };
        let shown = json(request()).await;
        let shown = shown["calls"].as_array().expect("a list").len();
        // Fewer would be a shorter work than what the budget is for.
        if shown != calls {
            println!("calls_api: {} {query} shows {shown} calls, not {calls}", person.role);
            is_within = false;
        }
        let mut times = Vec::with_capacity(ROUNDS);
        for round in 0..WARM_UP + ROUNDS {
            let begun = WallTime.start();
            bytes(request()).await;
            let took = WallTime.end(begun);
            if WARM_UP <= round {
                times.push(took);
            }
        }
        let name = format!("GET /api/calls{query}, {}", person.role);
        is_within &= tell(&name, times, LIST_BUDGET);
    }
    is_within
}

async fn open(server: &Server, client: &Client) -> bool {
    let url = format!("{}/api/calls", server.url());
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_UP + ROUNDS {
        let request = client.post(&url).bearer_auth(server.api_key());
        let request = request.json(&json!({"scenario_id": "rachel"}));
        let begun = WallTime.start();
        let opened = bytes(request).await;
        let took = WallTime.end(begun);
        if WARM_UP <= round {
            times.push(took);
        }
        let opened: Value = serde_json::from_slice(&opened).expect("JSON");
        let id = opened["call"]["id"].as_str().expect("an id");
        json(client.post(format!("{url}/{id}/end")).bearer_auth(server.api_key())).await;
    }
    tell("POST /api/calls, rep", times, OPEN_BUDGET)
}

/// The whole answer. What a client makes of it is not the server's time.
async fn bytes(request: RequestBuilder) -> Bytes {
    let response = request.send().await.expect("an answer");
    assert!(response.status().is_success(), "{}", response.status());
    response.bytes().await.expect("a body")
}

async fn json(request: RequestBuilder) -> Value {
    serde_json::from_slice(&bytes(request).await).expect("JSON")
}

/// Prints the middle and the slow end of some times; says whether the middle keeps the budget.
fn tell(name: &str, mut times: Vec<Duration>, budget: Duration) -> bool {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "calls_api: {name}: p50 {:.2} ms (budget {} ms), p95 {:.2} ms, of {}",
        at(50).as_secs_f64() * 1e3,
        budget.as_millis(),
        at(95).as_secs_f64() * 1e3,
        times.len(),
    );
    at(50) <= budget
}

/// Who looks at the calls.
struct People {
    admin: Person,
    manager: Person,
    rep: Person,
    /// One that the manager leads.
    team: uuid::Uuid,
}

/// Makes the org with its calls.
async fn fill(server: &Server) -> People {
    let home = server.home();
    let store = ringcraft::store::Store::open(home.database_url()).await.expect("a database");
    let admin = server::database::org_with(&store, Role::Admin).await;
    let manager = person_in(&store, admin.org, Role::Manager).await;
    let rep = person_in(&store, admin.org, Role::Rep).await;
    store.close().await;
    let mut connection =
        PgConnection::connect(home.database_url()).await.expect("connect as the owner");
    connection.execute("set role ringcraft_app").await.expect("the server's role");
    sqlx::query(
        "select set_config('app.org_id', $1, false), set_config('app.role', 'system', false)",
    )
    .bind(admin.org.to_string())
    .execute(&mut connection)
    .await
    .expect("settings");
    sqlx::raw_sql(include_str!("calls_api.sql")).execute(&mut connection).await.expect("calls");
    let team = sqlx::query_scalar("select min(team_id::text)::uuid from team_lead")
        .fetch_one(&mut connection)
        .await
        .expect("a team that is led");
    connection.execute("reset role").await.expect("the owner's role");
    // What autovacuum does within a minute.
    connection.execute("vacuum analyze").await.expect("statistics");
    People { admin, manager, rep, team }
}
