//! Both legs of a live call side by side, in pieces for those who listen. Pure.

use bytes::{BufMut, Bytes, BytesMut};
use ringcraft_media::record::Speaker;
use ringcraft_media::tape::{TAPE_FRAME_LEN, TapeFrame};

/// Samples of each leg in a piece: 100 ms at 16 kHz.
const PIECE: usize = 5 * TAPE_FRAME_LEN;

/// How far the rep's leg is past the end of a piece when that goes: 100 ms. The buyer's sound is on
/// the tape by then, since it is sent ahead of time and waits there for the rest of a frame only.
const REP_AHEAD: u64 = 1_600;

/// How far any leg may be past the start of a piece that waits for the other: 500 ms, longer than a
/// late packet is waited for. Then the piece goes with silence where nothing came.
const ANY_AHEAD: u64 = 8_000;

/// Bytes before the samples of a piece: the place of the first one.
const HEADER: usize = 4;

/// Puts the frames of both legs side by side.
#[derive(Debug)]
pub(super) struct Mixer {
    /// The place of the first sample that is held: a whole number of pieces.
    start: u64,
    /// Samples from there on, rep and buyer in turn; what did not come is silence.
    held: Vec<i16>,
    rep_end: u64,
}

impl Mixer {
    /// A mixer that holds nothing.
    pub(super) fn new() -> Self {
        Self { start: 0, held: Vec::with_capacity(2 * ANY_AHEAD as usize), rep_end: 0 }
    }

    /// Adds a frame, and hands out each piece that became whole. What lies before a piece that was
    /// handed out is dropped.
    pub(super) fn take(&mut self, frame: &TapeFrame, mut ready: impl FnMut(Bytes)) {
        let (from, samples) = (frame.start.0, frame.samples());
        let end = from + samples.len() as u64;
        while !self.held.is_empty() && self.start + ANY_AHEAD < end {
            ready(self.cut());
        }
        if self.held.is_empty() {
            // The first sound, or the first after a hole.
            self.start = self.start.max(from - from % PIECE as u64);
        }
        let late = usize::try_from(self.start.saturating_sub(from)).unwrap_or(usize::MAX);
        if let Some(samples) = samples.get(late..) {
            self.put(frame.leg, from.max(self.start) - self.start, samples);
        }
        if frame.leg == Speaker::Rep {
            self.rep_end = self.rep_end.max(end);
        }
        while !self.held.is_empty() && self.start + PIECE as u64 + REP_AHEAD <= self.rep_end {
            ready(self.cut());
        }
    }

    /// Hands out whatever is held, with silence up to the end of its piece.
    pub(super) fn flush(&mut self, mut ready: impl FnMut(Bytes)) {
        while !self.held.is_empty() {
            ready(self.cut());
        }
    }

    fn put(&mut self, leg: Speaker, at: u64, samples: &[i16]) {
        // Below ANY_AHEAD: whatever lies further ahead has pushed the start on.
        let at = at as usize;
        let needed = 2 * (at + samples.len());
        if self.held.len() < needed {
            self.held.resize(needed, 0);
        }
        let side = match leg {
            Speaker::Rep => 0,
            Speaker::Persona => 1,
        };
        for (place, sample) in self.held[2 * at..].chunks_exact_mut(2).zip(samples) {
            place[side] = *sample;
        }
    }

    fn cut(&mut self) -> Bytes {
        let len = (2 * PIECE).min(self.held.len());
        let mut piece = BytesMut::with_capacity(HEADER + 4 * PIECE);
        // The place is modulo 2^32, as in every message of sound.
        piece.put_u32_le(self.start as u32);
        self.held.drain(..len).for_each(|sample| piece.put_i16_le(sample));
        piece.resize(HEADER + 4 * PIECE, 0);
        self.start += PIECE as u64;
        piece.freeze()
    }
}

#[cfg(test)]
mod tests {
    use ringcraft_media::units::Samples;

    use super::*;

    const REP: Speaker = Speaker::Rep;
    const BUYER: Speaker = Speaker::Persona;
    const FRAME: u64 = TAPE_FRAME_LEN as u64;

    /// A piece as its place and what each leg has in each of its five frames; a frame is of one
    /// value all through.
    type Read = (u32, [i16; 5], [i16; 5]);

    #[derive(Debug)]
    struct Rig(Mixer, Vec<Read>);

    impl Rig {
        fn new() -> Self {
            Self(Mixer::new(), Vec::new())
        }

        /// Takes a frame of one value at the place of a frame's number.
        fn take(&mut self, leg: Speaker, number: u64, value: i16) {
            self.take_at(leg, number * FRAME, TAPE_FRAME_LEN, value);
        }

