//! Counters that wrap on the wire, made into ones that do not.

/// A counter of `BITS` bits whose values come nearly in order.
///
/// A value is taken for the place nearest to the highest one so far, so a late packet lies behind
/// it and a wrap ahead. The first value lies one whole round from zero: nothing is ever below it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unwrapped<const BITS: u32> {
    highest: Option<u64>,
}

impl<const BITS: u32> Unwrapped<BITS> {
    const ROUND: u64 = 1 << BITS;

    /// The place of a value, given modulo 2^BITS.
    pub(super) fn place(&mut self, value: u64) -> u64 {
        let place = match self.highest {
            None => Self::ROUND + value % Self::ROUND,
            Some(highest) => {
                let ahead = value.wrapping_sub(highest) % Self::ROUND;
                if ahead < Self::ROUND / 2 {
                    highest + ahead
                } else {
                    highest + ahead - Self::ROUND
                }
            }
        };
        self.highest = self.highest.max(Some(place));
        place
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sequence_number_wraps_on_and_a_late_one_lies_behind() {
        let mut seq = Unwrapped::<16>::default();
        let steps = [
            (65_534, 131_070),
            (65_535, 131_071),
            // The wrap.
            (1, 131_073),
            // One that was overtaken, from this side of the wrap and from the other.
            (0, 131_072),
            (65_533, 131_069),
            (2, 131_074),
            // Half a round ahead is taken for behind: it is nearer there by none.
            (2 + 32_768, 131_074 - 32_768),
            (2 + 32_767, 131_074 + 32_767),
        ];
        for (sent, expected) in steps {
            assert_eq!(seq.place(sent), expected, "{sent}");
        }
    }

    #[test]
    fn what_is_older_than_the_first_packet_has_a_place_too() {
        let mut seq = Unwrapped::<16>::default();
        assert_eq!(seq.place(3), 65_539);
        assert_eq!(seq.place(65_535), 65_535);
    }

    proptest! {
        #[test]
        fn low_bits_are_kept_and_nothing_overflows(values in proptest::collection::vec(any::<u32>(), 1..300)) {
            let (mut seq, mut timestamp) = (Unwrapped::<16>::default(), Unwrapped::<32>::default());
            for value in values {
                prop_assert_eq!(seq.place(value.into()) as u16, value as u16);
                prop_assert_eq!(timestamp.place(value.into()) as u32, value);
            }
        }
    }
}
