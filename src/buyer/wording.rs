//! Which of several wordings is said: by seed, each once before any comes again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::persona::Wordings;

/// What was said of what, and the seed of the next choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wording {
    seed: u64,
    said: BTreeMap<String, Said>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// A bit for each wording said in this round.
    round: u32,
    last: Option<usize>,
}

impl Wording {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, said: BTreeMap::new() }
    }

    /// Chooses what to say of `lines`, which are known by `slot`.
    pub(super) fn choose(&mut self, slot: &str, lines: &Wordings) -> String {
        self.seed = next(self.seed);
        let said = self.said.entry(slot.to_owned()).or_default();
        let all: Vec<usize> = (0..lines.count()).collect();
        let mut fresh: Vec<usize> =
            all.iter().copied().filter(|i| said.round & (1 << i) == 0).collect();
        if fresh.is_empty() {
            said.round = 0;
            fresh = all.into_iter().filter(|i| Some(*i) != said.last).collect();
        }
        // A list of wordings holds at least two, so one is left.
        let chosen = fresh[(self.seed % fresh.len() as u64) as usize];
        said.round |= 1 << chosen;
        said.last = Some(chosen);
        lines.get(chosen).to_owned()
    }
}

/// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
fn next(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
