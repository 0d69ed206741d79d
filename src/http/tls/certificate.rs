//! A certificate with its key, as read from PEM.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{CertificateError, Error as TlsError, InconsistentKeys, RootCertStore};

/// The last second of the year 9999, after which a certificate can say nothing.
const END_OF_TIME: Duration = Duration::from_secs(253_402_300_799);

/// What a TLS server shows and signs with.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    certified: Arc<CertifiedKey>,
    valid_until: Option<SystemTime>,
}

/// Why two texts are no certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The first has no certificate.
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    /// The certificate is damaged.
    #[error("its certificate cannot be read: {0}")]
    Certificate(String),
    /// The second has no key.
    #[error("it holds no private key in PEM; an encrypted one must be decrypted first")]
    NoKey,
    /// The key is of a kind that TLS does not use.
    #[error("its private key cannot be used: {0}")]
    Key(String),
    /// The key is another's.
    #[error("its private key does not belong to the certificate")]
    OtherKey,
}

impl Unfit {
    /// Whether the file with the key is at fault, and not the one with the certificate.
    pub(super) fn is_of_the_key(&self) -> bool {
        matches!(self, Self::NoKey | Self::Key(_) | Self::OtherKey)
    }
}

/// The cryptography that TLS is done with. Others are linked in too, so it is named.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

impl Certificate {
    /// Reads a certificate, followed by those between it and the root, and its key.
    pub(super) fn read(certificate: &[u8], key: &[u8]) -> Result<Self, Unfit> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
        let chain = chain.map_err(|error| Unfit::Certificate(error.to_string()))?;
        let first = chain.first().ok_or(Unfit::NoCertificate)?;
        let parsed = ParsedCertificate::try_from(first);
        let parsed = parsed.map_err(|error| Unfit::Certificate(error.to_string()))?;
        let valid_until = valid_until(&parsed);
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Unfit::NoKey)?;
        let certified = CertifiedKey::from_der(chain, key, &provider());
        let certified = certified.map_err(|error| match error {
            TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => Unfit::OtherKey,
            error => Unfit::Key(error.to_string()),
        })?;
        Ok(Self { certified: Arc::new(certified), valid_until })
    }

    /// What a handshake needs of it.
    pub(super) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }

    /// When it ends; `None` of one that never does.
    pub(super) fn valid_until(&self) -> Option<SystemTime> {
        self.valid_until
    }

    /// Whether it is of no use from a moment on.
    pub(super) fn is_over(&self, at: SystemTime) -> bool {
        self.valid_until.is_some_and(|until| until < at)
    }

    /// Whether it is a certificate for this name or address.
    pub(super) fn covers(&self, name: &str) -> bool {
        let (Ok(first), Ok(name)) = (self.certified.end_entity_cert(), ServerName::try_from(name))
        else {
            return false;
        };
        ParsedCertificate::try_from(first)
            .is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
    }

    /// The SHA-256 of it, as browsers show it.
    pub(super) fn fingerprint(&self) -> String {
        let der = self.certified.cert.first().map(AsRef::as_ref).unwrap_or_default();
        let bytes: Vec<_> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }
}

/// Asks the verifier, the only one here who reads dates, about the end of time: it looks at the
/// dates before it looks for a root, so what it misses tells when the certificate ends.
fn valid_until(certificate: &ParsedCertificate<'_>) -> Option<SystemTime> {
    let verdict = verify_server_cert_signed_by_trust_anchor(
        certificate,
        &RootCertStore::empty(),
        &[],
        UnixTime::since_unix_epoch(END_OF_TIME),
        provider().signature_verification_algorithms.all,
    );
    match verdict {
        Err(TlsError::InvalidCertificate(CertificateError::ExpiredContext {
            not_after, ..
        })) => Some(SystemTime::UNIX_EPOCH + Duration::from_secs(not_after.as_secs())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn made(names: &[&str], year: i32) -> (String, String) {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn names_and_the_end_are_read() {
        let (pem, key) = made(&["calls.example.com", "10.0.0.7", "::1"], 2026);
        let certificate = Certificate::read(pem.as_bytes(), key.as_bytes()).unwrap();
        // 1 January 2026, 56 years of which 14 are leap years.
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs((56 * 365 + 14) * 86_400);
        assert_eq!(certificate.valid_until(), Some(end));
        assert!(!certificate.is_over(end) && certificate.is_over(end + Duration::from_secs(1)));
        for name in ["calls.example.com", "10.0.0.7", "::1"] {
            assert!(certificate.covers(name), "{name}");
        }
        for name in ["example.com", "a.calls.example.com", "10.0.0.8", "::2", "", "a b"] {
            assert!(!certificate.covers(name), "{name}");
        }
        let fingerprint = certificate.fingerprint();
        assert_eq!(fingerprint.len(), 32 * 2 + 31);
        assert_eq!(fingerprint.split(':').count(), 32);
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let (pem, key) = made(&["localhost"], 2100);
        let (_, other) = made(&["localhost"], 2100);
        let read = |certificate: &str, key: &str| {
            Certificate::read(certificate.as_bytes(), key.as_bytes()).map(drop).unwrap_err()
        };
        assert_eq!(read(&pem, &other), Unfit::OtherKey);
        assert_eq!(read("", &key), Unfit::NoCertificate);
        assert_eq!(read(&key, &key), Unfit::NoCertificate);
        assert_eq!(read(&pem, &pem), Unfit::NoKey);
        assert_eq!(read(&pem, ""), Unfit::NoKey);
        let empty = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert!(matches!(read(empty, &key), Unfit::Certificate(_)));
        let empty = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        assert!(matches!(read(&pem, empty), Unfit::Key(_)));
        // One file may hold both.
        let both = format!("{key}{pem}");
        assert!(Certificate::read(both.as_bytes(), both.as_bytes()).is_ok());
    }

    #[test]
    fn a_debug_line_shows_no_key() {
        let (pem, key) = made(&["localhost"], 2100);
        let certificate = Certificate::read(pem.as_bytes(), key.as_bytes()).unwrap();
        let der = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        // Eight bytes of the key itself, as `Debug` writes bytes in either way.
        let part = &der.secret_der()[40..48];
        let shown = format!("{certificate:?}");
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let list = format!("{part:?}");
        assert!(!shown.contains(&hex) && !shown.contains(list.trim_matches(['[', ']'])), "{shown}");
    }
}
