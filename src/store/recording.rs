//! Where the objects of sealed calls are.

use time::OffsetDateTime;

use super::{OrgScope, StoreError};
use crate::model::CallId;

/// The objects of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRow {
    /// Where they are in the bucket, with a slash at the end.
    pub object_prefix: String,
    /// When they were made.
    pub sealed_at: OffsetDateTime,
}

/// Where the objects of a call are; nothing before it is sealed.
///
/// # Errors
/// When the database does not answer.
pub async fn find(scope: &OrgScope, call: CallId) -> Result<Option<RecordingRow>, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query_as!(
        RecordingRow,
        "select object_prefix, sealed_at from recording where org_id = $1 and call_id = $2",
        scope.org().0,
        call.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found)
}
