//! The only place that reads a clock. Everything else is told the time.

use std::time::{Duration, SystemTime};

use ringcraft_media::units::CallTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

/// Reads the monotonic clock.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Instant {
    Instant::now()
}

/// Reads the wall clock.
#[allow(clippy::disallowed_methods)]
pub fn wall_now() -> SystemTime {
    SystemTime::now()
}

/// Milliseconds since 1970; 0 for anything earlier.
pub fn unix_ms(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The moment that many milliseconds after 1970.
pub fn from_unix_ms(unix_ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(unix_ms)
}

/// Writes a moment as RFC 3339 in UTC, to the second below.
pub fn rfc3339(at: SystemTime) -> String {
    let seconds = unix_ms(at) / 1_000;
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| String::from("9999-12-31T23:59:59Z"))
}

/// A call's clock: microseconds since `call.connected`, on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct CallClock {
    origin: Instant,
}

impl CallClock {
    /// A clock that shows 0 at `origin`.
    pub fn new(origin: Instant) -> Self {
        Self { origin }
    }

    /// What the clock shows now.
    pub fn now(&self) -> CallTime {
        self.time(now())
    }

    /// What the clock shows at `instant`: 0 for anything before its origin.
    pub fn time(&self, instant: Instant) -> CallTime {
        let since = instant.saturating_duration_since(self.origin);
        CallTime(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// When the clock shows `time`.
    pub fn instant(&self, time: CallTime) -> Instant {
        self.origin + Duration::from_micros(time.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_time_and_instants_convert_both_ways() {
        let origin = now() + Duration::from_secs(3_600);
        let clock = CallClock::new(origin);
        let later = origin + Duration::from_micros(1_234_567);
        assert_eq!(clock.time(later), CallTime(1_234_567));
        assert_eq!(clock.instant(CallTime(1_234_567)), later);
        assert_eq!(clock.time(origin - Duration::from_secs(1)), CallTime::ZERO);
    }

    #[test]
    fn the_wall_clock_is_written_in_utc() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_999);
        assert_eq!(unix_ms(at), 1_767_225_600_999);
        assert_eq!(from_unix_ms(1_767_225_600_999), at);
        assert_eq!(rfc3339(at), "2026-01-01T00:00:00Z");
        assert_eq!(unix_ms(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), 0);
    }
}
