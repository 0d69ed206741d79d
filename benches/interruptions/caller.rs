//! A rep who lets nobody finish, and what became of each interruption.

use std::sync::Arc;
use std::time::Duration;

use ringcraft::clock;
use ringcraft_media::call::Live;
use tokio::time::{Instant, interval_at};

use crate::ear::{Ear, FRAME};
use crate::line::{Arrival, Line, LinkKind, RATE};
use crate::speech::{self, Listening};

/// The buyer is heard for so long before somebody interrupts.
const HEARD_FOR: Duration = Duration::from_millis(900);

/// A buyer who says nothing for so long is spoken to.
const PATIENCE: Duration = Duration::from_secs(6);

/// Interruptions begin at places of a frame that are so far apart.
const PHASE_SAMPLES: usize = 32;

/// Sentences for each word of listening.
const CUTS_A_WORD: usize = 2;

/// The loudest sample of the room: −60 dBFS.
const NOISE_PEAK: f32 = 32.0;

/// With what the rep interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sentence,
    /// A word that shows that somebody listens, and interrupts nobody.
    Listening,
}

/// What became of an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The buyer spoke on.
    Unnoticed,
    /// The server said so then.
    Cut { at: Instant },
    /// The voice came again then.
    Resumed { at: Instant },
}

/// One interruption, at the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interruption {
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
    onset: Instant,
    end: Instant,
    /// When the buyer's last frame came.
    stopped: Instant,
}

impl Interruption {
    /// From the onset to the last frame of the buyer.
    pub(crate) fn stop(&self) -> Option<Duration> {
        (self.outcome != Outcome::Unnoticed).then(|| self.stopped.duration_since(self.onset))
    }

    /// From the onset of a sentence to the cut.
    pub(crate) fn confirm(&self) -> Option<Duration> {
        let Outcome::Cut { at } = self.outcome else { return None };
        (self.kind == Kind::Sentence).then(|| at.duration_since(self.onset))
    }

    /// From the end of a word of listening to the voice.
    pub(crate) fn resume(&self) -> Option<Duration> {
        let Outcome::Resumed { at } = self.outcome else { return None };
        (self.kind == Kind::Listening).then(|| at.duration_since(self.end))
    }
}

/// A rep.
pub(crate) struct Caller {
    number: usize,
    server: String,
    api_key: String,
    listening: Arc<Listening>,
    /// Samples in all calls, for the noise.
    noise: u32,
    begun: usize,
    done: Vec<Interruption>,
}

impl Caller {
    pub(crate) fn new(
        number: usize,
        server: String,
        api_key: String,
        listening: Arc<Listening>,
    ) -> Self {
        let noise = number as u32;
        Self { number, server, api_key, listening, noise, begun: 0, done: Vec::new() }
    }

    /// Cuts in so many times, in as many calls as it takes.
    pub(crate) async fn interrupt(mut self, link: LinkKind, cuts: usize) -> Vec<Interruption> {
        while self.cuts() < cuts {
            let line = Line::open(link, &self.server, &self.api_key).await;
            let mut call = Call::new(&line);
            self.hold(&mut call, line, cuts).await;
        }
        self.done
    }

    fn cuts(&self) -> usize {
        self.done.iter().filter(|it| it.kind == Kind::Sentence).count()
    }

    /// Talks to the last cut, or to the end of the call.
    async fn hold(&mut self, call: &mut Call, mut line: Line, cuts: usize) {
        let mut frames = interval_at(clock::now(), FRAME);
        while self.cuts() < cuts {
            tokio::select! {
                // Frames leave on time whatever arrives.
                biased;
                _ = frames.tick() => {
                    self.begin_to_speak(call);
                    let samples = self.frame(call);
                    line.speak(call.sent, &samples).await;
                    call.was_sent(samples.len());
                    if let Some(played) = call.ear.tick() {
                        line.report(played).await;
                    }
                }
                arrival = line.next() => match arrival {
                    Arrival::Sound { reply, from, to, begins } => {
                        call.ear.take(reply, from, to, begins);
                        self.done.extend(call.heard(begins));
                    }
                    Arrival::Stop => line.report(call.ear.stop()).await,
                    Arrival::Live(live) => call.live(&live),
                    Arrival::Other => {}
                    Arrival::Over => return,
                },
            }
        }
        line.hang_up().await;
    }

