//! Claude through Anthropic's Messages API, streamed.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::sse::SseReader;
use super::{ReplyWriter, Wanted, history};
use crate::provider::{ModelUsage, PersonaModel, ProviderError, ProviderEvent, ReplyRequest};

mod failure;
mod wire;

use failure::Failure;
use wire::{Body, Event, Features};

const PROVIDER: &str = "Claude";

/// The version of the API that is spoken here.
const API_VERSION: &str = "2023-06-01";

/// Requests made for one reply: the first, and one more while nothing was said.
const ATTEMPTS: u32 = 2;

/// The longest silence within a reply that has begun.
const STALL: Duration = Duration::from_secs(8);

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// How to reach Claude.
#[derive(Clone)]
pub struct ClaudeConfig {
    /// The key. Never shown.
    pub api_key: String,
    /// Where the API is; `http://` too, for a stand-in.
    pub base_url: String,
    /// The model's id.
    pub model: String,
    /// How long the first words may take, retries included.
    pub first_text: Duration,
}

impl ClaudeConfig {
    /// The public API and the model that this library was written for.
    pub fn new(api_key: String) -> Self {
        Self {
            api_key,
            base_url: "https://api.anthropic.com".to_owned(),
            model: "claude-sonnet-4-6".to_owned(),
            first_text: Duration::from_secs(6),
        }
    }
}

impl fmt::Debug for ClaudeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaudeConfig")
            .field("api_key", &"***")
            .field("base_url", &self.base_url)
            .field("model", &self.model)
            .field("first_text", &self.first_text)
            .finish()
    }
}

/// Claude as the buyer's voice.
#[derive(Debug)]
pub struct ClaudeModel {
    client: Client,
    url: String,
    features: Features,
    config: ClaudeConfig,
}

/// A reply under way: the response and what was read of it.
#[derive(Debug)]
struct Stream {
    response: Response,
    request_id: String,
    reader: SseReader,
    usage: ModelUsage,
    /// What went wrong after text that is not delivered yet.
    failed: Option<Failure>,
    refused: bool,
    cut_short: bool,
    complete: bool,
}

impl ClaudeModel {
    /// Prepares a client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the key holds characters that no header can carry, or TLS cannot be set up.
    pub fn new(config: ClaudeConfig) -> Result<Self, ProviderError> {
        let unavailable = |reason: &str| ProviderError::Unavailable {
            provider: PROVIDER,
            reason: reason.to_owned(),
        };
        let mut key = HeaderValue::from_str(&config.api_key)
            .map_err(|_| unavailable("ANTHROPIC_API_KEY holds characters that no key has"))?;
        key.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (reqwest::header::HeaderName::from_static("x-api-key"), key),
            (
                reqwest::header::HeaderName::from_static("anthropic-version"),
                HeaderValue::from_static(API_VERSION),
            ),
        ]);
        let client = Client::builder()
            .default_headers(headers)
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| unavailable("TLS cannot be set up"))?;
        let url = format!("{}/v1/messages", config.base_url.trim_end_matches('/'));
        let features = Features::of(&config.model);
        Ok(Self { client, url, features, config })
    }

    /// Sends the request until text comes, at most twice, and yields the stream with that text.
    async fn begin(&self, body: &[u8]) -> Result<(Stream, String), ProviderError> {
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(body).await {
                Ok(begun) => return Ok(begun),
                Err(failure) => failure,
            };
            match failure.retry_after {
                Some(delay) if attempt < ATTEMPTS => {
                    tracing::info!(model = %self.config.model, reason = %failure, "asking again");
                    sleep(delay).await;
                    attempt += 1;
                }
                _ => return Err(failure.into()),
            }
        }
    }

    async fn attempt(&self, body: &[u8]) -> Result<(Stream, String), Failure> {
        let response = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_vec())
            .send()
            .await
            .map_err(|error| Failure::unreachable(&error))?;
        if !response.status().is_success() {
            return Err(Failure::of_response(response).await);
        }
        let mut stream = Stream::new(response);
        let text = stream.next_text().await?;
        Ok((stream, text.unwrap_or_default()))
    }
}

