//! What a call left in Postgres, held against what it left in the object store.

use std::time::Duration;

use ringcraft_media::record::{Speaker, Utterance};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tokio::time::{interval, timeout};

use crate::artefacts::Artefacts;
use crate::server::Server;

/// How long the numbers may take once the call is sealed.
const MEASURED_WITHIN: Duration = Duration::from_secs(30);

/// An utterance as its row has it.
type Said = (String, i64, i64, String, bool);

/// Waits until the only call is completed, and compares every row of it.
pub(crate) async fn the_rows_are_the_record(server: &Server, left: &Artefacts) {
    let mut owner = PgConnection::connect(server.home().database_url()).await.expect("connect");
    let completed = async {
        let mut looks = interval(Duration::from_millis(50));
        while status(&mut owner).await != "completed" {
            looks.tick().await;
        }
    };
    timeout(MEASURED_WITHIN, completed).await.expect("the call is completed");

    let call: (Value, i64, String, String, bool) = sqlx::query_as(
        "select served_by, duration_ms, prompt_hash, kpi_version,
           node_id in (select id from node)
             and connected_at between created_at and ended_at
             and abs(extract(epoch from ended_at - connected_at) * 1000 - duration_ms) < 5000
         from call where end_reason = 'rep_hung_up'",
    )
    .fetch_one(&mut owner)
    .await
    .expect("the call");
    let record: Value = serde_json::from_slice(&left.record_json).expect("a record in JSON");
    assert_eq!(call.0, record["served_by"]["engines"]);
    assert_eq!(u64::try_from(call.1), Ok(left.record.duration_ms));
    assert_eq!(Value::from(call.2), record["served_by"]["prompt_hash"]);
    assert_eq!(call.3, "kpi/1");
    assert!(call.4, "on a node that lives, connected after it was opened, ended after its length");

    let said: Vec<Said> = sqlx::query_as(
        "select speaker, start_ms, end_ms, text, interrupted from utterance order by seq",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the utterances");
    assert_eq!(said, left.record.utterances.iter().map(row).collect::<Vec<_>>());

    let kpis: Value = sqlx::query_scalar("select result from kpi_result")
        .fetch_one(&mut owner)
        .await
        .expect("the numbers");
    let stored: Value = serde_json::from_slice(&left.kpis_json).expect("KPIs in JSON");
    assert_eq!(kpis, stored);

    let log: String =
        sqlx::query_scalar("select string_agg(lines, '' order by first_line) from call_log")
            .fetch_one(&mut owner)
            .await
            .expect("the log");
    assert!(log == left.log, "the log in Postgres is not the one in the object store");
}

async fn status(owner: &mut PgConnection) -> String {
    sqlx::query_scalar("select status from call").fetch_one(owner).await.expect("the call")
}

fn row(said: &Utterance) -> Said {
    let speaker = match said.speaker {
        Speaker::Rep => "rep",
        Speaker::Persona => "persona",
    };
    let ms = |time_ms: u64| i64::try_from(time_ms).expect("a time of day");
    let (start, end) = (ms(said.start_ms), ms(said.end_ms));
    (speaker.to_owned(), start, end, said.text.clone(), said.interrupted)
}
