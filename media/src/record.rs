//! The call record: what KPIs, compliance, scores and pages read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod check;
mod json;
mod kpi_path;
mod parse;
#[cfg(test)]
mod tests;
pub mod text;
mod timing;

pub use kpi_path::NUMBER_PATHS;
pub use timing::ReplyTiming;

/// The version of the record's shape.
pub const RECORD_VERSION: u64 = 1;

/// The longest call a record can describe, and the largest threshold: 24 hours.
pub const MAX_MS: u64 = 86_400_000;

/// A call record that keeps every rule of `docs/KPI.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Versioned")]
pub struct CallRecord(RecordParts);

/// What a call record is made of, not checked yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RecordParts {
    /// The call; read by no KPI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// Length of the call, at most [`MAX_MS`].
    pub duration_ms: u64,
    /// Language tag of the call; absent is English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the rep's text can hold.
    pub recogniser: Recogniser,
    /// What was said, in any order.
    pub utterances: Vec<Utterance>,
    /// What happened beside the speech, in any order.
    pub events: Vec<RecordEvent>,
    /// What the scenario asks of the call.
    pub scenario: ScenarioRules,
    /// Thresholds that differ from the defaults, each at most [`MAX_MS`].
    pub params: BTreeMap<Threshold, u64>,
}

/// A record and the version of its shape, as it is written.
#[derive(Serialize)]
struct Versioned {
    version: u64,
    #[serde(flatten)]
    parts: RecordParts,
}

impl From<CallRecord> for Versioned {
    fn from(record: CallRecord) -> Self {
        Self { version: RECORD_VERSION, parts: record.0 }
    }
}

impl CallRecord {
    /// Checks the parts of a record.
    ///
    /// # Errors
    /// Names the first field that breaks a rule.
    pub fn new(parts: RecordParts) -> Result<Self, RecordError> {
        let places: Vec<usize> = (0..parts.events.len()).collect();
        check::check(&parts, &places)?;
        Ok(Self(parts))
    }

    /// Reads a record from JSON.
    ///
    /// # Errors
    /// Names the first field that cannot be read or breaks a rule.
    pub fn from_json(bytes: &[u8]) -> Result<Self, RecordError> {
        let (parts, event_places) = parse::parse(bytes)?;
        check::check(&parts, &event_places)?;
        Ok(Self(parts))
    }

    /// What the record holds.
    pub fn parts(&self) -> &RecordParts {
        &self.0
    }

    /// Gives the parts back, to change them and check again.
    pub fn into_parts(self) -> RecordParts {
        self.0
    }
}