        fn take_at(&mut self, leg: Speaker, start: u64, len: usize, value: i16) {
            let pcm = [value; TAPE_FRAME_LEN];
            let frame = TapeFrame { leg, start: Samples(start), len: len as u16, pcm };
            let Self(mixer, pieces) = self;
            mixer.take(&frame, |piece| pieces.push(read(&piece)));
        }

        fn flush(&mut self) {
            let Self(mixer, pieces) = self;
            mixer.flush(|piece| pieces.push(read(&piece)));
        }

        fn pieces(&mut self) -> Vec<Read> {
            std::mem::take(&mut self.1)
        }
    }

    fn read(piece: &Bytes) -> Read {
        assert_eq!(piece.len(), 4 + 2 * 2 * 1_600);
        let place = u32::from_le_bytes(piece[..4].try_into().unwrap());
        let pairs: Vec<[i16; 2]> = piece[4..]
            .chunks_exact(4)
            .map(|four| [[four[0], four[1]], [four[2], four[3]]].map(i16::from_le_bytes))
            .collect();
        let leg = |side: usize| {
            [0, 1, 2, 3, 4].map(|frame| {
                let frame = &pairs[frame * 320..(frame + 1) * 320];
                assert!(frame.iter().all(|pair| pair[side] == frame[0][side]));
                frame[0][side]
            })
        };
        (place, leg(0), leg(1))
    }

    #[test]
    fn both_legs_are_side_by_side_at_their_places() {
        let mut rig = Rig::new();
        for number in 0..10 {
            rig.take(REP, number, number as i16 + 1);
            assert_eq!(rig.1.len(), usize::from(number == 9), "100 ms after its end, not before");
            if number == 2 {
                // As it is sent: 60 ms ahead.
                rig.take(BUYER, 4, -40);
                rig.take(BUYER, 5, -50);
            }
        }
        assert_eq!(rig.pieces(), [(0, [1, 2, 3, 4, 5], [0, 0, 0, 0, -40])]);
        for number in 10..15 {
            rig.take(REP, number, number as i16 + 1);
        }
        assert_eq!(rig.pieces(), [(1_600, [6, 7, 8, 9, 10], [-50, 0, 0, 0, 0])]);
        rig.flush();
        assert_eq!(rig.pieces(), [(3_200, [11, 12, 13, 14, 15], [0; 5])]);
        rig.flush();
        assert_eq!(rig.pieces(), []);
    }

    #[test]
    fn sound_that_begins_within_a_piece_has_silence_before_it() {
        let mut rig = Rig::new();
        rig.take(REP, 1_002, 7);
        rig.take_at(BUYER, 1_003 * FRAME, 320, 8);
        rig.flush();
        assert_eq!(rig.pieces(), [(320_000, [0, 0, 7, 0, 0], [0, 0, 0, 8, 0])]);
    }

    #[test]
    fn a_rep_who_is_late_is_waited_for_and_one_who_is_gone_is_not() {
        let mut rig = Rig::new();
        rig.take(REP, 0, 1);
        for number in 0..25 {
            rig.take(BUYER, number, 2);
        }
        assert_eq!(rig.pieces(), [], "500 ms are waited for");
        rig.take(REP, 1, 1);
        rig.take(BUYER, 25, 2);
        assert_eq!(rig.pieces(), [(0, [1, 1, 0, 0, 0], [2; 5])]);
        // What comes later than that is not heard, and what is not too late is.
        for number in 2..15 {
            rig.take(REP, number, 3);
        }
        assert_eq!(rig.pieces(), [(1_600, [3; 5], [2; 5])]);
    }

    #[test]
    fn after_a_hole_it_goes_on_at_the_new_place() {
        let mut rig = Rig::new();
        rig.take(REP, 0, 1);
        rig.take(REP, 5_001, 2);
        assert_eq!(rig.pieces(), [(0, [1, 0, 0, 0, 0], [0; 5])], "the hole itself is not sent");
        for number in 5_002..5_010 {
            rig.take(REP, number, 3);
        }
        assert_eq!(rig.pieces(), [(1_600_000, [0, 2, 3, 3, 3], [0; 5])]);
        // However late and however short: nothing is heard twice.
        rig.take(BUYER, 5_000, 9);
        rig.take_at(BUYER, 3, 0, 9);
        rig.flush();
        assert_eq!(rig.pieces(), [(1_601_600, [3; 5], [0; 5])]);
    }

    #[test]
    fn the_place_wraps() {
        let mut rig = Rig::new();
        // 2^32 = 2684354 * 1600 + 896
        rig.take_at(REP, 2_684_355 * 1_600, 320, 1);
        rig.flush();
        assert_eq!(rig.pieces(), [(704, [1, 0, 0, 0, 0], [0; 5])]);
    }
}
