//! Keeps the certificate that handshakes are done with, and takes up a new one.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::rustls;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

use super::certificate::{Certificate, Unfit};
use super::self_signed::{SelfSigned, SelfSignedError};
use crate::clock;
use crate::config::{self, Config};

/// How often it is looked whether there is another certificate.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How often it is said that the certificate is over, or soon will be.
const WARN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long before the end of a certificate it is said.
const WARNED_BEFORE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The certificate in use, and where the next one comes from.
#[derive(Debug)]
pub(super) struct Keeper {
    source: Source,
    current: RwLock<Certificate>,
}

#[derive(Debug)]
enum Source {
    Files(Files),
    SelfSigned(SelfSigned),
}

/// Two files, and what they last held.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    seen: RwLock<[u8; 32]>,
}

/// Why the server cannot speak HTTPS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} ({variable}): {source}", path.display())]
    Unreadable {
        /// Which setting names the file.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} ({variable}): {reason}", path.display())]
    Unfit {
        /// Which setting names the file.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: Unfit,
    },
    /// The server cannot make a certificate of its own.
    #[error(transparent)]
    SelfSigned(#[from] SelfSignedError),
    /// The library refuses.
    #[error("TLS: {0}")]
    Library(#[from] rustls::Error),
}

const CERTIFICATE: &str = "RINGCRAFT_TLS_CERT";
const KEY: &str = "RINGCRAFT_TLS_KEY";

impl Keeper {
    /// Reads or makes the certificate that the settings ask for.
    pub(super) fn of(config: &Config, listening: SocketAddr) -> Result<Self, TlsError> {
        let (source, current) = match &config.tls {
            config::Tls::Files { certificate, key } => {
                let read = |variable, path: &Path| {
                    std::fs::read(path).map_err(|error| unreadable(variable, path, error))
                };
                let texts = [read(CERTIFICATE, certificate)?, read(KEY, key)?];
                let files = Files {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    seen: RwLock::new(digest(&texts)),
                };
                let current = files.fit(&texts)?;
                (Source::Files(files), current)
            }
            config::Tls::Off | config::Tls::SelfSigned => {
                let own = SelfSigned::of(config, listening);
                let current = own.current(clock::wall_now())?;
                (Source::SelfSigned(own), current)
            }
        };
        let keeper = Self { source, current: RwLock::new(current) };
        keeper.introduce();
        Ok(keeper)
    }

    /// Looks for a new certificate and warns of an old one until it is told to stop.
    pub(super) async fn run(&self, stop: CancellationToken) {
        let mut looks = interval(LOOK_EVERY);
        let mut warnings = interval(WARN_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        warnings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => self.look(clock::wall_now()).await,
                _ = warnings.tick() => self.warn(clock::wall_now()),
                () = stop.cancelled() => return,
            }
        }
    }

    /// Takes up a new certificate where there is one. Connections that are open keep theirs. One
    /// that cannot be used is passed over, as when only one of two files has been replaced.
    pub(super) async fn look(&self, now: SystemTime) {
        let found = match &self.source {
            Source::Files(files) => files.changed().await,
            Source::SelfSigned(_) if !SelfSigned::is_due(&self.current(), now) => Ok(None),
            Source::SelfSigned(own) => own.current(now).map(Some).map_err(TlsError::from),
        };
        match found {
            Ok(None) => {}
            Ok(Some(certificate)) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = certificate;
                self.introduce();
            }
            Err(error) => {
                tracing::warn!("{error}; the certificate that was there before stays in use");
            }
        }
    }

    fn current(&self) -> Certificate {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says which certificate is in use.
    fn introduce(&self) {
        let certificate = self.current();
        let fingerprint = certificate.fingerprint();
        let until = certificate.valid_until().map(clock::rfc3339);
        let until = until.as_deref().unwrap_or("for ever");
        match &self.source {
            Source::Files(files) => tracing::info!(
                file = %files.certificate.display(), until, sha256 = fingerprint,
                "HTTPS with this certificate"
            ),
            Source::SelfSigned(own) => tracing::info!(
                file = %own.certificate_file().display(), names = own.names(), until,
                sha256 = fingerprint,
                "HTTPS with a self-signed certificate: browsers warn of it, unless they are told \
                 to trust this file"
            ),
        }
    }

    fn warn(&self, now: SystemTime) {
        let certificate = self.current();
        if let Some(until) = certificate.valid_until()
            && certificate.is_over(now + WARNED_BEFORE)
        {
            let until = clock::rfc3339(until);
            if certificate.is_over(now) {
                tracing::warn!(until, "the certificate for HTTPS has expired; clients refuse it");
            } else {
                tracing::warn!(until, "the certificate for HTTPS expires soon; replace its files");
            }
        }
    }
}

impl ResolvesServerCert for Keeper {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().certified())
    }
}

impl Files {
    /// The certificate, where the files hold other bytes than when they were last read.
    async fn changed(&self) -> Result<Option<Certificate>, TlsError> {
        let read = async |variable, path: &Path| {
            tokio::fs::read(path).await.map_err(|error| unreadable(variable, path, error))
        };
        let texts = [read(CERTIFICATE, &self.certificate).await?, read(KEY, &self.key).await?];
        let digest = digest(&texts);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if *seen == digest {
            return Ok(None);
        }
        // What is wrong is said once.
        *seen = digest;
        drop(seen);
        self.fit(&texts).map(Some)
    }

    fn fit(&self, [certificate, key]: &[Vec<u8>; 2]) -> Result<Certificate, TlsError> {
        Certificate::read(certificate, key).map_err(|reason| match reason.is_of_the_key() {
            true => TlsError::Unfit { variable: KEY, path: self.key.clone(), reason },
            false => {
                TlsError::Unfit { variable: CERTIFICATE, path: self.certificate.clone(), reason }
            }
        })
    }
}

fn unreadable(variable: &'static str, path: &Path, source: io::Error) -> TlsError {
    TlsError::Unreadable { variable, path: path.to_owned(), source }
}

fn digest(texts: &[Vec<u8>; 2]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}
