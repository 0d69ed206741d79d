//! One reply of the persona: its text in chunks, its sound in runs, and how much was heard.

mod sounded;

use std::ops::Range;

use super::timing::Progress;
use crate::call::{ChunkId, Cue, ReplyId, StopCause, VoicedWord};
use crate::chunker::Chunker;
use crate::record::{Speaker, Utterance, Word};
use crate::spoken::Spoken;
use crate::units::{CallTime, Span};

/// Without reports, how far the rep's ear is taken to be behind what was sent.
const UNREPORTED_LAG: Span = Span::ms(60);

/// Without word times, how far a resumed reply goes back.
const RESUME_REWIND: Span = Span::ms(200);

/// A model that pauses this long in mid-sentence is spoken as far as it came.
const STALL: Span = Span::ms(400);

/// How a reply came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// All of it was heard.
    HeardOut,
    /// The rep took the floor.
    Interrupted,
    /// The sound or the line was lost.
    CutShort,
}

/// A reply from the first word of its text to the last sample of its sound.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) id: ReplyId,
    pub(super) cue: Cue,
    pub(super) progress: Progress,
    language: String,
    chunker: Chunker,
    last_text: Option<CallTime>,
    text_done: bool,
    finished: bool,
    chunks: Vec<Chunk>,
    /// How many of the chunks, all in front, are a line that was put there.
    filling: usize,
    runs: Vec<Run>,
    report: Option<(CallTime, Span)>,
}

/// What is spoken in one request to the voice.
#[derive(Debug)]
struct Chunk {
    written: String,
    spoken: Spoken,
    words: Vec<VoicedWord>,
    span: Span,
    done: bool,
}

/// An unbroken stretch of sound.
#[derive(Clone, Copy, Debug)]
struct Run {
    at: CallTime,
    from: Span,
    stop: Option<Stop>,
    /// How far the rep's ear is behind what was sent.
    lag: Span,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    at: CallTime,
    position: Span,
    cause: StopCause,
}

/// A written word with its place in the reply.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed<'a> {
    text: &'a str,
    start: Span,
    end: Span,
}

impl Reply {
    pub(super) fn new(id: ReplyId, cue: Cue, language: &str, asked: CallTime) -> Self {
        Self {
            id,
            cue,
            progress: Progress::new(asked),
            language: language.to_owned(),
            chunker: Chunker::new(),
            last_text: None,
            text_done: false,
            finished: false,
            chunks: Vec::new(),
            filling: 0,
            runs: Vec::new(),
            report: None,
        }
    }

    pub(super) fn text(&mut self, now: CallTime, text: &str) {
        if !self.text_done {
            self.progress.text(now);
            self.chunker.push(text);
            self.last_text = Some(now);
        }
    }

    pub(super) fn text_done(&mut self) {
        self.text_done = true;
    }

    /// Puts a line in front of a reply of which nothing was given to the voice yet.
    pub(super) fn fill(&mut self, line: &str) -> Option<(ChunkId, String)> {
        if !self.chunks.is_empty() {
            return None;
        }
        let chunk = self.add_chunk(line.to_owned());
        self.filling = self.chunks.len();
        chunk
    }

    /// The next chunk that is ready to be spoken.
    pub(super) fn poll_chunk(&mut self) -> Option<(ChunkId, String)> {
        loop {
            let written = match self.chunker.next() {
                Some(written) => written,
                None if self.text_done => self.chunker.finish()?,
                None => return None,
            };
            let chunk = self.add_chunk(written);
            if chunk.is_some() {
                return chunk;
            }
        }
    }

    /// When the text has stalled long enough to be spoken as it is.
    pub(super) fn stall_deadline(&self) -> Option<CallTime> {
        let waiting = !self.text_done && !self.chunker.is_empty();
        self.last_text.filter(|_| waiting).map(|at| at + STALL)
    }

    /// What there is of a stalled text.
    pub(super) fn flush_stalled(&mut self) -> Option<(ChunkId, String)> {
        self.last_text = None;
        let written = self.chunker.flush()?;
        self.add_chunk(written)
    }

    /// Keeps a chunk; returns it unless it holds nothing that a voice could say, such as a lone
    /// dash: that is done as it is.
    fn add_chunk(&mut self, written: String) -> Option<(ChunkId, String)> {
        let id = ChunkId(u32::try_from(self.chunks.len()).unwrap_or(u32::MAX));
        let spoken = Spoken::expand(&written, &self.language);
        let text = spoken.text().to_owned();
        let done = text.is_empty();
        self.chunks.push(Chunk { written, spoken, words: Vec::new(), span: Span::ZERO, done });
        (!done).then_some((id, text))
    }

