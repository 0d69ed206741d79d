//! Quantities that must not be mixed up: sample rates, sample counts, call time and level.

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Length of every frame inside the server, in milliseconds.
pub const FRAME_MS: u64 = 20;

/// The rate of one mono stream. Only the three rates that links carry exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum SampleRate {
    /// Telephone audio.
    Hz8000,
    /// Recognition and the tape.
    Hz16000,
    /// Opus over WebRTC.
    Hz48000,
}

/// A rate no link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sample rate {0} is not one of 8000, 16000 and 48000")]
pub struct UnknownRate(pub u32);

impl SampleRate {
    /// Samples in a second.
    pub const fn hz(self) -> u32 {
        match self {
            Self::Hz8000 => 8_000,
            Self::Hz16000 => 16_000,
            Self::Hz48000 => 48_000,
        }
    }

    /// Samples in one 20 ms frame.
    pub const fn frame_len(self) -> usize {
        (self.hz() as usize) / 50
    }
}

impl TryFrom<u32> for SampleRate {
    type Error = UnknownRate;

    fn try_from(hz: u32) -> Result<Self, UnknownRate> {
        match hz {
            8_000 => Ok(Self::Hz8000),
            16_000 => Ok(Self::Hz16000),
            48_000 => Ok(Self::Hz48000),
            other => Err(UnknownRate(other)),
        }
    }
}

impl From<SampleRate> for u32 {
    fn from(rate: SampleRate) -> Self {
        rate.hz()
    }
}

/// A count of samples, or a place in a stream, at a rate that its owner names.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Samples(pub u64);

impl Samples {
    /// How long this many samples last, to the nearest microsecond.
    pub const fn span(self, rate: SampleRate) -> Span {
        let hz = rate.hz() as u64;
        Span((self.0 * 1_000_000 + hz / 2) / hz)
    }
}

impl Add for Samples {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Samples {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// A length of time in microseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(pub u64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A whole number of milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// The number of samples that last this long, to the nearest sample.
    pub const fn samples(self, rate: SampleRate) -> Samples {
        Samples((self.0 * rate.hz() as u64 + 500_000) / 1_000_000)
    }

    /// This span without `other`, never below zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// A moment on the call's clock, in microseconds since `call.connected`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct CallTime(pub u64);

impl CallTime {
    /// The moment the call was connected.
    pub const ZERO: Self = Self(0);

    /// A whole number of milliseconds after the call was connected.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// Whole milliseconds since the call was connected, rounded down.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// Time since `earlier`, or zero where that lies in the future.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// This moment less `span`, not before the call.
    #[must_use]
    pub const fn saturating_sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The place of this moment on a stream that starts with the call, to the nearest sample.
    pub const fn samples(self, rate: SampleRate) -> Samples {
        Span(self.0).samples(rate)
    }
}

impl Add<Span> for CallTime {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0 + span.0)
    }
}

impl AddAssign<Span> for CallTime {
    fn add_assign(&mut self, span: Span) {
        self.0 += span.0;
    }
}

impl fmt::Display for CallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.as_ms() / 1_000, self.as_ms() % 1_000)
    }
}

/// A level in decibels below full scale: 0 is the loudest, silence is [`Dbfs::FLOOR`].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dbfs(pub f32);

impl Dbfs {
    /// The level of digital silence here; nothing is quieter.
    pub const FLOOR: Self = Self(-100.0);

    /// The level of a root mean square between 0 and 1.
    pub fn from_rms(rms: f32) -> Self {
        // Not a number is no sound either: a log must be able to hold every level.
        if 1.0e-5 < rms { Self(20.0 * rms.log10()) } else { Self::FLOOR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_spans_convert_to_the_nearest() {
        for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
            for count in [0, 1, 2, 3, 319, 320, 961, 57_600_001] {
                let samples = Samples(count);
                assert_eq!(samples.span(rate).samples(rate), samples, "{count} at {rate:?}");
            }
        }
        assert_eq!(Samples(1).span(SampleRate::Hz16000), Span(63));
    }

    #[test]
    fn time_never_runs_below_zero() {
        let early = CallTime::from_ms(5);
        assert_eq!(early.saturating_since(CallTime::from_ms(9)), Span::ZERO);
        assert_eq!(early.saturating_sub(Span::ms(9)), CallTime::ZERO);
    }

    #[test]
    fn levels_follow_the_definition() {
        assert_eq!(Dbfs::from_rms(1.0), Dbfs(0.0));
        assert!((Dbfs::from_rms(0.1).0 + 20.0).abs() < 1e-4);
        assert_eq!(Dbfs::from_rms(0.0), Dbfs::FLOOR);
        assert_eq!(Dbfs::from_rms(f32::NAN), Dbfs::FLOOR);
    }
}
