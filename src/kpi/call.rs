//! The KPIs of the call as a whole.

use serde::Serialize;

use super::conversation::Conversation;
use super::number::{Rate, Reason, Reasons, Share};
use super::overlap::{Crossing, Overlap};
use super::span::{Span, Spans};

/// The KPIs of the call as a whole. Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallKpis {
    /// Length of the call.
    pub duration_ms: u64,
    /// Changes of the speaker, per minute of the call.
    pub interactivity_per_min: Option<Rate>,
    /// Before the first speech.
    pub lead_in_ms: u64,
    /// In which both sides talk.
    pub overlap_ms: u64,
    /// Of the speech, in which both sides talk.
    pub overlap_share_of_speech: Option<Share>,
    /// Where both sides talk, by segments.
    pub overlaps: Vec<Overlap>,
    /// The silences together.
    pub silence_ms: u64,
    /// Of the call, in silences.
    pub silence_share: Option<Share>,
    /// Gaps in the speech that are longer than `silence_ms`.
    pub silences: Vec<Span>,
    /// How often the speaker changed.
    pub speaker_switches: u64,
    /// In which somebody talks.
    pub speech_ms: u64,
    /// After the last speech.
    pub tail_ms: u64,
    /// Who talks how much.
    pub talk_listen: Option<TalkListen>,
}

/// Who talks how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TalkListen {
    /// The rep's percent and the persona's; they add up to 100.
    pub display: String,
    /// The rep's share of all talk.
    pub rep_share: Share,
}

/// The KPIs of the call as a whole.
pub(super) fn call(
    conversation: &Conversation<'_>,
    crossings: &[Crossing],
    reasons: &mut Reasons,
) -> CallKpis {
    let duration_ms = conversation.duration_ms;
    let (rep, persona) = (&conversation.rep_talk, &conversation.persona_talk);
    let speech = Spans::union(rep.as_slice().iter().chain(persona.as_slice()).copied());
    let speech_ms = speech.length_ms();
    let overlap_ms = rep.intersection(persona).length_ms();
    let (first, last) = (speech.as_slice().first(), speech.as_slice().last());
    let is_silence = |gap: &Span| conversation.thresholds.silence_ms < gap.length_ms();
    let silences: Vec<Span> = speech.gaps().filter(is_silence).collect();
    let silence_ms = silences.iter().map(|gap| gap.length_ms()).sum();
    let speaker_switches = (conversation.turns.len() as u64).saturating_sub(1);
    let per_min = Rate::product_quotient(speaker_switches, 60_000, duration_ms);
    CallKpis {
        duration_ms,
        interactivity_per_min: reasons
            .keep("call.interactivity_per_min", per_min.ok_or(Reason::NoDuration)),
        lead_in_ms: first.map_or(duration_ms, |span| span.start_ms),
        overlap_ms,
        overlap_share_of_speech: reasons.keep(
            "call.overlap_share_of_speech",
            Share::quotient(overlap_ms, speech_ms).ok_or(Reason::NoSpeech),
        ),
        overlaps: crossings.iter().map(|crossing| crossing.overlap(conversation)).collect(),
        silence_ms,
        silence_share: reasons.keep(
            "call.silence_share",
            Share::quotient(silence_ms, duration_ms).ok_or(Reason::NoDuration),
        ),
        silences,
        speaker_switches,
        speech_ms,
        tail_ms: last.map_or(0, |span| duration_ms - span.end_ms),
        talk_listen: talk_listen(rep.length_ms(), persona.length_ms(), reasons),
    }
}

fn talk_listen(rep_ms: u64, persona_ms: u64, reasons: &mut Reasons) -> Option<TalkListen> {
    const PATH: &str = "call.talk_listen";
    let all_ms = rep_ms + persona_ms;
    let rep_share = reasons.keep(PATH, Share::quotient(rep_ms, all_ms).ok_or(Reason::NoSpeech))?;
    if rep_ms == 0 || persona_ms == 0 {
        reasons.note(PATH, Reason::OneSideSilent);
    }
    let rep_percent = (200 * rep_ms + all_ms) / (2 * all_ms);
    Some(TalkListen { display: format!("{rep_percent}:{}", 100 - rep_percent), rep_share })
}
