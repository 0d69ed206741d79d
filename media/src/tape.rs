//! The recording: both legs at 16 kHz on one sample counter that starts with the call.

use std::collections::VecDeque;

use crate::codec::sample_to_i16;
use crate::framer::Framer;
use crate::record::Speaker;
use crate::resample::Resampler;
use crate::units::{CallTime, SampleRate, Samples};

/// The rate of the tape.
pub const TAPE_RATE: SampleRate = SampleRate::Hz16000;

/// Samples in a full frame of the tape: 20 ms.
pub const TAPE_FRAME_LEN: usize = TAPE_RATE.frame_len();

/// A piece of one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeFrame {
    /// Whose leg.
    pub leg: Speaker,
    /// The place of its first sample, from the start of the call.
    pub start: Samples,
    /// How many samples count, up to [`TAPE_FRAME_LEN`]; the rest is silence.
    pub len: u16,
    /// The samples.
    pub pcm: [i16; TAPE_FRAME_LEN],
}

impl TapeFrame {
    /// The samples that count.
    pub fn samples(&self) -> &[i16] {
        &self.pcm[..usize::from(self.len).min(TAPE_FRAME_LEN)]
    }
}

/// Brings both legs of a live call onto the tape. Between sounds it writes nothing: what no frame
/// covers is silence.
#[derive(Debug)]
pub struct Tape {
    link_rate: SampleRate,
    resampler: Resampler,
    pieces: Framer<TAPE_FRAME_LEN>,
    run: Option<Run>,
    /// The end of each leg so far.
    rep_end: Samples,
    persona_end: Samples,
    frames: VecDeque<TapeFrame>,
}

/// An unbroken stretch of the persona's sound.
#[derive(Debug)]
struct Run {
    start: CallTime,
    /// Samples of it so far, at the link's rate.
    taken: Samples,
}

impl Tape {
    /// An empty tape of a call whose link has this rate.
    pub fn new(link_rate: SampleRate) -> Self {
        Self {
            link_rate,
            resampler: converter(link_rate),
            pieces: Framer::default(),
            run: None,
            rep_end: Samples(0),
            persona_end: Samples(0),
            frames: VecDeque::with_capacity(8),
        }
    }

    /// Goes on with a link of another rate.
    pub fn relink(&mut self, link_rate: SampleRate) {
        self.persona_stopped();
        self.link_rate = link_rate;
        self.resampler = converter(link_rate);
    }

    /// Adds 20 ms of the rep, already at the tape's rate and on the call's clock. What lies before
    /// the end of the leg is dropped.
    pub fn rep(&mut self, start: Samples, pcm: &[i16; TAPE_FRAME_LEN]) {
        if start < self.rep_end {
            return;
        }
        self.rep_end = start + Samples(TAPE_FRAME_LEN as u64);
        let len = TAPE_FRAME_LEN as u16;
        self.frames.push_back(TapeFrame { leg: Speaker::Rep, start, len, pcm: *pcm });
    }

    /// Adds sound of the persona at the link's rate, which starts to sound at `at`. What does not
    /// follow the sound before it begins a run of its own.
    pub fn persona(&mut self, at: CallTime, sound: &[f32]) {
        let place = at.samples(self.link_rate).0;
        let follows = self.run.as_ref().is_some_and(|run| {
            // One sample of rounding.
            (run.start.samples(self.link_rate) + run.taken).0.abs_diff(place) <= 1
        });
        if !follows {
            self.persona_stopped();
            self.persona_end = self.persona_end.max(at.samples(TAPE_RATE));
            self.run = Some(Run { start: at, taken: Samples(0) });
        }
        let Self { resampler, pieces, run: Some(run), persona_end, frames, .. } = self else {
            return;
        };
        run.taken += Samples(sound.len() as u64);
        resampler.push(sound, |ready| {
            pieces.push(ready, |piece| keep(frames, persona_end, piece, TAPE_FRAME_LEN));
        });
    }

    /// Ends the persona's run, after the last sound that was sent of it.
    pub fn persona_stopped(&mut self) {
        let Self { resampler, pieces, run, persona_end, frames, .. } = self;
        if run.take().is_none() {
            return;
        }
        resampler.finish(|ready| {
            pieces.push(ready, |piece| keep(frames, persona_end, piece, TAPE_FRAME_LEN));
        });
        if let Some((piece, len)) = pieces.finish() {
            keep(frames, persona_end, piece, len);
        }
    }

    /// The next frame for the recorder. The frames of a leg come in order and never overlap.
    pub fn poll(&mut self) -> Option<TapeFrame> {
        self.frames.pop_front()
    }
}

