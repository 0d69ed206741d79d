//! The numbers of calls.

use time::OffsetDateTime;

use super::{OrgScope, StoreError};
use crate::model::CallId;

/// The numbers of a call, as one version of the code computed them from one transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct KpiRow {
    /// Of the code.
    pub kpi_version: String,
    /// Of the transcript.
    pub transcript_version: i32,
    /// When.
    pub computed_at: OffsetDateTime,
    /// The numbers.
    pub result: serde_json::Value,
}

/// The numbers of a call that were computed last.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(scope: &OrgScope, call: CallId) -> Result<Option<KpiRow>, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query_as!(
        KpiRow,
        "select kpi_version, transcript_version, computed_at, result from kpi_result
         where org_id = $1 and call_id = $2
         order by computed_at desc, transcript_version desc, kpi_version desc
         limit 1",
        scope.org().0,
        call.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found)
}
