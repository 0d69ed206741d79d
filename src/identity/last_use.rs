//! When sessions were last used, noted seldom and beside the request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::model::SessionId;
use crate::store::session::NOTED_EVERY;

/// Sessions that are remembered before those of long ago are forgotten.
const REMEMBERED: usize = 10_000;

/// Which sessions were noted lately, so that most requests write nothing.
#[derive(Debug, Default)]
pub(super) struct LastUses(Mutex<HashMap<SessionId, Instant>>);

impl LastUses {
    /// Whether this use of a session shall be noted; then it counts as noted.
    pub(super) fn is_due(&self, session: SessionId, now: Instant) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < NOTED_EVERY;
        if noted.get(&session).is_some_and(is_recent) {
            return false;
        }
        if REMEMBERED <= noted.len() {
            noted.retain(|_, at| is_recent(at));
        }
        noted.insert(session, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    #[test]
    fn a_session_is_noted_once_a_minute() {
        let (uses, begun) = (LastUses::default(), clock::now());
        let (session, other) = (SessionId::new(), SessionId::new());
        let due = |session, after_ms| uses.is_due(session, begun + Duration::from_millis(after_ms));
        assert!(due(session, 0));
        assert!(!due(session, 0));
        assert!(!due(session, 59_999));
        assert!(due(other, 59_999));
        assert!(due(session, 60_000));
        assert!(!due(session, 60_001));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (uses, begun) = (LastUses::default(), clock::now());
        for _ in 0..REMEMBERED {
            assert!(uses.is_due(SessionId::new(), begun));
        }
        assert!(uses.is_due(SessionId::new(), begun + NOTED_EVERY));
        assert_eq!(uses.0.lock().unwrap().len(), 1);
    }
}
