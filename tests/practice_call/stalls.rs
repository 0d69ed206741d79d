//! How long the machine stood still. Nothing in a call can keep time meanwhile, so on a machine that others share, what
//! is held against the clock is given that much more.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A look may come so late on a machine that has time.
const PROMPT: Duration = Duration::from_millis(20);

/// What was missed is caught up within this.
const WINDOW: Duration = Duration::from_secs(5);

/// Looks at the clock on a thread of its own.
pub(crate) struct Stalls {
    stop: Sender<()>,
    looks: JoinHandle<Vec<(Instant, Duration)>>,
}

impl Stalls {
    #[expect(clippy::disallowed_methods, reason = "the machine's own clock is what is looked at")]
    pub(crate) fn watch() -> Self {
        let (stop, stopped) = mpsc::channel();
        let looks = thread::spawn(move || {
            let mut stalls = Vec::new();
            loop {
                let before = Instant::now();
                if stopped.recv_timeout(LOOK_EVERY) != Err(RecvTimeoutError::Timeout) {
                    return stalls;
                }
                let late = before.elapsed().saturating_sub(LOOK_EVERY);
                if PROMPT < late {
                    stalls.push((before, late));
                }
            }
        });
        Self { stop, looks }
    }

    /// The most that was missed within any few seconds, in milliseconds.
    pub(crate) fn worst_ms(self) -> u64 {
        drop(self.stop);
        let stalls = self.looks.join().expect("nothing fails there");
        let missed = |from: Instant| {
            let within = stalls.iter().filter(|(at, _)| from <= *at && *at < from + WINDOW);
            within.map(|(_, late)| late.as_millis() as u64).sum()
        };
        stalls.iter().map(|(from, _)| missed(*from)).max().unwrap_or_default()
    }
}