    pub(super) fn voice(&mut self, now: CallTime, chunk: ChunkId, span: Span) {
        if !self.is_filler(chunk) {
            self.progress.audio(now);
        }
        if let Some(chunk) = self.chunk(chunk) {
            chunk.span += span;
        }
    }

    pub(super) fn voice_words(&mut self, chunk: ChunkId, words: Vec<VoicedWord>) {
        if let Some(chunk) = self.chunk(chunk) {
            chunk.words.extend(words);
        }
    }

    pub(super) fn voice_done(&mut self, chunk: ChunkId) {
        if let Some(chunk) = self.chunk(chunk) {
            chunk.done = true;
        }
    }

    fn chunk(&mut self, id: ChunkId) -> Option<&mut Chunk> {
        self.chunks.get_mut(usize::try_from(id.0).ok()?)
    }

    /// Whether all text is there and spoken. Answers true once.
    pub(super) fn finishes(&mut self) -> bool {
        let complete = self.text_done
            && self.chunker.is_empty()
            && self.chunks.iter().all(|chunk| chunk.done)
            && !self.finished;
        self.finished |= complete;
        complete
    }

    /// Whether a chunk is the line that was put in front.
    pub(super) fn is_filler(&self, chunk: ChunkId) -> bool {
        (chunk.0 as usize) < self.filling
    }

    /// Whether any sound of its own has come; a line in front of it is none.
    pub(super) fn has_answer(&self) -> bool {
        self.chunks[self.filling..].iter().any(|chunk| chunk.span != Span::ZERO)
    }

    /// Whether it is audible with its own sound there, be it behind a line that is still spoken.
    pub(super) fn is_answering(&self) -> bool {
        self.was_audible() && self.has_answer()
    }

    /// Whether any text has come.
    pub(super) fn has_text(&self) -> bool {
        self.filling < self.chunks.len() || !self.chunker.is_empty()
    }

    pub(super) fn was_audible(&self) -> bool {
        !self.runs.is_empty()
    }

    pub(super) fn is_sounding(&self) -> bool {
        self.runs.last().is_some_and(|run| run.stop.is_none())
    }

    pub(super) fn play_started(&mut self, at: CallTime, from: Span) {
        let lag = self.runs.last().map_or(UNREPORTED_LAG, |run| run.lag);
        self.runs.push(Run { at, from, stop: None, lag });
    }

    pub(super) fn play_stopped(&mut self, at: CallTime, position: Span, cause: StopCause) {
        if let Some(run) = self.runs.last_mut()
            && run.stop.is_none()
        {
            debug_assert!(run.from <= position || cause == StopCause::Cancelled);
            run.stop = Some(Stop { at, position, cause });
        }
    }

    pub(super) fn played(&mut self, now: CallTime, position: Span) {
        if let Some(sent) = self.sent(now) {
            self.report = Some((now, position.min(sent)));
            // A client that plays nothing falls behind no further.
            if let Some(run @ Run { stop: None, .. }) = self.runs.last_mut() {
                run.lag = sent.saturating_sub(position);
            }
        }
    }

    /// How far the reply was sent by now.
    fn sent(&self, now: CallTime) -> Option<Span> {
        self.runs.last().map(|run| match run.stop {
            Some(stop) => stop.position,
            None => run.from + now.saturating_since(run.at),
        })
    }

    /// How far the reply was heard by now, never more than was sent.
    fn heard(&self, now: CallTime) -> Span {
        let (Some(run), Some(sent)) = (self.runs.last(), self.sent(now)) else {
            return Span::ZERO;
        };
        // A client that is told nothing plays what it has.
        let told = run.stop.filter(|stop| stop.cause != StopCause::Starved);
        let stopped = told.map(|stop| stop.at);
        let reported = self.report.filter(|(at, _)| run.at <= *at);
        let position = match (reported, stopped) {
            // Told to stop, the client says exactly how far it came.
            (Some((at, position)), Some(stopped)) if stopped <= at => position,
            (Some((at, position)), stopped) => {
                position + stopped.unwrap_or(now).min(now).saturating_since(at)
            }
            (None, _) => sent.saturating_sub(UNREPORTED_LAG),
        };
        position.min(sent)
    }

