//! The rules every buyer keeps, and the topics every buyer knows.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::PersonaError;
use super::words::Phrase;

/// Topics that the buyer's machine itself listens for. `rules.md` has to name them all.
pub mod topic {
    /// Opens a question.
    pub const QUESTION: &str = "question";
    /// Turns what follows into its contrary.
    pub const NEGATION: &str = "negation";
    /// Will not name a number.
    pub const REFUSAL: &str = "refusal";
    /// Shows that the buyer was understood.
    pub const ACKNOWLEDGEMENT: &str = "acknowledgement";
    /// Is rude.
    pub const INSULT: &str = "insult";
    /// Promises what nobody can.
    pub const PROMISE: &str = "promise";
    /// Says who is speaking.
    pub const INTRODUCTION: &str = "introduction";
    /// Explains how things work.
    pub const EXPLANATION: &str = "explanation";
    /// Ends the conversation.
    pub const FAREWELL: &str = "farewell";
    /// Is friendly and asks for nothing.
    pub const SMALL_TALK: &str = "small_talk";
    /// Asks whether questions are welcome.
    pub const PERMISSION: &str = "permission";
    /// Names a range of rates without a number: "the mid sixes".
    pub const RATE_RANGE: &str = "rate_range";

    pub(super) const ALL: [&str; 12] = [
        QUESTION,
        NEGATION,
        REFUSAL,
        ACKNOWLEDGEMENT,
        INSULT,
        PROMISE,
        INTRODUCTION,
        EXPLANATION,
        FAREWELL,
        SMALL_TALK,
        PERMISSION,
        RATE_RANGE,
    ];
}

/// The settings of `rules.md`; its text is the template of every prompt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    /// Grows with every change.
    #[expect(dead_code, reason = "read so that the file has to carry it; the hash tells versions")]
    version: u32,
    /// What words a topic is known by, for every scenario.
    pub(super) topics: BTreeMap<String, Vec<Phrase>>,
}

/// Checks that nothing the machine listens for is missing.
pub(super) fn check(file: &str, rules: &Rules) -> Result<(), PersonaError> {
    for name in topic::ALL {
        if rules.topics.get(name).is_none_or(Vec::is_empty) {
            return Err(PersonaError::invalid(file, format!("topics.{name}"), "is missing"));
        }
    }
    Ok(())
}
