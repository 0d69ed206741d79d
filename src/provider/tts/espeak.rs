//! Text to speech in many languages with nothing configured: espeak-ng, by its command.
//!
//! It prints no word times; they come by letters, which is off by up to 0.6 s in a long sentence.

use std::path::PathBuf;

use async_trait::async_trait;
use ringcraft_media::call::ReplyId;
use ringcraft_media::units::Span;
use tokio::sync::{mpsc, watch};

use super::command::Engine;
use super::sound::{Sound, audible, by_letters};
use super::{Synthesise, speak_chunks};
use crate::provider::{ProviderError, ProviderEvent, TextToSpeech, VoiceInput, VoiceStart};

const RATE_HZ: u32 = 22_050;

/// Samples below this, −47 dBFS, are silence: the engine's own noise is far below.
const SILENCE: u16 = 150;

/// The longest language tag that is passed on.
const LONGEST_TAG: usize = 35;

/// Speaks the languages of espeak-ng.
#[derive(Clone, Debug)]
pub struct Espeak {
    program: PathBuf,
}

impl Espeak {
    /// A voice that runs the command `espeak-ng` of the search path.
    pub fn new() -> Self {
        Self::with_program(PathBuf::from("espeak-ng"))
    }

    /// A voice that runs espeak-ng from somewhere else.
    pub fn with_program(program: PathBuf) -> Self {
        Self { program }
    }
}

impl Default for Espeak {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl TextToSpeech for Espeak {
    fn name(&self) -> String {
        "espeak-ng".to_owned()
    }

    fn sample_rate_hz(&self) -> u32 {
        RATE_HZ
    }

    /// The language decides the voice; `start.voice` is not used.
    async fn speak(
        &self,
        start: VoiceStart,
        input: mpsc::Receiver<VoiceInput>,
        cancelled: watch::Receiver<Option<ReplyId>>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError> {
        let engine =
            Engine { name: "espeak-ng", program: &self.program, remedy: "install espeak-ng" };
        let language = start.language.to_ascii_lowercase();
        let is_tag = language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if language.is_empty() || LONGEST_TAG < language.len() || !is_tag {
            return Err(engine.refused("the language is no language tag".to_owned()));
        }
        speak_chunks(&Speaker { engine, language }, input, cancelled, &events).await
    }
}

struct Speaker<'a> {
    engine: Engine<'a>,
    language: String,
}

#[async_trait]
impl Synthesise for Speaker<'_> {
    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    async fn sound(&self, spoken: &str) -> Result<Sound, ProviderError> {
        let words: Vec<&str> = spoken.split_whitespace().collect();
        let arguments = ["-v", self.language.as_str(), "-b", "1", "--stdin", "-w"];
        let (_, recording) = self.engine.record(&arguments, spoken).await?;
        if recording.rate_hz != RATE_HZ {
            return Err(self.engine.broke_off(format!("it spoke at {} Hz", recording.rate_hz)));
        }
        let speech = audible(RATE_HZ, &recording.pcm, SILENCE).unwrap_or(Span::ZERO..Span::ZERO);
        let times = by_letters(&words, &speech);
        let words = words.into_iter().map(str::to_owned).zip(times);
        Ok(Sound::trimmed(RATE_HZ, recording.pcm, speech, words))
    }
}
