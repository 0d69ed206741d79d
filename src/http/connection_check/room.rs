//! How many checks run at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;

use crate::http::error::ApiError;
use crate::model::UserId;
use crate::transport::webrtc::session::CHECK_WITHIN;

/// Checks of this server at the same time. One more is told to come again.
const CHECKS: usize = 32;

/// Checks of one person at the same time: a page tries one way after the other, and is loaded anew.
const CHECKS_PER_PERSON: usize = 4;

/// The checks that run now.
#[derive(Debug, Default)]
pub struct Checks {
    /// Whose they are.
    running: Mutex<Vec<UserId>>,
}

/// A place among them; dropped, it is free again.
#[derive(Debug)]
pub(super) struct Room {
    user: UserId,
    checks: Arc<Checks>,
}

/// Too many checks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many connections are being checked; try again in ten seconds")]
pub(super) struct NoRoom;

impl Checks {
    /// Takes a place for somebody.
    pub(super) fn enter(self: &Arc<Self>, user: UserId) -> Result<Room, NoRoom> {
        let mut running = self.lock();
        let own = running.iter().filter(|one| **one == user).count();
        if running.len() < CHECKS && own < CHECKS_PER_PERSON {
            running.push(user);
            return Ok(Room { user, checks: Arc::clone(self) });
        }
        Err(NoRoom)
    }

    /// How many run.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<UserId>> {
        // The list is changed in one step, so one left by a panic is still good.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut running = self.checks.lock();
        if let Some(place) = running.iter().position(|one| *one == self.user) {
            running.swap_remove(place);
        }
    }
}

impl From<NoRoom> for ApiError {
    fn from(why: NoRoom) -> Self {
        let (status, code) = (StatusCode::TOO_MANY_REQUESTS, "too_many_connections");
        // By then each check that runs now is over.
        Self::new(status, code, why.to_string()).retry_after(CHECK_WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_four_and_the_server_thirty_two() {
        let checks = Arc::<Checks>::default();
        let people: Vec<UserId> = (0..9).map(|_| UserId::new()).collect();
        let mut rooms = Vec::new();
        for user in &people[..8] {
            for _ in 0..4 {
                rooms.push(checks.enter(*user).unwrap());
            }
            assert_eq!(checks.enter(*user).unwrap_err(), NoRoom);
        }
        assert_eq!(checks.count(), 32);
        assert_eq!(checks.enter(people[8]).unwrap_err(), NoRoom);
        rooms.remove(0);
        rooms.push(checks.enter(people[8]).unwrap());
        assert_eq!(checks.enter(people[0]).unwrap_err(), NoRoom, "the place is taken");
        rooms.clear();
        assert_eq!(checks.count(), 0);
    }
}
