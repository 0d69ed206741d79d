//! Which sound went out under which RTP timestamp. Pure.

use std::collections::VecDeque;

use ringcraft_media::call::ReplyId;
use ringcraft_media::units::{SampleRate, Samples};

/// Stretches of sound without a break that are remembered: replies, and what is left of one after
/// a pause. When full the oldest is forgotten, which was heard long ago.
const REMEMBERED: usize = 64;

/// A report may be so much later than what was sent last, in RTP timestamps: 10 s, for which
/// browsers keep the last packet of a stream that has ended.
const LATEST: u32 = 10 * SampleRate::Hz48000.hz();

/// RTP timestamps of one packet.
const PACKET: u32 = SampleRate::Hz48000.frame_len() as u32;

/// What was sent lately, oldest first.
#[derive(Debug, Default)]
pub(super) struct SentSound {
    stretches: VecDeque<Stretch>,
}

#[derive(Debug)]
struct Stretch {
    timestamp: u32,
    len: u32,
    reply: ReplyId,
    offset: Samples,
}

/// Nothing was sent under a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotSent;

impl SentSound {
    /// Notes a packet of a reply.
    pub(super) fn note(&mut self, timestamp: u32, reply: ReplyId, offset: Samples) {
        if let Some(last) = self.stretches.back_mut()
            && last.reply == reply
            && last.timestamp.wrapping_add(last.len) == timestamp
            && last.offset + Samples(last.len.into()) == offset
        {
            last.len += PACKET;
            return;
        }
        if self.stretches.len() == REMEMBERED {
            self.stretches.pop_front();
        }
        self.stretches.push_back(Stretch { timestamp, len: PACKET, reply, offset });
    }

    /// How far a reply was heard when the sound of this timestamp was. Between two replies the
    /// earlier one was heard out.
    pub(super) fn at(&self, timestamp: u32) -> Result<(ReplyId, Samples), NotSent> {
        let since = |stretch: &Stretch| timestamp.wrapping_sub(stretch.timestamp);
        let begun = self.stretches.iter().rev().find(|stretch| since(stretch) <= i32::MAX as u32);
        let stretch = begun.ok_or(NotSent)?;
        if LATEST < since(stretch).saturating_sub(stretch.len) {
            return Err(NotSent);
        }
        let heard = since(stretch).min(stretch.len);
        Ok((stretch.reply, stretch.offset + Samples(heard.into())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: ReplyId = ReplyId(1);
    const SECOND: ReplyId = ReplyId(2);

    fn note(sound: &mut SentSound, packets: u32, (timestamp, reply, offset): (u32, ReplyId, u64)) {
        for packet in 0..packets {
            let passed = packet * 960;
            let offset = Samples(offset + u64::from(passed));
            sound.note(timestamp.wrapping_add(passed), reply, offset);
        }
    }

    #[test]
    fn a_timestamp_names_a_reply_and_its_sample() {
        let mut sound = SentSound::default();
        assert_eq!(sound.at(0), Err(NotSent));
        // 100 ms of one reply, 1 s of nothing, 60 ms of the next.
        note(&mut sound, 5, (10_000, FIRST, 0));
        note(&mut sound, 3, (62_800, SECOND, 0));
        let table = [
            (10_000, Ok((FIRST, Samples(0)))),
            (10_480, Ok((FIRST, Samples(480)))),
            (14_800, Ok((FIRST, Samples(4_800)))),
            // Between the two.
            (40_000, Ok((FIRST, Samples(4_800)))),
            (62_799, Ok((FIRST, Samples(4_800)))),
            (62_800, Ok((SECOND, Samples(0)))),
            (65_000, Ok((SECOND, Samples(2_200)))),
            // Until 10 s after the last.
            (65_681, Ok((SECOND, Samples(2_880)))),
            (65_680 + 480_000, Ok((SECOND, Samples(2_880)))),
            (65_681 + 480_000, Err(NotSent)),
            (9_999, Err(NotSent)),
            (0x9000_0000, Err(NotSent)),
        ];
        for (timestamp, expected) in table {
            assert_eq!(sound.at(timestamp), expected, "{timestamp}");
        }
    }

    #[test]
    fn sound_that_is_sent_again_counts_where_it_was_heard_last() {
        let mut sound = SentSound::default();
        note(&mut sound, 50, (0, FIRST, 0));
        // Paused, then resumed from 0.5 s of the reply on, 2 s after it began.
        note(&mut sound, 10, (96_000, FIRST, 24_000));
        assert_eq!(sound.at(47_000), Ok((FIRST, Samples(47_000))));
        assert_eq!(sound.at(95_999), Ok((FIRST, Samples(48_000))));
        assert_eq!(sound.at(96_001), Ok((FIRST, Samples(24_001))));
    }

    #[test]
    fn timestamps_wrap() {
        let mut sound = SentSound::default();
        note(&mut sound, 10, (u32::MAX - 959, FIRST, 96_000));
        assert_eq!(sound.at(u32::MAX), Ok((FIRST, Samples(96_959))));
        assert_eq!(sound.at(0), Ok((FIRST, Samples(96_960))));
        assert_eq!(sound.at(8_640), Ok((FIRST, Samples(105_600))));
    }

    #[test]
    fn only_so_much_is_remembered() {
        let mut sound = SentSound::default();
        for reply in 0..=64 {
            note(&mut sound, 1, (reply * 10_000, ReplyId(reply), 0));
        }
        assert_eq!(sound.at(5), Err(NotSent));
        assert_eq!(sound.at(10_005), Ok((ReplyId(1), Samples(5))));
        assert_eq!(sound.stretches.len(), 64);
    }

    proptest! {
        #[test]
        fn no_report_goes_past_what_was_sent(base: u32, packets in 1..200u32, asked: u32) {
            let mut sound = SentSound::default();
            note(&mut sound, packets, (base, FIRST, 0));
            if let Ok((_, sample)) = sound.at(asked) {
                prop_assert!(sample.0 <= u64::from(packets * 960));
            }
        }
    }
}
