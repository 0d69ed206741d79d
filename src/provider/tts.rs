//! Text to speech: a reply's words become sound with word times.

pub mod flite;
pub mod espeak;
mod command;
mod sound;
mod phones;

use async_trait::async_trait;
use ringcraft_media::call::ReplyId;
use tokio::sync::{mpsc, watch};

use self::sound::Sound;
use super::{ProviderError, ProviderEvent, VoiceEvent, VoiceInput};

/// An engine that speaks a chunk in one go, and is stopped by dropping the future.
#[async_trait]
trait Synthesise: Sync {
    /// Speaks the words of one chunk.
    async fn sound(&self, spoken: &str) -> Result<Sound, ProviderError>;

    /// Samples a second.
    fn rate_hz(&self) -> u32;
}

/// Speaks chunks in order until `input` closes; those of a cancelled reply are skipped or stopped.
async fn speak_chunks(
    engine: &impl Synthesise,
    mut input: mpsc::Receiver<VoiceInput>,
    mut cancelled: watch::Receiver<Option<ReplyId>>,
    events: &mpsc::Sender<ProviderEvent>,
) -> Result<(), ProviderError> {
    while let Some(chunk) = input.recv().await {
        let outcome = tokio::select! {
            // The cancelled reply must not win against a chunk that happens to be ready.
            biased;
            () = is_cancelled(&mut cancelled, chunk.reply) => continue,
            outcome = speak_chunk(engine, &chunk, events) => outcome,
        };
        match outcome {
            Ok(()) => {}
            Err(lost @ (ProviderError::Unavailable { .. } | ProviderError::CallOver)) => {
                return Err(lost);
            }
            Err(error) => tell(events, &chunk, VoiceEvent::Failed(error)).await?,
        }
    }
    Ok(())
}

async fn speak_chunk(
    engine: &impl Synthesise,
    chunk: &VoiceInput,
    events: &mpsc::Sender<ProviderEvent>,
) -> Result<(), ProviderError> {
    let sound = engine.sound(&chunk.spoken).await?;
    for piece in sound.pieces(engine.rate_hz()) {
        tell(events, chunk, VoiceEvent::Audio(piece.to_vec())).await?;
    }
    tell(events, chunk, VoiceEvent::Words(sound.words)).await?;
    tell(events, chunk, VoiceEvent::Done).await
}

async fn tell(
    events: &mpsc::Sender<ProviderEvent>,
    chunk: &VoiceInput,
    event: VoiceEvent,
) -> Result<(), ProviderError> {
    let event = ProviderEvent::Voice(chunk.reply, chunk.chunk, event);
    events.send(event).await.map_err(|_| ProviderError::CallOver)
}

/// Comes back when this reply is the one that was cancelled last.
async fn is_cancelled(cancelled: &mut watch::Receiver<Option<ReplyId>>, reply: ReplyId) {
    if cancelled.wait_for(|last| *last == Some(reply)).await.is_err() {
        // Nobody is left to cancel anything.
        std::future::pending::<()>().await;
    }
}
