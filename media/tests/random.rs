//! Calls by chance: the simulator checks what must hold after every event of each. What breaks is
//! made as small as it gets and printed as a test to paste here.

use ringcraft_media::call::Setup;
use ringcraft_media::sim::{Chance, Smallest, any_script, any_setup};

/// Enough that each fault of the world meets each other one.
const CALLS: u64 = 600;

/// Drawn once; a failure must be there again in the next run: chance is for the fuzzer.
const FIRST_SEED: u64 = 20_261_121;

/// The setup of the calls below.
fn setup() -> Setup {
    any_setup(&mut Chance::Bytes(&[]))
}

#[test]
fn no_script_breaks_a_call() {
    for seed in FIRST_SEED..FIRST_SEED + CALLS {
        let mut chance = Chance::Seed(seed);
        let (setup, script) = (any_setup(&mut chance), any_script(&mut chance));
        if let Some(smallest) = Smallest::of(&setup, script) {
            panic!("seed {seed} breaks a call: {smallest}");
        }
    }
}

#[test]
fn the_usual_setup_is_what_no_chance_gives() {
    assert_eq!(setup().policy.call_limit.as_ms(), 120_000);
}
