//! What people type into fields, checked where it comes in.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::store::StoreError;

/// The longest name, in characters.
const MAX_NAME: usize = 200;

/// The longest address, in characters: RFC 5321, section 4.5.3.1.3, less the angle brackets.
const MAX_EMAIL: usize = 254;

/// A name of something or somebody: one line, without space around it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 200)]
pub(super) struct Name(String);

/// An e-mail address.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, format = "email", min_length = 3, max_length = 254)]
pub(super) struct Email(String);

/// Text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 200)]
pub(super) struct Wanted(String);

/// Text that does not fit its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("a name has 1 to 200 characters, all of them printable")]
    Name,
    #[error("this is no e-mail address")]
    Email,
    #[error("what is looked for has at most 200 characters, all of them printable")]
    Wanted,
}

impl Name {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Wanted {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let text = text.trim();
        let fits = !text.is_empty() && is_line(text, MAX_NAME);
        fits.then(|| Self(text.to_owned())).ok_or(Unfit::Name)
    }
}

impl TryFrom<String> for Email {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let text = text.trim();
        let fits = is_line(text, MAX_EMAIL) && text.parse::<lettre::Address>().is_ok();
        fits.then(|| Self(text.to_owned())).ok_or(Unfit::Email)
    }
}

impl TryFrom<String> for Wanted {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        if is_line(&text, MAX_NAME) { Ok(Self(text)) } else { Err(Unfit::Wanted) }
    }
}

/// The address stays out of logs.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email")
    }
}

/// Postgres keeps no NUL; what else is a control character misleads whoever reads it.
fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
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

    fn name(text: &str) -> Result<String, Unfit> {
        Name::try_from(text.to_owned()).map(|name| name.0)
    }

    #[test]
    fn a_name_is_a_line_of_any_script() {
        assert_eq!(name("  Zoë O'Neil-Ōtani  "), Ok("Zoë O'Neil-Ōtani".to_owned()));
        assert_eq!(name("محمد 😀"), Ok("محمد 😀".to_owned()));
        assert_eq!(name(&"é".repeat(200)), Ok("é".repeat(200)));
        let unfit = ["", "   ", "a\0b", "two\nlines", "\u{7f}x", &"é".repeat(201)];
        for text in unfit {
            assert_eq!(name(text), Err(Unfit::Name), "{text:?}");
        }
    }

    #[test]
    fn an_address_can_be_written_to() {
        let email = |text: &str| Email::try_from(text.to_owned()).map(|email| email.0);
        for fits in ["a@b.example", "Ana.Ruiz+x@mail.example.com", "o'neil@b.example"] {
            assert_eq!(email(fits), Ok(fits.to_owned()));
        }
        assert_eq!(email(" a@b.example "), Ok("a@b.example".to_owned()));
        let long = format!("a@{}.example", "b.".repeat(130));
        for unfit in ["", "a", "a@", "@b.example", "a b@c.example", "a@b\0.example", &long] {
            assert_eq!(email(unfit), Err(Unfit::Email), "{unfit:?}");
        }
        let shown = format!("{:?}", Email("a@b.example".to_owned()));
        assert!(!shown.contains("b.example"), "{shown}");
    }
}
