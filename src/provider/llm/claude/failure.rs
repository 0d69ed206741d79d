//! What can go wrong with a request, and whether asking again may help.

use std::fmt;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::PROVIDER;
use crate::provider::ProviderError;

/// The longest wait before asking again: beyond it somebody else should speak.
const SHORT: Duration = Duration::from_secs(1);

/// The wait where the vendor names none.
const PAUSE: Duration = Duration::from_millis(150);

/// Bytes that are read of an error's body.
const BODY_LIMIT: usize = 16 * 1024;

/// A failed request. Never holds what was said or the vendor's own message, which may quote it.
#[derive(Debug)]
pub(super) struct Failure {
    kind: Kind,
    reason: String,
    /// How long to wait before asking again; `None` when that is no use.
    pub(super) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unavailable,
    Refused,
    BrokeOff,
}

impl Failure {
    /// No answer came at all.
    pub(super) fn unreachable(error: &reqwest::Error) -> Self {
        let reason = if error.is_timeout() {
            "no connection in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the request could not be sent"
        };
        Self { kind: Kind::Unavailable, reason: reason.to_owned(), retry_after: Some(PAUSE) }
    }

    /// The stream broke the protocol or the line.
    pub(super) fn broken(reason: &str, request_id: &str) -> Self {
        Self {
            kind: Kind::BrokeOff,
            reason: format!("{reason}, request {request_id}"),
            retry_after: None,
        }
    }

    /// An error event within a stream that began well.
    pub(super) fn in_stream(kind: &str, request_id: &str) -> Self {
        let passing = ["overloaded_error", "api_error", "timeout_error"].contains(&kind);
        Self {
            kind: Kind::BrokeOff,
            reason: format!("{}, request {request_id}", known_kind(kind)),
            retry_after: passing.then_some(PAUSE),
        }
    }

    /// An answer with an error status.
    pub(super) async fn of_response(response: Response) -> Self {
        let status = response.status().as_u16();
        let request_id = request_id(&response);
        let mut retry_after = retry_after(status, response.headers());
        let error = read_error(response).await;
        // A spend limit stays reached, whatever the status says.
        if error.details.error_code == "enforced_spend_limit_reached" {
            retry_after = None;
        }
        let kind = match status {
            408 | 409 | 429 | 500.. => Kind::Unavailable,
            _ => Kind::Refused,
        };
        let named = known_kind(&error.kind);
        Self { kind, reason: format!("HTTP {status}, {named}, request {request_id}"), retry_after }
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        let (provider, reason) = (PROVIDER, failure.reason);
        match failure.kind {
            Kind::Unavailable => Self::Unavailable { provider, reason },
            Kind::Refused => Self::Refused { provider, reason },
            Kind::BrokeOff => Self::BrokeOff { provider, reason },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// The vendor's name for the request, for its support.
pub(super) fn request_id(response: &Response) -> String {
    let id = response.headers().get("request-id").and_then(|id| id.to_str().ok());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    id.filter(|id| id.len() <= 64 && id.chars().all(plain)).unwrap_or("unknown").to_owned()
}

/// How long to wait before asking again, if that may help and is short enough for a live call.
fn retry_after(status: u16, headers: &HeaderMap) -> Option<Duration> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let ms = header("retry-after-ms").and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
    let named = ms.or_else(|| header("retry-after")?.trim().parse().ok().map(Duration::from_secs));
    match header("x-should-retry") {
        Some("false") => return None,
        Some("true") => {}
        // Without a time to wait, a rate limit would only be hit again.
        _ if status == 429 && named.is_none() => return None,
        _ if !matches!(status, 408 | 409 | 429 | 500..) => return None,
        _ => {}
    }
    let delay = named.unwrap_or(PAUSE);
    (delay <= SHORT).then_some(delay)
}

#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorDetail {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    details: ErrorCode,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorCode {
    #[serde(default)]
    error_code: String,
}

async fn read_error(mut response: Response) -> ErrorDetail {
    let mut body = Vec::new();
    while body.len() < BODY_LIMIT {
        match response.chunk().await {
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            _ => break,
        }
    }
    serde_json::from_slice::<ErrorBody>(&body).unwrap_or_default().error
}

/// The error's kind when it is one the vendor documents; anything else may hold anything.
fn known_kind(kind: &str) -> &'static str {
    const KINDS: [&str; 12] = [
        "invalid_request_error",
        "authentication_error",
        "billing_error",
        "permission_error",
        "not_found_error",
        "conflict_error",
        "request_too_large",
        "rate_limit_error",
        "api_error",
        "timeout_error",
        "overloaded_error",
        "error",
    ];
    KINDS.iter().find(|known| **known == kind).copied().unwrap_or("unknown error")
}