fn converter(link_rate: SampleRate) -> Resampler {
    Resampler::new(link_rate.hz(), TAPE_RATE.hz()).expect("every link's rate meets the tape's")
}

fn keep(
    frames: &mut VecDeque<TapeFrame>,
    end: &mut Samples,
    piece: &[f32; TAPE_FRAME_LEN],
    len: usize,
) {
    let pcm = piece.map(sample_to_i16);
    frames.push_back(TapeFrame { leg: Speaker::Persona, start: *end, len: len as u16, pcm });
    *end += Samples(len as u64);
}

/// Both legs of a whole call, put together from the frames of its tape in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legs {
    rep: Vec<i16>,
    persona: Vec<i16>,
}

impl Legs {
    /// Two legs of silence, as long as the call.
    pub fn new(len: Samples) -> Self {
        let len = len.0 as usize;
        Self { rep: vec![0; len], persona: vec![0; len] }
    }

    /// Writes a frame in its place; what lies past the end of the call is cut off.
    pub fn write(&mut self, frame: &TapeFrame) {
        self.lay(frame.leg, frame.start, frame.samples());
    }

    /// Lays sound of any length onto a leg; what lies past the end of the call is cut off.
    pub fn lay(&mut self, leg: Speaker, start: Samples, sound: &[i16]) {
        let leg = match leg {
            Speaker::Rep => &mut self.rep,
            Speaker::Persona => &mut self.persona,
        };
        let start = usize::try_from(start.0).unwrap_or(usize::MAX);
        let Some(place) = leg.get_mut(start..) else { return };
        for (sample, written) in place.iter_mut().zip(sound) {
            *sample = *written;
        }
    }

    /// Silences the persona's leg from one place up to another: what was sent there and never
    /// played.
    pub fn unheard(&mut self, from: Samples, to: Samples) {
        let index = |place: Samples| {
            usize::try_from(place.0).map_or(self.persona.len(), |at| at.min(self.persona.len()))
        };
        let (from, to) = (index(from), index(to));
        if let Some(sent) = self.persona.get_mut(from..to) {
            sent.fill(0);
        }
    }

    /// The rep's leg and the persona's.
    pub fn into_legs(self) -> (Vec<i16>, Vec<i16>) {
        (self.rep, self.persona)
    }

    /// The rep's leg.
    pub fn rep(&self) -> &[i16] {
        &self.rep
    }

