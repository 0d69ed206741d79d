//! Exact quotients of whole numbers, rounded once, when they are printed.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// A quotient with `PLACES` decimals, rounded half away from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal<const PLACES: u32> {
    scaled: u64,
}

/// A share of one: four decimals.
pub type Share = Decimal<4>;

/// So many per unit of time or of words: two decimals.
pub type Rate = Decimal<2>;

impl<const PLACES: u32> Decimal<PLACES> {
    const SCALE: u64 = 10_u64.pow(PLACES);

    /// Divides; `None` by zero.
    pub(super) fn quotient(dividend: u64, divisor: u64) -> Option<Self> {
        Self::product_quotient(dividend, 1, divisor)
    }

    /// Divides a product; `None` by zero.
    pub(super) fn product_quotient(dividend: u64, factor: u64, divisor: u64) -> Option<Self> {
        if divisor == 0 {
            return None;
        }
        let (dividend, divisor) = (u128::from(dividend), u128::from(divisor));
        // No call is long enough, and no text holds enough words, for the product to saturate.
        let doubled =
            dividend.saturating_mul(u128::from(factor)).saturating_mul(2 * u128::from(Self::SCALE));
        let scaled = doubled.saturating_add(divisor) / (2 * divisor);
        Some(Self { scaled: u64::try_from(scaled).unwrap_or(u64::MAX) })
    }

    /// The value as it is printed.
    ///
    /// Both numbers are exact in an `f64` and division rounds to the nearest, so the result is the
    /// `f64` nearest to the decimal, and its shortest form is that decimal.
    pub fn value(self) -> f64 {
        self.scaled as f64 / Self::SCALE as f64
    }
}

impl<const PLACES: u32> Serialize for Decimal<PLACES> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

/// Why a value is null, or what to keep in mind where it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Neither side spoke.
    NoSpeech,
    /// The side did not speak.
    NoTalk,
    /// The side's text has no tokens.
    NoTokens,
    /// The call has no length.
    NoDuration,
    /// The side answered no turn.
    NoResponses,
    /// The side said too little for a rate.
    TooFewTokens,
    /// The side spoke too briefly for a rate.
    TooLittleTalk,
    /// Only one side spoke; the value is given.
    OneSideSilent,
    /// The words of this language are not known.
    LanguageNotSupported,
    /// The recogniser leaves out what is counted.
    RecogniserDropsFillers,
}

/// Reasons by the path of the value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Reasons(BTreeMap<String, Reason>);

impl Reasons {
    /// The reason for the value at a path.
    pub fn get(&self, path: &str) -> Option<Reason> {
        self.0.get(path).copied()
    }

    pub(super) fn note(&mut self, path: impl Into<String>, reason: Reason) {
        self.0.insert(path.into(), reason);
    }

    /// Keeps the reason where there is no value.
    pub(super) fn keep<T>(
        &mut self,
        path: impl Into<String>,
        value: Result<T, Reason>,
    ) -> Option<T> {
        value.map_err(|reason| self.note(path, reason)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed<const PLACES: u32>(dividend: u64, divisor: u64) -> String {
        let quotient = Decimal::<PLACES>::quotient(dividend, divisor);
        serde_json::to_string(&quotient).expect("a number")
    }

    #[test]
    fn quotients_are_rounded_once_and_half_away_from_zero() {
        assert_eq!(printed::<4>(3_500, 12_000), "0.2917");
        assert_eq!(printed::<4>(1, 20_000), "0.0001");
        assert_eq!(printed::<4>(1, 20_001), "0.0");
        assert_eq!(printed::<4>(7, 7), "1.0");
        assert_eq!(printed::<2>(36, 5), "7.2");
        assert_eq!(printed::<2>(1, 200), "0.01");
        assert_eq!(printed::<2>(1_005, 1_000), "1.01");
        assert_eq!(printed::<2>(140, 1), "140.0");
        assert_eq!(printed::<2>(1, 0), "null");
    }

    #[test]
    fn every_decimal_prints_as_itself() {
        for scaled in (0..10_000).chain([123_456_789_012_345, 600_000_000_000_001]) {
            let expected = format!("{}.{:02}", scaled / 100, scaled % 100);
            let expected = expected.strip_suffix('0').unwrap_or(&expected);
            assert_eq!(printed::<2>(scaled, 100), expected);
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        assert!(Rate::product_quotient(u64::MAX, u64::MAX, 1).is_some());
        assert!(Share::quotient(u64::MAX, u64::MAX).is_some_and(|one| one.value() == 1.0));
    }
}
