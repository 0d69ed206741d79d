//! Engines for tests that do what their script says, at once or never.

use async_trait::async_trait;
use ringcraft_media::call::ReplyId;
use ringcraft_media::record::Recogniser;
use tokio::sync::{mpsc, watch};

use super::{
    ModelEvent, ModelUsage, PersonaModel, ProviderError, ProviderEvent, RecogniserEvent,
    RecogniserInput, RecogniserStart, ReplyRequest, SpeechToText, TextToSpeech, VoiceEvent,
    VoiceInput, VoiceStart,
};

const VOICE_RATE_HZ: u32 = 16_000;

/// A recogniser.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ear {
    /// Shows these words as a voice begins, and settles on them when asked.
    Hears(&'static str),
    /// Shows these words as a voice begins, and never settles.
    NeverSettles(&'static str),
    /// Is lost with the first sound.
    Lost,
}

/// A persona model.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mind {
    /// Says this every time.
    Says(&'static str),
    /// Never answers.
    Silent,
    /// Refuses every time.
    Refuses,
}

/// A voice; each chunk of its is [`Throat::CHUNK_MS`] long.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Throat {
    /// Speaks everything.
    Speaks,
    /// Fails on the chunk with this number in every reply.
    FailsOn(u32),
    /// Is lost with the first chunk.
    Lost,
}

impl Throat {
    /// How long each chunk sounds.
    pub(crate) const CHUNK_MS: u64 = 1_000;
}

fn lost() -> ProviderError {
    ProviderError::BrokeOff { provider: "scripted", reason: "the script says so".to_owned() }
}

#[async_trait]
impl SpeechToText for Ear {
    fn abilities(&self) -> Recogniser {
        let name = "scripted".to_owned();
        Recogniser { name, fillers: false, punctuation: false, word_times: false }
    }

    async fn listen(
        &self,
        _start: RecogniserStart,
        mut input: mpsc::Receiver<RecogniserInput>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError> {
        while let Some(heard) = input.recv().await {
            let event = match (heard, *self) {
                (_, Self::Lost) => return Err(lost()),
                (RecogniserInput::VoiceOn { .. }, Self::Hears(text) | Self::NeverSettles(text)) => {
                    RecogniserEvent::Partial { text: text.to_owned() }
                }
                (RecogniserInput::Finalise(id), Self::Hears(text)) => RecogniserEvent::Final {
                    text: text.to_owned(),
                    words: Vec::new(),
                    finalise: Some(id),
                },
                _ => continue,
            };
            let sent = events.send(ProviderEvent::Recogniser(event)).await;
            sent.map_err(|_| ProviderError::CallOver)?;
        }
        Ok(())
    }
}

#[async_trait]
impl PersonaModel for Mind {
    fn name(&self) -> String {
        "scripted".to_owned()
    }

    async fn reply(
        &self,
        request: ReplyRequest,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<ModelUsage, ProviderError> {
        match self {
            Self::Says(text) => {
                let event =
                    ProviderEvent::Model(request.reply, ModelEvent::Text((*text).to_owned()));
                events.send(event).await.map_err(|_| ProviderError::CallOver)?;
                Ok(ModelUsage::default())
            }
            Self::Silent => std::future::pending().await,
            Self::Refuses => Err(lost()),
        }
    }
}

#[async_trait]
impl TextToSpeech for Throat {
    fn name(&self) -> String {
        "scripted".to_owned()
    }

    fn sample_rate_hz(&self) -> u32 {
        VOICE_RATE_HZ
    }

    async fn speak(
        &self,
        _start: VoiceStart,
        mut input: mpsc::Receiver<VoiceInput>,
        cancelled: watch::Receiver<Option<ReplyId>>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError> {
        while let Some(VoiceInput { reply, chunk, .. }) = input.recv().await {
            if *cancelled.borrow() == Some(reply) {
                continue;
            }
            let said = match self {
                Self::Lost => return Err(lost()),
                Self::FailsOn(number) if *number == chunk.0 => vec![VoiceEvent::Failed(lost())],
                _ => vec![VoiceEvent::Audio(tone()), VoiceEvent::Done],
            };
            for event in said {
                let sent = events.send(ProviderEvent::Voice(reply, chunk, event)).await;
                sent.map_err(|_| ProviderError::CallOver)?;
            }
        }
        Ok(())
    }
}

fn tone() -> Vec<i16> {
    let count = u64::from(VOICE_RATE_HZ) / 1_000 * Throat::CHUNK_MS;
    (0..count).map(|place| if place / 40 % 2 == 0 { 3_000 } else { -3_000 }).collect()
}
