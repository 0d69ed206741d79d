//! One call from its first link to a complete spool.

use std::sync::Arc;

use ringcraft_media::call::Setup;
use ringcraft_media::log::{self, Opened};
use ringcraft_media::record::Speaker;
use ringcraft_media::turn::Policy;
use ringcraft_media::units::Span;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::driver::{self, Control, Start};
use super::feed::Feed;
use super::recorder::{self, RECORDER_INPUT};
use super::scope::CallScope;
use super::{EndedCall, LiveSettings};
use crate::clock;
use crate::persona::{FirstSpeaker, Scenario};
use crate::spool::SpoolHeader;
use crate::store::call_keeping::Connected;
use crate::transport::Link;

/// What a call needs beside its link.
#[derive(Debug)]
pub(super) struct Conduct {
    pub(super) header: SpoolHeader,
    pub(super) scenario: Arc<Scenario>,
    pub(super) settings: LiveSettings,
    pub(super) feed: Arc<Feed>,
    pub(super) ended: mpsc::Sender<EndedCall>,
}

impl Conduct {
    /// Opens the spool, runs recorder and driver, and hands the ended call on.
    pub(super) async fn run(
        self,
        link: Link,
        control: mpsc::Receiver<Control>,
        held: watch::Sender<bool>,
    ) {
        let (call, org) = (self.header.call_id, self.header.org_id);
        let (spools, header) = (self.settings.spools.clone(), self.header.clone());
        let spool = match tokio::task::spawn_blocking(move || spools.create(&header)).await {
            Ok(Ok(spool)) => spool,
            Ok(Err(error)) => {
                tracing::error!(%call, %error, "the call could not be recorded");
                // Without a spool there is no call: the link closes as it is dropped.
                drop((link, control));
                self.feed.close();
                return self.hand_on(Vec::new()).await;
            }
            Err(error) => {
                self.feed.close();
                return tracing::error!(%call, %error, "opening the spool was cut off");
            }
        };
        tracing::info!(%call, scenario = self.header.scenario_id, "call started");
        let opened = self.opened();
        self.settings.ledger.connected(org, self.connected(&opened)).await;
        let (recorder, recorder_input) = mpsc::channel(RECORDER_INPUT);
        let scope = CallScope::new(self.settings.media_runtime.clone());
        let start = Start {
            opened,
            scenario: Arc::clone(&self.scenario),
            engines: self.settings.engines.clone(),
            link,
            control,
            recorder,
            feed: Arc::clone(&self.feed),
            metrics: self.settings.metrics.clone(),
            scope,
            seed: seed(call),
            held,
        };
        let driving = self.settings.media_runtime.spawn(driver::run(start));
        // The recorder ends when the driver has let go of it and everything is written.
        let lines = self.settings.ledger.lines(org, call);
        let recorded = recorder::run(spool, recorder_input, Arc::clone(&self.feed), lines).await;
        match driving.await {
            Ok(faults) => tracing::info!(%call, ?faults, "call ended"),
            Err(error) => tracing::error!(%call, %error, "the driver of a call panicked"),
        }
        // The last events have left through the feed: now the link may close.
        self.feed.close();
        self.hand_on(recorded.unwritten).await;
    }

    /// Hands the ended call to whoever seals it, or forgets it where nothing was recorded.
    async fn hand_on(&self, unwritten: Vec<u8>) {
        let (org, call) = (self.header.org_id, self.header.call_id);
        if self.ended.send(EndedCall { org, call, unwritten }).await.is_err() {
            tracing::warn!(%call, "nobody seals calls any more; the next start will");
        }
    }

    fn connected(&self, opened: &Opened) -> Connected {
        Connected {
            call: self.header.call_id,
            node: self.settings.ledger.node(),
            at: clock::from_unix_ms(self.header.created_unix_ms),
            served_by: opened.served_by["engines"].clone(),
            prompt_hash: self.scenario.hash().to_owned(),
        }
    }

    fn opened(&self) -> Opened {
        let engines = &self.settings.engines;
        let recogniser = engines.recogniser.abilities();
        let setup = Setup {
            policy: policy(&self.scenario, recogniser.punctuation),
            language: self.scenario.language.clone(),
            recogniser,
            fillers: self.scenario.lines.filler.iter().map(str::to_owned).collect(),
        };
        Opened {
            version: log::VERSION,
            call_id: self.header.call_id.to_string(),
            setup,
            scenario: rules(&self.scenario),
            served_by: json!({
                "scenario": self.scenario.id,
                "scenario_version": self.scenario.version,
                "prompt_hash": self.scenario.hash(),
                "engines": engines.names(),
            }),
        }
    }
}

/// Wait for words that sound complete, from a recogniser that writes no full stops: what reads as a
/// whole turn then is often its first sentence, and people leave less than this between two.
const WAIT_WITHOUT_STOPS: Span = Span::ms(500);

/// What a buyer who talks over the rep needs to be stopped: twice what others do.
const TALKED_OVER: Span = Span::ms(1_400);
const WORDS_OVER: u32 = 4;

/// The floor's times for a scenario: a patient buyer lets the rep think for longer.
fn policy(scenario: &Scenario, punctuation: bool) -> Policy {
    let default = Policy::default();
    let patience = Span::ms(u64::from(scenario.patience_s) * 1_000);
    Policy {
        opens: match scenario.opening.speaker {
            FirstSpeaker::Buyer => Speaker::Persona,
            FirstSpeaker::Rep => Speaker::Rep,
        },
        wait_complete: if punctuation { default.wait_complete } else { WAIT_WITHOUT_STOPS },
        wait_unclear_most: patience.clamp(default.wait_unclear, default.wait_unclear_most),
        wait_incomplete: patience.clamp(default.wait_unclear, default.wait_incomplete),
        barge_in_confirm: if scenario.talks_over { TALKED_OVER } else { default.barge_in_confirm },
        barge_in_words: if scenario.talks_over { WORDS_OVER } else { default.barge_in_words },
        cut_in: scenario.cuts_in_after_s.map(|s| Span::ms(u64::from(s) * 1_000)),
        ..default
    }
}

/// What the scenario asks of the call, as the call record has it.
fn rules(scenario: &Scenario) -> serde_json::Value {
    let goals: Vec<&str> = scenario.goals.iter().map(|goal| goal.id.as_str()).collect();
    json!({
        "required_phrases": scenario.required_phrases,
        "goals": goals,
        "targets": scenario.targets,
    })
}

/// A number that is the same for the same call, for choosing between wordings.
fn seed(call: crate::model::CallId) -> u64 {
    let (high, low) = call.0.as_u64_pair();
    high ^ low
}
