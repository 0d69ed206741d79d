//! Voice activity: where in a stream somebody speaks.

use std::fmt;

use earshot::Detector;

use crate::framer::Framer;
use crate::level::LevelMeter;
use crate::units::{Dbfs, SampleRate, Samples, Span};

/// Samples of one hop: earshot scores exactly 256 at 16 kHz, 16 ms.
pub const HOP_LEN: usize = 256;

/// The score from which a hop counts as voice, as earshot's documentation suggests.
const VOICED: f32 = 0.5;

/// How much higher it must be while the persona is audible, whose echo is voice too.
const AUDIBLE_PERSONA: f32 = 0.2;

/// How far below that the score must fall before a hop no longer counts.
const HYSTERESIS: f32 = 0.1;

/// Voiced hops before speech is believed: 48 ms.
const ONSET_HOPS: u32 = 3;

/// How late the first voiced hop begins, measured on `tests/audio` from the start of the first
/// phone: a breathed onset, "how", up to 85 ms, others 45 ms.
const ONSET_LAG: Samples = Span::ms(40).samples(SampleRate::Hz16000);

/// How late the last voiced hop ends at least, measured on `tests/audio`.
const END_LAG: Samples = Span::ms(66).samples(SampleRate::Hz16000);

/// Unvoiced hops before the end is believed. The score lags, so after 48 ms of them the voice has
/// been silent for 100 ms.
const END_HOPS: u32 = 3;

/// Hops of a new stream that are not believed: to a detector with an empty past, any noise begins
/// like a voice. 192 ms, after which noise up to −15 dBFS has shown itself on the tests.
const WARM_UP_HOPS: u32 = 12;

/// Peak of the noise that the detector hears beside the sound, −75 dBFS in all. It scores by the
/// logarithm of 40 bands, and where a telephone has nothing at all, above 4 kHz, a band without
/// any energy says more than all the others: pauses of half a second pass for speech.
const DITHER_PEAK: f32 = 0.000_3;

/// Sound this far below the voice's level is its fading, not the voice.
const FADED_DB: f32 = 25.0;

/// Sound that is not this far above what follows the voice is the room, not the voice.
const ABOVE_ROOM_DB: f32 = 6.0;

/// Hops that are looked through for the last sound of a voice: 512 ms.
const RECENT_HOPS: usize = 32;

/// A border of speech, as a 16 kHz position in the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VoiceEdge {
    /// The voice began.
    On {
        /// The first voiced sample.
        at: Samples,
    },
    /// The voice ceased.
    Off {
        /// The end of the last voiced sample, after the last `On`.
        at: Samples,
        /// How loud the voice was.
        level: Dbfs,
    },
}

/// Cuts a 16 kHz stream into speech and the rest.
pub struct Segmenter {
    /// Whether the persona can be heard: a voice must then be surer of itself.
    pub persona_audible: bool,
    detector: Box<Detector>,
    dither: Dither,
    hops: Framer<HOP_LEN>,
    segments: Segments,
}

impl fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segmenter")
            .field("persona_audible", &self.persona_audible)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}

impl Segmenter {
    /// A segmenter of a stream whose first sample is at `start`.
    pub fn new(start: Samples) -> Self {
        Self {
            persona_audible: false,
            detector: Box::default(),
            dither: Dither(0),
            hops: Framer::default(),
            segments: Segments::new(start),
        }
    }

    /// Whether somebody speaks as far as is known.
    pub fn voiced(&self) -> bool {
        matches!(self.segments.state, State::Voiced(_))
    }

    /// Adds the next samples; `take` gets the edges they prove.
    pub fn push(&mut self, samples: &[f32], mut take: impl FnMut(VoiceEdge)) {
        let Self { persona_audible, detector, dither, hops, segments } = self;
        let threshold = if *persona_audible { VOICED + AUDIBLE_PERSONA } else { VOICED };
        hops.push(samples, |hop| {
            let heard = hop.map(|sample| (sample + dither.next()).clamp(-1.0, 1.0));
            let score = detector.predict_f32(&heard);
            if let Some(edge) = segments.push(hop, score, threshold) {
                take(edge);
            }
        });
    }

