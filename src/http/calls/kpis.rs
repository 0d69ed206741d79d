//! The numbers of a call.

use axum::Json;
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::completed;
use crate::http::access::ContentAccess;
use crate::http::error::{ApiError, ErrorBody};
use crate::model::CallId;
use crate::store::kpi_result::{self, KpiRow};

/// The numbers of a call, and what they were computed by and from.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct KpiResult {
    kpi_version: String,
    transcript_version: i32,
    #[serde(with = "time::serde::rfc3339")]
    computed_at: OffsetDateTime,
    /// As docs/KPI.md defines them.
    #[schema(value_type = Object)]
    result: serde_json::Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct KpiAnswer {
    kpis: KpiResult,
}

impl From<KpiRow> for KpiResult {
    fn from(row: KpiRow) -> Self {
        Self {
            kpi_version: row.kpi_version,
            transcript_version: row.transcript_version,
            computed_at: row.computed_at,
            result: row.result,
        }
    }
}

/// Shows the numbers of a completed call that were computed last.
#[utoipa::path(get, path = "/api/calls/{id}/kpis", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "The numbers", body = KpiAnswer),
    (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
    (status = 409, description = "The call is not completed", body = ErrorBody),
))]
pub(in crate::http) async fn kpis(
    ContentAccess(access): ContentAccess,
) -> Result<Json<KpiAnswer>, ApiError> {
    completed(&access).await?;
    let newest = kpi_result::newest(&access.scope, access.call).await?.ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "no_kpis", "no numbers were computed for this call")
    })?;
    Ok(Json(KpiAnswer { kpis: newest.into() }))
}
