//! What came of a call: its transcript, its numbers, where its objects are.

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::kpis::KpiResult;
use super::transcript::Transcript;
use crate::app::App;
use crate::blob::{BlobError, Link};
use crate::clock;
use crate::config::BaseUrl;
use crate::http::access::CallAccess;
use crate::http::error::ApiError;
use crate::jobs::SealedKeys;
use crate::model::CallId;
use crate::store::recording::{self, RecordingRow};
use crate::store::{kpi_result, transcript};

/// How long a signed link opens.
const LINKS_FOR: Duration = Duration::from_secs(15 * 60);

/// What came of a completed call.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Outcome {
    /// Which engines served it: `stt`, `llm`, `tts`.
    #[schema(value_type = Option<Object>)]
    engines: Option<serde_json::Value>,
    transcript: Transcript,
    /// The numbers that were computed last.
    kpis: Option<KpiResult>,
    links: OutcomeLinks,
}

/// Signed links to the objects of a call. Each opens without a token, for 15 minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct OutcomeLinks {
    /// Both legs, for listening.
    recording: String,
    /// Both legs to the sample.
    recording_wav: String,
    /// The call record.
    record: String,
    /// The numbers made from it.
    kpis: String,
    /// Everything that happened.
    log: String,
    /// The outline of both legs.
    peaks: String,
}

/// Reads what came of a completed call. The object store is not asked.
pub(super) async fn read(
    app: &App,
    access: &CallAccess,
    engines: Option<serde_json::Value>,
    base: &BaseUrl,
) -> Result<Outcome, ApiError> {
    let CallAccess { call, scope } = access;
    let said = transcript::read(scope, *call, None).await?.ok_or_else(ApiError::internal)?;
    let kpis = kpi_result::newest(scope, *call).await?.map(KpiResult::from);
    let (_, keys) = objects(access).await?;
    let links = OutcomeLinks {
        recording: sign(app, base, &keys.opus, None).await?,
        recording_wav: sign(app, base, &keys.wav, Some(&wav_name(*call))).await?,
        record: sign(app, base, &keys.record, None).await?,
        kpis: sign(app, base, &keys.kpis, None).await?,
        log: sign(app, base, &keys.log, None).await?,
        peaks: sign(app, base, &keys.peaks, None).await?,
    };
    Ok(Outcome { engines, transcript: said.into(), kpis, links })
}

/// Where the objects of a completed call are.
pub(in crate::http) async fn objects(
    access: &CallAccess,
) -> Result<(RecordingRow, SealedKeys), ApiError> {
    let row = recording::find(&access.scope, access.call).await?.ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "no_recording", "this call has no recording")
    })?;
    let keys = SealedKeys::under(&row.object_prefix);
    Ok((row, keys))
}

/// A link to an object, to be saved under a name where one is given.
pub(in crate::http) async fn sign(
    app: &App,
    base: &BaseUrl,
    key: &str,
    name: Option<&str>,
) -> Result<String, BlobError> {
    // The embedded store is where the client reached us, unless an address is configured.
    let own = app.embedded.is_some() && app.config.public_url.is_none();
    let endpoint = own.then(|| base.to_string());
    let disposition = name.map(|name| format!("attachment; filename=\"{name}\""));
    let link = Link {
        key,
        ttl: LINKS_FOR,
        content_disposition: disposition.as_deref(),
        endpoint: endpoint.as_deref(),
    };
    app.blob.presign_get(link, clock::wall_now()).await
}

/// What a recording is saved as.
pub(super) fn wav_name(call: CallId) -> String {
    format!("{call}.wav")
}
