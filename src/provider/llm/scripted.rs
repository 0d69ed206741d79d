//! The buyer without a model: the scenario's own lines, as the direction chose them.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{ReplyWriter, Wanted};
use crate::provider::{ModelUsage, PersonaModel, ProviderError, ProviderEvent, ReplyRequest};

/// Says the direction's lines, a word at a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptedModel;

#[async_trait]
impl PersonaModel for ScriptedModel {
    fn name(&self) -> String {
        "scripted".to_owned()
    }

    async fn reply(
        &self,
        request: ReplyRequest,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<ModelUsage, ProviderError> {
        let mut writer = ReplyWriter::new(&request, events);
        for word in request.direction.lines.iter().flat_map(|line| line.split_inclusive(' ')) {
            if writer.write(word).await? == Wanted::Nothing {
                break;
            }
            if word.ends_with(['.', '!', '?']) {
                // The lines are joined as sentences are.
                writer.write(" ").await?;
            }
        }
        writer.finish().await?;
        Ok(ModelUsage::default())
    }
}