/// A field that makes a record unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct RecordError {
    /// The field, such as `utterances[3].words[0].end_ms`; `.` is the record itself.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field of a record. Never carries what was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes are no JSON.
    #[error("is not JSON: {0}")]
    Syntax(String),
    /// A needed field is absent or null.
    #[error("is missing")]
    Missing,
    /// A known field is given twice.
    #[error("is given twice")]
    Twice,
    /// The value has another type.
    #[error("is not {0}")]
    Not(&'static str),
    /// A text or list that must hold something is empty.
    #[error("is empty")]
    Empty,
    /// A number is larger than allowed.
    #[error("is past {0}")]
    Past(&'static str),
    /// A time lies before the one it must not precede.
    #[error("is before {0}")]
    Before(&'static str),
    /// An end is not after its start.
    #[error("is not after start_ms")]
    NoLength,
    /// Typed text ends later than it starts.
    #[error("is not start_ms, though typed text takes no time")]
    TypedLength,
    /// Typed text has words with times.
    #[error("is not empty, though typed text has no sound")]
    TypedWords,
    /// An id was used before.
    #[error("is the id of an earlier one")]
    NotUnique,
    /// A reference leads nowhere.
    #[error("names no {0} of the record")]
    Unknown(&'static str),
    /// A required phrase holds nothing that can be compared.
    #[error("holds nothing but marks")]
    OnlyMarks,
    /// A target names something other than a number of the KPIs.
    #[error("is not the path of a number in call, rep or persona")]
    NoNumber,
    /// A target has neither bound.
    #[error("has neither min nor max")]
    NoBound,
}

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
    /// Where its sound stopped, after `start_ms`; typed text has none and ends where it starts.
    pub end_ms: u64,
    /// What was said.
    pub text: String,
    /// Its words with their times; empty where the engine gives none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// The voice was cut off at `end_ms` by the other side.
    #[serde(default)]
    pub interrupted: bool,
    /// It was sent in writing: it made no sound.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub typed: bool,
    /// The rest of what was given to the voice and never heard; read by pages alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unheard: Option<String>,
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
    /// The first sample of a reply was sent.
    ReplyTiming(ReplyTiming),
    /// From the end of the rep's turn to the first sample of the reply. A call makes none: records
    /// of earlier calls have it where [`RecordEvent::ReplyTiming`] is now.
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

impl RecordEvent {
    /// When it happened.
    pub fn at_ms(&self) -> u64 {
        match self {
            Self::ObjectionRaised(tagged)
            | Self::ObjectionSatisfied(tagged)
            | Self::FactRevealed(tagged)
            | Self::GoalReached(tagged) => tagged.at_ms,
            Self::ReplyTiming(timing) => timing.at_ms,
            Self::ReplyLatency { at_ms, .. } => *at_ms,
        }
    }
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

impl Default for Recogniser {
    /// A recogniser of which nothing is known is taken to give everything.
    fn default() -> Self {
        Self { name: String::new(), fillers: true, punctuation: true, word_times: true }
    }
}

/// What a scenario asks of a call, beside its rubric.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ScenarioRules {
    /// Phrases the rep must say.
    pub required_phrases: Vec<RequiredPhrase>,
    /// Tags of the goals.
    pub goals: Vec<String>,
    /// Bounds by the path of a KPI, one of [`NUMBER_PATHS`].
    pub targets: BTreeMap<String, Target>,
    /// Compliance rules as they are written; read by no KPI.
    pub compliance: Vec<serde_json::Value>,
}

/// Words of which the rep must say one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequiredPhrase {
    /// Unique among the phrases.
    pub id: String,
    /// The forms; one is enough.
    pub any_of: Vec<String>,
    /// Counts only this early in the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_ms_of_start: Option<u64>,
    /// Counts only near another phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_ms_of: Option<Near>,
}

/// How near another phrase must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Near {
    /// The id of the other phrase.
    pub phrase: String,
    /// The largest distance, before or after.
    pub ms: u64,
}

/// Where a KPI should lie; the bounds belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The smallest good value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<serde_json::Number>,
    /// The largest good value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<serde_json::Number>,
}

/// A threshold of the KPIs that a record may override, in the order of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// How soon after the other side's end a backchannel starts at the latest.
    BackchannelAfterMs,
    /// The longest backchannel.
    BackchannelMaxMs,
    /// The most tokens of a backchannel.
    BackchannelMaxTokens,
    /// How soon after a backchannel the other side goes on at the latest.
    BackchannelResumeMs,
    /// How old speech must be to be interrupted.
    MinAgeMs,
    /// The shortest overlap that counts as an interruption.
    MinOverlapMs,
    /// The least talk in a minute for its pace.
    MinPaceMs,
    /// The least talk for words per minute.
    MinWpmMs,
    /// The least tokens for words per minute.
    MinWpmTokens,
    /// The shortest monologue that counts.
    MonologueMs,
    /// The longest gap between two words that is still talk.
    PauseMs,
    /// The longest gap in speech that is no silence yet.
    SilenceMs,
}

impl Threshold {
    /// Every threshold with the name a record gives it.
    pub const ALL: [(&'static str, Self); 12] = [
        ("backchannel_after_ms", Self::BackchannelAfterMs),
        ("backchannel_max_ms", Self::BackchannelMaxMs),
        ("backchannel_max_tokens", Self::BackchannelMaxTokens),
        ("backchannel_resume_ms", Self::BackchannelResumeMs),
        ("min_age_ms", Self::MinAgeMs),
        ("min_overlap_ms", Self::MinOverlapMs),
        ("min_pace_ms", Self::MinPaceMs),
        ("min_wpm_ms", Self::MinWpmMs),
        ("min_wpm_tokens", Self::MinWpmTokens),
        ("monologue_ms", Self::MonologueMs),
        ("pause_ms", Self::PauseMs),
        ("silence_ms", Self::SilenceMs),
    ];
}
