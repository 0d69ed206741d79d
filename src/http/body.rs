//! JSON bodies of requests, with an error for each way in which they can be wrong.

use std::time::Duration;

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use tokio::time::timeout;

use crate::http::error::ApiError;

/// The longest body of a request, in bytes.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// How long a body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// A body that was JSON and fits its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_of_type(request.headers(), "application/json") {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "send JSON with Content-Type: application/json",
            ));
        }
        parse(&bytes(request, state).await?).map(Body)
    }
}

/// The text of a body that must be of this type.
///
/// # Errors
/// When it is of another, too long or too slow, or no text.
pub(super) async fn text<S: Send + Sync>(
    request: Request,
    state: &S,
    content_type: &'static str,
) -> Result<String, ApiError> {
    if !is_of_type(request.headers(), content_type) {
        let message = format!("send it with Content-Type: {content_type}");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_type", message));
    }
    String::from_utf8(bytes(request, state).await?.into()).map_err(|_| {
        ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", "the body is not UTF-8")
    })
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let body = timeout(BODY_WITHIN, Bytes::from_request(request, state)).await;
    body.map_err(|_| too_slow())?.map_err(unread)
}

fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(wanted)
}

fn too_slow() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "the body did not arrive within 10 s")
}

fn unread(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("a body may have at most {MAX_BODY} bytes");
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message);
    }
    ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", "the body did not arrive whole")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        // What serde_json calls a mistake of syntax may be JSON of another shape: null for a word.
        let is_json = || serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
        if inner.classify() != Category::Data && !is_json() {
            return malformed(&inner);
        }
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let unfit = ApiError::new(status, "invalid_field", data_message(&inner));
        match missing_field(&inner) {
            Some(field) if path == "." => unfit.field(field),
            _ if path == "." => unfit,
            _ => unfit.field(path),
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let message = format!("the body is not JSON: {error}");
    ApiError::new(StatusCode::BAD_REQUEST, "malformed_json", message)
}

/// What serde says, without the place in the text that means nothing to a client.
fn data_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn missing_field(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let name = text.strip_prefix("missing field `")?.split('`').next()?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Order {
        #[allow(dead_code)]
        dish: String,
        #[allow(dead_code)]
        extras: Option<Extras>,
    }

    #[derive(Debug, Deserialize)]
    struct Extras {
        #[allow(dead_code)]
        spoons: u8,
        #[allow(dead_code)]
        #[serde(default)]
        size: Size,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Size {
        #[default]
        Small,
    }

    async fn refused(text: &str) -> (u16, String) {
        let response = parse::<Order>(text.as_bytes()).unwrap_err().into_response();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_wrong_body_is_told_apart() {
        assert!(parse::<Order>(br#"{"dish":"soup","extras":{"spoons":2},"more":1}"#).is_ok());
        let table = [
            (
                "{}",
                422,
                r#"{"error":{"code":"invalid_field","message":"missing field `dish`","field":"dish"}}"#,
            ),
            (
                r#"{"dish":7}"#,
                422,
                r#"{"error":{"code":"invalid_field","message":"invalid type: integer `7`, expected a string","field":"dish"}}"#,
            ),
            (
                r#"{"dish":"soup","extras":{"spoons":256}}"#,
                422,
                r#"{"error":{"code":"invalid_field","message":"invalid value: integer `256`, expected u8","field":"extras.spoons"}}"#,
            ),
            (
                r#"{"dish":"soup","extras":{"spoons":1,"size":null}}"#,
                422,
                r#"{"error":{"code":"invalid_field","message":"expected value","field":"extras.size"}}"#,
            ),
            (
                "[",
                400,
                r#"{"error":{"code":"malformed_json","message":"the body is not JSON: EOF while parsing a list at line 1 column 1"}}"#,
            ),
            (
                r#"{"dish":"soup"} x"#,
                400,
                r#"{"error":{"code":"malformed_json","message":"the body is not JSON: trailing characters at line 1 column 17"}}"#,
            ),
        ];
        for (text, status, body) in table {
            assert_eq!(refused(text).await, (status, body.to_owned()), "{text}");
        }
    }
}
