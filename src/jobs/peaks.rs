//! The shape of a recording, for drawing it: the extremes of every 20 ms of each leg.

use ringcraft_media::units::SampleRate;
use serde::{Deserialize, Serialize};

/// The version this code writes.
pub const PEAKS_VERSION: u32 = 1;

/// 20 ms: a pixel of an hour-long waveform holds many of them, and a zoomed one a few.
const SAMPLES_PER_PEAK: usize = SampleRate::Hz16000.frame_len();

/// The extremes of both legs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Peaks {
    /// [`PEAKS_VERSION`].
    pub version: u32,
    /// The rate of the samples that were looked at.
    #[schema(value_type = u32)]
    pub sample_rate: SampleRate,
    /// How many of them each pair of extremes covers; the last pair may cover fewer.
    pub samples_per_peak: usize,
    /// The rep leg.
    pub rep: LegPeaks,
    /// The persona leg.
    pub persona: LegPeaks,
}

/// The extremes of one leg, from −128 to 127.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LegPeaks {
    /// The lowest samples.
    pub min: Vec<i8>,
    /// The highest samples.
    pub max: Vec<i8>,
}

impl Peaks {
    /// Looks at two legs at 16 kHz.
    pub fn of(rep: &[i16], persona: &[i16]) -> Self {
        Self {
            version: PEAKS_VERSION,
            sample_rate: SampleRate::Hz16000,
            samples_per_peak: SAMPLES_PER_PEAK,
            rep: LegPeaks::of(rep),
            persona: LegPeaks::of(persona),
        }
    }
}

impl LegPeaks {
    fn of(leg: &[i16]) -> Self {
        let windows = leg.chunks(SAMPLES_PER_PEAK);
        let extremes = windows.map(|window| {
            window.iter().fold((i16::MAX, i16::MIN), |(min, max), sample| {
                (min.min(*sample), max.max(*sample))
            })
        });
        let (min, max) = extremes.map(|(min, max)| (high_byte(min), high_byte(max))).unzip();
        Self { min, max }
    }
}

/// The upper eight bits, rounded toward the lower value.
fn high_byte(sample: i16) -> i8 {
    let [high, _] = sample.to_be_bytes();
    high.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peak_covers_its_20_ms() {
        let mut rep = vec![0; 320 * 2 + 1];
        rep[0] = i16::MIN;
        rep[319] = i16::MAX;
        rep[320] = 256;
        rep[639] = -256;
        rep[640] = 513;
        let peaks = Peaks::of(&rep, &vec![-1; rep.len()]);
        assert_eq!(peaks.rep.min, [-128, -1, 2]);
        assert_eq!(peaks.rep.max, [127, 1, 2]);
        assert_eq!(peaks.persona, LegPeaks { min: vec![-1; 3], max: vec![-1; 3] });
    }

    #[test]
    fn the_file_says_how_to_read_it() {
        let json = serde_json::to_string(&Peaks::of(&[0; 320], &[512; 320])).unwrap();
        assert_eq!(
            json,
            r#"{"version":1,"sample_rate":16000,"samples_per_peak":320,"rep":{"min":[0],"max":[0]},"persona":{"min":[2],"max":[2]}}"#
        );
        assert_eq!(Peaks::of(&[], &[]).rep, LegPeaks::default());
    }
}
