//! The rep's side of a call: speech that no decision has taken yet, and what became of the last.

use super::echo::{Heard, Judgement, Verdict};
use super::piece::Piece;
use crate::call::{FinaliseId, ReplyId, TimedWord};
use crate::record::{Speaker, Utterance, Word};
use crate::turn::Words;
use crate::units::{CallTime, Span};

/// How long speech is taken to have lasted whose voice and words have no times.
const UNTIMED_SPEECH: Span = Span::ms(300);

/// The reply that words were judged by, and whose the last of them is.
type Judged = (Option<ReplyId>, Verdict);

/// What the rep has said since the floor last took, kept or discarded speech.
#[derive(Debug, Default)]
pub(super) struct OpenSpeech {
    voiced: Option<Voiced>,
    finals: Vec<Piece>,
    partial: Piece,
    settled: Option<CallTime>,
    /// Some of it might be echo, though it was not quiet enough to tell.
    doubtful: bool,
}

#[derive(Clone, Copy, Debug)]
struct Voiced {
    from: CallTime,
    to: Option<CallTime>,
}

/// An utterance that was taken from the open speech.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// What goes into the record.
    pub(super) utterance: Utterance,
    /// Where its sound ended.
    pub(super) end: CallTime,
    /// When its words were settled, where all of them were.
    pub(super) settled: Option<CallTime>,
    /// Its final text, without the partial words it was committed with, and the times of that text.
    finals: String,
    words: Vec<TimedWord>,
}

/// The speech that was last taken: words that come late belong to it.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) taken: Taken,
    /// Its place in the history, where it has one.
    pub(super) place: Option<usize>,
    /// What the recogniser tells up to its answer to this request was said in this speech.
    pub(super) last_finalise: FinaliseId,
}

impl OpenSpeech {
    pub(super) fn voice_on(&mut self, at: CallTime) {
        match &mut self.voiced {
            Some(voiced) => voiced.to = None,
            None => self.voiced = Some(Voiced { from: at, to: None }),
        }
    }

    pub(super) fn voice_off(&mut self, at: CallTime) {
        self.paused(at);
    }

    /// The speech ended there, even if its voice is still on: the rest of that is noise.
    pub(super) fn paused(&mut self, at: CallTime) {
        if let Some(voiced) = &mut self.voiced {
            voiced.to.get_or_insert(at.max(voiced.from));
        }
    }

    /// Words came in a voice that was taken for noise: speech goes on, or begins.
    pub(super) fn speak_in_noise(&mut self, now: CallTime) {
        let from = now.saturating_sub(UNTIMED_SPEECH);
        self.voiced.get_or_insert(Voiced { from, to: None }).to = None;
    }

    pub(super) fn partial(&mut self, now: CallTime, text: &str) {
        self.partial.show(now, text);
    }

    pub(super) fn settle(&mut self, now: CallTime, text: &str, words: Vec<TimedWord>) {
        let piece = self.partial.settle(now, text, words);
        self.finals.push(piece);
        self.settled = Some(now);
    }

    /// Has judged, in one go, what was not judged yet and that of which it was not known whose it is.
    /// Returns whose the last of the settled words are, if any were judged.
    pub(super) fn judge(&mut self, judge: impl FnOnce(&[Heard]) -> Judgement) -> Option<Judged> {
        let open = || self.finals.iter().chain([&self.partial]).filter(|piece| piece.is_to_judge());
        let heard: Vec<Vec<Heard>> = open().map(Piece::heard).collect();
        let Judgement { mut verdicts, is_doubtful, reply } = judge(&heard.concat());
        self.doubtful |= is_doubtful;
        let mut last = None;
        let finals = self.finals.len();
        let pieces = self.finals.iter_mut().chain([&mut self.partial]).enumerate();
        let pieces = pieces.filter(|(_, piece)| piece.is_to_judge());
        for ((place, piece), heard) in pieces.zip(heard) {
            let rest = verdicts.split_off(heard.len());
            piece.judged(std::mem::replace(&mut verdicts, rest));
            if place < finals {
                last = piece.last_verdict().or(last);
            }
        }
        last.map(|last| (reply, last))
    }

    /// Takes all words for the rep's of which it is not known yet.
    pub(super) fn release(&mut self) {
        self.finals.iter_mut().chain([&mut self.partial]).for_each(Piece::release);
    }

    /// Whether it is not known yet whose some of its words are.
    pub(super) fn has_held(&self) -> bool {
        self.partial.has_held() || self.finals.iter().any(Piece::has_held)
    }

