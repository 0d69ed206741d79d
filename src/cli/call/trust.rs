//! Whose certificates a client believes.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};
use tokio_tungstenite::Connector;

use super::error::CallError;

/// The authorities whose certificates are believed, for HTTP and for the audio alike.
#[derive(Clone)]
pub(crate) struct Trust(Arc<ClientConfig>);

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

impl Trust {
    /// Those in a file and no others; without a file, those that this machine believes.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub(crate) fn of(ca_cert: Option<&Path>) -> Result<Self, CallError> {
        let mut roots = RootCertStore::empty();
        match ca_cert {
            Some(file) => {
                let unfit = |reason: String| CallError::CaCert { file: file.to_owned(), reason };
                let pem = std::fs::read(file).map_err(|error| unfit(error.to_string()))?;
                for certificate in CertificateDer::pem_slice_iter(&pem) {
                    let certificate = certificate.map_err(|error| unfit(error.to_string()))?;
                    roots.add(certificate).map_err(|error| unfit(error.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(unfit("it holds no certificate in PEM".to_owned()));
                }
            }
            // A machine without any calls servers of its own, or by plain HTTP.
            None => {
                let native = rustls_native_certs::load_native_certs();
                roots.add_parsable_certificates(native.certs);
            }
        }
        // Two kinds of cryptography are linked in, so the one to use is named.
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// For HTTP.
    pub(crate) fn tls(&self) -> ClientConfig {
        ClientConfig::clone(&self.0)
    }

    /// For the WebSocket.
    pub(crate) fn connector(&self) -> Connector {
        Connector::Rustls(Arc::clone(&self.0))
    }
}

/// What is wrong with the server's certificate, where that is what is at the bottom of an error.
pub(crate) fn doubt(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(TlsError::InvalidCertificate(reason)) = error.downcast_ref() {
            return Some(reason.to_string());
        }
        // An I/O error passes over the error that it wraps when it is asked for its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::CertificateError;
    use tokio_tungstenite::tungstenite;

    use super::*;

    #[test]
    fn a_doubt_is_found_under_other_errors() {
        let unknown = || TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::other(unknown()));
        let socket = tungstenite::Error::Io(wrapped);
        assert_eq!(doubt(&socket), Some(CertificateError::UnknownIssuer.to_string()));
        let other = tungstenite::Error::Io(io::Error::other(TlsError::HandshakeNotComplete));
        assert_eq!(doubt(&other), None);
        assert_eq!(doubt(&io::Error::from(io::ErrorKind::ConnectionRefused)), None);
    }

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let message = || Trust::of(Some(&file)).unwrap_err().to_string();
        assert!(message().contains("ca.pem: No such file"), "{}", message());
        std::fs::write(&file, "no certificate").unwrap();
        assert!(message().ends_with("ca.pem: it holds no certificate in PEM (--ca-cert)"));
        let damaged = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        std::fs::write(&file, damaged).unwrap();
        assert!(message().ends_with(" (--ca-cert)"), "{}", message());
    }
}
