//! Which engines and which object store serve this node, from what is configured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use http::uri::Scheme;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::Parts;
use crate::blob::{Blob, BlobConfig, EmbeddedS3, embedded};
use crate::config::{
    BaseUrl, Config, DemoChoice, LlmChoice, NoDatabase, Secret, SttChoice, TtsChoice,
};
use crate::demo;
use crate::live::engines::Engines;
use crate::persona::Library;
use crate::provider::PersonaModel;
use crate::provider::llm::{ClaudeConfig, ClaudeModel, ScriptedModel};
use crate::provider::stt::offline::OfflineRecogniser;
use crate::provider::tts::flite::Flite;
use crate::store::{self, MigrateError, Migrated, OpenError, Store};
use crate::transport::webrtc::ports::{BindError, Ports};

/// The region that stores without regions are signed for.
const NO_REGION: &str = "us-east-1";

/// How soon a database that is away is asked again: first, and at most.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
const AGAIN_AT_MOST: Duration = Duration::from_secs(5);

/// Takes the port of WebRTC, to be served by `media`.
pub(super) fn ports(config: &Config, media: &Handle) -> Result<Ports, BindError> {
    let public = |port| config.rtc.public.on(port).collect();
    let ports = Ports::bind(config.rtc.listen, public, media)?;
    tracing::info!(candidates = ?ports.candidates(), "calls over WebRTC come by UDP and TCP");
    Ok(ports)
}

/// Loads the scenarios, from the configured folder or from the binary.
pub(super) fn library(config: &Config) -> anyhow::Result<Library> {
    match &config.prompts_dir {
        Some(dir) => Library::from_dir(dir)
            .with_context(|| format!("load {} (RINGCRAFT_PROMPTS_DIR)", dir.display())),
        None => Library::embedded().context("load the built-in scenarios"),
    }
}

/// Chooses the engines and checks that they can work on this machine.
pub(super) fn engines(config: &Config) -> anyhow::Result<Engines> {
    let program = std::env::current_exe().context("find this program")?;
    let recogniser = match config.stt {
        SttChoice::Auto | SttChoice::Offline => {
            OfflineRecogniser::new(program, config.offline_recognisers.get())
        }
    };
    recogniser.check().context("RINGCRAFT_STT")?;
    let voice = match config.tts {
        TtsChoice::Auto | TtsChoice::Flite => Flite::new(),
    };
    voice.check().context("RINGCRAFT_TTS")?;
    Ok(Engines { recogniser: Arc::new(recogniser), model: model(config)?, voice: Arc::new(voice) })
}

/// Calls that can be served at the same time: none is admitted that nothing would listen to.
pub(super) fn max_calls(config: &Config) -> usize {
    match config.stt {
        SttChoice::Auto | SttChoice::Offline => {
            config.max_calls.min(config.offline_recognisers).get()
        }
    }
}

fn model(config: &Config) -> anyhow::Result<Arc<dyn PersonaModel>> {
    let key = match (config.llm, &config.anthropic.api_key) {
        (LlmChoice::Scripted, _) | (LlmChoice::Auto, None) => return Ok(Arc::new(ScriptedModel)),
        (LlmChoice::Claude, None) => bail!("RINGCRAFT_LLM is claude; set ANTHROPIC_API_KEY too"),
        (LlmChoice::Auto | LlmChoice::Claude, Some(key)) => key,
    };
    let claude = ClaudeModel::new(ClaudeConfig {
        base_url: config.anthropic.base_url.to_string(),
        model: config.anthropic.model.clone(),
        ..ClaudeConfig::new(key.expose().to_owned())
    });
    Ok(Arc::new(claude.context("RINGCRAFT_LLM")?))
}

/// The address of the database.
pub(super) fn database_url(config: &Config) -> Result<&str, NoDatabase> {
    config.database_url.as_ref().map(Secret::expose).ok_or(NoDatabase)
}