    /// Ends the stream here: a voice that was on is off.
    pub fn cut(&mut self) -> Option<VoiceEdge> {
        self.segments.cut()
    }

    /// Starts over at another place, with no memory of what was before.
    pub fn restart(&mut self, start: Samples) {
        self.detector.reset();
        self.dither = Dither(0);
        self.hops = Framer::default();
        self.segments = Segments::new(start);
    }
}

/// White noise, the same for every stream.
#[derive(Debug)]
struct Dither(u32);

impl Dither {
    fn next(&mut self) -> f32 {
        // Numerical Recipes, 2nd edition, section 7.1: a full period of 2³² from these two numbers.
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0) * DITHER_PEAK
    }
}

/// The state machine over scored hops.
#[derive(Debug)]
struct Segments {
    /// Where the next hop begins.
    next: Samples,
    /// No voice may begin before: the end of the last one, or the stream's start.
    floor: Samples,
    warm_up_hops: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    Quiet,
    Rising { since: Samples, voiced_hops: u32 },
    Voiced(Voice),
}

#[derive(Debug)]
struct Voice {
    on: Samples,
    meter: LevelMeter,
    /// The end of the last hop whose score counted.
    voiced_until: Samples,
    /// The levels of the last hops, the latest last.
    recent: [Dbfs; RECENT_HOPS],
    /// What came after `voiced_until`.
    room: LevelMeter,
    unvoiced_hops: u32,
}

impl Segments {
    fn new(start: Samples) -> Self {
        Self { next: start, floor: start, warm_up_hops: WARM_UP_HOPS, state: State::Quiet }
    }

    fn push(&mut self, hop: &[f32; HOP_LEN], score: f32, threshold: f32) -> Option<VoiceEdge> {
        let begin = self.next;
        let end = begin + Samples(HOP_LEN as u64);
        self.next = end;
        if 0 < self.warm_up_hops {
            self.warm_up_hops -= 1;
            return None;
        }
        match &mut self.state {
            State::Voiced(voice) => {
                voice.hear(hop, end, threshold - HYSTERESIS <= score);
                if voice.unvoiced_hops < END_HOPS { None } else { self.cut() }
            }
            // The rise counts from the ordinary threshold, whatever the persona does: a higher one
            // decides whether the voice is believed, not where it began.
            _ if score < VOICED => {
                self.state = State::Quiet;
                None
            }
            State::Quiet => self.rise(hop, begin, u32::from(threshold <= score)),
            State::Rising { since, voiced_hops } => {
                let (since, voiced_hops) = (*since, *voiced_hops + u32::from(threshold <= score));
                self.rise(hop, since, voiced_hops)
            }
        }
    }

    fn rise(
        &mut self,
        hop: &[f32; HOP_LEN],
        since: Samples,
        voiced_hops: u32,
    ) -> Option<VoiceEdge> {
        if voiced_hops < ONSET_HOPS {
            self.state = State::Rising { since, voiced_hops };
            return None;
        }
        let on = Samples(since.0.saturating_sub(ONSET_LAG.0)).max(self.floor);
        let mut voice = Voice::new(on);
        voice.hear(hop, self.next, true);
        self.state = State::Voiced(voice);
        Some(VoiceEdge::On { at: on })
    }

    fn cut(&mut self) -> Option<VoiceEdge> {
        let State::Voiced(voice) = std::mem::replace(&mut self.state, State::Quiet) else {
            return None;
        };
        let faded = voice.voiced_until.0.saturating_sub(END_LAG.0);
        let at = Samples(faded.min(voice.loud_until(self.next).0).max(voice.on.0 + 1));
        self.floor = at;
        Some(VoiceEdge::Off { at, level: voice.meter.level() })
    }
}

impl Voice {
    fn new(on: Samples) -> Self {
        Self {
            on,
            meter: LevelMeter::default(),
            voiced_until: on,
            recent: [Dbfs::FLOOR; RECENT_HOPS],
            room: LevelMeter::default(),
            unvoiced_hops: 0,
        }
    }

