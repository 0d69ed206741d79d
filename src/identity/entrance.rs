//! How many may knock: the routes that are open to everybody cost more to answer than to ask.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests of one client in a minute, and at once.
const REQUESTS_A_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// Requests that may wait for their turn to hash at the same time: about two seconds of work. More
/// are told to come again, since they would be answered when nobody waits any more.
const PLACES: usize = 64;

/// Clients that are remembered before those who were quiet are forgotten.
const REMEMBERED: usize = 10_000;

/// Lets in as many as can be served.
pub struct Entrance {
    clients: DefaultKeyedRateLimiter<IpAddr>,
    places: Arc<Semaphore>,
}

/// A place in the queue, held until it and its copies are dropped.
#[derive(Clone, Debug)]
pub struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Why somebody was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnedAway {
    /// They asked too often.
    #[error("too many requests from your address; try again in a moment")]
    TooOften {
        /// When they may ask again.
        retry_after: Duration,
    },
    /// Too many others wait.
    #[error("too many people are signing in; try again in a moment")]
    Full,
}

impl Entrance {
    /// An entrance that nobody has come through.
    pub fn new() -> Self {
        Self {
            clients: RateLimiter::keyed(Quota::per_minute(REQUESTS_A_MINUTE)),
            places: Arc::new(Semaphore::new(PLACES)),
        }
    }

    /// Counts a request of a client.
    ///
    /// # Errors
    /// When they ask too often.
    pub fn knock(&self, client: IpAddr) -> Result<(), TurnedAway> {
        if REMEMBERED < self.clients.len() {
            self.clients.retain_recent();
        }
        self.clients.check_key(&household(client)).map_err(|until| TurnedAway::TooOften {
            retry_after: until.wait_time_from(self.clients.clock().now()),
        })
    }

    /// Takes a place in the queue, once it is known what is wanted: a client that is slow to say
    /// holds up nobody.
    ///
    /// # Errors
    /// When the queue is full.
    pub fn enter(&self) -> Result<Place, TurnedAway> {
        let permit = Arc::clone(&self.places).try_acquire_owned();
        permit.map(|permit| Place { _permit: Arc::new(permit) }).map_err(|_| TurnedAway::Full)
    }
}

impl Default for Entrance {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Entrance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entrance")
    }
}

/// One client has 2^64 addresses of IPv6 at least: RFC 6177, section 2.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & (u128::MAX << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_let_in_twenty_times_and_others_still_are() {
        let entrance = Entrance::new();
        let asks = |client: &str| entrance.knock(client.parse().unwrap());
        for count in 1..=20 {
            assert!(asks("192.0.2.1").is_ok(), "{count}");
        }
        // One comes back every 60 / 20 seconds.
        let Err(TurnedAway::TooOften { retry_after }) = asks("192.0.2.1") else { panic!("let in") };
        assert!(retry_after <= Duration::from_secs(3), "{retry_after:?}");
        assert!(asks("::ffff:192.0.2.1").is_err(), "the same client by another spelling");
        assert!(asks("192.0.2.2").is_ok());
        for count in 1..=20 {
            assert!(asks(&format!("2001:db8::{count}")).is_ok());
        }
        assert!(asks("2001:db8::ffff:1").is_err(), "one household");
        assert!(asks("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn a_full_queue_turns_away_until_somebody_leaves() {
        let entrance = Entrance::new();
        let mut inside: Vec<_> = (0..64).map(|_| entrance.enter().unwrap()).collect();
        assert_eq!(entrance.enter().unwrap_err(), TurnedAway::Full);
        inside.pop();
        assert!(entrance.enter().is_ok());
    }
}
