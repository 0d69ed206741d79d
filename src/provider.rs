//! The outside systems a call needs: recogniser, persona model, voice. One file a vendor.
//!
//! Each is a future that the call's scope runs: input comes over a bounded channel, results go to
//! the driver's one queue, dropping the future is cancelling it. Adapters spawn nothing themselves.

use std::sync::Arc;

use async_trait::async_trait;
use ringcraft_media::call::{ChunkId, FinaliseId, ReplyId, TimedWord, VoicedWord};
use ringcraft_media::record::Recogniser;
use ringcraft_media::units::{CallTime, SampleRate};
use tokio::sync::mpsc;

use crate::buyer::Direction;
use crate::persona::Scenario;

pub mod llm;
#[cfg(test)]
pub(crate) mod scripted_engines;
pub mod stt;
pub mod tts;

/// Results waiting for the driver. When full the adapter waits: it has nothing else to do.
pub const PROVIDER_EVENTS: usize = 256;

/// Frames waiting for a recogniser: 5 s. When full the oldest audio is lost and counted.
pub const RECOGNISER_INPUT: usize = 256;

/// Chunks waiting for a voice. A reply has a handful; when full the reply fails.
pub const VOICE_INPUT: usize = 64;

/// Samples of a recogniser frame: 20 ms at 16 kHz.
pub const RECOGNISER_FRAME: usize = SampleRate::Hz16000.frame_len();

/// A result of an outside system, for the driver.
#[derive(Debug)]
pub enum ProviderEvent {
    /// From the recogniser.
    Recogniser(RecogniserEvent),
    /// From the model, for one reply.
    Model(ReplyId, ModelEvent),
    /// From the voice, for one chunk of a reply.
    Voice(ReplyId, ChunkId, VoiceEvent),
    /// An engine is gone for good. Sent by the scope that runs the adapter.
    Lost(Engine, ProviderError),
}

/// An outside system that serves a call from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Speech to text.
    Recogniser,
    /// The persona's words.
    Model,
    /// Text to speech.
    Voice,
}

/// What a recogniser is given.
#[derive(Debug)]
pub enum RecogniserInput {
    /// 20 ms of the rep leg, silence included, without gaps.
    Audio {
        /// The first sample on the call's clock.
        at: CallTime,
        /// 16 kHz mono.
        pcm: Box<[i16; RECOGNISER_FRAME]>,
    },
    /// The rep's voice began; engines that listen only to speech start here, with some lead.
    VoiceOn {
        /// The first voiced sample.
        at: CallTime,
    },
    /// The rep's voice ceased.
    VoiceOff,
    /// Settle what was heard and answer with a final that carries the id. Mostly the rep paused; where the voice is
    /// still on, what it says from here on is heard as before.
    Finalise(FinaliseId),
}

/// What a recogniser tells, in the order of the sound: what comes before the answer to a request to
/// settle is of sound before that request, what comes after it of sound after.
#[derive(Debug)]
pub enum RecogniserEvent {
    /// Words so far since the last final; may change.
    Partial {
        /// The words.
        text: String,
    },
    /// Words that will not change. An answer to `Finalise` comes even when there were none.
    Final {
        /// The words.
        text: String,
        /// Their times; empty where the engine gives none.
        words: Vec<TimedWord>,
        /// The request this answers.
        finalise: Option<FinaliseId>,
    },
}

/// What a recogniser shall listen for.
#[derive(Clone, Debug)]
pub struct RecogniserStart {
    /// A language tag, "en-US".
    pub language: String,
    /// Terms of the scenario that a general model would miss.
    pub key_terms: Vec<String>,
}

/// Speech to text, one conversation at a time.
#[async_trait]
pub trait SpeechToText: Send + Sync + std::fmt::Debug {
    /// What its text can hold; the record carries it.
    fn abilities(&self) -> Recogniser;

    /// Listens until `input` closes.
    ///
    /// # Errors
    /// When the engine cannot be started or is lost for good.
    async fn listen(
        &self,
        start: RecogniserStart,
        input: mpsc::Receiver<RecogniserInput>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError>;
}

/// One turn of the conversation as the model may remember it: what was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTurn {
    /// Who spoke.
    pub speaker: ringcraft_media::record::Speaker,
    /// The heard words; a reply that was cut ends in a dash.
    pub text: String,
}

