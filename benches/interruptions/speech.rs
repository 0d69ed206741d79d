//! What reps say, and the buyer's scenario.

use std::path::Path;
use std::process::Command;

use ringcraft_media::wav::Wav;

const SLT: &[u8] = include_bytes!("../../media/tests/audio/slt.wav");
const RMS: &[u8] = include_bytes!("../../media/tests/audio/rms.wav");

/// The sentences: each clip with the first phone's start and the last one's end, in milliseconds,
/// as `media/tests/audio/make` prints them.
const SENTENCES: [(&[u8], usize, usize); 4] =
    [(SLT, 662, 2_156), (SLT, 2_589, 4_128), (RMS, 619, 2_359), (RMS, 2_676, 4_572)];

/// Voices of Flite, and what they say to show that they listen: what the offline recogniser
/// understands of it. Each is shorter than an interruption.
const LISTENING: [(&str, &str); 6] = [
    ("slt", "Right."),
    ("slt", "Yeah."),
    ("rms", "Yep."),
    ("rms", "Right."),
    ("slt", "Yep."),
    ("rms", "Sure."),
];

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

/// Words of listening, spoken just now.
pub(crate) struct Listening(Vec<Vec<i16>>);

impl Listening {
    pub(crate) fn speak() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("word.wav");
        let word = |(voice, text): &(&str, &str)| {
            let mut flite = Command::new("flite");
            flite.args(["-voice", voice, "-psdur", "-t", text, "-o"]).arg(&file);
            let phones = flite.output().expect("run flite").stdout;
            let (from_ms, to_ms) = spoken(&String::from_utf8_lossy(&phones));
            cut(&std::fs::read(&file).expect("the sound"), from_ms, to_ms)
        };
        Self(LISTENING.iter().map(word).collect())
    }

    /// One of them. Counts on from any number.
    pub(crate) fn word(&self, number: usize) -> Vec<i16> {
        self.0[number % self.0.len()].clone()
    }
}

/// Where the first phone begins and the last ends, in milliseconds: `pau:0.222 r:0.301 ... pau:0.530`,
/// each with its end in seconds.
fn spoken(phones: &str) -> (usize, usize) {
    let phones: Vec<(&str, f64)> = phones
        .split_whitespace()
        .map(|phone| phone.split_once(':').expect("a phone and its end"))
        .map(|(name, end)| (name, end.parse().expect("seconds")))
        .collect();
    let ms = |(_, end): &(&str, f64)| (end * 1e3) as usize;
    let last = phones.iter().rfind(|(name, _)| *name != "pau").expect("a word has phones");
    (ms(&phones[0]), ms(last))
}

fn cut(file: &[u8], from_ms: usize, to_ms: usize) -> Vec<i16> {
    let wav = Wav::parse(file).expect("a WAV file");
    wav.channel(0).skip(from_ms * SAMPLES_A_MS).take((to_ms - from_ms) * SAMPLES_A_MS).collect()
}
