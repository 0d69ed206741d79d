//! The Messages API's JSON: the request's body and the events of its stream.

use serde::{Deserialize, Serialize};

use crate::provider::ModelUsage;
use crate::provider::llm::history::Message;
use crate::provider::llm::sse::SseEvent;

/// Tokens a spoken word takes at most, the vendor's newer tokenizer included.
const TOKENS_A_WORD: u32 = 4;

/// Tokens for a model that cannot be told not to think first.
const THINKING_TOKENS: u32 = 2_048;

/// A little variety: the same direction should not always find the same words.
const TEMPERATURE: f32 = 0.8;

/// A request.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    system: [SystemBlock<'a>; 1],
    messages: Vec<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
}

/// The prompt, as a block because only a block can be marked for the cache.
#[derive(Debug, Serialize)]
struct SystemBlock<'a> {
    r#type: &'static str,
    text: &'a str,
    cache_control: CacheControl,
}

#[derive(Debug, Serialize)]
struct CacheControl {
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct Thinking {
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct OutputConfig {
    effort: &'static str,
}

/// What a model accepts. A parameter it does not know is an error there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Features {
    temperature: bool,
    effort: bool,
    thinking: ThinkingByDefault,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ThinkingByDefault {
    /// Off unless asked for.
    #[default]
    Off,
    /// On unless told not to.
    On,
    /// Always on.
    Always,
}

impl Features {
    /// What is known of a model (state of 2026-08); of any other nothing is assumed.
    pub(super) fn of(model: &str) -> Self {
        use ThinkingByDefault::{Always, Off, On};
        let known = [
            ("claude-sonnet-4-6", true, true, Off),
            ("claude-opus-4-6", true, true, Off),
            ("claude-haiku-4-5", true, false, Off),
            ("claude-sonnet-4-5", true, false, Off),
            ("claude-opus-4-5", true, false, Off),
            ("claude-opus-4-7", false, true, Off),
            ("claude-opus-4-8", false, true, Off),
            ("claude-sonnet-5", false, true, On),
            ("claude-opus-5", false, true, On),
            ("claude-fable-5", false, true, Always),
            ("claude-mythos-5", false, true, Always),
        ];
        let is_version_of = |name: &str| {
            model.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("-20"))
        };
        known.into_iter().find(|(name, ..)| is_version_of(name)).map_or_else(
            Self::default,
            |(_, temperature, effort, thinking)| Self { temperature, effort, thinking },
        )
    }
}

impl<'a> Body<'a> {
    /// A request for one reply of at most so many words.
    pub(super) fn new(
        model: &'a str,
        features: Features,
        prompt: &'a str,
        messages: Vec<Message>,
        max_words: u32,
    ) -> Self {
        let thinking_tokens =
            if features.thinking == ThinkingByDefault::Always { THINKING_TOKENS } else { 0 };
        Self {
            model,
            max_tokens: max_words.saturating_mul(TOKENS_A_WORD).saturating_add(thinking_tokens),
            stream: true,
            system: [SystemBlock {
                r#type: "text",
                text: prompt,
                cache_control: CacheControl { r#type: "ephemeral" },
            }],
            messages,
            temperature: features.temperature.then_some(TEMPERATURE),
            thinking: (features.thinking == ThinkingByDefault::On)
                .then_some(Thinking { r#type: "disabled" }),
            output_config: features.effort.then_some(OutputConfig { effort: "low" }),
        }
    }
}

/// An event of the stream, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    Text(String),
    Usage(Usage),
    Stop { reason: String, usage: Usage },
    End,
    Error { kind: String },
    Ignored,
}

/// Token counts; each that is there replaces the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

impl Usage {
    pub(super) fn replace_in(self, usage: &mut ModelUsage) {
        let replace = |old: &mut u64, new: Option<u64>| *old = new.unwrap_or(*old);
        replace(&mut usage.input_tokens, self.input_tokens);
        replace(&mut usage.cache_write_tokens, self.cache_creation_input_tokens);
        replace(&mut usage.cache_read_tokens, self.cache_read_input_tokens);
        replace(&mut usage.output_tokens, self.output_tokens);
    }
}

impl Event {
    /// Reads an event; kinds that are not known are left alone, as the vendor asks.
    pub(super) fn read(event: &SseEvent) -> Result<Self, serde_json::Error> {
        let data = event.data.as_str();
        Ok(match event.name.as_str() {
            "message_start" => {
                Self::Usage(serde_json::from_str::<MessageStart>(data)?.message.usage)
            }
            "content_block_delta" => match serde_json::from_str::<BlockDelta>(data)?.delta {
                Delta::TextDelta { text } => Self::Text(text),
                Delta::Other => Self::Ignored,
            },
            "message_delta" => {
                let MessageDelta { delta, usage } = serde_json::from_str(data)?;
                let reason = delta.stop_reason.unwrap_or_default();
                Self::Stop { reason, usage: usage.unwrap_or_default() }
            }
            "message_stop" => Self::End,
            "error" => Self::Error { kind: serde_json::from_str::<ErrorEvent>(data)?.error.kind },
            _ => Self::Ignored,
        })
    }
}

#[derive(Deserialize)]
struct MessageStart {
    message: StartedMessage,
}

#[derive(Deserialize)]
struct StartedMessage {
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct BlockDelta {
    delta: Delta,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Delta {
    TextDelta {
        text: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct MessageDelta {
    delta: StopDelta,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct StopDelta {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct ErrorEvent {
    error: ErrorKind,
}

#[derive(Deserialize)]
struct ErrorKind {
    #[serde(rename = "type")]
    kind: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_gets_only_what_it_accepts() {
        for (model, expected) in [
            ("claude-sonnet-4-6", r#"{"effort":"low","temperature":true,"thinking":null}"#),
            ("claude-haiku-4-5-20251001", r#"{"effort":null,"temperature":true,"thinking":null}"#),
            ("claude-sonnet-5", r#"{"effort":"low","temperature":false,"thinking":"disabled"}"#),
            ("claude-opus-4-8", r#"{"effort":"low","temperature":false,"thinking":null}"#),
            ("claude-fable-5", r#"{"effort":"low","temperature":false,"thinking":null}"#),
            ("claude-next", r#"{"effort":null,"temperature":false,"thinking":null}"#),
            ("claude-sonnet-4-60", r#"{"effort":null,"temperature":false,"thinking":null}"#),
        ] {
            let body = Body::new(model, Features::of(model), "", Vec::new(), 10);
            let body = serde_json::to_value(&body).expect("a body");
            let seen = serde_json::json!({
                "effort": body["output_config"]["effort"],
                "temperature": body.get("temperature").is_some(),
                "thinking": body["thinking"]["type"],
            });
            assert_eq!(seen.to_string(), expected, "{model}");
        }
    }

    #[test]
    fn unknown_events_and_deltas_are_left_alone() {
        let read = |name: &str, data: &str| {
            Event::read(&SseEvent { name: name.to_owned(), data: data.to_owned() })
        };
        for (name, data) in [
            ("ping", "not even JSON"),
            ("vendor_news", "{"),
            ("content_block_delta", r#"{"delta":{"type":"thinking_delta","thinking":"hm"}}"#),
        ] {
            assert_eq!(read(name, data).ok(), Some(Event::Ignored), "{name}");
        }
        assert!(read("content_block_delta", "{").is_err());
    }

    #[test]
    fn counts_replace_one_another_and_nulls_do_not() {
        let mut usage = ModelUsage::default();
        let counts = |json: &str| serde_json::from_str::<Usage>(json).expect("counts");
        counts(r#"{"input_tokens":5,"cache_read_input_tokens":900,"output_tokens":1}"#)
            .replace_in(&mut usage);
        counts(r#"{"input_tokens":null,"output_tokens":17}"#).replace_in(&mut usage);
        assert_eq!(
            (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens),
            (5, 900, 17)
        );
    }
}
