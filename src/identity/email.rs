//! E-mail addresses and names, as people type them.

use std::fmt;

use serde::Deserialize;
use utoipa::ToSchema;

/// The longest address that mail can reach, in characters: RFC 5321, section 4.5.3.1.3.
const EMAIL_MAX_CHARS: usize = 254;

/// The longest name of a person or an org, in characters.
const NAME_MAX_CHARS: usize = 200;

/// An address that mail can be sent to. Logged at no level above debug.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, format = "email", max_length = 254)]
pub struct EmailAddress(String);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEmail {
    /// It has not the form of one.
    #[error("not an e-mail address such as robin@example.com")]
    Malformed,
    /// No mail would reach it.
    #[error("an e-mail address has at most {EMAIL_MAX_CHARS} characters")]
    TooLong,
}

impl EmailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = BadEmail;

    fn try_from(text: String) -> Result<Self, BadEmail> {
        let text = text.trim();
        if EMAIL_MAX_CHARS < text.chars().count() {
            return Err(BadEmail::TooLong);
        }
        if text.chars().any(char::is_control) || text.parse::<lettre::Address>().is_err() {
            return Err(BadEmail::Malformed);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress")
    }
}

/// What a person or an org is called: one line, in any script.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 200)]
pub struct DisplayName(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// There is nothing to call anybody by.
    #[error("a name has at least 1 character")]
    Empty,
    /// Nobody reads that.
    #[error("a name has at most {NAME_MAX_CHARS} characters")]
    TooLong,
    /// It would break the line that shows it.
    #[error("a name has no line breaks or other control characters")]
    Control,
}

impl DisplayName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DisplayName {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(BadName::Control);
        }
        match text.chars().count() {
            0 => Err(BadName::Empty),
            chars if NAME_MAX_CHARS < chars => Err(BadName::TooLong),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_or_refused() {
        let taken = |text: &str| EmailAddress::try_from(text.to_owned());
        for text in ["robin@example.com", "o'hara+calls@sub.example.org", "józef@exämple.com"] {
            assert_eq!(taken(text).unwrap().as_str(), text);
        }
        assert_eq!(taken(" Robin@Example.com\n").unwrap().as_str(), "Robin@Example.com");
        for text in
            ["", "robin", "@example.com", "a@", "a b@example.com", "a@b\r\nBcc: c@d", "\0@a"]
        {
            assert_eq!(taken(text), Err(BadEmail::Malformed), "{text:?}");
        }
        let long = format!("robin@{}.com", "x.".repeat(130));
        assert_eq!(taken(&long), Err(BadEmail::TooLong));
    }

    #[test]
    fn a_name_is_one_line_in_any_script() {
        let taken = |text: &str| DisplayName::try_from(text.to_owned());
        assert_eq!(taken(" نور الهدى ").unwrap().as_str(), "نور الهدى");
        assert_eq!(taken(&"ß".repeat(200)).unwrap().as_str().len(), 400);
        assert_eq!(taken(&"ß".repeat(201)), Err(BadName::TooLong));
        assert_eq!(taken(" \t "), Err(BadName::Empty));
        for text in ["a\nb", "a\0b", "a\u{1b}[2Jb"] {
            assert_eq!(taken(text), Err(BadName::Control), "{text:?}");
        }
    }
}
