//! A chunk's sound with its words, without the silence that engines put around it.

use std::ops::Range;

use ringcraft_media::call::VoicedWord;
use ringcraft_media::units::Span;

/// Silence left before the first sound: a reply begins when it is due.
const LEAD: Span = Span::ms(30);

/// Silence left after the last sound: room for a voice to fade.
const TAIL: Span = Span::ms(80);

/// The ends are faded over this, so that a cut is no click.
const FADE: Span = Span::ms(5);

/// The longest piece that is sent at once.
const PIECE: Span = Span::ms(200);

/// What an engine made of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sound {
    /// Mono samples at the engine's rate.
    pub(super) pcm: Vec<i16>,
    /// Every word of the chunk, in order, within `pcm`.
    pub(super) words: Vec<VoicedWord>,
}

impl Sound {
    /// The sound around `speech` with the chunk's words, whose times count from the start of `pcm`.
    pub(super) fn trimmed(
        rate_hz: u32,
        mut pcm: Vec<i16>,
        speech: Range<Span>,
        words: impl IntoIterator<Item = (String, Range<Span>)>,
    ) -> Self {
        let from = place(rate_hz, speech.start.saturating_sub(LEAD)).min(pcm.len());
        let to = place(rate_hz, speech.end + TAIL).clamp(from, pcm.len());
        pcm.truncate(to);
        pcm.drain(..from);
        fade(rate_hz, &mut pcm);

        let length = span(rate_hz, pcm.len());
        let cut = span(rate_hz, from);
        let shift = |moment: Span| moment.saturating_sub(cut).min(length);
        let words = words
            .into_iter()
            .map(|(text, at)| VoicedWord { text, start: shift(at.start), end: shift(at.end) })
            .collect();
        Self { pcm, words }
    }

    /// The sound in pieces of at most 200 ms.
    pub(super) fn pieces(&self, rate_hz: u32) -> impl Iterator<Item = &[i16]> {
        self.pcm.chunks(place(rate_hz, PIECE).max(1))
    }
}

/// The span of the samples that are not quieter than `threshold`; none where all are.
pub(super) fn audible(rate_hz: u32, pcm: &[i16], threshold: u16) -> Option<Range<Span>> {
    let loud = |sample: &i16| threshold <= sample.unsigned_abs();
    let first = pcm.iter().position(loud)?;
    let last = pcm.iter().rposition(loud)?;
    Some(span(rate_hz, first)..span(rate_hz, last + 1))
}

/// Times for words by their letters, where the engine gives none.
pub(super) fn by_letters(words: &[&str], speech: &Range<Span>) -> Vec<Range<Span>> {
    let weight = |word: &&str| word.chars().filter(|letter| letter.is_alphanumeric()).count();
    let total = words.iter().map(weight).sum::<usize>().max(1) as u64;
    let length = speech.end.saturating_sub(speech.start).0;
    let moment = |letters: u64| speech.start + Span(length * letters / total);
    let mut before = 0;
    words
        .iter()
        .map(|word| {
            let from = before;
            before += weight(word) as u64;
            moment(from)..moment(before)
        })
        .collect()
}

/// The sample nearest to a moment. Engines speak at rates that links do not carry.
fn place(rate_hz: u32, moment: Span) -> usize {
    let samples = (moment.0 * u64::from(rate_hz) + 500_000) / 1_000_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

fn span(rate_hz: u32, samples: usize) -> Span {
    Span(samples as u64 * 1_000_000 / u64::from(rate_hz))
}

fn fade(rate_hz: u32, pcm: &mut [i16]) {
    let length = place(rate_hz, FADE).min(pcm.len() / 2);
    let gain = |sample: i16, step: usize| (i64::from(sample) * step as i64 / length as i64) as i16;
    for (step, sample) in pcm.iter_mut().take(length).enumerate() {
        *sample = gain(*sample, step);
    }
    for (step, sample) in pcm.iter_mut().rev().take(length).enumerate() {
        *sample = gain(*sample, step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_cut_and_times_move_with_it() {
        let words = [
            ("hi".to_owned(), Span::ms(200)..Span::ms(500)),
            ("there".to_owned(), Span::ms(500)..Span::ms(900)),
        ];
        let sound =
            Sound::trimmed(16_000, vec![1_000; 32_000], Span::ms(200)..Span::ms(900), words);
        // From 170 ms to 980 ms.
        assert_eq!(sound.pcm.len(), 810 * 16);
        let times: Vec<_> =
            sound.words.iter().map(|word| (word.start.as_ms(), word.end.as_ms())).collect();
        assert_eq!(times, [(30, 330), (330, 730)]);
        assert_eq!(
            (sound.pcm[0], sound.pcm[40], sound.pcm[80]),
            (0, 500, 1_000),
            "faded over 5 ms"
        );
        assert_eq!(sound.pcm.last(), Some(&0));
        let pieces: Vec<_> = sound.pieces(16_000).map(<[i16]>::len).collect();
        assert_eq!(pieces, [3_200, 3_200, 3_200, 3_200, 160]);
    }

    #[test]
    fn words_never_leave_the_sound() {
        let words = [("long".to_owned(), Span::ms(10)..Span::ms(400))];
        let sound = Sound::trimmed(22_050, vec![9; 2_205], Span::ms(10)..Span::ms(100), words);
        assert_eq!(sound.pcm.len(), 2_205);
        assert_eq!(sound.words[0].start, Span::ms(10));
        assert_eq!(sound.words[0].end, Span::ms(100));
    }

    #[test]
    fn what_can_be_heard_is_found() {
        let mut pcm = vec![20_i16; 1_600];
        pcm[160] = -400;
        pcm[799] = 300;
        assert_eq!(audible(16_000, &pcm, 150), Some(Span::ms(10)..Span::ms(50)));
        assert_eq!(audible(16_000, &pcm, 500), None);
    }

    #[test]
    fn letters_share_the_time() {
        let times = by_letters(&["so", "—", "what?", "yes"], &(Span::ms(100)..Span::ms(1_000)));
        let ms: Vec<_> = times.iter().map(|at| (at.start.as_ms(), at.end.as_ms())).collect();
        assert_eq!(ms, [(100, 300), (300, 300), (300, 700), (700, 1_000)]);
    }
}
