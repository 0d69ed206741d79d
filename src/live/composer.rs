//! Where a reply's words come from: the buyer's machine steps, the model words the direction.

use std::sync::Arc;

use ringcraft_media::call::{Cue, Event, ReplyId, Said};
use ringcraft_media::record::{RecordEvent, Speaker, Utterance};
use ringcraft_media::units::{CallTime, Span};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::scope::CallScope;
use crate::buyer::{Buyer, RepTurn};
use crate::persona::Scenario;
use crate::provider::{HistoryTurn, ModelEvent, PersonaModel, ProviderEvent, ReplyRequest};

/// The buyer of one call, and the reply that is being worded.
#[derive(Debug)]
pub(super) struct Composer {
    scenario: Arc<Scenario>,
    model: Arc<dyn PersonaModel>,
    scope: CallScope,
    events: mpsc::Sender<ProviderEvent>,
    buyer: Buyer,
    pending: Option<Pending>,
    /// How long the rep has talked since the persona was last heard.
    talk: Span,
    /// The rep's last utterance.
    said: Option<Utterance>,
}

/// A step that counts once its reply is heard; dropped, the buyer is as before.
#[derive(Debug)]
struct Pending {
    reply: ReplyId,
    buyer: Buyer,
    audible: bool,
    wording: CancellationToken,
}

impl Composer {
    pub(super) fn new(
        scenario: Arc<Scenario>,
        model: Arc<dyn PersonaModel>,
        scope: CallScope,
        events: mpsc::Sender<ProviderEvent>,
        seed: u64,
    ) -> Self {
        let buyer = Buyer::new(Arc::clone(&scenario), seed);
        let (pending, talk, said) = (None, Span::ZERO, None);
        Self { scenario, model, scope, events, buyer, pending, talk, said }
    }

    /// Counts the rep's talk toward the turn that will be answered.
    pub(super) fn rep_said(&mut self, utterance: &Utterance) {
        debug_assert_eq!(utterance.speaker, Speaker::Rep);
        self.talk += Span::ms(utterance.end_ms - utterance.start_ms);
        self.said = Some(utterance.clone());
    }

    /// Steps the buyer and has the model word its direction. Returns the plan for the call and the
    /// step for the log.
    pub(super) fn compose(
        &mut self,
        now: CallTime,
        reply: ReplyId,
        cue: Cue,
        said: &str,
        history: &[Said],
    ) -> (Event, serde_json::Value) {
        let last = self.said.as_ref().filter(|_| !said.is_empty());
        let turn = RepTurn {
            cue,
            text: said,
            talk: self.talk,
            at_ms: last.map_or(now.as_ms(), |last| last.end_ms),
            utterance_id: last.map(|last| last.id.as_str()),
        };
        let (buyer, direction) = self.buyer.step(&turn);
        let plan = Event::Plan {
            reply,
            interruptible: direction.interruptible,
            hang_up: direction.hang_up,
        };
        let step = serde_json::json!({ "state": buyer.state(), "direction": &direction });
        let request = ReplyRequest {
            reply,
            scenario: Arc::clone(&self.scenario),
            history: history.iter().map(remembered).collect(),
            direction,
        };
        let wording = self.scope.child_token();
        self.word(request, &wording);
        self.pending = Some(Pending { reply, buyer, audible: false, wording });
        (plan, step)
    }

    fn word(&self, request: ReplyRequest, token: &CancellationToken) {
        let (model, events, reply) = (Arc::clone(&self.model), self.events.clone(), request.reply);
        self.scope.spawn_until(token, async move {
            let outcome = match model.reply(request, events.clone()).await {
                Ok(usage) => ModelEvent::Done(usage),
                Err(error) => ModelEvent::Failed(error),
            };
            // A closed queue is an ended call.
            let _ = events.send(ProviderEvent::Model(reply, outcome)).await;
        });
    }

    /// The reply is heard: the step counts.
    pub(super) fn audible(&mut self, reply: ReplyId) {
        let begins = |pending: &&mut Pending| pending.reply == reply && !pending.audible;
        if let Some(pending) = self.pending.as_mut().filter(begins) {
            pending.audible = true;
            self.talk = Span::ZERO;
        }
    }

    /// The reply is dropped: its wording stops at once, and unless it was heard its step is undone.
    pub(super) fn cancel(&mut self, reply: ReplyId) {
        if let Some(pending) = self.pending.as_ref().filter(|pending| pending.reply == reply) {
            pending.wording.cancel();
            if !pending.audible {
                self.pending = None;
            }
        }
    }

    /// The reply is over; returns what its heard words carried.
    pub(super) fn heard(
        &mut self,
        reply: ReplyId,
        text: &str,
        utterance_id: Option<&str>,
        at: CallTime,
    ) -> Vec<RecordEvent> {
        if let Some(pending) = self.pending.take_if(|pending| pending.reply == reply) {
            self.buyer = pending.buyer;
        }
        let (buyer, events) = self.buyer.heard(text, at.as_ms(), utterance_id);
        self.buyer = buyer;
        events
    }
}

/// What the model may remember of something that was said: a cut reply ends in a dash.
fn remembered(said: &Said) -> HistoryTurn {
    let dash = if said.cut { " —" } else { "" };
    HistoryTurn { speaker: said.speaker, text: format!("{}{dash}", said.text) }
}
