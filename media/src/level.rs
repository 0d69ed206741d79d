//! How loud a stretch of sound is.

use crate::units::Dbfs;

/// The root mean square level of everything pushed to it.
#[derive(Clone, Debug, Default)]
pub struct LevelMeter {
    energy: f64,
    count: u64,
}

impl LevelMeter {
    /// Adds samples.
    pub fn push(&mut self, samples: &[f32]) {
        // Single precision holds the energy of one hop; the long sum needs double.
        let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
        self.energy += f64::from(energy);
        self.count += samples.len() as u64;
    }

    /// The level so far, [`Dbfs::FLOOR`] for nothing at all.
    pub fn level(&self) -> Dbfs {
        if self.count == 0 {
            return Dbfs::FLOOR;
        }
        Dbfs::from_rms((self.energy / self.count as f64).sqrt() as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_wave_is_as_loud_as_its_amplitude() {
        let mut meter = LevelMeter::default();
        for _ in 0..1_000 {
            meter.push(&[0.1, -0.1, 0.1, -0.1]);
        }
        assert!((meter.level().0 + 20.0).abs() < 0.001);
        assert_eq!(LevelMeter::default().level(), Dbfs::FLOOR);
    }

    #[test]
    fn silence_half_of_the_time_is_three_decibels_quieter() {
        let mut meter = LevelMeter::default();
        meter.push(&[1.0; 512]);
        meter.push(&[0.0; 512]);
        assert!((meter.level().0 + 3.0103).abs() < 0.001);
    }
}
