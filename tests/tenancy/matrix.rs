//! Every table, every asker, every verb, every kind of row: tried, and compared with the promise.

// The matrix is there to be read.
#![allow(clippy::print_stdout)]

use crate::promise::{Cell, Matrix};
use crate::tables::{TABLES, Table};
use crate::world::{ASKERS, Asker, Whose, World, fill, row_id};

const VERBS: [&str; 4] = ["select", "insert", "update", "delete"];

#[derive(Default)]
struct Tally {
    attempts: u64,
    rows_leaked: i64,
    writes_across: u64,
}

#[tokio::test]
async fn every_role_reaches_what_the_matrix_promises_and_nothing_else() {
    let mut world = World::new().await;
    let mut found = vec![vec![Cell::new(); ASKERS.len()]; TABLES.len() * VERBS.len()];
    let mut tally = Tally::default();
    for (column, asker) in ASKERS.into_iter().enumerate() {
        world.begin(asker).await;
        for (place, table) in TABLES.iter().enumerate() {
            for (step, verb) in VERBS.into_iter().enumerate() {
                let cell = reach(&mut world, asker, table, verb, &mut tally).await;
                found[place * VERBS.len() + step][column] = cell;
            }
        }
        world.end().await;
    }

    let mut matrix = Matrix::default();
    for (line, cells) in found.into_iter().enumerate() {
        matrix.push((TABLES[line / VERBS.len()].name, VERBS[line % VERBS.len()]), cells);
    }
    println!("{}", matrix.text());
    println!(
        "{} attempts, {} rows leaked, {} writes across",
        tally.attempts, tally.rows_leaked, tally.writes_across
    );
    let differences = Matrix::differences(&Matrix::promised(|name| !name.contains("::")), &matrix);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert_eq!((tally.rows_leaked, tally.writes_across), (0, 0));
}

/// The rows of the org that one asker reaches with one verb. Another org's are counted apart: no
/// promise can allow them.
async fn reach(
    world: &mut World,
    asker: Asker,
    table: &Table,
    verb: &str,
    tally: &mut Tally,
) -> Cell {
    let mut cell = Cell::new();
    for whose in table.in_org() {
        tally.attempts += 1;
        let passed = match verb {
            "select" => matches!(world.count(&statement(table, verb, whose, asker)).await, Ok(1..)),
            _ => world.attempt(&statement(table, verb, whose, asker)).await.passed(),
        };
        cell.push(if passed { table.letter(whose) } else { '.' });
    }
    tally.attempts += 1;
    let across = statement(table, verb, Whose::OtherOrg, asker);
    match verb {
        // What is denied shows nothing.
        "select" => tally.rows_leaked += world.count(&across).await.unwrap_or(0),
        _ => tally.writes_across += u64::from(world.attempt(&across).await.passed()),
    }
    cell
}

fn statement(table: &Table, verb: &str, whose: Whose, asker: Asker) -> String {
    let Table { name, key, change, .. } = table;
    let text = match verb {
        "select" => format!("select count(*) from {name} where {key}"),
        "insert" => return World::insert(table, whose, asker),
        "update" => format!("update {name} set {change} where {key}"),
        _ => format!("delete from {name} where {key}"),
    };
    fill(&text, whose, row_id(name, whose), "")
}

/// The owner sees the rows that the matrix counts: an attempt that fails has found a policy and not an
/// empty table.
#[tokio::test]
async fn there_are_rows_to_leak() {
    let mut world = World::new().await;
    for table in &TABLES {
        for whose in table.rows() {
            let count = statement(table, "select", whose, ASKERS[0]);
            let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
                .fetch_one(&mut world.owner)
                .await
                .unwrap();
            assert_eq!(rows, 1, "{} {whose:?}", table.name);
        }
    }
}
