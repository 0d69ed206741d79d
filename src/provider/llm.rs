//! Models that word the buyer's replies, and the one way their text takes to the driver.

use ringcraft_media::call::ReplyId;
use tokio::sync::mpsc;

use super::{ModelEvent, ProviderError, ProviderEvent, ReplyRequest};
use crate::persona::{Guard, GuardStop};

mod claude;
mod history;
mod scripted;
mod sse;

pub use claude::{ClaudeConfig, ClaudeModel};
pub use scripted::ScriptedModel;

/// Where a model writes its reply: through the guard to the driver's queue.
#[derive(Debug)]
struct ReplyWriter {
    reply: ReplyId,
    guard: Guard,
    fallback: Vec<String>,
    events: mpsc::Sender<ProviderEvent>,
}

/// Whether more of a reply is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    More,
    /// The guard lets nothing more through.
    Nothing,
}

impl ReplyWriter {
    fn new(request: &ReplyRequest, events: mpsc::Sender<ProviderEvent>) -> Self {
        Self {
            reply: request.reply,
            guard: Guard::new(&request.scenario.persona.name, request.direction.max_words),
            fallback: request.direction.lines.clone(),
            events,
        }
    }

    /// Writes more of the reply.
    async fn write(&mut self, text: &str) -> Result<Wanted, ProviderError> {
        let speakable = self.guard.push(text);
        self.send(speakable).await?;
        Ok(if self.guard.stopped().is_some() { Wanted::Nothing } else { Wanted::More })
    }

    /// Writes what is left. A reply of which nothing could be spoken becomes the scripted one.
    async fn finish(mut self) -> Result<(), ProviderError> {
        let rest = self.guard.finish();
        self.send(rest).await?;
        if self.guard.stopped() == Some(GuardStop::OutOfCharacter) {
            tracing::warn!(reply = %self.reply, "the model fell out of character and was cut off");
        }
        if self.guard.words_said() == 0 {
            tracing::warn!(reply = %self.reply, "the model said nothing; the scripted line is used");
            let line = self.fallback.join(" ");
            self.send(line).await?;
        }
        Ok(())
    }

    async fn send(&self, text: String) -> Result<(), ProviderError> {
        if text.is_empty() {
            return Ok(());
        }
        let event = ProviderEvent::Model(self.reply, ModelEvent::Text(text));
        self.events.send(event).await.map_err(|_| ProviderError::CallOver)
    }
}

#[cfg(test)]
mod tests;
