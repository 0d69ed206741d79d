//! The only place that reads clocks.

use tokio::time::Instant;

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this module is where clocks are read")]
pub fn now() -> Instant {
    Instant::now()
}
