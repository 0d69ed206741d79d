//! What reps say, and the buyer's scenario.

use std::path::Path;

use ringcraft_media::wav::Wav;

const SLT: &[u8] = include_bytes!("../../media/tests/audio/slt.wav");
const RMS: &[u8] = include_bytes!("../../media/tests/audio/rms.wav");

/// The sentences: each clip with the first phone's start and the last one's end, in milliseconds,
/// as `media/tests/audio/make` prints them.
const SENTENCES: [(&[u8], usize, usize); 4] =
    [(SLT, 662, 2_156), (SLT, 2_589, 4_128), (RMS, 619, 2_359), (RMS, 2_676, 4_572)];

/// How long a short sound is.
const SOUND_MS: usize = 300;

/// A word that is cut out of a sentence ends within 10 ms.
const FADE: usize = 160;

const SAMPLES_A_MS: usize = 16;

/// Puts a scenario whose buyer never stops by itself where a server finds it.
pub(crate) fn write_prompts(folder: &Path) {
    let scenarios = folder.join("scenarios");
    std::fs::create_dir(&scenarios).expect("a folder");
    let write = |path: &Path, text: &str| std::fs::write(path, text).expect("write a prompt");
    write(&folder.join("rules.md"), include_str!("../../prompts/rules.md"));
    write(&scenarios.join("talker.md"), include_str!("talker.md"));
}

/// A whole sentence, from its first phone to its last. Counts on from any number.
pub(crate) fn sentence(number: usize) -> Vec<i16> {
    let (file, from, to) = SENTENCES[number % SENTENCES.len()];
    cut(file, from, to)
}

/// The beginning of a sentence, too short to be an interruption.
pub(crate) fn sound(number: usize) -> Vec<i16> {
    let (file, from, _) = SENTENCES[number % SENTENCES.len()];
    let mut sound = cut(file, from, from + SOUND_MS);
    let fade = sound.len() - FADE;
    for (n, sample) in sound[fade..].iter_mut().enumerate() {
        *sample = (i32::from(*sample) * (FADE - n) as i32 / FADE as i32) as i16;
    }
    sound
}

fn cut(file: &[u8], from_ms: usize, to_ms: usize) -> Vec<i16> {
    let wav = Wav::parse(file).expect("a WAV file");
    wav.channel(0).skip(from_ms * SAMPLES_A_MS).take((to_ms - from_ms) * SAMPLES_A_MS).collect()
}
