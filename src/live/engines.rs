//! The outside systems that serve the calls of this node.

use std::sync::Arc;

use ringcraft_media::call::ReplyId;
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use super::scope::CallScope;
use crate::persona::Scenario;
use crate::provider::{
    Engine, PersonaModel, ProviderError, ProviderEvent, RecogniserInput, RecogniserStart,
    SpeechToText, TextToSpeech, VoiceInput, VoiceStart,
};

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

/// Has the recogniser hear a call.
pub(super) fn listen(
    scope: &CallScope,
    engines: &Engines,
    scenario: &Scenario,
    input: mpsc::Receiver<RecogniserInput>,
    events: mpsc::Sender<ProviderEvent>,
) {
    let recogniser = Arc::clone(&engines.recogniser);
    let start = RecogniserStart {
        language: scenario.language.clone(),
        key_terms: scenario.key_terms.clone(),
    };
    scope.spawn(async move {
        if let Err(error) = recogniser.listen(start, input, events.clone()).await {
            lose(Engine::Recogniser, error, &events).await;
        }
    });
}

/// Has the voice speak in a call.
pub(super) fn speak(
    scope: &CallScope,
    engines: &Engines,
    scenario: &Scenario,
    input: mpsc::Receiver<VoiceInput>,
    cancelled: watch::Receiver<Option<ReplyId>>,
    events: mpsc::Sender<ProviderEvent>,
) {
    let voice = Arc::clone(&engines.voice);
    let start = VoiceStart {
        voice: scenario.voice.get(&voice.name()).cloned().unwrap_or_default(),
        language: scenario.language.clone(),
    };
    scope.spawn(async move {
        if let Err(error) = voice.speak(start, input, cancelled, events.clone()).await {
            lose(Engine::Voice, error, &events).await;
        }
    });
}

/// Tells the driver that an engine is gone: nobody could go on with a call that is deaf or mute.
async fn lose(engine: Engine, error: ProviderError, events: &mpsc::Sender<ProviderEvent>) {
    if !matches!(error, ProviderError::CallOver) {
        // A closed queue is an ended call.
        let _ = events.send(ProviderEvent::Lost(engine, error)).await;
    }
}
