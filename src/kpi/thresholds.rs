//! Every threshold of the KPIs, as a record uses it.

use std::collections::BTreeMap;

use ringcraft_media::record::Threshold;
use serde::Serialize;

/// The thresholds in force; times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Thresholds {
    /// How soon after the other side's end a backchannel starts at the latest.
    pub backchannel_after_ms: u64,
    /// The longest backchannel.
    pub backchannel_max_ms: u64,
    /// The most tokens of a backchannel.
    pub backchannel_max_tokens: u64,
    /// How soon after a backchannel the other side goes on at the latest.
    pub backchannel_resume_ms: u64,
    /// How old speech must be to be interrupted.
    pub min_age_ms: u64,
    /// The shortest overlap that counts as an interruption.
    pub min_overlap_ms: u64,
    /// The least talk in a minute for its pace.
    pub min_pace_ms: u64,
    /// The least talk for words per minute.
    pub min_wpm_ms: u64,
    /// The least tokens for words per minute.
    pub min_wpm_tokens: u64,
    /// The shortest monologue that counts.
    pub monologue_ms: u64,
    /// The longest gap between two words that is still talk.
    pub pause_ms: u64,
    /// The longest gap in speech that is no silence yet.
    pub silence_ms: u64,
}

impl Thresholds {
    /// The defaults of this version, where the record does not override them.
    pub(super) fn new(params: &BTreeMap<Threshold, u64>) -> Self {
        let value = |name, default| params.get(&name).copied().unwrap_or(default);
        Self {
            backchannel_after_ms: value(Threshold::BackchannelAfterMs, 500),
            backchannel_max_ms: value(Threshold::BackchannelMaxMs, 1_000),
            backchannel_max_tokens: value(Threshold::BackchannelMaxTokens, 3),
            backchannel_resume_ms: value(Threshold::BackchannelResumeMs, 1_000),
            min_age_ms: value(Threshold::MinAgeMs, 1_000),
            min_overlap_ms: value(Threshold::MinOverlapMs, 500),
            min_pace_ms: value(Threshold::MinPaceMs, 5_000),
            min_wpm_ms: value(Threshold::MinWpmMs, 10_000),
            min_wpm_tokens: value(Threshold::MinWpmTokens, 20),
            monologue_ms: value(Threshold::MonologueMs, 60_000),
            pause_ms: value(Threshold::PauseMs, 1_800),
            silence_ms: value(Threshold::SilenceMs, 3_000),
        }
    }
}
