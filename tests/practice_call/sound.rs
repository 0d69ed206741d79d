//! Levels, likeness and places of 16 kHz sound.

use std::f32::consts::TAU;
use std::ops::Range;

use ringcraft_media::units::Dbfs;

/// What is quieter is no sound of anybody.
pub(crate) const SILENCE: Dbfs = Dbfs(-50.0);

/// Samples of so many milliseconds.
pub(crate) fn samples(ms: u64) -> usize {
    usize::try_from(ms).expect("a call fits the memory") * 16
}

/// Milliseconds of so many samples.
pub(crate) fn ms(samples: usize) -> u64 {
    samples as u64 / 16
}

/// How loud the sound is as a whole.
pub(crate) fn level(sound: &[i16]) -> Dbfs {
    let power: f64 = sound.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    #[expect(clippy::cast_possible_truncation, reason = "a level needs no more than f32")]
    Dbfs::from_rms((power / sound.len().max(1) as f64).sqrt() as f32 / 32_768.0)
}

/// Where the loud part of a sound begins and ends, to 10 ms; nothing of what is silent.
pub(crate) fn loud(sound: &[i16]) -> Option<Range<usize>> {
    let windows: Vec<bool> = sound.chunks(160).map(|window| SILENCE <= level(window)).collect();
    let first = windows.iter().position(|&loud| loud)?;
    let last = windows.iter().rposition(|&loud| loud)?;
    Some(first * 160..sound.len().min((last + 1) * 160))
}

/// Samples between two columns of a picture: 10 ms.
const COLUMN: usize = 160;

/// Samples that a column is of: 32 ms.
const WINDOW: usize = 512;

/// The pitches of a picture in Hz, a row each: where speech has its energy, closer where the ear is finer.
const PITCHES: [f32; 16] = [
    150.0, 250.0, 350.0, 450.0, 570.0, 700.0, 840.0, 1000.0, 1170.0, 1370.0, 1600.0, 1850.0,
    2150.0, 2500.0, 2900.0, 3400.0,
];

/// What is quieter is left black.
const BLACK: f32 = -70.0;

/// A sound as columns of levels in dB above black, a level each pitch. It shows the same speech where codecs and
/// clocks have changed the wave.
pub(crate) struct Picture(Vec<[f32; PITCHES.len()]>);

impl Picture {
    pub(crate) fn of(sound: &[i16]) -> Self {
        let shape: Vec<f32> = (0..WINDOW)
            .map(|n| (1.0 - (TAU * n as f32 / WINDOW as f32).cos()) / WINDOW as f32 / 32_768.0)
            .collect();
        let steps = PITCHES.map(|pitch| 2.0 * (TAU * pitch / 16_000.0).cos());
        let level = |window: &[i16], step: f32| {
            // Goertzel's filter: the energy at one pitch.
            let (mut last, mut before) = (0.0_f32, 0.0);
            for (sample, shape) in window.iter().zip(&shape) {
                (last, before) = (shape * f32::from(*sample) + step * last - before, last);
            }
            let energy = last * last + before * before - step * last * before;
            (10.0 * energy.max(1e-12).log10() - BLACK).max(0.0)
        };
        let windows = sound.windows(WINDOW).step_by(COLUMN);
        Self(windows.map(|window| steps.map(|step| level(window, step))).collect())
    }

    /// How alike the place is that is most like a part, of those up to `reach` samples from `at`:
    /// 1 is the same, whatever its loudness and colour.
    pub(crate) fn most_alike(&self, part: &Self, at: usize, reach: usize) -> f32 {
        let length = part.0.len();
        let last = (at + reach) / COLUMN;
        let places =
            (at.saturating_sub(reach) / COLUMN..=last).map_while(|at| self.0.get(at..at + length));
        places.map(|there| likeness(&part.0, there)).fold(-1.0, f32::max)
    }
}

fn likeness(ours: &[[f32; PITCHES.len()]], theirs: &[[f32; PITCHES.len()]]) -> f32 {
    let (mut product, mut own, mut other) = (0.0, 0.0, 0.0);
    for row in 0..PITCHES.len() {
        let mean = |columns: &[[f32; PITCHES.len()]]| {
            columns.iter().map(|column| column[row]).sum::<f32>() / columns.len() as f32
        };
        let (our_mean, their_mean) = (mean(ours), mean(theirs));
        for (a, b) in ours.iter().zip(theirs) {
            let (a, b) = (a[row] - our_mean, b[row] - their_mean);
            product += a * b;
            own += a * a;
            other += b * b;
        }
    }
    product / (own * other).sqrt().max(1.0)
}

/// Where one sound is silent: the stretches between others, each shorter by `margin` at both ends.
pub(crate) fn between(others: &[Range<usize>], length: usize, margin: usize) -> Vec<Range<usize>> {
    let mut from = 0;
    let mut gaps = Vec::new();
    for other in others {
        gaps.push(from..other.start.saturating_sub(margin).min(length));
        from = (other.end + margin).max(from);
    }
    gaps.push(from..length);
    gaps.retain(|gap| gap.start < gap.end);
    gaps
}

#[test]
fn a_sound_is_found_where_it_is() {
    let noise = |mut seed: u32| {
        move |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as i16
        }
    };
    let sound: Vec<i16> = (0..8_000).map(noise(1)).collect();
    let mut leg: Vec<i16> = vec![0; 960];
    leg.extend(sound.iter().map(|sample| sample / 2));
    leg.resize(20_000, 0);
    let seen = Picture::of(&leg);
    let alike = seen.most_alike(&Picture::of(&sound), 1_200, 320);
    assert!(0.9 < alike, "half as loud is as alike: {alike}");
    assert!(seen.most_alike(&Picture::of(&sound), 3_000, 320) < 0.3, "not there");
    let other: Vec<i16> = (0..8_000).map(noise(2)).collect();
    assert!(seen.most_alike(&Picture::of(&other), 990, 320) < 0.3);
    assert_eq!(loud(&leg), Some(960..8_960));
    assert_eq!(loud(&[0; 500]), None);
    assert_eq!(between(&[100..200, 150..300], 500, 10), [0..90, 310..500]);
}