/// Brings the database up to date and opens it. One that is away is waited for.
pub(super) async fn database(config: &Config) -> anyhow::Result<Store> {
    let url = database_url(config)?;
    let mut again_after = AGAIN_AFTER;
    loop {
        let away = match opened(url).await {
            Err(error) if is_away(&error) => error,
            opened => return opened,
        };
        tracing::warn!("{away:#}; the server starts once the database answers");
        sleep(again_after).await;
        again_after = (2 * again_after).min(AGAIN_AT_MOST);
    }
}

async fn opened(url: &str) -> anyhow::Result<Store> {
    let Migrated { from, to } = store::migrate(url).await?;
    if from != to {
        tracing::info!(from, to, "the database was brought up to date");
    }
    Ok(Store::open(url).await?)
}

fn is_away(error: &anyhow::Error) -> bool {
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(migrate), _) => MigrateError::is_unavailable(migrate),
        (_, Some(OpenError::Unreachable(error))) => error.is_unavailable(),
        _ => false,
    }
}

/// Makes the demo org where it was asked for and there is no org yet.
pub(super) async fn demo(config: &Config, store: &Store, address: &BaseUrl) -> anyhow::Result<()> {
    let address = address.to_string();
    match config.demo {
        DemoChoice::On => demo::offer(store, &config.data_dir, &address, &mut std::io::stdout())
            .await
            .context("make the demo org (RINGCRAFT_DEMO)"),
        DemoChoice::Off => Ok(()),
    }
}

/// The object store as this process uses it.
pub(super) struct ObjectStore {
    pub(super) blob: Blob,
    /// The store itself, where no other is configured.
    pub(super) embedded: Option<EmbeddedS3>,
    /// Where the embedded one is to be served for this process alone.
    pub(super) inside: Option<TcpListener>,
}

/// Opens the object store; the embedded one is reached like any other, at our own address. Where
/// that speaks HTTPS with a certificate for other names, or one that nobody vouches for, it is
/// reached at a port of its own, which only this machine can reach.
pub(super) async fn object_store(
    config: &Config,
    listening: SocketAddr,
) -> anyhow::Result<ObjectStore> {
    let bucket = config.s3.bucket.clone();
    if let Some(endpoint) = &config.s3.endpoint {
        let blob = Blob::new(BlobConfig {
            bucket,
            region: NO_REGION.to_owned(),
            endpoint: Some(endpoint.to_string()),
            public_endpoint: config.s3.public_endpoint.as_ref().map(ToString::to_string),
            keys: None,
        });
        return Ok(ObjectStore { blob: blob.await, embedded: None, inside: None });
    }
    let store = embedded(&config.data_dir, &bucket).context("start the embedded object store")?;
    let inside = match config.tls.is_on() {
        true => {
            let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
            Some(bound.context("listen on 127.0.0.1 for the embedded object store")?)
        }
        false => None,
    };
    let address = match &inside {
        Some(inside) => inside.local_addr().context("read the object store's address")?,
        None => listening,
    };
    let blob = Blob::new(BlobConfig {
        bucket,
        region: NO_REGION.to_owned(),
        endpoint: Some(own_url(&Scheme::HTTP, address)),
        public_endpoint: config.public_url.as_ref().map(ToString::to_string),
        keys: Some(store.keys().clone()),
    });
    Ok(ObjectStore { blob: blob.await, embedded: Some(store), inside })
}

/// Where a server on this machine is reached.
pub(super) fn own_url(scheme: &Scheme, listening: SocketAddr) -> String {
    format!("{scheme}://{}", reachable(listening))
}

/// An address of this machine behind which the listener is.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// The parts in words for people.
pub(super) fn named(engines: &Engines, config: &Config) -> Parts {
    let names = engines.names();
    Parts {
        speech_to_text: names.stt,
        persona: names.llm,
        text_to_speech: names.tts,
        object_store: match &config.s3.endpoint {
            Some(endpoint) => endpoint.to_string(),
            None => "embedded".to_owned(),
        },
    }
}
