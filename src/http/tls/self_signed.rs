//! A certificate that the server makes and signs itself, once, into its data folder.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;

use super::certificate::{Certificate, Unfit};
use crate::config::Config;

/// How long one is good for. Apple's systems take none that is good for more than 825 days.
const GOOD_FOR: Duration = Duration::from_secs(365 * DAY_S);

/// How long before its end a new one is made.
const RENEWED_BEFORE: Duration = Duration::from_secs(30 * DAY_S);

/// Clocks of clients are as much behind.
const CLOCKS_APART: Duration = Duration::from_secs(DAY_S);

const DAY_S: u64 = 24 * 60 * 60;

/// Addresses that stand for "anywhere else" (RFC 5737, RFC 3849). Nothing is sent there.
const ELSEWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// Where the server's own certificate is, and whom it names.
#[derive(Clone, Debug)]
pub(super) struct SelfSigned {
    folder: PathBuf,
    names: BTreeSet<String>,
}

/// Why there is no certificate of the server's own.
#[derive(Debug, thiserror::Error)]
pub enum SelfSignedError {
    /// The folder or a file in it cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The key that was made before is of no use.
    #[error(
        "{}: {reason}; restore the file, or remove it to have a new one made", path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// None can be made with these names.
    #[error("make a certificate for {names}: {reason}")]
    Make {
        /// The names.
        names: String,
        /// Why not.
        reason: String,
    },
}

impl SelfSigned {
    /// The certificate in the data folder, for every name by which clients may know this server.
    pub(super) fn of(config: &Config, listening: SocketAddr) -> Self {
        let mut names: BTreeSet<String> =
            ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        names.extend(config.public_url.as_ref().map(|url| url.host().to_ascii_lowercase()));
        if !listening.ip().is_unspecified() {
            names.insert(listening.ip().to_string());
        }
        names.extend(ELSEWHERE.into_iter().filter_map(address_toward).map(|ip| ip.to_string()));
        Self { folder: config.data_dir.join("tls"), names }
    }

    /// The file that clients may be told to trust.
    pub(super) fn certificate_file(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    /// Whom the certificate names.
    pub(super) fn names(&self) -> String {
        self.names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// The certificate that is there, or a new one where it names not everybody or nears its end.
    /// The key stays the same, so who trusts the old one trusts the new one.
    pub(super) fn current(&self, now: SystemTime) -> Result<Certificate, SelfSignedError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SelfSignedError::Io { path, source }
        };
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(failed(&self.folder))?;
        let path = self.folder.join("key.pem");
        let key_pem = key(&self.folder, &path).map_err(failed(&path))?;
        let certificate_file = self.certificate_file();
        match fs::read(&certificate_file) {
            Ok(pem) => match Certificate::read(&pem, key_pem.as_bytes()) {
                Ok(certificate) if self.is_good(&certificate, now) => return Ok(certificate),
                // It is made from nothing but the key, so there is nothing in it to be kept.
                Ok(_) | Err(_) => {}
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&certificate_file)(error)),
        }
        let unusable = |reason: String| SelfSignedError::Key { path: path.clone(), reason };
        let key = KeyPair::from_pem(&key_pem).map_err(|error| unusable(error.to_string()))?;
        let not_made = |reason| SelfSignedError::Make { names: self.names(), reason };
        let pem = self.made(&key, now).map_err(|error| not_made(error.to_string()))?;
        let certificate = Certificate::read(pem.as_bytes(), key_pem.as_bytes());
        let certificate = certificate.map_err(|error: Unfit| unusable(error.to_string()))?;
        if !self.is_good(&certificate, now) {
            return Err(not_made("not all of them can be in a certificate".to_owned()));
        }
        let kept = write(&self.folder, pem.as_bytes(), 0o644).and_then(|file| {
            file.persist(&certificate_file).map(drop).map_err(|failed| failed.error)
        });
        kept.map_err(failed(&certificate_file))?;
        Ok(certificate)
    }

    /// Whether a certificate nears its end.
    pub(super) fn is_due(certificate: &Certificate, now: SystemTime) -> bool {
        certificate.is_over(now + RENEWED_BEFORE)
    }

    fn is_good(&self, certificate: &Certificate, now: SystemTime) -> bool {
        !Self::is_due(certificate, now) && self.names.iter().all(|name| certificate.covers(name))
    }

    fn made(&self, key: &KeyPair, now: SystemTime) -> Result<String, rcgen::Error> {
        let mut params = CertificateParams::new(self.names.iter().cloned().collect::<Vec<_>>())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Ringcraft, self-signed");
        params.not_before = OffsetDateTime::from(now - CLOCKS_APART);
        params.not_after = OffsetDateTime::from(now + GOOD_FOR);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(params.self_signed(key)?.pem())
    }
}

