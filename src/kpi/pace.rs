//! How fast the rep talks, minute by minute.

use ringcraft_media::record::Speaker;

use super::conversation::Conversation;
use super::number::Rate;
use super::span::Span;

const MINUTE_MS: u64 = 60_000;

/// Tokens per minute of talk in each whole minute of the call; none where there is too little talk.
pub(super) fn pace_by_minute(
    conversation: &Conversation<'_>,
    speaker: Speaker,
) -> Vec<Option<Rate>> {
    let minutes = conversation.duration_ms / MINUTE_MS;
    let mut tokens = vec![0_u64; minutes as usize];
    for (_, said) in conversation.said_by(speaker).filter(|(_, said)| said.is_spoken()) {
        for token in 0..said.tokens.len() {
            let minute = (said.token_ms(token) / MINUTE_MS) as usize;
            // The last part of a minute has no entry.
            if let Some(count) = tokens.get_mut(minute) {
                *count += 1;
            }
        }
    }
    tokens
        .into_iter()
        .zip(0..)
        .map(|(tokens, minute)| {
            let minute = Span::new(minute * MINUTE_MS, (minute + 1) * MINUTE_MS);
            let talk_ms = conversation.talk(speaker).length_within_ms(minute);
            let is_enough = conversation.thresholds.min_pace_ms <= talk_ms;
            Rate::product_quotient(tokens, MINUTE_MS, talk_ms).filter(|_| is_enough)
        })
        .collect()
}