    /// Whether words are shown that the recogniser will settle, whosever they are.
    pub(super) fn is_shown(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Whether some of it might be echo.
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Whether some of the words are not settled yet.
    pub(super) fn has_unsettled(&self) -> bool {
        !self.partial.text().is_empty()
    }

    /// All words of the rep so far, settled ones first.
    pub(super) fn text(&self) -> String {
        let mut text = self.finals();
        append(&mut text, &self.partial.text());
        text
    }

    fn finals(&self) -> String {
        let mut text = String::new();
        for piece in &self.finals {
            append(&mut text, &piece.text());
        }
        text
    }

    pub(super) fn read(&self, punctuation: bool) -> Words {
        Words::read(&self.text(), punctuation)
    }

    /// Where the open speech began, as far as the segmenter saw it.
    pub(super) fn began(&self) -> Option<CallTime> {
        self.voiced.map(|voiced| voiced.from)
    }

    pub(super) fn discard(&mut self) {
        // Voice that is on belongs to what comes next.
        self.voiced = self.voiced.filter(|voiced| voiced.to.is_none());
        // What nobody knows the speaker of may go on in what comes next.
        self.finals.retain_mut(Piece::keep_held);
        self.partial = Piece::default();
        self.settled = None;
        self.doubtful = false;
    }

    /// Makes an utterance of the open speech, if it has words.
    pub(super) fn take(&mut self, now: CallTime, id: impl FnOnce() -> String) -> Option<Taken> {
        let text = self.text();
        if text.is_empty() {
            self.discard();
            return None;
        }
        let from = self.voiced.map_or(now.saturating_sub(UNTIMED_SPEECH), |voiced| voiced.from);
        let to = self.voiced.and_then(|voiced| voiced.to).unwrap_or(now);
        let finals = self.finals();
        let words: Vec<TimedWord> = self.finals.iter().flat_map(Piece::words).cloned().collect();
        // Partial words have no times; words for half of a text would mislead.
        let shown = if self.has_unsettled() { &[] } else { words.as_slice() };
        let settled = self.settled.filter(|_| !self.has_unsettled());
        let utterance = utterance(id(), text, shown, from, to);
        self.discard();
        // A voice that is still on has sounded in this utterance up to here.
        if let Some(voiced) = &mut self.voiced {
            voiced.from = now;
        }
        Some(Taken { utterance, end: to, settled, finals, words })
    }
}

impl Taken {
    /// Gives the utterance its late words. Says whether its text changed.
    pub(super) fn amend(&mut self, late: &Piece) -> bool {
        append(&mut self.finals, &late.text());
        self.words.extend(late.words().cloned());
        if normalised(&self.finals) == normalised(&self.utterance.text) {
            return false;
        }
        let from = CallTime::from_ms(self.utterance.start_ms);
        let id = self.utterance.id.clone();
        self.utterance = utterance(id, self.finals.clone(), &self.words, from, self.end);
        true
    }
}

fn utterance(
    id: String,
    text: String,
    words: &[TimedWord],
    from: CallTime,
    to: CallTime,
) -> Utterance {
    let start = words.first().map_or(from, |word| word.start.min(from));
    let end = words.last().map_or(to, |word| word.end.max(to));
    let start_ms = start.as_ms();
    let end_ms = end.as_ms().max(start_ms + 1);
    let (mut earliest_start, mut earliest_end) = (start_ms, start_ms);
    let words = words
        .iter()
        .map(|word| {
            // An engine may let neighbours overlap; the record does not let time run back.
            let start_ms = word.start.as_ms().clamp(earliest_start, end_ms);
            let word_end_ms = word.end.as_ms().clamp(start_ms.max(earliest_end), end_ms);
            (earliest_start, earliest_end) = (start_ms, word_end_ms);
            Word { text: word.text.clone(), start_ms, end_ms: word_end_ms }
        })
        .collect();
    Utterance {
        id,
        speaker: Speaker::Rep,
        start_ms,
        end_ms,
        text,
        words,
        interrupted: false,
        typed: false,
        unheard: None,
    }
}

fn append(text: &mut String, more: &str) {
    let more = more.trim();
    if !text.is_empty() && !more.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

fn normalised(text: &str) -> String {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, start_ms: u64, end_ms: u64) -> TimedWord {
        TimedWord {
            text: text.into(),
            start: CallTime::from_ms(start_ms),
            end: CallTime::from_ms(end_ms),
        }
    }

    fn late(text: &str, words: Vec<TimedWord>) -> Piece {
        Piece::default().settle(CallTime::from_ms(2_500), text, words)
    }

    #[test]
    fn an_utterance_spans_its_voice_and_its_words() {
        let mut speech = OpenSpeech::default();
        speech.voice_on(CallTime::from_ms(1_000));
        speech.partial(CallTime::from_ms(500), "good more");
        let words = vec![word("good", 980, 1_200), word("morning", 1_190, 1_700)];
        speech.settle(CallTime::from_ms(1_900), "good morning", words);
        speech.voice_off(CallTime::from_ms(1_690));
        let taken = speech.take(CallTime::from_ms(2_200), || "u1".into()).unwrap();
        let said = &taken.utterance;
        assert_eq!((said.start_ms, said.end_ms, said.text.as_str()), (980, 1_700, "good morning"));
        assert_eq!(taken.settled, Some(CallTime::from_ms(1_900)));
        assert_eq!((said.words[1].start_ms, said.words[1].end_ms), (1_190, 1_700));
        assert_eq!(speech.text(), "");
    }

    #[test]
    fn partial_words_are_text_without_times() {
        let mut speech = OpenSpeech::default();
        speech.voice_on(CallTime::from_ms(100));
        speech.settle(CallTime::from_ms(600), "hello", vec![word("hello", 100, 400)]);
        speech.partial(CallTime::from_ms(500), "this is");
        let taken = speech.take(CallTime::from_ms(900), || "u1".into()).unwrap();
        assert_eq!(taken.utterance.text, "hello this is");
        assert!(taken.utterance.words.is_empty());
        assert_eq!(taken.settled, None, "nothing has settled the words after \"hello\"");
    }

    #[test]
    fn a_late_final_replaces_the_partial_it_settles() {
        let mut speech = OpenSpeech::default();
        speech.voice_on(CallTime::from_ms(100));
        speech.voice_off(CallTime::from_ms(800));
        speech.partial(CallTime::from_ms(500), "hello this is");
        let mut taken = speech.take(CallTime::from_ms(2_000), || "u1".into()).unwrap();
        let words = vec![word("hello", 100, 300), word("dana", 500, 800)];
        assert!(taken.amend(&late("hello Dana", words)));
        assert_eq!(taken.utterance.text, "hello Dana");
        assert_eq!(taken.utterance.words.len(), 2);
        assert!(!taken.amend(&late("", Vec::new())), "nothing new changes nothing");
    }
}
