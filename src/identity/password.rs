//! Passwords: what is good enough, and how one is kept.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use tokio::sync::Semaphore;

use super::Place;

/// The shortest and the longest password, in characters: NIST SP 800-63B, section 3.1.1.2 of
/// revision 4, asks for at least 8 and to allow 64; the bound keeps a megabyte from being hashed.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=256;

/// Memory, passes and lanes of argon2id: the second choice of OWASP's Password Storage Cheat Sheet
/// (19 MiB, 2, 1; seen November 2026), about 30 ms on one core.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes at the same time: on half of the cores, so that a flood of sign-ins waits here and leaves
/// the other half to calls and to the rest of the server.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Arc::new(Semaphore::new((cores / 2).max(1)))
});

/// A hash of nothing that anybody knows: checking against it takes as long as against a real one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password"));

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Anybody guesses it.
    #[error("a password has at least 8 characters")]
    TooShort,
    /// Nobody types that.
    #[error("a password has at most 256 characters")]
    TooLong,
}

/// A password in clear. Never stored, never logged.
#[derive(Clone, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Takes what somebody typed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Refuses what is no good as a new password.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn check(&self) -> Result<(), BadPassword> {
        match self.0.chars().count() {
            chars if chars < *PASSWORD_CHARS.start() => Err(BadPassword::TooShort),
            chars if *PASSWORD_CHARS.end() < chars => Err(BadPassword::TooLong),
            _ => Ok(()),
        }
    }

    /// What is kept of it: argon2id in PHC format.
    pub async fn hash(&self) -> String {
        self.hash_holding(()).await
    }

    /// The same for somebody who queued. The place is theirs until the work is done, also where
    /// nobody waits for it any more.
    pub async fn hash_in(&self, place: Place) -> String {
        self.hash_holding(place).await
    }

    async fn hash_holding(&self, held: impl Send + 'static) -> String {
        let text = self.0.clone();
        in_turn(&TURNS, held, move || hash_now(&text)).await
    }

    /// Whether it is the one that was kept. With nothing kept it never is, after the same time. The
    /// place is held until the work is done, also where nobody waits for it any more.
    pub async fn is(&self, kept: Option<String>, place: Place) -> bool {
        let text = self.0.clone();
        if self.check().is_err() {
            return false;
        }
        in_turn(&TURNS, place, move || {
            let known = kept.is_some();
            let kept = kept.unwrap_or_else(|| NOBODY.clone());
            let right = PasswordHash::new(&kept)
                .is_ok_and(|kept| argon2().verify_password(text.as_bytes(), &kept).is_ok());
            known && right
        })
        .await
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// Works when it is its turn. Whoever waits may go away: the work goes on all the same, and neither
/// its turn nor what is held is free before it is done.
async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    held: impl Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let turn = Arc::clone(turns).acquire_owned().await.expect("the semaphore is never closed");
    let worked = tokio::task::spawn_blocking(move || {
        let done = work();
        drop((turn, held));
        done
    });
    worked.await.expect("hashing does not panic")
}

fn hash_now(text: &str) -> String {
    let hash = argon2().hash_password(text.as_bytes());
    hash.expect("the parameters are in range and the system gives random bytes").to_string()
}

fn argon2() -> Argon2<'static> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None).expect("parameters in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use super::*;
    use crate::identity::Entrance;

    #[tokio::test]
    async fn a_password_is_known_again_and_nothing_else_is() {
        let entrance = Entrance::new();
        let place = || entrance.enter().unwrap();
        let password = Password::new("correct horse battery staple");
        let kept = password.hash().await;
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(password.is(Some(kept.clone()), place()).await);
        assert!(
            !Password::new("correct horse battery stapl").is(Some(kept.clone()), place()).await
        );
        assert!(!password.is(None, place()).await, "nobody has a password");
        assert!(!Password::new("nobody has this password").is(None, place()).await);
        assert!(!password.is(Some("no hash".to_owned()), place()).await);
        assert_ne!(password.hash().await, kept, "each has a salt of its own");
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_their_turn_to_the_work() {
        let turns = Arc::new(Semaphore::new(1));
        let held = Arc::new(());
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        {
            let mut work = pin!(in_turn(&turns, Arc::clone(&held), move || {
                begun.send(()).unwrap();
                may_go_on.recv().unwrap();
            }));
            assert!(work.as_mut().now_or_never().is_none());
            has_begun.await.unwrap();
        }
        assert_eq!((turns.available_permits(), Arc::strong_count(&held)), (0, 2));
        go_on.send(()).unwrap();
        let _next = turns.acquire().await.unwrap();
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(Password::new("äöüßñçé").check(), Err(BadPassword::TooShort));
        assert_eq!(Password::new("äöüßñçé!").check(), Ok(()));
        assert_eq!(Password::new("x".repeat(256)).check(), Ok(()));
        assert_eq!(Password::new("x".repeat(257)).check(), Err(BadPassword::TooLong));
    }
}