    /// Where a paused reply goes on: at the start of the word that was being heard.
    pub(super) fn resume_point(&self, now: CallTime) -> Span {
        let heard = self.heard(now);
        let word = self.placed().into_iter().rev().find(|word| word.start <= heard);
        match word {
            Some(word) => word.start,
            None => heard.saturating_sub(RESUME_REWIND),
        }
    }

    /// What was heard, or `None` where nothing was.
    pub(super) fn conclude(
        &self,
        now: CallTime,
        ending: Ending,
        id: impl FnOnce() -> String,
    ) -> Option<Utterance> {
        let first = self.runs.first()?;
        let placed = self.placed();
        let heard = match ending {
            Ending::HeardOut => Span(u64::MAX),
            Ending::Interrupted | Ending::CutShort => self.heard(now),
        };
        let kept = placed.iter().filter(|word| word.end <= heard).collect::<Vec<_>>();
        if kept.is_empty() {
            return None;
        }
        let end = self.time_of(heard.min(self.sent(now)?));
        let start_ms = first.at.as_ms();
        let end_ms = end.as_ms().max(start_ms + 1);
        let mut earliest = start_ms;
        let mut words = Vec::with_capacity(kept.len());
        for word in &kept {
            let from = self.time_of(word.start).as_ms().clamp(earliest, end_ms);
            let to = self.time_of(word.end).as_ms().clamp(from, end_ms);
            earliest = to;
            words.push(Word { text: word.text.to_owned(), start_ms: from, end_ms: to });
        }
        let text = kept.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        let interrupted = ending == Ending::Interrupted;
        let speaker = Speaker::Persona;
        Some(Utterance {
            id: id(),
            speaker,
            start_ms,
            end_ms,
            text,
            words,
            interrupted,
            typed: false,
            unheard: self.unheard(&placed, heard),
        })
    }

    /// What was given to the voice and not heard, or `None` where nothing is left.
    fn unheard(&self, placed: &[Placed<'_>], heard: Span) -> Option<String> {
        let words = self.chunks.iter().flat_map(Chunk::written_words).enumerate();
        let rest = words.filter(|(place, _)| placed.get(*place).is_none_or(|at| heard < at.end));
        let rest: Vec<&str> = rest.map(|(_, word)| word).collect();
        (!rest.is_empty()).then(|| rest.join(" "))
    }

    /// When a place of the reply sounded: in the last run that played it, since a resumed reply
    /// says a word again.
    fn time_of(&self, place: Span) -> CallTime {
        let run = self.runs.iter().rev().find(|run| run.from <= place);
        let Some(run) = run.or(self.runs.first()) else { return CallTime::ZERO };
        let end = run.stop.map_or(Span(u64::MAX), |stop| stop.position);
        run.at + place.min(end).saturating_sub(run.from)
    }

    /// The written words with their places, as far as their sound is known.
    fn placed(&self) -> Vec<Placed<'_>> {
        let mut placed = Vec::new();
        let mut base = Span::ZERO;
        for chunk in &self.chunks {
            if !chunk.is_placed() {
                break;
            }
            chunk.place(base, &mut placed);
            base += chunk.span;
        }
        placed
    }
}

impl Chunk {
    /// Whether its sound is there, if it has any.
    fn is_placed(&self) -> bool {
        self.span != Span::ZERO || self.spoken.words().is_empty()
    }

    fn written_words(&self) -> impl Iterator<Item = &str> {
        self.spoken.tokens().iter().map(|range| &self.written[range.clone()])
    }

