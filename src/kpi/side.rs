//! The KPIs of one side.

use ringcraft_media::record::Speaker;
use serde::Serialize;

use super::conversation::Conversation;
use super::filler::{self, Fillers, Hedges};
use super::monologue::{self, Monologues};
use super::number::{Rate, Reason, Reasons};
use super::overlap::{self, Crossing, Interruptions};
use super::pace;
use super::question::{self, Questions};
use super::response::{self, Responses};

/// The KPIs of one side. Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideKpis {
    /// Its short words of listening.
    pub backchannels: Backchannels,
    /// Its fillers; the rep's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fillers: Option<Fillers>,
    /// Its hedges; the rep's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedges: Option<Hedges>,
    /// How often it talked over the other side.
    pub interruptions: Interruptions,
    /// How long it talked at most before the other side said something.
    pub longest_monologue_ms: u64,
    /// Its long monologues.
    pub monologues: Monologues,
    /// Tokens per minute of talk in each whole minute of the call; the rep's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace_by_minute: Option<Vec<Option<Rate>>>,
    /// Its questions; the rep's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions: Option<Questions>,
    /// How long it waited before it answered.
    pub response_ms: Responses,
    /// How many of its answers began before the other side had ended.
    pub response_overlaps: u64,
    /// In which it talks.
    pub talk_ms: u64,
    /// Tokens of what it spoke.
    pub tokens: u64,
    /// Tokens per minute of its talk.
    pub wpm: Option<Rate>,
}

/// Short words of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backchannels {
    /// How many.
    pub count: Option<u64>,
    /// Each of them.
    pub events: Vec<Moment>,
}

/// Something an utterance did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When it happened.
    pub at_ms: u64,
    /// Where it happened.
    pub utterance_id: String,
}

/// The KPIs of one side.
pub(super) fn side(
    conversation: &Conversation<'_>,
    crossings: &[Crossing],
    speaker: Speaker,
    reasons: &mut Reasons,
) -> SideKpis {
    let name = match speaker {
        Speaker::Rep => "rep",
        Speaker::Persona => "persona",
    };
    let talk_ms = conversation.talk(speaker).length_ms();
    let spoken = conversation.said_by(speaker).filter(|(_, said)| said.is_spoken());
    let tokens = spoken.map(|(_, said)| said.tokens.len() as u64).sum();
    let (longest_monologue_ms, monologues) = monologue::monologues(conversation, speaker);
    let (response_ms, response_overlaps) =
        response::responses(conversation, speaker, name, reasons);
    let is_rep = speaker == Speaker::Rep;
    SideKpis {
        backchannels: backchannels(conversation, speaker, name, reasons),
        fillers: is_rep.then(|| filler::fillers(conversation, reasons)),
        hedges: is_rep.then(|| filler::hedges(conversation, tokens, reasons)),
        interruptions: overlap::interruptions(conversation, crossings, speaker),
        longest_monologue_ms,
        monologues,
        pace_by_minute: is_rep.then(|| pace::pace_by_minute(conversation, speaker)),
        questions: is_rep.then(|| question::questions(conversation, reasons)),
        response_ms,
        response_overlaps,
        talk_ms,
        tokens,
        wpm: reasons.keep(format!("{name}.wpm"), wpm(conversation, tokens, talk_ms)),
    }
}

fn wpm(conversation: &Conversation<'_>, tokens: u64, talk_ms: u64) -> Result<Rate, Reason> {
    let thresholds = &conversation.thresholds;
    let rate = Rate::product_quotient(tokens, 60_000, talk_ms).ok_or(Reason::NoTalk)?;
    if tokens < thresholds.min_wpm_tokens {
        return Err(Reason::TooFewTokens);
    }
    if talk_ms < thresholds.min_wpm_ms {
        return Err(Reason::TooLittleTalk);
    }
    Ok(rate)
}

fn backchannels(
    conversation: &Conversation<'_>,
    speaker: Speaker,
    name: &str,
    reasons: &mut Reasons,
) -> Backchannels {
    let events: Vec<Moment> = conversation
        .said_by(speaker)
        .filter(|(_, said)| said.is_backchannel)
        .map(|(_, said)| Moment { at_ms: said.start_ms(), utterance_id: said.utterance.id.clone() })
        .collect();
    let known = conversation.is_english.then_some(events.len() as u64);
    let count = known.ok_or(Reason::LanguageNotSupported);
    Backchannels { count: reasons.keep(format!("{name}.backchannels.count"), count), events }
}