/// The address that this machine has toward another, if it has a way there. Nothing is sent.
fn address_toward(elsewhere: IpAddr) -> Option<IpAddr> {
    let any = match elsewhere {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((elsewhere, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Reads the key, or makes it in a file that only its owner can read.
fn key(folder: &Path, path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let pem = KeyPair::generate().map_err(io::Error::other)?.serialize_pem();
    write(folder, pem.as_bytes(), 0o600)?.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(pem)
}

/// Writes beside the place, so that a file is there whole or not at all.
fn write(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::RootCertStore;
    use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
    use tokio_rustls::rustls::pki_types::UnixTime;
    use tokio_rustls::rustls::server::ParsedCertificate;

    use super::super::certificate;
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn at(day: u64) -> SystemTime {
        NOW + Duration::from_secs((20_000 + day) * DAY_S)
    }

    fn own(folder: &Path, names: &[&str]) -> SelfSigned {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        SelfSigned { folder: folder.join("tls"), names }
    }

    #[test]
    fn it_is_made_once_and_its_key_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(folder.path(), &["localhost", "::1", "10.0.0.7"]);
        let made = own.current(at(0)).unwrap();
        assert_eq!(made.valid_until(), Some(at(365)));
        assert!(made.covers("localhost") && made.covers("::1") && made.covers("10.0.0.7"));
        assert_eq!(own.current(at(334)).unwrap().fingerprint(), made.fingerprint());
        let mode = |name: &str| {
            let path = folder.path().join("tls").join(name);
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        };
        assert_eq!((mode("key.pem"), mode("certificate.pem"), mode("")), (0o600, 0o644, 0o700));
        assert_eq!(fs::read_dir(folder.path().join("tls")).unwrap().count(), 2);
    }

    #[test]
    fn it_is_made_anew_when_it_nears_its_end_with_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let own = own(folder.path(), &["localhost"]);
        let key = || fs::read(folder.path().join("tls/key.pem")).unwrap();
        let made = own.current(at(0)).unwrap();
        let first_key = key();
        assert_eq!(own.current(at(335)).unwrap().valid_until(), Some(at(365)));
        let renewed = own.current(at(335) + Duration::from_secs(1)).unwrap();
        assert_eq!(renewed.valid_until(), Some(at(700) + Duration::from_secs(1)));
        assert_ne!(renewed.fingerprint(), made.fingerprint());
        assert_eq!(key(), first_key);
        // Who trusts the old one trusts the new one, which the old one did not outlive.
        let mut roots = RootCertStore::empty();
        roots.add(made.certified().cert[0].clone()).unwrap();
        let renewed = renewed.certified();
        let verdict = verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(&renewed.cert[0]).unwrap(),
            &roots,
            &[],
            UnixTime::since_unix_epoch(at(600).duration_since(NOW).unwrap()),
            certificate::provider().signature_verification_algorithms.all,
        );
        assert_eq!(verdict, Ok(()));
    }

    #[test]
    fn it_is_made_anew_for_a_name_it_lacks_or_when_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let made = own(folder.path(), &["localhost", "10.0.0.7"]).current(at(0)).unwrap();
        let fewer = own(folder.path(), &["localhost"]).current(at(1)).unwrap();
        assert_eq!(fewer.fingerprint(), made.fingerprint(), "a name too many does no harm");
        let other = own(folder.path(), &["localhost", "calls.example.com"]);
        let renamed = other.current(at(1)).unwrap();
        assert!(renamed.covers("calls.example.com") && !renamed.covers("10.0.0.7"));
        fs::write(other.certificate_file(), "damaged").unwrap();
        assert!(other.current(at(1)).unwrap().covers("calls.example.com"));
        fs::write(folder.path().join("tls/key.pem"), "damaged").unwrap();
        let error = other.current(at(1)).unwrap_err();
        assert!(matches!(error, SelfSignedError::Key { .. }), "{error}");
        let kept = fs::read(folder.path().join("tls/key.pem")).unwrap();
        assert_eq!(kept, b"damaged", "what may be the only key is left alone");
    }
}
