//! A call that somebody shared, for whoever has the link: nobody signs in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::access::{CallAccess, LinkBase};
use crate::http::auth::gate::Admitted;
use crate::http::calls::completed;
use crate::http::calls::kpis::KpiResult;
use crate::http::calls::outcome::{objects, sign};
use crate::http::calls::shares::NOT_KEPT;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::scenarios::PersonaSummary;
use crate::identity::{BearerToken, TokenKind};
use crate::jobs::SealedKeys;
use crate::jobs::peaks::Peaks;
use crate::model::{CallShareId, Role};
use crate::store::call_share::{self, Shared};
use crate::store::{Actor, StoreError, kpi_result, platform, user};

/// What the recording of a shared call is saved as: its link has an id of the call, its name none.
const WAV_NAME: &str = "practice-call.wav";

/// A link that is good, to a call that its maker may see and hear now.
#[derive(Clone, Debug)]
pub(super) struct SharedAccess {
    link: CallShareId,
    expires_at: OffsetDateTime,
    /// The call, as its maker sees it.
    access: CallAccess,
}

impl FromRequestParts<Arc<App>> for SharedAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        Admitted::from_request_parts(parts, app).await?;
        let named = Path::<String>::from_request_parts(parts, app).await;
        let token = named.map(|Path(text)| BearerToken::presented(&text)).ok();
        let token = token.filter(|token| token.kind() == Some(TokenKind::Share));
        let hash = token.ok_or_else(invalid_link)?.hash();
        let link = platform::call_share(&app.store, &hash).await?.ok_or_else(invalid_link)?;
        let system = app.store.scope(link.org, Actor::System);
        let role = user::active_role(&system, link.user).await?;
        let role = role.filter(|role| *role != Role::Hr).ok_or_else(invalid_link)?;
        let scope = app.store.scope(link.org, Actor::User { id: link.user, role });
        let id = CallShareId(link.id);
        let found = call_share::find(&scope, id).await?;
        let Shared { call, expires_at } = found.ok_or_else(invalid_link)?;
        Ok(Self { link: id, expires_at, access: CallAccess { call, scope } })
    }
}

/// Unknown, expired and revoked look alike: nobody learns that there was a link.
fn invalid_link() -> ApiError {
    let message = "this link does not work, or no longer; ask whoever sent it for a new one";
    ApiError::new(StatusCode::NOT_FOUND, "invalid_link", message)
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SharedAnswer {
    shared: SharedCall,
}

/// A completed call, as whoever has the link sees it.
#[derive(Debug, Serialize, ToSchema)]
struct SharedCall {
    scenario: SharedScenario,
    user: SharedUser,
    #[serde(with = "time::serde::rfc3339::option")]
    connected_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    duration_ms: Option<u64>,
    /// Why it ended, as docs/PROTOCOL.md lists it.
    end_reason: Option<String>,
    /// When the link ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// Who said what, when, as docs/KPI.md defines it, without the id of the call.
    #[schema(value_type = Object)]
    record: serde_json::Value,
    /// The numbers that were computed last.
    kpis: Option<KpiResult>,
    links: SharedLinks,
}

/// What was practised.
#[derive(Debug, Serialize, ToSchema)]
struct SharedScenario {
    id: String,
    title: String,
    /// Who was called; absent where the scenario is no longer there.
    persona: Option<PersonaSummary>,
}

/// Who practised.
#[derive(Debug, Serialize, ToSchema)]
struct SharedUser {
    name: String,
}

/// Signed links to the recording, good for 15 minutes.
#[derive(Debug, Serialize, ToSchema)]
struct SharedLinks {
    /// Both legs, for listening.
    recording: String,
    /// Both legs to the sample.
    recording_wav: String,
}

/// Shows a call to whoever has the link.
#[utoipa::path(get, path = "/api/shared/{token}", tag = "shared", security(()),
    params(("token" = String, Path, description = "The last part of the link")), responses(
        (status = 200, description = "The call", body = SharedAnswer),
        (status = 404, description = "`invalid_link`: it does not work, or no longer", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
    ))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    SharedAccess { link, expires_at, access }: SharedAccess,
) -> Result<Response, ApiError> {
    let row = completed(&access).await?;
    let kpis = kpi_result::newest(&access.scope, access.call).await?.map(KpiResult::from);
    let (_, keys) = objects(&access).await?;
    let links = SharedLinks {
        recording: sign(&app, &base, &keys.opus, None).await?,
        recording_wav: sign(&app, &base, &keys.wav, Some(WAV_NAME)).await?,
    };
    let record = record(&app, &keys).await?;
    let known = app.scenarios.iter().find(|scenario| scenario.id == row.scenario_id);
    let shared = SharedCall {
        scenario: SharedScenario {
            id: row.scenario_id,
            title: row.scenario_title,
            persona: known.map(|scenario| scenario.persona.clone()),
        },
        user: SharedUser { name: row.user_name },
        connected_at: row.connected_at,
        ended_at: row.ended_at,
        duration_ms: row.duration_ms,
        end_reason: row.end_reason,
        expires_at,
        record,
        kpis,
        links,
    };
    // Nothing is shown of which nothing is noted.
    call_share::note_opened(&access.scope.as_system(), link).await.map_err(
        |error| match error {
            StoreError::NotFound => invalid_link(),
            error => error.into(),
        },
    )?;
    Ok(([NOT_KEPT], Json(SharedAnswer { shared })).into_response())
}

async fn record(app: &App, keys: &SealedKeys) -> Result<serde_json::Value, ApiError> {
    let bytes = app.blob.get(&keys.record).await?;
    let mut record: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
        tracing::error!(%error, "a sealed record is no JSON");
        ApiError::internal()
    })?;
    if let Some(fields) = record.as_object_mut() {
        fields.remove("call_id");
    }
    Ok(record)
}

/// Gives the outline of a shared recording, for drawing it.
#[utoipa::path(get, path = "/api/shared/{token}/waveform", tag = "shared", security(()),
    params(("token" = String, Path, description = "The last part of the link")), responses(
        (status = 200, description = "The extremes of every 20 ms of both legs", body = Peaks),
        (status = 404, description = "`invalid_link`: it does not work, or no longer", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
    ))]
pub(super) async fn waveform(
    State(app): State<Arc<App>>,
    SharedAccess { access, .. }: SharedAccess,
) -> Result<Response, ApiError> {
    let (_, keys) = objects(&access).await?;
    let peaks = app.blob.get(&keys.peaks).await?;
    Ok(([NOT_KEPT], [(CONTENT_TYPE, "application/json")], peaks).into_response())
}
