//! The rep's turns of `tests/audio`, and how many of their words were understood.

// Each test takes what it needs.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ringcraft_media::wav::Wav;

/// A folder of clips, gone when dropped.
pub(crate) struct Clips {
    folder: tempfile::TempDir,
}

/// One turn.
pub(crate) struct Clip {
    pub(crate) text: String,
    pub(crate) pcm: Vec<i16>,
}

impl Clips {
    pub(crate) fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio/make.sh");
        let status = Command::new(script).arg(folder.path()).status().expect("run make.sh");
        assert!(status.success(), "make.sh ended with {status}");
        Self { folder }
    }

    /// The sound file of a turn; turns count from 1.
    pub(crate) fn file(&self, voice: &str, turn: usize) -> PathBuf {
        self.folder.path().join(voice).join(format!("turn-{turn}.wav"))
    }

    /// Turns count from 1.
    pub(crate) fn turn(&self, voice: &str, turn: usize) -> Clip {
        let file = self.file(voice, turn);
        let bytes = std::fs::read(&file).expect("the sound");
        let wav = Wav::parse(&bytes).expect("a WAV file");
        assert_eq!((wav.channels, wav.rate_hz), (1, 16_000));
        let text = std::fs::read_to_string(file.with_extension("txt")).expect("the text");
        Clip { text, pcm: wav.channel(0).collect() }
    }
}

/// The words alone, in lower case.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The fewest insertions, deletions and replacements between two lists, and which places are equal.
pub(crate) fn edits(truth: &[String], heard: &[String]) -> (usize, Vec<(usize, usize)>) {
    let width = heard.len() + 1;
    let mut cost: Vec<usize> = vec![0; (truth.len() + 1) * width];
    for row in 0..=truth.len() {
        for column in 0..width {
            cost[row * width + column] = if row == 0 || column == 0 {
                row + column
            } else {
                let swap = usize::from(truth[row - 1] != heard[column - 1]);
                (cost[(row - 1) * width + column - 1] + swap)
                    .min(cost[(row - 1) * width + column] + 1)
                    .min(cost[row * width + column - 1] + 1)
            };
        }
    }
    let (mut row, mut column) = (truth.len(), heard.len());
    let mut equal = Vec::new();
    while 0 < row && 0 < column {
        let here = cost[row * width + column];
        let same = truth[row - 1] == heard[column - 1];
        if here == cost[(row - 1) * width + column - 1] + usize::from(!same) {
            row -= 1;
            column -= 1;
            if same {
                equal.push((row, column));
            }
        } else if here == cost[(row - 1) * width + column] + 1 {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    equal.reverse();
    (cost[truth.len() * width + heard.len()], equal)
}
