//! A decoded message on its way onto the leg, with what goes before it.

use crate::codec::{BadPayload, Decoder, LONGEST_CONCEALED, LONGEST_DECODED};
use crate::units::Samples;

/// Made-up sound, silence, and then what was rebuilt together with the message.
#[derive(Debug)]
pub(super) struct Pending {
    samples: [f32; 2 * LONGEST_DECODED],
    /// The next sample that goes onto the leg.
    at: usize,
    /// The end of what is made up, where the silence goes.
    made_up: usize,
    silence: u64,
    /// The end of what is rebuilt, where the message begins.
    message: usize,
    end: usize,
    /// How far the message lies ahead of the line.
    ahead_us: i64,
}

/// Up to 20 ms of what goes onto the leg.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    Sound { samples: &'a [f32], ahead_us: i64 },
    Silence { len: usize },
}

impl Default for Pending {
    fn default() -> Self {
        let samples = [0.0; 2 * LONGEST_DECODED];
        Self { samples, at: 0, made_up: 0, silence: 0, message: 0, end: 0, ahead_us: 0 }
    }
}

impl Pending {
    /// Decodes a message and makes up for a hole before it: as much as it repeats of what was lost
    /// is rebuilt from it, what lies before is concealed. Says how long the message is.
    pub(super) fn decode(
        &mut self,
        decoder: &mut Decoder,
        payload: &[u8],
        hole: Samples,
    ) -> Result<usize, BadPayload> {
        self.clear();
        let hole = usize::try_from(hole.0).unwrap_or(usize::MAX);
        let repeated = decoder.repeated(payload);
        let rebuilt = if repeated <= hole { repeated } else { 0 };
        let concealed = LONGEST_CONCEALED.samples(decoder.rate()).0 as usize;
        let made_up = concealed.min(hole - rebuilt);
        let (before, rest) = self.samples.split_at_mut(made_up);
        let (again, rest) = rest.split_at_mut(rebuilt);
        if !before.is_empty() {
            decoder.conceal(before);
        }
        if !again.is_empty() {
            decoder.rebuild(payload, again);
        }
        let len = decoder.decode(payload, rest)?;
        self.made_up = made_up;
        self.message = made_up + rebuilt;
        self.end = self.message + len;
        Ok(len)
    }

    /// Leaves out the beginning of a message that nothing goes before.
    pub(super) fn cut(&mut self, len: Samples) {
        let len = usize::try_from(len.0).unwrap_or(usize::MAX);
        self.at = self.end.min(self.at.saturating_add(len));
        (self.made_up, self.message) = (self.at, self.at);
    }

    /// The samples of the message.
    pub(super) fn message(&self) -> &[f32] {
        &self.samples[self.message..self.end]
    }

    /// How much was made up and rebuilt.
    pub(super) fn made_up(&self) -> Samples {
        Samples(self.message as u64)
    }

    /// Says how much lies between the leg and the message, and how far ahead of the line that is.
    /// What was not made up of it becomes silence: so much.
    pub(super) fn fill_up_to(&mut self, fill: Samples, ahead_us: i64) -> Samples {
        self.silence = fill.0.saturating_sub(self.made_up().0);
        self.ahead_us = ahead_us;
        Samples(self.silence)
    }

    /// The next piece, of at most so many samples.
    pub(super) fn next(&mut self, most: usize) -> Option<Piece<'_>> {
        if self.at == self.made_up && 0 < self.silence {
            let len = self.silence.min(most as u64);
            self.silence -= len;
            return Some(Piece::Silence { len: len as usize });
        }
        let until = if self.at < self.made_up { self.made_up } else { self.end };
        let from = self.at;
        self.at = until.min(from + most);
        let samples = &self.samples[from..self.at];
        let piece = Piece::Sound { samples, ahead_us: self.ahead_us };
        if samples.is_empty() { None } else { Some(piece) }
    }

    /// Forgets what is left.
    pub(super) fn clear(&mut self) {
        (self.at, self.made_up, self.message, self.end) = (0, 0, 0, 0);
        (self.silence, self.ahead_us) = (0, 0);
    }
}
