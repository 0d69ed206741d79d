//! Speech to text with nothing configured: PocketSphinx in a child process, one a call.
//!
//! The child is this program's own `recogniser` subcommand. When it dies, another takes its place
//! and hears again what was not settled; the call notices a late final at worst.
//!
//! A scenario's key terms are not used: the engine's English model is closed, and a word it does
//! not know would have to be added to its dictionary and its language model both.

mod child;
mod journal;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ringcraft_media::record::Recogniser;
use ringcraft_media::units::{CallTime, Span};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use self::child::{Child, Lost};
use self::journal::Journal;
use super::child_protocol::{Reply, Request};
use super::recogniser_child::{MODEL_DIR, model_is_installed};
use crate::provider::{
    ProviderError, ProviderEvent, RecogniserEvent, RecogniserInput, RecogniserStart, SpeechToText,
};

const PROVIDER: &str = "pocketsphinx";

/// Children that may be replaced within [`RESTART_WINDOW`]; one more and the engine is lost.
const RESTARTS: usize = 3;
const RESTART_WINDOW: Span = Span::ms(60_000);

/// How long a call waits for a slot: the call that ended a moment ago may still be giving it back.
const SLOT_WITHIN: Duration = Duration::from_secs(2);

/// Offline recognisers of one server: one child a call, at most so many at a time.
#[derive(Debug)]
pub struct OfflineRecogniser {
    program: PathBuf,
    limit: usize,
    slots: Arc<Semaphore>,
}

impl OfflineRecogniser {
    /// Recognisers that run `program recogniser`, at most `limit` at a time; each takes 110 MB.
    /// `program` is the absolute path of this program.
    pub fn new(program: PathBuf, limit: usize) -> Self {
        Self { program, limit, slots: Arc::new(Semaphore::new(limit)) }
    }

    /// Says why recognition cannot work on this machine, if it cannot.
    ///
    /// # Errors
    /// When the English model is not installed.
    pub fn check(&self) -> Result<(), ProviderError> {
        if model_is_installed() {
            return Ok(());
        }
        Err(unavailable(format!(
            "the English speech model is missing in {MODEL_DIR}: install pocketsphinx-en-us"
        )))
    }
}

#[async_trait]
impl SpeechToText for OfflineRecogniser {
    fn abilities(&self) -> Recogniser {
        Recogniser {
            name: "pocketsphinx en-us".to_owned(),
            fillers: false,
            punctuation: false,
            word_times: true,
        }
    }

    async fn listen(
        &self,
        start: RecogniserStart,
        input: mpsc::Receiver<RecogniserInput>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError> {
        if !start.language.to_ascii_lowercase().starts_with("en") {
            return Err(ProviderError::Refused {
                provider: PROVIDER,
                reason: format!("it understands English only, not {}", start.language),
            });
        }
        self.check()?;
        let Ok(Ok(_slot)) = timeout(SLOT_WITHIN, self.slots.acquire()).await else {
            return Err(unavailable(format!(
                "all {} offline recognisers are in use; RINGCRAFT_OFFLINE_RECOGNISERS allows more",
                self.limit
            )));
        };
        let session = Session {
            program: &self.program,
            child: self::child::spawn(&self.program)?,
            journal: Journal::default(),
            restarts: VecDeque::new(),
            now: CallTime::ZERO,
            events,
        };
        session.run(input).await
    }
}

fn unavailable(reason: String) -> ProviderError {
    ProviderError::Unavailable { provider: PROVIDER, reason }
}

/// One call's recognition.
struct Session<'a> {
    program: &'a std::path::Path,
    child: Child,
    journal: Journal,
    restarts: VecDeque<CallTime>,
    /// The call time of the newest audio. Recognition needs no other clock.
    now: CallTime,
    events: mpsc::Sender<ProviderEvent>,
}

impl Session<'_> {
    async fn run(
        mut self,
        mut input: mpsc::Receiver<RecogniserInput>,
    ) -> Result<(), ProviderError> {
        loop {
            tokio::select! {
                heard = input.recv(), if self.child.has_room() => match heard {
                    Some(heard) => self.hear(heard)?,
                    None => {
                        self.child.stop().await;
                        return Ok(());
                    }
                },
                reply = self.child.exchange() => match reply {
                    Ok(reply) => self.tell(reply).await?,
                    Err(lost) => self.restart(&lost)?,
                },
            }
        }
    }

    fn hear(&mut self, input: RecogniserInput) -> Result<(), ProviderError> {
        let requests = match input {
            RecogniserInput::Audio { at, pcm } => {
                self.now = self.now.max(at);
                self.journal.audio(at, pcm)
            }
            RecogniserInput::VoiceOn { at } => self.journal.voice_on(at),
            RecogniserInput::VoiceOff => {
                self.journal.voice_off();
                return Ok(());
            }
            RecogniserInput::Finalise(id) => self.journal.finalise(self.now, id),
        };
        self.ask(&requests);
        if self.journal.is_overdue(self.now) {
            self.restart(&Lost::Stuck)?;
        }
        Ok(())
    }

    fn ask(&mut self, requests: &[Request]) {
        for request in requests {
            self.child.ask(request);
        }
    }

    async fn tell(&mut self, reply: Reply) -> Result<(), ProviderError> {
        let event = match reply {
            Reply::Ready => return Ok(()),
            Reply::Partial { text } => RecogniserEvent::Partial { text },
            Reply::Final { finalise, words } => {
                let (event, requests) = self.journal.settle(self.now, finalise, &words);
                self.ask(&requests);
                let Some(event) = event else { return Ok(()) };
                event
            }
            Reply::Failed { reason } => return Err(unavailable(reason)),
        };
        let sent = self.events.send(ProviderEvent::Recogniser(event)).await;
        sent.map_err(|_| ProviderError::CallOver)
    }

    /// Puts a new child in the place of a lost one and lets it hear what was not settled.
    fn restart(&mut self, lost: &Lost) -> Result<(), ProviderError> {
        let now = self.now;
        self.restarts.retain(|at| now.saturating_since(*at) < RESTART_WINDOW);
        if RESTARTS <= self.restarts.len() {
            return Err(ProviderError::BrokeOff {
                provider: PROVIDER,
                reason: format!("{lost}, after {RESTARTS} restarts within a minute"),
            });
        }
        self.restarts.push_back(now);
        let requests = self.journal.replay(now);
        tracing::warn!(%lost, replayed = requests.len(), "offline recogniser restarted");
        self.child = self::child::spawn(self.program)?;
        self.ask(&requests);
        Ok(())
    }
}
