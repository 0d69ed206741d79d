//! The objects of a completed call.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::completed;
use super::outcome::{objects, sign, wav_name};
use crate::app::App;
use crate::http::access::{CallAccess, ContentAccess, LinkBase};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::page::Filter;
use crate::jobs::peaks::Peaks;
use crate::model::CallId;

/// A sealed object never changes, but who may see it can: caches ask again after an hour.
const SEALED_FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("private, max-age=3600");

/// How a recording is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct RecordingQuery {
    /// `opus`, for listening, where nothing is said.
    #[serde(default)]
    #[param(inline)]
    format: RecordingFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RecordingFormat {
    /// Ogg Opus, for listening.
    #[default]
    Opus,
    /// WAV, both legs to the sample, to be saved.
    Wav,
}

/// Gives the sealed record of a call: who said what, when.
///
/// The record comes from this address itself, not by redirection: it is small, and a page may read
/// it where the object store would refuse other sites.
#[utoipa::path(get, path = "/api/calls/{id}/record", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "The record, as docs/KPI.md defines it", body = Object),
    (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
    (status = 409, description = "The call is not completed", body = ErrorBody),
))]
pub(in crate::http) async fn record(
    State(app): State<Arc<App>>,
    ContentAccess(access): ContentAccess,
) -> Result<Response, ApiError> {
    completed(&access).await?;
    let (_, keys) = objects(&access).await?;
    let record = app.blob.get(&keys.record).await?;
    Ok(json(record).into_response())
}

/// Leads to the recording: left the rep, right the buyer.
#[utoipa::path(get, path = "/api/calls/{id}/recording", tag = "calls",
    params(("id" = CallId, Path), RecordingQuery),
    responses(
        (status = 302, description = "Location is a signed link, good for 15 minutes"),
        (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
        (status = 409, description = "The call is not completed", body = ErrorBody),
        (status = 422, description = "The format is neither opus nor wav", body = ErrorBody),
    ))]
pub(in crate::http) async fn recording(
    State(app): State<Arc<App>>,
    LinkBase(base): LinkBase,
    ContentAccess(access): ContentAccess,
    Filter(query): Filter<RecordingQuery>,
) -> Result<Response, ApiError> {
    completed(&access).await?;
    let (_, keys) = objects(&access).await?;
    let link = match query.format {
        RecordingFormat::Opus => sign(&app, &base, &keys.opus, None).await?,
        RecordingFormat::Wav => sign(&app, &base, &keys.wav, Some(&wav_name(access.call))).await?,
    };
    let headers = [(header::LOCATION, link.as_str()), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Gives the outline of a recording, for drawing it.
#[utoipa::path(get, path = "/api/calls/{id}/waveform", tag = "calls",
    params(("id" = CallId, Path), ("If-None-Match" = Option<String>, Header, description = "The ETag that is known")),
    responses(
        (status = 200, description = "The extremes of every 20 ms of both legs", body = Peaks),
        (status = 304, description = "It is the known one"),
        (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
        (status = 409, description = "The call is not completed", body = ErrorBody),
    ))]
pub(in crate::http) async fn waveform(
    State(app): State<Arc<App>>,
    ContentAccess(access): ContentAccess,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    completed(&access).await?;
    let (row, keys) = objects(&access).await?;
    let CallAccess { call, .. } = access;
    let sealed_ms = row.sealed_at.unix_timestamp_nanos() / 1_000_000;
    let tag = format!("\"{call}-{sealed_ms}\"");
    let caching = [(header::ETAG, tag.clone())];
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known.filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    if known
        .any(|known| matches!(known.trim(), "*") || known.trim().trim_start_matches("W/") == tag)
    {
        let headers = [(header::CACHE_CONTROL, SEALED_FOR_AN_HOUR)];
        return Ok((StatusCode::NOT_MODIFIED, headers, caching).into_response());
    }
    let peaks = app.blob.get(&keys.peaks).await?;
    let headers = [(header::CACHE_CONTROL, SEALED_FOR_AN_HOUR)];
    Ok((headers, caching, json(peaks)).into_response())
}

/// An object that is JSON already, byte by byte.
fn json(bytes: bytes::Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], bytes)
}
