//! What a rep has heard of the buyer: frames are played as they come, 40 ms after the first.

use std::time::Duration;

/// Frames of 20 ms that wait before the first is heard.
const BUFFERED: u32 = 2;

/// Reports are made once in so many frames.
const REPORT_EVERY: u32 = 5;

/// A loudspeaker that is not there. Places are those of the link: samples of a reply, or timestamps.
#[derive(Debug)]
pub(crate) struct Ear {
    /// Places in 20 ms.
    frame: u32,
    reply: u32,
    end: u32,
    played: u32,
    state: State,
    ticks: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Silent,
    Starting(u32),
    Playing,
    Stopped,
}

/// How far a reply was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Played {
    pub(crate) reply: u32,
    pub(crate) place: u32,
}

impl Ear {
    /// A silent one on a link with so many places a second.
    pub(crate) fn new(rate_hz: u32) -> Self {
        let frame = rate_hz / 50;
        Self { frame, reply: 0, end: 0, played: 0, state: State::Silent, ticks: 0 }
    }

    /// Sound from one place to another came; `begins` says that it follows a silence.
    pub(crate) fn take(&mut self, reply: u32, from: u32, to: u32, begins: bool) {
        if begins {
            (self.reply, self.played, self.state) = (reply, from, State::Starting(BUFFERED));
        }
        self.end = to;
    }

    /// 20 ms have passed.
    pub(crate) fn tick(&mut self) -> Option<Played> {
        match self.state {
            State::Silent | State::Stopped => return None,
            State::Starting(0) => self.state = State::Playing,
            State::Starting(left) => self.state = State::Starting(left - 1),
            State::Playing => {
                let left = self.end.wrapping_sub(self.played);
                self.played = self.played.wrapping_add(left.min(self.frame));
                if left == 0 {
                    self.state = State::Silent;
                    return Some(self.report());
                }
            }
        }
        self.ticks += 1;
        self.ticks.is_multiple_of(REPORT_EVERY).then(|| self.report())
    }

    /// Stops at once.
    pub(crate) fn stop(&mut self) -> Played {
        self.state = State::Stopped;
        self.report()
    }

    /// What is told to the server.
    pub(crate) fn report(&self) -> Played {
        Played { reply: self.reply, place: self.played }
    }
}

/// How long a frame is.
pub(crate) const FRAME: Duration = Duration::from_millis(20);
