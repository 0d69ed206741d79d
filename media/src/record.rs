//! The call record: what KPIs, compliance, scores and pages read.

use serde::{Deserialize, Serialize};

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person who practises.
    Rep,
    /// The buyer played by the model.
    Persona,
}

/// One word of an utterance, in milliseconds on the call's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The word as it is written in the utterance.
    pub text: String,
    /// Where it starts.
    pub start_ms: u64,
    /// Where it ends, not before `start_ms`.
    pub end_ms: u64,
}

/// What one side said in one go. For the persona: what was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// Unique in the record.
    pub id: String,
    /// Who spoke.
    pub speaker: Speaker,
    /// Where it starts on the call's clock.
    pub start_ms: u64,
    /// Where its sound stopped, after `start_ms`.
    pub end_ms: u64,
    /// What was said.
    pub text: String,
    /// Its words with their times; empty where the engine gives none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// The voice was cut off at `end_ms` by the other side.
    #[serde(default)]
    pub interrupted: bool,
}

/// Something that happened at a moment, beside the speech.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RecordEvent {
    /// The buyer raised an objection, in heard words.
    ObjectionRaised(Tagged),
    /// The rep satisfied an objection.
    ObjectionSatisfied(Tagged),
    /// The buyer told a hidden fact, in heard words.
    FactRevealed(Tagged),
    /// The call reached a goal of its scenario.
    GoalReached(Tagged),
    /// From the end of the rep's turn to the first sample of the reply.
    ReplyLatency {
        /// When the rep's turn ended.
        at_ms: u64,
        /// How long the rep waited.
        latency_ms: u64,
    },
}

/// An event about one objection, fact or goal of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// When it happened.
    pub at_ms: u64,
    /// The objection, fact or goal.
    pub tag: String,
    /// The utterance that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utterance_id: Option<String>,
}

/// What the recogniser's text can hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recogniser {
    /// Vendor and model, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whether "um" and "uh" are kept.
    pub fillers: bool,
    /// Whether sentences end in marks.
    pub punctuation: bool,
    /// Whether words have times of their own.
    pub word_times: bool,
}