    fn hear(&mut self, hop: &[f32; HOP_LEN], end: Samples, voiced: bool) {
        let mut level = LevelMeter::default();
        level.push(hop);
        self.recent.rotate_left(1);
        self.recent[RECENT_HOPS - 1] = level.level();
        if !voiced {
            self.unvoiced_hops += 1;
            self.room.push(hop);
            return;
        }
        self.unvoiced_hops = 0;
        self.room = LevelMeter::default();
        self.voiced_until = end;
        if self.meter.level().0 - FADED_DB <= level.level().0 {
            self.meter.push(hop);
        }
    }

    /// The end of the last hop that was as loud as a voice, where `end` is that of the last one.
    fn loud_until(&self, end: Samples) -> Samples {
        let mut least = self.meter.level().0 - FADED_DB;
        if END_HOPS <= self.unvoiced_hops {
            least = least.max(self.room.level().0 + ABOVE_ROOM_DB);
        }
        let faded = self.recent.iter().rev().take_while(|level| level.0 < least).count();
        Samples(end.0.saturating_sub((faded * HOP_LEN) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav::Wav;

    const SLT: &[u8] = include_bytes!("../tests/audio/slt.wav");
    const RMS: &[u8] = include_bytes!("../tests/audio/rms.wav");

    /// Where the first phone of each sentence starts and its last one ends, in milliseconds: half
    /// a second and the phone times that `tests/audio/make` prints.
    const SLT_SPOKEN: [(u64, u64); 2] = [(662, 2_156), (2_589, 4_128)];
    const RMS_SPOKEN: [(u64, u64); 2] = [(619, 2_359), (2_676, 4_572)];

    /// How much too late an onset may be put: a breathed "h" is hardly louder than silence...
    const LATE_ONSET_MS: u64 = 50;
    /// ... and drowns in noise; it lasts 80 and 93 ms.
    const LATE_ONSET_IN_NOISE_MS: u64 = 100;
    const END_MS: u64 = 50;
    const EARLY_ONSET_MS: u64 = 30;

    /// White noise of a given peak, the same in every run.
    fn noise(peak: f32) -> impl FnMut() -> f32 {
        let mut state = 1_u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * peak
        }
    }

    fn speech(file: &[u8], gain: f32, noise_peak: f32) -> Vec<f32> {
        let mut noise = noise(noise_peak);
        Wav::parse(file)
            .unwrap()
            .channel(0)
            .map(|sample| crate::codec::sample_from_i16(sample) * gain + noise())
            .collect()
    }

    /// The edges of a stream, each with the position up to which it had been pushed when it came.
    fn edges(segmenter: &mut Segmenter, stream: &[f32]) -> Vec<(VoiceEdge, u64)> {
        let mut found = Vec::new();
        for (n, piece) in stream.chunks(320).enumerate() {
            segmenter.push(piece, |edge| found.push((edge, (n as u64 + 1) * 320)));
        }
        found
    }

    fn ms(at: Samples) -> u64 {
        at.span(SampleRate::Hz16000).as_ms()
    }

    fn assert_spoken(
        found: &[(VoiceEdge, u64)],
        spoken: [(u64, u64); 2],
        late_ms: u64,
        context: &str,
    ) {
        assert_eq!(found.len(), 4, "{context}: {found:?}");
        for (pair, (start, end)) in found.chunks(2).zip(spoken) {
            let [(VoiceEdge::On { at: on }, _), (VoiceEdge::Off { at: off, .. }, _)] = pair else {
                panic!("{context}: {pair:?}");
            };
            let (on, off) = (ms(*on), ms(*off));
            assert!(on <= start + late_ms, "{context}: on at {on}, spoken at {start}");
            assert!(start <= on + EARLY_ONSET_MS, "{context}: on at {on}, spoken at {start}");
            assert!(off.abs_diff(end) <= END_MS, "{context}: off at {off}, spoken to {end}");
        }
    }

    #[test]
    fn edges_lie_where_the_phones_do() {
        for (file, spoken) in [(SLT, SLT_SPOKEN), (RMS, RMS_SPOKEN)] {
            for (gain, noise, late_ms) in [
                (1.0, 0.0, LATE_ONSET_MS),
                (1.0, 0.001, LATE_ONSET_MS),
                (1.0, 0.01, LATE_ONSET_IN_NOISE_MS),
                (0.1, 0.001, LATE_ONSET_IN_NOISE_MS),
            ] {
                let found = edges(&mut Segmenter::new(Samples(0)), &speech(file, gain, noise));
                assert_spoken(&found, spoken, late_ms, &format!("gain {gain}, noise {noise}"));
            }
        }
    }

    #[test]
    fn an_audible_persona_raises_the_bar_but_does_not_move_the_onset() {
        for (file, spoken) in [(SLT, SLT_SPOKEN), (RMS, RMS_SPOKEN)] {
            let stream = speech(file, 1.0, 0.001);
            let quiet = edges(&mut Segmenter::new(Samples(0)), &stream);
            let mut segmenter = Segmenter::new(Samples(0));
            segmenter.persona_audible = true;
            let audible = edges(&mut segmenter, &stream);
            assert_spoken(&audible, spoken, LATE_ONSET_MS, "audible");
            assert_eq!(audible[0].0, quiet[0].0);
            assert!(quiet[0].1 < audible[0].1, "it takes longer to be sure");
        }
    }

    #[test]
    fn edges_are_noticed_in_time_to_act() {
        for (file, spoken) in [(SLT, SLT_SPOKEN), (RMS, RMS_SPOKEN)] {
            let found = edges(&mut Segmenter::new(Samples(0)), &speech(file, 1.0, 0.001));
            for (pair, (start, end)) in found.chunks(2).zip(spoken) {
                let (on, off) = (ms(Samples(pair[0].1)), ms(Samples(pair[1].1)));
                assert!(on - start <= 160, "{start} noticed at {on}");
                assert!(off - end <= 240, "{end} noticed at {off}");
            }
        }
    }

    #[test]
    fn the_level_is_that_of_the_voice_and_follows_its_gain() {
        let level = |gain| {
            let found = edges(&mut Segmenter::new(Samples(0)), &speech(SLT, gain, 0.0));
            let VoiceEdge::Off { level, .. } = found[1].0 else { panic!("{found:?}") };
            level.0
        };
        // The question's vowels lie between −8 and −16 dBFS.
        assert!((-16.0..-11.0).contains(&level(1.0)), "{}", level(1.0));
        assert!((level(1.0) - level(0.1) - 20.0).abs() < 0.5);
    }

    #[test]
    fn silence_and_noise_are_not_speech() {
        for peak in [0.0, 0.001, 0.03, 0.3] {
            let mut noise = noise(peak);
            let stream: Vec<f32> = (0..5 * 16_000).map(|_| noise()).collect();
            assert_eq!(edges(&mut Segmenter::new(Samples(0)), &stream), [], "peak {peak}");
        }
    }

    #[test]
    fn positions_count_from_the_start_of_the_stream() {
        let stream = speech(SLT, 1.0, 0.0);
        let mut segmenter = Segmenter::new(Samples(0));
        let first = edges(&mut segmenter, &stream);
        segmenter.restart(Samples(1_000_000));
        let second = edges(&mut segmenter, &stream);
        let (VoiceEdge::On { at: a }, VoiceEdge::On { at: b }) = (first[0].0, second[0].0) else {
            panic!("{first:?} {second:?}");
        };
        assert_eq!(b, a + Samples(1_000_000));
    }

    #[test]
    fn a_stream_cut_in_mid_word_ends_there() {
        let stream = speech(SLT, 1.0, 0.0);
        let mut segmenter = Segmenter::new(Samples(0));
        let found = edges(&mut segmenter, &stream[..16_000]);
        assert_eq!(found.len(), 1);
        assert!(segmenter.voiced());
        let Some(VoiceEdge::Off { at, .. }) = segmenter.cut() else { panic!("no edge") };
        assert!(at <= Samples(16_000) && Samples(16_000 - 2_000) < at, "{at:?}");
        assert_eq!(segmenter.cut(), None);
    }

    #[test]
    fn samples_past_full_scale_are_clamped() {
        let mut segmenter = Segmenter::new(Samples(0));
        let stream = speech(SLT, 20.0, 0.0);
        assert!(!edges(&mut segmenter, &stream).is_empty());
    }
}
