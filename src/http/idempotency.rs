//! `Idempotency-Key`: a request that is sent again is known for the same.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::http::error::ApiError;

const HEADER: &str = "idempotency-key";

/// The longest key.
const MAX_CHARS: usize = 255;

/// The key that a request came with, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdempotencyKey(pub(super) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let key = value.as_bytes();
        let fits = (1..=MAX_CHARS).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
        match value.to_str() {
            Ok(key) if fits && values.next().is_none() => Ok(Self(Some(key.to_owned()))),
            _ => {
                Err(ApiError::invalid("Idempotency-Key", "one key of 1 to 255 visible characters"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn key(values: &[&[u8]]) -> Result<Option<String>, u16> {
        let mut request = Request::builder();
        for value in values {
            request = request.header("Idempotency-Key", *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        let read = IdempotencyKey::from_request_parts(&mut parts, &()).await;
        read.map(|key| key.0).map_err(|error| error.status().as_u16())
    }

    #[tokio::test]
    async fn a_key_is_1_to_255_visible_characters() {
        assert_eq!(key(&[]).await, Ok(None));
        let longest = "k".repeat(255);
        for good in ["a", "!~", "0190f3a0-0000-7000-8000-000000000001", longest.as_str()] {
            assert_eq!(key(&[good.as_bytes()]).await, Ok(Some(good.to_owned())));
        }
        let too_long = "k".repeat(256);
        for bad in ["", "a b", "a\tb", "ключ", too_long.as_str()] {
            assert_eq!(key(&[bad.as_bytes()]).await, Err(422), "{bad}");
        }
        assert_eq!(key(&[b"\xff"]).await, Err(422));
        assert_eq!(key(&[b"a", b"a"]).await, Err(422));
    }
}
