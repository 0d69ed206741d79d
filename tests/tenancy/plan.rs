//! What policies cost: their functions and sub-selects run once a statement, however many rows there
//! are.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::test_database::TestDatabase;

/// An org with 200 reps in 20 teams, a manager who leads three of them, and 100,000 calls with a KPI
/// result each. Ids count up, so that they can be named below.
const SEED: &str = "
    create function pg_temp.n(bigint) returns uuid language sql immutable
      return lpad(to_hex($1), 32, '0')::uuid;
    insert into org (id, name) values (pg_temp.n(1), 'Acme');
    insert into app_user select pg_temp.n(1), pg_temp.n(i), i || '@example.com', 'Robin', 'rep', 'active'
      from generate_series(0, 200) i;
    insert into team select pg_temp.n(1), pg_temp.n(i), 'Team ' || i from generate_series(1, 20) i;
    insert into team_member select pg_temp.n(1), pg_temp.n(1 + i % 20), pg_temp.n(i)
      from generate_series(1, 200) i;
    insert into team_lead select pg_temp.n(1), pg_temp.n(i), pg_temp.n(0) from generate_series(1, 3) i;
    insert into call (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status)
      select pg_temp.n(1), pg_temp.n(i), pg_temp.n(1 + i % 200), 's', 'S', 'h', 'voice', 'completed'
      from generate_series(1, 100000) i;
    insert into kpi_result (org_id, call_id, kpi_version, transcript_version, result)
      select pg_temp.n(1), pg_temp.n(i), '1', 1, '{}' from generate_series(1, 100000) i;
    analyze;";

const TELL: &str = "
    set jit = off;
    set role ringcraft_app;
    select set_config('app.org_id', lpad('1', 32, '0'), false),
           set_config('app.user_id', lpad('0', 32, '0'), false),
           set_config('app.role', 'manager', false);";

/// One node of a plan with all below it.
fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"].as_array().into_iter().flatten().flat_map(nodes);
    std::iter::once(plan).chain(below).collect()
}

/// How often a node was run.
fn loops(node: &Value) -> u64 {
    node["Actual Loops"].as_u64().unwrap()
}

/// The roots of what policies add: sub-selects.
fn sub_selects(plan: &Value) -> Vec<&Value> {
    let is_added = |node: &&Value| {
        matches!(node["Parent Relationship"].as_str(), Some("SubPlan" | "InitPlan"))
    };
    nodes(plan).into_iter().filter(is_added).collect()
}

/// What a plan read: each node's rows, also those that a filter took away.
fn rows_read(plan: &Value) -> u64 {
    let read = |node: &Value| {
        let of = |name: &str| node[name].as_f64().unwrap_or(0.0) as u64;
        (of("Actual Rows") + of("Rows Removed by Filter")) * loops(node)
    };
    nodes(plan).into_iter().map(read).sum()
}

async fn explain(connection: &mut PgConnection, query: &str) -> Value {
    let explain = format!("explain (analyze, timing off, format json) {query}");
    let plan: Value =
        sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(connection).await.unwrap();
    plan[0]["Plan"].clone()
}

#[tokio::test]
async fn policies_work_once_a_statement_and_not_once_a_row() {
    let database = TestDatabase::new().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    connection.execute(SEED).await.unwrap();
    connection.execute(TELL).await.unwrap();
    let org = "'00000000-0000-0000-0000-000000000001'";

    // The first page of the list: backwards along the key until there are enough.
    let list =
        format!("select id, status from call where org_id = {org} order by id desc limit 50");
    let plan = explain(&mut connection, &list).await;
    assert_eq!(plan["Actual Rows"].as_f64(), Some(50.0), "{plan:#}");
    let scan = nodes(&plan).into_iter().find(|node| node["Relation Name"] == "call").unwrap();
    assert_eq!(scan["Index Name"], "call_pkey", "{plan:#}");
    assert_eq!(scan["Scan Direction"], "Backward", "{plan:#}");
    // Three of twenty teams: one call in seven or so is theirs.
    assert!(rows_read(scan) < 1_000, "{} rows read: {plan:#}", rows_read(scan));
    assert_runs_once(&plan);

    // All of it, as a report would.
    let everything = format!("select count(*) from call where org_id = {org}");
    let plan = explain(&mut connection, &everything).await;
    assert_runs_once(&plan);
    let seen: i64 =
        sqlx::query_scalar(AssertSqlSafe(everything)).fetch_one(&mut connection).await.unwrap();
    assert_eq!(seen, 15_000);

    // What came of all calls: the policy asks for the calls that are seen once, and not for each.
    let results = format!("select count(*) from kpi_result where org_id = {org}");
    let plan = explain(&mut connection, &results).await;
    assert_runs_once(&plan);

    // What came of one call: the policy looks at that one and not at all that are seen.
    let one = format!(
        "select result from kpi_result where org_id = {org} and call_id = {}",
        "'00000000-0000-0000-0000-000000000014'"
    );
    let plan = explain(&mut connection, &one).await;
    assert_eq!(plan["Actual Rows"].as_f64(), Some(1.0), "{plan:#}");
    assert!(rows_read(&plan) < 1_000, "{} rows read: {plan:#}", rows_read(&plan));
}

fn assert_runs_once(plan: &Value) {
    let added = sub_selects(plan);
    assert!(3 < added.len(), "policies are in the plan: {plan:#}");
    for sub_select in added {
        for node in nodes(sub_select) {
            // A scan within a nested loop runs for each team that is led, not for each row.
            assert!(loops(node) <= 64, "{} times: {node:#}\nin {plan:#}", loops(node));
        }
        assert!(loops(sub_select) <= 1, "{} times: {sub_select:#}", loops(sub_select));
    }
}
