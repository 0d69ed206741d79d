//! What became of a call: why it ended, how long it was, where its artefacts are.

use std::time::Duration;

use ringcraft_media::call::EndReason;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::blob::{BlobError, Link};
use crate::clock;
use crate::config::BaseUrl;
use crate::jobs::SealedKeys;
use crate::model::{CallId, OrgId};

/// How long a signed link opens.
const LINKS_FOR: Duration = Duration::from_secs(15 * 60);

/// A completed call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Outcome {
    /// Why it ended.
    #[schema(value_type = String)]
    pub end_reason: EndReason,
    /// How long it was.
    pub duration_ms: u64,
    /// Where its artefacts are.
    pub links: OutcomeLinks,
}

/// Signed links to the artefacts of a call. Each opens without a token, for a short time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OutcomeLinks {
    /// Both legs, for listening.
    pub recording: String,
    /// Both legs to the sample.
    pub recording_wav: String,
    /// The call record.
    pub record: String,
    /// The numbers made from it.
    pub kpis: String,
    /// Everything that happened.
    pub log: String,
    /// The outline of both legs.
    pub peaks: String,
}

/// What the record says about the end of its call.
#[derive(Deserialize)]
struct Ending {
    end_reason: EndReason,
    duration_ms: u64,
}

/// Reads what became of a call; nothing while it is not completed.
pub(super) async fn read(
    app: &App,
    org: OrgId,
    call: CallId,
    base: &BaseUrl,
) -> Result<Option<Outcome>, BlobError> {
    let keys = SealedKeys::of(org, call);
    let record = match app.blob.get(&keys.record).await {
        Ok(record) => record,
        Err(BlobError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Ok(Ending { end_reason, duration_ms }) = serde_json::from_slice(&record) else {
        tracing::error!(%call, "the record of a call cannot be read");
        return Ok(None);
    };
    let endpoint = own_endpoint(app, base);
    let now = clock::wall_now();
    let sign = async |key: &str, name: Option<&str>| {
        let disposition = name.map(|name| format!("attachment; filename=\"{name}\""));
        let link = Link {
            key,
            ttl: LINKS_FOR,
            content_disposition: disposition.as_deref(),
            endpoint: endpoint.as_deref(),
        };
        app.blob.presign_get(link, now).await
    };
    let links = OutcomeLinks {
        recording: sign(&keys.opus, None).await?,
        recording_wav: sign(&keys.wav, Some(&format!("{}.wav", call))).await?,
        record: sign(&keys.record, None).await?,
        kpis: sign(&keys.kpis, None).await?,
        log: sign(&keys.log, None).await?,
        peaks: sign(&keys.peaks, None).await?,
    };
    Ok(Some(Outcome { end_reason, duration_ms, links }))
}

/// The embedded store is where the client reached us, unless an address is configured.
fn own_endpoint(app: &App, base: &BaseUrl) -> Option<String> {
    let own = app.embedded.is_some() && app.config.public_url.is_none();
    own.then(|| base.to_string())
}
