//! Text to speech with nothing configured: Flite, by its command.
//!
//! Two runs a chunk, side by side: one speaks the chunk and prints its phones with their times, the
//! other says each word alone in the quickest voice, unheard, to learn which phones the word has.
//! Flite's own dictionary decides in both, so names and words of no dictionary are placed as well.

use std::path::PathBuf;
use std::process::Stdio;

use async_trait::async_trait;
use ringcraft_media::call::ReplyId;
use ringcraft_media::units::Span;
use tokio::sync::{mpsc, watch};

use super::command::Engine;
use super::sound::{Sound, by_letters};
use super::{Synthesise, phones, speak_chunks};
use crate::provider::{ProviderError, ProviderEvent, TextToSpeech, VoiceInput, VoiceStart};

const RATE_HZ: u32 = 16_000;

/// The voices that speak at 16 kHz and print the times they keep.
pub const VOICES: [&str; 3] = ["slt", "rms", "awb"];

/// The voice with the least to compute; its phones are those of the others.
const QUICKEST_VOICE: &str = "kal";

/// Speaks English with Flite.
#[derive(Clone, Debug)]
pub struct Flite {
    program: PathBuf,
}

impl Flite {
    /// A voice that runs the command `flite` of the search path.
    pub fn new() -> Self {
        Self::with_program(PathBuf::from("flite"))
    }

    /// A voice that runs Flite from somewhere else.
    pub fn with_program(program: PathBuf) -> Self {
        Self { program }
    }

    /// Says why speech cannot be made on this machine, if it cannot.
    ///
    /// # Errors
    /// When the command is not installed.
    pub fn check(&self) -> Result<(), ProviderError> {
        let silent = Stdio::null;
        let tried = std::process::Command::new(&self.program)
            .arg("--version")
            .stdin(silent())
            .stdout(silent())
            .stderr(silent())
            .status();
        tried.map(|_| ()).map_err(|error| self.engine().unavailable(&error))
    }

    fn engine(&self) -> Engine<'_> {
        Engine { name: "flite", program: &self.program, remedy: "install flite" }
    }
}

impl Default for Flite {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl TextToSpeech for Flite {
    fn name(&self) -> String {
        "flite".to_owned()
    }

    fn sample_rate_hz(&self) -> u32 {
        RATE_HZ
    }

    async fn speak(
        &self,
        start: VoiceStart,
        input: mpsc::Receiver<VoiceInput>,
        cancelled: watch::Receiver<Option<ReplyId>>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError> {
        let engine = self.engine();
        if !start.language.to_ascii_lowercase().starts_with("en") {
            return Err(engine.refused(format!("it speaks English only, not {}", start.language)));
        }
        // With a name it does not know, Flite speaks in a voice of its own choice.
        let Some(voice) = VOICES.into_iter().find(|voice| *voice == start.voice) else {
            let known = VOICES.join(", ");
            return Err(engine.refused(format!("no voice {}; there are {known}", start.voice)));
        };
        speak_chunks(&Speaker { engine, voice }, input, cancelled, &events).await
    }
}

struct Speaker<'a> {
    engine: Engine<'a>,
    voice: &'static str,
}

#[async_trait]
impl Synthesise for Speaker<'_> {
    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    async fn sound(&self, spoken: &str) -> Result<Sound, ProviderError> {
        let words: Vec<&str> = spoken.split_whitespace().collect();
        let plain: Vec<String> = words.iter().map(|word| plain(word)).collect();
        let text = plain.join(" ");
        if !text.contains(|letter: char| letter.is_ascii_alphanumeric()) {
            let silent = |word: &str| (word.to_owned(), Span::ZERO..Span::ZERO);
            let words = words.into_iter().map(silent);
            return Ok(Sound::trimmed(RATE_HZ, Vec::new(), Span::ZERO..Span::ZERO, words));
        }
        // Neither may hold the other up, and a chunk without the one or the other is none.
        let speak = ["-voice", self.voice, "-psdur", "-f", "-", "-o"];
        let ((printed, recording), spellings) =
            tokio::try_join!(self.engine.record(&speak, &text), self.spell(&plain))?;
        if recording.rate_hz != RATE_HZ {
            return Err(self.engine.broke_off(format!("it spoke at {} Hz", recording.rate_hz)));
        }
        let phones = phones::parse_timed(&printed)
            .ok_or_else(|| self.engine.broke_off("it printed no phones".to_owned()))?;
        let (Some(first), Some(last)) = (phones.first(), phones.last()) else {
            return Err(self.engine.broke_off("it spoke no phones".to_owned()));
        };
        let speech = first.at.start..last.at.end;
        let times = spellings
            .and_then(|spellings| phones::word_times(&as_slices(&spellings), &phones))
            .unwrap_or_else(|| by_letters(&words, &speech));
        let words = words.into_iter().map(str::to_owned).zip(times);
        Ok(Sound::trimmed(RATE_HZ, recording.pcm, speech, words))
    }
}

impl Speaker<'_> {
    /// The phones of each word alone; `None` when Flite's lines are not one a word.
    async fn spell(&self, plain: &[String]) -> Result<Option<Vec<Vec<String>>>, ProviderError> {
        let speakable = |word: &&String| word.contains(|c: char| c.is_ascii_alphanumeric());
        // An empty line ends a sentence, so each word is one.
        let alone: String =
            plain.iter().filter(speakable).map(|word| format!("{word}\n\n")).collect();
        // "none" is Flite's word for: make no sound.
        let arguments = ["-voice", QUICKEST_VOICE, "-ps", "-f", "-", "none"];
        let printed = self.engine.run(&arguments, &alone).await?;
        let mut lines = phones::parse_spellings(&printed).into_iter();
        let own = |line: Vec<&str>| line.into_iter().map(str::to_owned).collect();
        let mut spellings = Vec::with_capacity(plain.len());
        for word in plain {
            if !speakable(&word) {
                spellings.push(Vec::new());
            } else if let Some(line) = lines.next() {
                spellings.push(own(line));
            } else {
                return Ok(None);
            }
        }
        Ok(lines.next().is_none().then_some(spellings))
    }
}

fn as_slices(spellings: &[Vec<String>]) -> Vec<Vec<&str>> {
    spellings.iter().map(|phones| phones.iter().map(String::as_str).collect()).collect()
}

/// A word in the ASCII that Flite knows: it reads every other byte as a word of its own.
fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars() {
        match letter {
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            // Without the space Flite would say "comma".
            '\u{2013}' | '\u{2014}' | '\u{2026}' => plain.push_str(", "),
            'à'..='å' => plain.push('a'),
            'ç' => plain.push('c'),
            'è'..='ë' => plain.push('e'),
            'ì'..='ï' => plain.push('i'),
            'ñ' => plain.push('n'),
            'ò'..='ö' => plain.push('o'),
            'ù'..='ü' => plain.push('u'),
            ' '..='~' => plain.push(letter),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_reaches_flite() {
        assert_eq!(plain("“Don’t"), "Don't");
        assert_eq!(plain("naïve"), "naive");
        assert_eq!(plain("well—okay…"), "well, okay, ");
        assert_eq!(plain("日本"), "");
    }
}
