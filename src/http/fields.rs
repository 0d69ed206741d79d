//! What stands in the path and the query of a request, checked where it comes in.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::store::StoreError;

/// The longest text that is looked for, in characters: as long as a name may be.
const WANTED_MAX_CHARS: usize = 200;

/// Text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 200)]
pub(super) struct Wanted(String);

/// Text that nothing can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is looked for has at most {WANTED_MAX_CHARS} characters, all of them printable")]
pub(super) struct BadWanted;

impl Wanted {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Wanted {
    type Error = BadWanted;

    /// Postgres keeps no NUL, and what we keep has no other control character.
    fn try_from(text: String) -> Result<Self, BadWanted> {
        let too_long = WANTED_MAX_CHARS < text.chars().count();
        if too_long || text.chars().any(char::is_control) { Err(BadWanted) } else { Ok(Self(text)) }
    }
}

/// The ids in a path. What is no id names nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let named = Path::<T>::from_request_parts(parts, state).await;
        named.map(|Path(ids)| Self(ids)).map_err(|_| StoreError::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_stays_as_it_is() {
        let wanted = |text: &str| Wanted::try_from(text.to_owned()).map(|wanted| wanted.0);
        for fits in ["", " 100 % Žižek_", &"é".repeat(200)] {
            assert_eq!(wanted(fits), Ok(fits.to_owned()));
        }
        for unfit in ["a\0b", "two\nlines", "\u{7f}x", &"é".repeat(201)] {
            assert_eq!(wanted(unfit), Err(BadWanted), "{unfit:?}");
        }
    }
}
