//! The clock around a [`Rep`] and its link.

use ringcraft_media::call::Live;
use ringcraft_media::units::Span;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Duration, Instant, interval_at};

use super::link::{Arrival, Link};
use super::rep::Rep;
use super::wire::{self, Control, Text};
use crate::clock;

/// The most faults that are kept: a server that is wrong in every frame is told apart by fewer.
const FAULTS: usize = 100;

/// How often the rep sends.
const FRAME: Duration = Duration::from_millis(ringcraft_media::units::FRAME_MS);

/// A live event and when it arrived, in time since the link started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// When it arrived.
    pub(crate) at: Span,
    /// As it was sent.
    pub(crate) json: String,
}

/// What a call left behind.
#[derive(Debug)]
pub(crate) struct Conversation {
    /// The rep at the end.
    pub(crate) rep: Rep,
    /// Every live event, known or not.
    pub(crate) received: Vec<Received>,
    /// What went wrong, for people: errors of the server, sound out of place, a broken link.
    pub(crate) faults: Vec<String>,
}

/// Holds a call until it is over. A first Ctrl-C hangs up, a second one leaves at once. `watch`
/// sees each live event as it arrives.
pub(crate) async fn hold(
    mut link: impl Link,
    rep: Rep,
    watch: &mut dyn FnMut(&Live),
) -> Conversation {
    let mut session = Session {
        origin: clock::now(),
        call: Conversation { rep, received: Vec::new(), faults: Vec::new() },
    };
    session.run(&mut link, watch).await;
    let mut call = session.call;
    // A peer that closed first takes no goodbye, and that is no fault.
    if let Err(error) = link.close().await
        && call.rep.ended().is_none()
        && call.faults.is_empty()
    {
        call.faults.push(error);
    }
    call
}

struct Session {
    origin: Instant,
    call: Conversation,
}

impl Session {
    async fn run(&mut self, link: &mut impl Link, watch: &mut dyn FnMut(&Live)) {
        // Deadlines count from the origin, so a late tick is made up for and nothing adds up.
        let mut ticks = interval_at(self.origin, FRAME);
        // Without a handler Ctrl-C ends the program, which is what it would do anyway.
        let mut signal = signal(SignalKind::interrupt()).ok();
        let mut interrupts = 0;
        while !self.call.rep.is_over() && interrupts < 2 {
            tokio::select! {
                // Frames leave on time whatever arrives.
                biased;
                _ = ticks.tick() => {
                    let now = self.now();
                    self.call.rep.tick(now);
                }
                arrival = link.arrival() => self.take(arrival, watch),
                Some(()) = interrupted(&mut signal) => {
                    interrupts += 1;
                    let now = self.now();
                    self.call.rep.hang_up(now);
                }
            }
            self.send(link);
        }
    }

    fn take(&mut self, arrival: Arrival, watch: &mut dyn FnMut(&Live)) {
        let now = self.now();
        match arrival {
            Arrival::Sound(sound) => {
                if let Err(refused) = self.call.rep.sound(now, &sound) {
                    self.fault(refused.to_string());
                }
            }
            Arrival::Packet(packet) => self.call.rep.packet(now, &packet),
            Arrival::Text(json) => self.take_text(now, json, watch),
            Arrival::Unreadable(why) => self.fault(why),
            Arrival::Closed(why) => {
                if let Some(why) = why
                    && self.call.rep.ended().is_none()
                {
                    self.fault(why);
                }
                self.call.rep.closed(now);
            }
        }
    }

    fn take_text(&mut self, now: Span, json: String, watch: &mut dyn FnMut(&Live)) {
        match wire::read_text(&json) {
            Ok(Text::Control(Control::Error { code, message })) => {
                self.fault(format!("the server says {code}: {message}"));
            }
            Ok(Text::Control(control)) => self.call.rep.control(now, &control),
            Ok(Text::Live(live)) => {
                self.call.rep.live(now, &live);
                watch(&live);
                self.call.received.push(Received { at: now, json });
            }
            Ok(Text::Unknown(_)) => self.call.received.push(Received { at: now, json }),
            Err(error) => self.fault(error.to_string()),
        }
    }

    fn fault(&mut self, what: String) {
        if self.call.faults.len() < FAULTS {
            self.call.faults.push(what);
        }
    }

    /// Hands everything the rep wants to send to the link, without waiting.
    fn send(&mut self, link: &mut impl Link) {
        while let Some(output) = self.call.rep.poll() {
            if link.send(output).is_err() {
                let now = self.now();
                if !self.call.rep.is_over() {
                    self.fault("the server takes no more audio".into());
                }
                self.call.rep.closed(now);
            }
        }
    }

    fn now(&self) -> Span {
        let micros = clock::now().saturating_duration_since(self.origin).as_micros();
        Span(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

async fn interrupted(signal: &mut Option<Signal>) -> Option<()> {
    match signal {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
    }
}