    /// Places the written words.
    fn place<'a>(&'a self, base: Span, placed: &mut Vec<Placed<'a>>) {
        for (token, range) in self.spoken.tokens().iter().enumerate() {
            let words = self.spoken.words_of(token);
            let (start, end) = if words.is_empty() {
                // A mark on its own sounds with the word before it.
                let at = placed.last().map_or(base, |word| word.end);
                (at, at)
            } else {
                self.edges(base, words)
            };
            placed.push(Placed { text: &self.written[range.clone()], start, end });
        }
    }

    /// Where spoken words start and end: by the voice's word times, else linearly by their letters.
    fn edges(&self, base: Span, words: Range<usize>) -> (Span, Span) {
        let spoken = self.spoken.words();
        if spoken.len() == self.words.len() {
            let (first, last) = (&self.words[words.start], &self.words[words.end - 1]);
            return (base + first.start, base + last.end);
        }
        let letters = |upto: usize| -> u64 {
            spoken[..upto].iter().map(|word| word.text.chars().count() as u64 + 1).sum()
        };
        let total = letters(spoken.len()).max(1);
        let edge = |upto: usize| base + Span(self.span.0 * letters(upto) / total);
        (edge(words.start), edge(words.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(reply: &mut Reply) -> Vec<(u32, String)> {
        std::iter::from_fn(|| reply.poll_chunk()).map(|(id, spoken)| (id.0, spoken)).collect()
    }

    #[test]
    fn marks_alone_are_not_spoken_and_hold_nothing_up() {
        let mut reply = Reply::new(ReplyId(1), Cue::Turn, "en-US", CallTime::ZERO);
        reply.text(CallTime::ZERO, "I really do not know yet. ");
        assert_eq!(chunks(&mut reply), [(0, "I really do not know yet.".to_owned())]);
        reply.text(CallTime::ZERO, "…");
        assert_eq!(reply.flush_stalled(), None, "an ellipsis gives a voice nothing to say");
        reply.text(CallTime::ZERO, " Send it to me then. ");
        reply.text_done();
        assert_eq!(chunks(&mut reply), [(2, "Send it to me then.".to_owned())]);
        for chunk in [ChunkId(0), ChunkId(2)] {
            assert!(!reply.finishes());
            reply.voice(CallTime::ZERO, chunk, Span::ms(1_200));
            reply.voice_done(chunk);
        }
        assert!(reply.finishes(), "nobody answers for a chunk that was not asked for");
        reply.play_started(CallTime::from_ms(500), Span::ZERO);
        reply.play_stopped(CallTime::from_ms(2_900), Span::ms(2_400), StopCause::Drained);
        let now = CallTime::from_ms(3_000);
        let heard = reply.conclude(now, Ending::HeardOut, || "u1".to_owned()).unwrap();
        assert_eq!(heard.text, "I really do not know yet. … Send it to me then.");
        assert_eq!((heard.start_ms, heard.end_ms, heard.unheard), (500, 2_900, None));
        // The first word of the second chunk sounds where the first chunk ended.
        let send = heard.words.iter().find(|word| word.text == "Send").unwrap();
        assert_eq!(send.start_ms, 500 + 1_200);
    }

    #[test]
    fn what_is_cut_off_is_kept_as_far_as_it_was_given_to_the_voice() {
        let mut reply = Reply::new(ReplyId(1), Cue::Turn, "en-US", CallTime::ZERO);
        reply.text(CallTime::ZERO, "Just tell me your rate, please. I have 2 kids. And I");
        assert_eq!(chunks(&mut reply).len(), 3, "\"And I\" is not spoken before it goes on");
        reply.voice(CallTime::ZERO, ChunkId(0), Span::ms(1_250));
        let voiced = ["Just", "tell", "me", "your", "rate,"];
        let words = (0_u64..).zip(voiced).map(|(index, text)| VoicedWord {
            text: text.to_owned(),
            start: Span::ms(index * 250),
            end: Span::ms((index + 1) * 250),
        });
        reply.voice_words(ChunkId(0), words.collect());
        reply.play_started(CallTime::from_ms(1_000), Span::ZERO);
        // 560 ms after the first sample, of which the rep has heard 500: two words to their end.
        let cut = |reply: &Reply| {
            reply.conclude(CallTime::from_ms(1_560), Ending::Interrupted, || "u1".to_owned())
        };
        let heard = cut(&reply).expect("two words");
        assert_eq!(heard.text, "Just tell");
        assert_eq!(heard.unheard.as_deref(), Some("me your rate, please. I have 2 kids."));
        // A chunk that the voice gave up on was not heard, though the reply came to its end.
        for chunk in [ChunkId(0), ChunkId(1), ChunkId(2)] {
            reply.voice_done(chunk);
        }
        let now = CallTime::from_ms(2_300);
        reply.play_stopped(CallTime::from_ms(2_250), Span::ms(1_250), StopCause::Drained);
        let heard = reply.conclude(now, Ending::HeardOut, || "u1".to_owned()).expect("all of it");
        assert_eq!(heard.text, "Just tell me your rate,");
        assert_eq!(heard.unheard.as_deref(), Some("please. I have 2 kids."));
    }

    #[test]
    fn a_reply_of_marks_alone_has_no_sound() {
        let mut reply = Reply::new(ReplyId(1), Cue::Turn, "en-US", CallTime::ZERO);
        reply.text(CallTime::ZERO, "—");
        reply.text_done();
        assert_eq!(chunks(&mut reply), []);
        assert!(reply.finishes() && !reply.has_answer(), "it failed, and is asked for again");
    }
}
