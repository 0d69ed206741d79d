//! The outside systems that serve the calls of this node.

use std::sync::Arc;

use serde::Serialize;

use crate::provider::{PersonaModel, SpeechToText, TextToSpeech};

/// One engine of each kind, chosen at start-up.
#[derive(Clone, Debug)]
pub struct Engines {
    /// Speech to text.
    pub recogniser: Arc<dyn SpeechToText>,
    /// The persona's words.
    pub model: Arc<dyn PersonaModel>,
    /// Text to speech.
    pub voice: Arc<dyn TextToSpeech>,
}

/// Which engines are in use, by name.
#[derive(Clone, Debug, Serialize)]
pub struct EngineNames {
    /// Speech to text.
    pub stt: String,
    /// The persona's words.
    pub llm: String,
    /// Text to speech.
    pub tts: String,
}

impl Engines {
    /// Their names, for the log and for people.
    pub fn names(&self) -> EngineNames {
        EngineNames {
            stt: self.recogniser.abilities().name,
            llm: self.model.name(),
            tts: self.voice.name(),
        }
    }
}
