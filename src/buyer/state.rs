//! What the buyer remembers. It goes into the log whole, so it is plain data.

use std::collections::{BTreeMap, BTreeSet};

use ringcraft_media::call::EndReason;
use ringcraft_media::record::RecordEvent;
use serde::{Deserialize, Serialize};

use super::wording::Wording;
use crate::persona::{Level, Scenario};

/// What the buyer remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Turns of the rep so far.
    pub turns: u32,
    /// Whether it believes the rep.
    pub trust: Level,
    /// Whether it stays on the line.
    pub patience: Level,
    /// Questions the rep asked so far.
    pub questions: u32,
    /// How often the rep refused a number, or talked around it.
    pub refusals: u32,
    /// How often the rep was rude.
    pub insults: u32,
    /// How often the rep was rewarded for showing understanding.
    pub acknowledgements: u32,
    /// How often the rep was rewarded for explaining.
    pub explanations: u32,
    /// The last turn in which a rate was named.
    pub quoted_in: Option<u32>,
    /// The last turn in which each topic came up.
    pub said_in: BTreeMap<String, u32>,
    /// Each objection that is more than a possibility.
    pub objections: BTreeMap<String, ObjectionState>,
    /// Each fact that was asked for.
    pub facts: BTreeMap<String, Disclosure>,
    /// Each goal that was reached.
    pub goals: BTreeSet<String>,
    /// Why it has decided to leave.
    pub leaving: Option<EndReason>,
    /// Which words were used.
    pub(super) wording: Wording,
    /// What the last reply was to carry.
    pub(super) directed: Directed,
    /// What the rep's last turn did, to be told when the reply to it is over.
    pub(super) pending: Vec<RecordEvent>,
}

/// How far an objection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionState {
    /// Its words were heard.
    pub raised: bool,
    /// The rep has shown understanding since.
    pub acknowledged: bool,
    /// It is settled.
    pub satisfied: bool,
    /// The turn after which it was last brought up.
    pub pushed_in: u32,
}

/// How far a fact has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// The rep asked for it, and it may be told.
    Unlocked,
    /// Its words were heard.
    Revealed,
}

/// What a reply is to carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Directed {
    pub(super) raise: Option<String>,
    pub(super) reveal: Vec<String>,
    pub(super) agree: Option<String>,
}

impl State {
    pub(super) fn new(scenario: &Scenario, seed: u64) -> Self {
        Self {
            turns: 0,
            trust: scenario.trust,
            patience: scenario.patience,
            questions: 0,
            refusals: 0,
            insults: 0,
            acknowledgements: 0,
            explanations: 0,
            quoted_in: None,
            said_in: BTreeMap::new(),
            objections: BTreeMap::new(),
            facts: BTreeMap::new(),
            goals: BTreeSet::new(),
            leaving: None,
            wording: Wording::new(seed),
            directed: Directed::default(),
            pending: Vec::new(),
        }
    }

    pub(super) fn objection(&self, id: &str) -> ObjectionState {
        self.objections.get(id).copied().unwrap_or_default()
    }
}