/// A reply to be worded.
#[derive(Clone, Debug)]
pub struct ReplyRequest {
    /// The reply.
    pub reply: ReplyId,
    /// Whose words they are.
    pub scenario: Arc<Scenario>,
    /// The conversation so far, the rep's last turn included.
    pub history: Vec<HistoryTurn>,
    /// What the buyer does with this reply.
    pub direction: Direction,
}

/// What a model tells.
#[derive(Debug)]
pub enum ModelEvent {
    /// More text.
    Text(String),
    /// The text is complete.
    Done(ModelUsage),
    /// The model gave up. Sent by the scope that runs the adapter.
    Failed(ProviderError),
}

/// What a reply cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ModelUsage {
    /// Tokens read at full price.
    pub input_tokens: u64,
    /// Tokens written to the vendor's cache.
    pub cache_write_tokens: u64,
    /// Tokens read from the vendor's cache.
    pub cache_read_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

/// Words for the persona.
#[async_trait]
pub trait PersonaModel: Send + Sync + std::fmt::Debug {
    /// The model's name; the record carries it.
    fn name(&self) -> String;

    /// Streams a reply as [`ModelEvent::Text`], then returns what it cost. The caller sends `Done`.
    ///
    /// # Errors
    /// When no or only part of a reply came.
    async fn reply(
        &self,
        request: ReplyRequest,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<ModelUsage, ProviderError>;
}

/// A chunk to be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceInput {
    /// The reply.
    pub reply: ReplyId,
    /// The chunk.
    pub chunk: ChunkId,
    /// The words as they shall be said.
    pub spoken: String,
}

/// What a voice tells about a chunk.
#[derive(Debug)]
pub enum VoiceEvent {
    /// More sound, in order, at the rate the voice declares.
    Audio(Vec<i16>),
    /// Word times, in order.
    Words(Vec<VoicedWord>),
    /// The chunk is complete.
    Done,
    /// The voice gave up on this chunk; the next one may work.
    Failed(ProviderError),
}

/// Whose voice to use.
#[derive(Clone, Debug)]
pub struct VoiceStart {
    /// A name the vendor knows.
    pub voice: String,
    /// A language tag, "en-US".
    pub language: String,
}

/// Text to speech, one conversation at a time.
#[async_trait]
pub trait TextToSpeech: Send + Sync + std::fmt::Debug {
    /// Vendor and engine, for people.
    fn name(&self) -> String;

    /// The rate of the sound it sends, in Hz.
    fn sample_rate_hz(&self) -> u32;

    /// Speaks chunks in order until `input` closes. Chunks of a reply that is in `cancelled` by
    /// the time they come up are skipped.
    ///
    /// # Errors
    /// When the engine cannot be started or is lost for good.
    async fn speak(
        &self,
        start: VoiceStart,
        input: mpsc::Receiver<VoiceInput>,
        cancelled: tokio::sync::watch::Receiver<Option<ReplyId>>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError>;
}

/// Why an outside system did not deliver.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It could not be reached or started.
    #[error("{provider} is unavailable: {reason}")]
    Unavailable {
        /// Which one.
        provider: &'static str,
        /// In words for an operator. No transcript, no key.
        reason: String,
    },
    /// It refused the request, and would again.
    #[error("{provider} refused the request: {reason}")]
    Refused {
        /// Which one.
        provider: &'static str,
        /// In words for an operator. No transcript, no key.
        reason: String,
    },
    /// It stopped or broke the protocol in the middle.
    #[error("{provider} broke off: {reason}")]
    BrokeOff {
        /// Which one.
        provider: &'static str,
        /// In words for an operator. No transcript, no key.
        reason: String,
    },
    /// It took too long.
    #[error("{provider} did not answer in time")]
    TooSlow {
        /// Which one.
        provider: &'static str,
    },
    /// The driver is gone; nobody listens any more.
    #[error("the call is over")]
    CallOver,
}