    /// Interrupts a buyer who was heard for long enough, and speaks to one who is silent.
    fn begin_to_speak(&mut self, call: &mut Call) {
        if call.says.is_some() || call.open.is_some() {
            return;
        }
        let now = clock::now();
        match call.buyer {
            Buyer::Speaks { since } if since + HEARD_FOR <= now => {
                self.begun += 1;
                let every = CUTS_A_WORD + 1;
                let kind =
                    if self.begun.is_multiple_of(every) { Kind::Listening } else { Kind::Sentence };
                let number = self.number + self.begun / every;
                let samples = match kind {
                    Kind::Sentence => speech::sentence(number + self.begun),
                    Kind::Listening => self.listening.word(number),
                };
                let skip = self.begun * PHASE_SAMPLES % RATE.frame_len();
                call.says = Some(Says { samples, next: 0, skip });
                call.open = Some(Open { kind, onset: None, end: None, cut: None, stopped: now });
            }
            Buyer::Silent { since } if since + PATIENCE <= now => {
                call.buyer = Buyer::Silent { since: now };
                let samples = speech::sentence(self.number);
                call.says = Some(Says { samples, next: 0, skip: 0 });
            }
            _ => {}
        }
    }

    /// The next 20 ms: the room, and what the rep says in it.
    fn frame(&mut self, call: &mut Call) -> Vec<i16> {
        let mut frame: Vec<i16> = (0..RATE.frame_len()).map(|_| self.noise()).collect();
        let Some(says) = &mut call.says else { return frame };
        let skip = std::mem::take(&mut says.skip);
        let left = &says.samples[says.next..];
        let count = left.len().min(frame.len() - skip);
        for (sample, said) in frame[skip..].iter_mut().zip(left) {
            *sample = sample.saturating_add(*said);
        }
        call.begins_at = (says.next == 0).then_some(skip);
        says.next += count;
        call.ends_at = (says.next == says.samples.len()).then_some(skip + count);
        frame
    }

    fn noise(&mut self) -> i16 {
        self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (((self.noise >> 8) as f32 / (1 << 23) as f32 - 1.0) * NOISE_PEAK) as i16
    }
}

/// One call.
struct Call {
    ear: Ear,
    buyer: Buyer,
    sent: u64,
    says: Option<Says>,
    /// Where in the frame that is sent next the speech begins, and where it ends.
    begins_at: Option<usize>,
    ends_at: Option<usize>,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
enum Buyer {
    Silent { since: Instant },
    Speaks { since: Instant },
}

/// What is being said, from a place in the next frame on.
struct Says {
    samples: Vec<i16>,
    next: usize,
    skip: usize,
}

/// An interruption under way.
struct Open {
    kind: Kind,
    onset: Option<Instant>,
    end: Option<Instant>,
    cut: Option<Instant>,
    /// When the last frame came.
    stopped: Instant,
}

impl Call {
    fn new(line: &Line) -> Self {
        Self {
            ear: Ear::new(line.places_hz()),
            buyer: Buyer::Silent { since: clock::now() },
            sent: 0,
            says: None,
            begins_at: None,
            ends_at: None,
            open: None,
        }
    }

    /// A frame was sent just now: its samples are as old as they are far from its end.
    fn was_sent(&mut self, count: usize) {
        let now = clock::now();
        let moment = |at: usize| now - FRAME * (count - at) as u32 / count as u32;
        self.sent += count as u64;
        let (begins, ends) = (self.begins_at.take(), self.ends_at.take());
        if let Some(open) = &mut self.open {
            open.onset = open.onset.or(begins.map(moment));
            open.end = open.end.or(ends.map(moment));
        }
        if ends.is_some() {
            self.says = None;
        }
    }

    /// Sound of the buyer came. A new run of it tells what became of the interruption before.
    fn heard(&mut self, begins: bool) -> Option<Interruption> {
        let now = clock::now();
        if begins {
            self.buyer = Buyer::Speaks { since: now };
        }
        let open = self.open.as_mut()?;
        let is_over = open.end.is_some_and(|end| end + PATIENCE <= now);
        if !begins && !is_over {
            open.stopped = now;
            return None;
        }
        let Open { kind, onset, end, cut, stopped } = self.open.take()?;
        let outcome = match cut {
            Some(at) => Outcome::Cut { at },
            None if begins => Outcome::Resumed { at: now },
            None => Outcome::Unnoticed,
        };
        Some(Interruption { kind, outcome, onset: onset?, end: end?, stopped })
    }

    fn live(&mut self, live: &Live) {
        let now = clock::now();
        match live {
            Live::ReplyInterrupted { .. } => {
                self.buyer = Buyer::Silent { since: now };
                if let Some(open) = &mut self.open {
                    open.cut = open.cut.or(Some(now));
                }
            }
            // It came to its end under the interruption, which is none.
            Live::ReplyEnded { .. } => {
                self.buyer = Buyer::Silent { since: now };
                self.open = None;
            }
            _ => {}
        }
    }
}
