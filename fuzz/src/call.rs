//! A whole call in a world that the input makes: what rep, network, recogniser, model and voice do.
//! The simulator checks what must hold after every event.

use ringcraft_media::sim::{self, Chance, any_script, any_setup};

/// Each byte decides something; those that are missing decide for what goes right.
pub fn run(input: &[u8]) {
    let mut chance = Chance::Bytes(input);
    let (setup, script) = (any_setup(&mut chance), any_script(&mut chance));
    sim::run(setup, script);
}
