//! Levels, likeness and places of 16 kHz sound.

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

/// How alike two sounds of one length are, whatever their loudness: 1 is the same.
pub(crate) fn likeness(a: &[i16], b: &[i16]) -> f64 {
    product(a, b) / (product(a, a) * product(b, b)).sqrt().max(1.0)
}

fn product(a: &[i16], b: &[i16]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// How many samples after `at` the leg is most like the sound, within `reach` either way, and how
/// alike they are there. Half a second in the middle finds the lag.
pub(crate) fn find(leg: &[i16], at: usize, sound: &[i16], reach: usize) -> (i64, f64) {
    let middle = sound.len().saturating_sub(8_000) / 2;
    let part = &sound[middle..sound.len().min(middle + 8_000)];
    let fit = |from: usize| {
        let there = leg.get(from + middle..from + middle + part.len());
        there.map_or(f64::MIN, |there| product(there, part))
    };
    let fits = (at.saturating_sub(reach)..=at + reach).map(|from| (from, fit(from)));
    let (best, _) = fits.max_by(|a, b| a.1.total_cmp(&b.1)).expect("a range that holds `at`");
    let there = leg.get(best..best + sound.len());
    (best as i64 - at as i64, there.map_or(-1.0, |there| likeness(there, sound)))
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
    let mut leg: Vec<i16> = vec![0; 1_000];
    leg.extend(sound.iter().map(|sample| sample / 2));
    leg.resize(20_000, 0);
    let (lag, alike) = find(&leg, 990, &sound, 100);
    assert_eq!(lag, 10);
    assert!(0.999 < alike, "half as loud is as alike: {alike}");
    let other: Vec<i16> = (0..8_000).map(noise(2)).collect();
    assert!(find(&leg, 990, &other, 100).1 < 0.1);
    assert_eq!(loud(&leg), Some(960..9_120));
    assert_eq!(loud(&[0; 500]), None);
    assert_eq!(between(&[100..200, 150..300], 500, 10), [0..90, 310..500]);
}
