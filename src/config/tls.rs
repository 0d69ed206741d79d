//! Whether the server speaks HTTPS itself, and with which certificate.

use std::path::PathBuf;

use http::uri::Scheme;

use super::{BaseUrl, Choice, ConfigError, PUBLIC_URL, choice, chosen};

/// Where the certificate for HTTPS comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// There is none: plain HTTP, for this machine or behind a proxy.
    Off,
    /// Two files in PEM.
    Files {
        /// The certificate, and those between it and the root.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// The server makes one and signs it itself.
    SelfSigned,
}

choice! {
    /// Whether the server speaks HTTPS itself.
    TlsChoice {
        /// With the certificate that is configured, if there is one.
        Auto = "auto",
        /// With one of its own making.
        SelfSigned = "self",
        /// It does not.
        Off = "off",
    }
}

const CHOICE: &str = "RINGCRAFT_TLS";
const CERTIFICATE: &str = "RINGCRAFT_TLS_CERT";
const KEY: &str = "RINGCRAFT_TLS_KEY";

impl Tls {
    /// Makes sense of the three settings together.
    pub(super) fn of(
        choice: Option<String>,
        certificate: Option<String>,
        key: Option<String>,
    ) -> Result<Self, ConfigError> {
        let invalid = |variable, value, allowed: &str| {
            Err(ConfigError::Invalid { variable, value, allowed: allowed.to_owned() })
        };
        match (chosen(CHOICE, choice, TlsChoice::Auto)?, certificate, key) {
            (TlsChoice::Off, ..) | (TlsChoice::Auto, None, None) => Ok(Self::Off),
            (TlsChoice::SelfSigned, None, None) => Ok(Self::SelfSigned),
            (TlsChoice::SelfSigned, ..) => {
                invalid(CHOICE, "self".to_owned(), "auto where RINGCRAFT_TLS_CERT or _KEY is set")
            }
            (TlsChoice::Auto, Some(certificate), Some(key)) => {
                Ok(Self::Files { certificate: certificate.into(), key: key.into() })
            }
            (TlsChoice::Auto, Some(alone), None) => {
                invalid(CERTIFICATE, alone, "set together with RINGCRAFT_TLS_KEY")
            }
            (TlsChoice::Auto, None, Some(alone)) => {
                invalid(KEY, alone, "set together with RINGCRAFT_TLS_CERT")
            }
        }
    }

    /// Refuses links over plain HTTP to a port that does not speak it.
    pub(super) fn check_links(&self, public_url: Option<&BaseUrl>) -> Result<(), ConfigError> {
        match public_url.filter(|url| self.is_on() && !url.is_secure()) {
            None => Ok(()),
            Some(plain) => Err(ConfigError::Invalid {
                variable: PUBLIC_URL.0,
                value: plain.to_string(),
                allowed: "an https:// address: this server speaks HTTPS (RINGCRAFT_TLS)".to_owned(),
            }),
        }
    }

    /// Whether the server speaks HTTPS.
    pub fn is_on(&self) -> bool {
        *self != Self::Off
    }

    /// What the addresses of the server begin with.
    pub fn scheme(&self) -> Scheme {
        if self.is_on() { Scheme::HTTPS } else { Scheme::HTTP }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_settings_are_understood_together() {
        let files = Tls::Files { certificate: "c.pem".into(), key: "k.pem".into() };
        let (c, k) = (Some("c.pem"), Some("k.pem"));
        let table = [
            (None, None, None, Ok(Tls::Off)),
            (Some("auto"), None, None, Ok(Tls::Off)),
            (None, c, k, Ok(files.clone())),
            (Some("auto"), c, k, Ok(files)),
            (Some("off"), c, k, Ok(Tls::Off)),
            (Some("self"), None, None, Ok(Tls::SelfSigned)),
            (
                Some("self"),
                c,
                k,
                Err(
                    r#"RINGCRAFT_TLS is "self"; it must be auto where RINGCRAFT_TLS_CERT or _KEY is set"#,
                ),
            ),
            (
                None,
                c,
                None,
                Err(
                    r#"RINGCRAFT_TLS_CERT is "c.pem"; it must be set together with RINGCRAFT_TLS_KEY"#,
                ),
            ),
            (
                None,
                None,
                k,
                Err(
                    r#"RINGCRAFT_TLS_KEY is "k.pem"; it must be set together with RINGCRAFT_TLS_CERT"#,
                ),
            ),
            (
                Some("on"),
                None,
                None,
                Err(r#"RINGCRAFT_TLS is "on"; it must be auto or self or off"#),
            ),
        ];
        for (choice, certificate, key, expected) in table {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let got = Tls::of(owned(choice), owned(certificate), owned(key));
            assert_eq!(got.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
        }
    }
}
