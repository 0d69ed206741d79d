//! Values that must never be shown.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The shortest secret that may sign tokens, in bytes.
pub const MIN_SIGNING_SECRET: usize = 32;

/// The file in the data folder that holds the server's own secret.
const FILE: &str = "secret";

/// A key, token or password. `Debug` shows `***`; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why the server has no secret of its own.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds too little to sign with.
    #[error(
        "{}: the secret is shorter than {MIN_SIGNING_SECRET} bytes; \
         restore the file, or remove it to have a new one made (links given out become invalid)",
        path.display()
    )]
    TooShort {
        /// The file.
        path: PathBuf,
    },
}

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Gives the value away, to the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads the server's own secret from the data folder, or makes it there: 32 random bytes in
    /// hexadecimal, in a file that only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds too little.
    pub fn load_or_make(data_dir: &Path) -> Result<Self, SecretFileError> {
        let path = data_dir.join(FILE);
        let read = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(data_dir, &path).and_then(|()| fs::read_to_string(&path))
            }
            read => read,
        };
        let text = read.map_err(|source| SecretFileError::Io { path: path.clone(), source })?;
        let secret = text.trim();
        if secret.len() < MIN_SIGNING_SECRET {
            return Err(SecretFileError::TooShort { path });
        }
        Ok(Self::new(secret))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Writes beside the place and links into it, so that of two servers starting at once both read
/// one whole secret.
fn make(data_dir: &Path, path: &Path) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(data_dir)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
    let bytes: [u8; 32] = rand::random();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(file, "{hex}")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(failed.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(***)");
    }

    #[test]
    fn the_servers_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let made = Secret::load_or_make(folder.path()).unwrap();
        assert_eq!(made.expose().len(), 64);
        assert!(made.expose().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(Secret::load_or_make(folder.path()).unwrap(), made);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let other = tempfile::tempdir().unwrap();
        assert_ne!(Secret::load_or_make(other.path()).unwrap(), made);
    }

    #[test]
    fn a_damaged_secret_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "short\n").unwrap();
        let error = Secret::load_or_make(folder.path()).unwrap_err();
        assert!(matches!(error, SecretFileError::TooShort { .. }), "{error}");
        assert!(!error.to_string().contains("short\n"));
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), "short\n");
    }
}
