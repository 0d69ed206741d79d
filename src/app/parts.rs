//! Which engines and which object store serve this node, from what is configured.

use std::sync::Arc;

use anyhow::{Context, bail};

use crate::blob::{Blob, BlobConfig, EmbeddedS3, embedded};
use crate::config::{Config, LlmChoice, SttChoice, TtsChoice};
use crate::live::engines::Engines;
use crate::persona::Library;
use crate::provider::llm::claude::{Claude, ClaudeConfig};
use crate::provider::llm::scripted::Scripted;
use crate::provider::stt::offline::OfflineRecogniser;
use crate::provider::tts::flite::Flite;
use crate::provider::{PersonaModel, SpeechToText, TextToSpeech};