    /// The persona's leg, as long as the rep's.
    pub fn persona(&self) -> &[i16] {
        &self.persona
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    const RATES: [SampleRate; 3] = [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000];

    fn legs(tape: &mut Tape, len: Samples) -> Legs {
        let mut legs = Legs::new(len);
        let mut ends = [Samples(0); 2];
        while let Some(frame) = tape.poll() {
            let end = &mut ends[usize::from(frame.leg == Speaker::Persona)];
            assert!(*end <= frame.start, "frames of a leg never overlap");
            assert!(frame.pcm[usize::from(frame.len)..].iter().all(|x| *x == 0));
            *end = frame.start + Samples(frame.len.into());
            legs.write(&frame);
        }
        legs
    }

    fn loudest(leg: &[i16]) -> usize {
        (0..leg.len()).max_by_key(|n| leg[*n].unsigned_abs()).unwrap()
    }

    /// Sends a run of the persona in 20 ms frames, with a click.
    fn send(tape: &mut Tape, rate: SampleRate, at: CallTime, sound_len: usize, click: usize) {
        let mut sound = vec![0.0; sound_len];
        sound[click] = 0.9;
        for (n, frame) in sound.chunks(rate.frame_len()).enumerate() {
            tape.persona(at + Span::ms(20 * n as u64), frame);
        }
    }

    #[test]
    fn a_click_in_both_legs_lies_at_one_place_at_every_rate() {
        for rate in RATES {
            let mut tape = Tape::new(rate);
            // 1234.567 ms; the click is 111 ms into the run.
            let at = CallTime(1_234_567);
            send(&mut tape, rate, at, rate.frame_len() * 20, rate.hz() as usize * 111 / 1_000);
            tape.persona_stopped();
            let place = (at + Span::ms(111)).samples(TAPE_RATE);
            let mut pcm = [0; TAPE_FRAME_LEN];
            pcm[7] = 30_000;
            tape.rep(Samples(place.0 - 7), &pcm);
            let legs = legs(&mut tape, Samples(40_000));
            assert_eq!(loudest(legs.rep()), place.0 as usize);
            assert!(loudest(legs.persona()).abs_diff(place.0 as usize) <= 1, "{rate:?}");
        }
    }

    #[test]
    fn a_run_is_as_long_as_its_sound_and_loud_to_its_end() {
        for rate in RATES {
            let mut tape = Tape::new(rate);
            let sound = vec![0.5; rate.frame_len() * 3 + rate.frame_len() / 4];
            for (n, frame) in sound.chunks(rate.frame_len()).enumerate() {
                tape.persona(CallTime::from_ms(500 + 20 * n as u64), frame);
            }
            tape.persona_stopped();
            tape.persona_stopped();
            let mut end = Samples(0);
            while let Some(frame) = tape.poll() {
                end = frame.start + Samples(frame.len.into());
                let last = frame.samples()[frame.samples().len() - 5];
                assert!((14_000..18_500).contains(&last), "{rate:?}: {last}");
            }
            assert_eq!(end, CallTime::from_ms(565).samples(TAPE_RATE), "{rate:?}");
        }
    }

    #[test]
    fn each_run_starts_at_its_own_time_even_when_nobody_ended_the_last() {
        for rate in RATES {
            let mut tape = Tape::new(rate);
            for start_ms in [100, 700, 1_900] {
                let click = rate.hz() as usize / 10;
                send(&mut tape, rate, CallTime::from_ms(start_ms), rate.frame_len() * 10, click);
            }
            tape.persona_stopped();
            let legs = legs(&mut tape, CallTime::from_ms(3_000).samples(TAPE_RATE));
            for start_ms in [100_u64, 700, 1_900] {
                let second = (start_ms * 16) as usize..(start_ms * 16 + 3_200) as usize;
                let place = loudest(&legs.persona()[second.clone()]);
                assert!(place.abs_diff(1_600) <= 1, "{rate:?} {start_ms}: {place}");
                // One sample of three at 48 kHz is a third as loud at 16 kHz.
                assert!(9_000 < legs.persona()[second.start + place].abs());
            }
        }
    }

    #[test]
    fn a_new_link_of_another_rate_goes_on_in_place() {
        let mut tape = Tape::new(SampleRate::Hz8000);
        send(&mut tape, SampleRate::Hz8000, CallTime::from_ms(0), 1_600, 800);
        tape.relink(SampleRate::Hz48000);
        send(&mut tape, SampleRate::Hz48000, CallTime::from_ms(500), 9_600, 4_800);
        tape.persona_stopped();
        let legs = legs(&mut tape, Samples(16_000));
        assert!(loudest(&legs.persona()[..8_000]).abs_diff(1_600) <= 1);
        assert!(loudest(&legs.persona()[8_000..]).abs_diff(1_600) <= 1);
    }

    #[test]
    fn a_rep_frame_behind_the_leg_is_dropped() {
        let mut tape = Tape::new(SampleRate::Hz16000);
        tape.rep(Samples(320), &[1; TAPE_FRAME_LEN]);
        tape.rep(Samples(500), &[2; TAPE_FRAME_LEN]);
        tape.rep(Samples(640), &[3; TAPE_FRAME_LEN]);
        let starts: Vec<u64> = std::iter::from_fn(|| tape.poll()).map(|f| f.start.0).collect();
        assert_eq!(starts, [320, 640]);
    }

    #[test]
    fn legs_are_as_long_as_the_call_whatever_is_written() {
        let mut legs = Legs::new(Samples(400));
        let frame = |leg, start, len| TapeFrame { leg, start: Samples(start), len, pcm: [7; 320] };
        legs.write(&frame(Speaker::Rep, 300, 320));
        legs.write(&frame(Speaker::Persona, 10, 5));
        legs.write(&frame(Speaker::Persona, u64::MAX, 320));
        legs.write(&frame(Speaker::Persona, 399, u16::MAX));
        assert_eq!((legs.rep().len(), legs.persona().len()), (400, 400));
        assert_eq!(legs.rep().iter().filter(|x| **x == 7).count(), 100);
        assert_eq!(legs.rep()[299..301], [0, 7]);
        assert_eq!(legs.persona()[9..16], [0, 7, 7, 7, 7, 7, 0]);
        assert_eq!(legs.persona()[398..], [0, 7]);
    }

    #[test]
    fn what_was_never_played_is_silent_and_the_rest_is_kept() {
        let mut legs = Legs::new(Samples(10));
        legs.lay(Speaker::Rep, Samples(0), &[1; 10]);
        legs.lay(Speaker::Persona, Samples(0), &[2; 10]);
        legs.unheard(Samples(3), Samples(5));
        legs.unheard(Samples(8), Samples(99));
        legs.unheard(Samples(7), Samples(6));
        legs.unheard(Samples(99), Samples(100));
        assert_eq!(legs.persona(), [2, 2, 2, 0, 0, 2, 2, 2, 0, 0]);
        assert_eq!(legs.rep(), [1; 10]);
    }
}
