//! The buyer: what it does is decided here, by rules; a model or the scenario gives it the words.
//!
//! A pure machine: a turn of the rep goes in, the next state and a [`Direction`] come out. What was
//! said counts only once it was heard ([`Buyer::heard`]); cut off before, it stays open.

use std::sync::Arc;

use ringcraft_media::call::{Cue, EndReason};
use ringcraft_media::record::{RecordEvent, Tagged};
use ringcraft_media::units::Span;

use crate::persona::Scenario;
use crate::persona::words::{Ear, Phrase, Words};

mod direction;
mod judge;
mod reply;
mod signals;
mod state;
mod wording;

pub use direction::{Cause, Change, Direction, Mood};
pub use state::{Disclosure, ObjectionState, State};

use reply::Reply;
use signals::Signals;

/// One buyer in one call.
#[derive(Clone, Debug)]
pub struct Buyer {
    scenario: Arc<Scenario>,
    state: State,
}

/// Why the buyer speaks, and what the rep said before.
#[derive(Clone, Copy, Debug)]
pub struct RepTurn<'a> {
    /// Why a reply is asked for.
    pub cue: Cue,
    /// What was recognised of the rep's turn.
    pub text: &'a str,
    /// How long the turn lasted, from its first to its last sound.
    pub talk: Span,
    /// When it ended on the call's clock.
    pub at_ms: u64,
    /// The utterance it became in the record, where it is known yet.
    pub utterance_id: Option<&'a str>,
}

impl RepTurn<'_> {
    /// A cue without a turn: the opening, a silence, the end of the time.
    pub fn silent(cue: Cue, at_ms: u64) -> Self {
        Self { cue, text: "", talk: Span::ZERO, at_ms, utterance_id: None }
    }
}

impl Buyer {
    /// The buyer of a scenario before the first word. The seed chooses among wordings.
    pub fn new(scenario: Arc<Scenario>, seed: u64) -> Self {
        let state = State::new(&scenario, seed);
        Self { scenario, state }
    }

    /// A buyer in a state that was kept.
    pub fn with_state(scenario: Arc<Scenario>, state: State) -> Self {
        Self { scenario, state }
    }

    /// Everything it remembers.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Decides the next reply. Nothing is settled before [`Self::heard`].
    #[must_use]
    pub fn step(&self, turn: &RepTurn<'_>) -> (Self, Direction) {
        let mut state = self.state.clone();
        state.directed = Default::default();
        let mut reply = Reply::new(&self.scenario, &mut state);
        match turn.cue {
            Cue::Turn => {
                let signals = Signals::read(&self.scenario, turn.text, turn.talk);
                reply.answer(&signals, turn);
            }
            Cue::CutIn => {
                let signals = Signals::read(&self.scenario, turn.text, turn.talk);
                reply.cut_in(&signals, turn);
            }
            Cue::Opening => reply.open(),
            Cue::Nudge => reply.nudge(),
            Cue::Silent => reply.leave_silence(),
            Cue::Reconnected => reply.reconnected(),
            Cue::TimeNotice => reply.time_notice(),
            Cue::TimeUp => reply.time_up(),
            Cue::ServerDrain => reply.drain(),
        }
        let direction = reply.finish();
        (Self { scenario: Arc::clone(&self.scenario), state }, direction)
    }

    /// Settles the last reply by what was heard of it: objections raised, facts revealed, goals
    /// reached, and what the rep's turn before it had satisfied.
    #[must_use]
    pub fn heard(
        &self,
        text: &str,
        at_ms: u64,
        utterance_id: Option<&str>,
    ) -> (Self, Vec<RecordEvent>) {
        let mut state = self.state.clone();
        let mut events = std::mem::take(&mut state.pending);
        let directed = std::mem::take(&mut state.directed);
        let words = Words::of(text);
        let told = |tells: &[Phrase]| tells.iter().any(|tell| words.contains(tell, Ear::Sharp));
        let tagged = |tag: &str| Tagged {
            at_ms,
            tag: tag.to_owned(),
            utterance_id: utterance_id.map(str::to_owned),
        };

        for objection in &self.scenario.objections {
            let is_open = state.objections.get(&objection.id).is_none_or(|it| !it.raised);
            if directed.raise.as_ref() == Some(&objection.id) && is_open && told(&objection.tells) {
                state.objections.entry(objection.id.clone()).or_default().raised = true;
                events.push(RecordEvent::ObjectionRaised(tagged(&objection.id)));
            }
        }
        for fact in &self.scenario.facts {
            let known = state.facts.get(&fact.id) == Some(&Disclosure::Revealed);
            if directed.reveal.contains(&fact.id) && !known && told(&fact.tells) {
                state.facts.insert(fact.id.clone(), Disclosure::Revealed);
                events.push(RecordEvent::FactRevealed(tagged(&fact.id)));
            }
        }
        for goal in &self.scenario.goals {
            let reached = state.goals.contains(&goal.id);
            if directed.agree.as_ref() == Some(&goal.id) && !reached && told(&goal.tells) {
                state.goals.insert(goal.id.clone());
                events.push(RecordEvent::GoalReached(tagged(&goal.id)));
            }
        }
        (Self { scenario: Arc::clone(&self.scenario), state }, events)
    }

    /// Why the buyer has decided to end the call, if it has.
    pub fn leaving(&self) -> Option<EndReason> {
        self.state.leaving
    }
}

#[cfg(test)]
mod tests;