#[async_trait]
impl PersonaModel for ClaudeModel {
    fn name(&self) -> String {
        self.config.model.clone()
    }

    async fn reply(
        &self,
        request: ReplyRequest,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<ModelUsage, ProviderError> {
        let messages = history::messages(&request.history, &request.direction);
        let body = Body::new(
            &self.config.model,
            self.features,
            request.scenario.system_prompt(),
            messages,
            request.direction.max_words,
        );
        let body = serde_json::to_vec(&body).map_err(|_| ProviderError::Refused {
            provider: PROVIDER,
            reason: "the request cannot be written".to_owned(),
        })?;
        let mut writer = ReplyWriter::new(&request, events);
        let begun = timeout(self.config.first_text, self.begin(&body)).await;
        let (mut stream, first) =
            begun.map_err(|_| ProviderError::TooSlow { provider: PROVIDER })??;

        let mut text = Some(first);
        while let Some(piece) = text {
            if writer.write(&piece).await? == Wanted::Nothing {
                break;
            }
            text = match timeout(STALL, stream.next_text()).await {
                Ok(next) => next?,
                Err(_) => return Err(ProviderError::TooSlow { provider: PROVIDER }),
            };
        }
        stream.check()?;
        writer.finish().await?;
        tracing::debug!(
            request_id = %stream.request_id,
            model = %self.config.model,
            input_tokens = stream.usage.input_tokens,
            cache_read_tokens = stream.usage.cache_read_tokens,
            output_tokens = stream.usage.output_tokens,
            cut_short = stream.cut_short,
            "reply written"
        );
        Ok(stream.usage)
    }
}

impl Stream {
    fn new(response: Response) -> Self {
        Self {
            request_id: failure::request_id(&response),
            response,
            reader: SseReader::default(),
            usage: ModelUsage::default(),
            failed: None,
            refused: false,
            cut_short: false,
            complete: false,
        }
    }

    /// The text of the next events that hold any; `None` at the end of the message.
    async fn next_text(&mut self) -> Result<Option<String>, Failure> {
        while !self.complete {
            if let Some(failure) = self.failed.take() {
                return Err(failure);
            }
            let chunk = self.response.chunk().await;
            let Some(bytes) = chunk.map_err(|_| self.broken("the connection was lost"))? else {
                return Err(self.broken("the stream ended before its message"));
            };
            let mut text = String::new();
            self.failed = self.read(&bytes, &mut text).err();
            if !text.is_empty() {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    fn read(&mut self, bytes: &[u8], text: &mut String) -> Result<(), Failure> {
        let events = self.reader.push(bytes).map_err(|error| self.broken(&error.to_string()))?;
        for event in events {
            let event =
                Event::read(&event).map_err(|_| self.broken("an event is no JSON of its kind"))?;
            self.take(event, text)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event, text: &mut String) -> Result<(), Failure> {
        match event {
            Event::Text(piece) => text.push_str(&piece),
            Event::Usage(usage) => usage.replace_in(&mut self.usage),
            Event::Stop { reason, usage } => {
                usage.replace_in(&mut self.usage);
                self.refused |= reason == "refusal";
                self.cut_short |= reason == "max_tokens";
            }
            Event::End => self.complete = true,
            Event::Error { kind } => return Err(Failure::in_stream(&kind, &self.request_id)),
            Event::Ignored => {}
        }
        Ok(())
    }

    /// Whether what was said may stand.
    fn check(&self) -> Result<(), ProviderError> {
        if !self.refused {
            return Ok(());
        }
        Err(ProviderError::Refused {
            provider: PROVIDER,
            reason: format!("the model declined to answer, request {}", self.request_id),
        })
    }

    fn broken(&self, reason: &str) -> Failure {
        Failure::broken(reason, &self.request_id)
    }
}
