//! What the child was asked and has not answered: when to listen, and what to say again to a new one.
//!
//! No process and no clock: inputs come with call times, requests go out as lists.

use std::collections::VecDeque;

use ringcraft_media::call::{FinaliseId, TimedWord};
use ringcraft_media::units::{CallTime, Span};

use crate::provider::RecogniserEvent;
use crate::provider::stt::child_protocol::{FramedWord, Pcm, Request};

/// How long before the voice was noticed an utterance begins: a first consonant is quieter.
const LEAD: Span = Span::ms(400);

/// Frames of an utterance that the next one may hear again: 100 ms. An utterance ends in 200 ms of
/// silence; half of it is surely none of its last word, and may hold the next one's first breath.
const OVERLAP_FRAMES: usize = 5;

/// Frames kept while nobody speaks: the lead, and the time it takes to notice a voice.
const RECENT_FRAMES: usize = 50;

/// Frames kept for a new child: 60 s.
const KEPT_FRAMES: usize = 3_000;

/// Frames after which an utterance is settled unasked: 30 s. The decoder's memory and the time of
/// its final grow with the length.
const LONGEST_UTTERANCE: usize = 1_500;

/// How long an answer may take before the child counts as stuck.
const ANSWER_WITHIN: Span = Span::ms(10_000);

const DECODER_FRAME: Span = Span::ms(10);
const DECODER_FRAMES: usize = 2;

#[derive(Clone)]
struct Frame {
    at: CallTime,
    pcm: Pcm,
}

/// Why an utterance was closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    /// The call asked.
    Asked(FinaliseId),
    /// It grew too long.
    TooLong,
}

/// One utterance as the child counts it.
struct Utterance {
    number: u32,
    frames: VecDeque<Frame>,
    /// Frames that the child counts and that are no longer kept.
    forgotten: usize,
    close: Option<(Close, CallTime)>,
    /// Whether a voice began in it; one that only goes on after a long one has none yet.
    voiced: bool,
}

/// The recent audio and every utterance that is not settled, the open one last.
#[derive(Default)]
pub(super) struct Journal {
    recent: VecDeque<Frame>,
    unsettled: VecDeque<Utterance>,
    next: u32,
    /// Whether the rep's voice is on.
    voice: bool,
}

impl Journal {
    /// Takes 20 ms of the rep leg.
    pub(super) fn audio(&mut self, at: CallTime, pcm: Pcm) -> Vec<Request> {
        let Some(open) = self.open() else {
            self.recent.push_back(Frame { at, pcm });
            if RECENT_FRAMES < self.recent.len() {
                self.recent.pop_front();
            }
            return Vec::new();
        };
        let mut requests = vec![Request::Audio(pcm.clone())];
        open.frames.push_back(Frame { at, pcm });
        let long = LONGEST_UTTERANCE <= open.frames.len() + open.forgotten;
        if long {
            requests.extend(self.close(Close::TooLong, at));
            requests.push(self.start());
        }
        self.forget();
        requests
    }

    /// Opens an utterance some time before the voice, unless one is open.
    pub(super) fn voice_on(&mut self, at: CallTime) -> Vec<Request> {
        self.voice = true;
        if let Some(open) = self.open() {
            open.voiced = true;
            return Vec::new();
        }
        let from = at.saturating_sub(LEAD);
        let mut requests = vec![self.start()];
        // What lies before is no part of any utterance any more.
        let recent = std::mem::take(&mut self.recent);
        let lead: VecDeque<Frame> = recent.into_iter().filter(|frame| from <= frame.at).collect();
        requests.extend(lead.iter().map(|frame| Request::Audio(frame.pcm.clone())));
        if let Some(open) = self.open() {
            open.frames = lead;
            open.voiced = true;
        }
        requests
    }

    /// Notes that the voice ceased; that closes nothing.
    pub(super) fn voice_off(&mut self) {
        self.voice = false;
    }

    /// Closes the open utterance. With none open the child still answers, after what it has to do. A voice that is
    /// still on goes on in the next one.
    pub(super) fn finalise(&mut self, now: CallTime, id: FinaliseId) -> Vec<Request> {
        let mut requests = Vec::new();
        if self.open().is_none() {
            requests.push(self.start());
        }
        requests.extend(self.close(Close::Asked(id), now));
        if self.voice {
            requests.push(self.start());
        }
        requests
    }

    /// Takes the child's answer: what the call is told, and what to ask next.
    pub(super) fn settle(
        &mut self,
        now: CallTime,
        number: u32,
        words: &[FramedWord],
    ) -> (Option<RecogniserEvent>, Vec<Request>) {
        let is_front = |front: &mut Utterance| front.number == number && front.close.is_some();
        let Some(settled) = self.unsettled.pop_front_if(is_front) else {
            return (None, Vec::new());
        };
        let words = settled.timed(words);
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        match settled.close {
            Some((Close::Asked(id), _)) => {
                let finalise = Some(id);
                (Some(RecogniserEvent::Final { text, words, finalise }), Vec::new())
            }
            _ if words.is_empty() => (None, self.rest(now)),
            _ => (Some(RecogniserEvent::Final { text, words, finalise: None }), Vec::new()),
        }
    }

    /// Everything that a new child has to be asked.
    pub(super) fn replay(&mut self, now: CallTime) -> Vec<Request> {
        let mut requests = Vec::new();
        for utterance in &mut self.unsettled {
            utterance.forgotten = 0;
            requests.push(Request::Start);
            let audio = utterance.frames.iter().map(|frame| Request::Audio(frame.pcm.clone()));
            requests.extend(audio);
            if let Some((_, since)) = &mut utterance.close {
                *since = now;
                requests.push(Request::Finalise(utterance.number));
            }
        }
        requests
    }

    /// Whether the child should have answered by now.
    pub(super) fn is_overdue(&self, now: CallTime) -> bool {
        let asked = self.unsettled.front().and_then(|utterance| utterance.close);
        asked.is_some_and(|(_, since)| ANSWER_WITHIN < now.saturating_since(since))
    }

    fn open(&mut self) -> Option<&mut Utterance> {
        self.unsettled.back_mut().filter(|utterance| utterance.close.is_none())
    }

    fn start(&mut self) -> Request {
        self.unsettled.push_back(Utterance {
            number: self.next,
            frames: VecDeque::new(),
            forgotten: 0,
            close: None,
            voiced: false,
        });
        self.next = self.next.wrapping_add(1);
        Request::Start
    }

    fn close(&mut self, close: Close, now: CallTime) -> Option<Request> {
        let open = self.open()?;
        open.close = Some((close, now));
        let request = Request::Finalise(open.number);
        let overlap = open.frames.len().saturating_sub(OVERLAP_FRAMES);
        let tail: VecDeque<Frame> = open.frames.range(overlap..).cloned().collect();
        if !tail.is_empty() {
            self.recent = tail;
        }
        Some(request)
    }

    /// Stops listening when 30 s held no word and no voice has begun since: a cough was taken for a
    /// voice, and no pause will follow it.
    fn rest(&mut self, now: CallTime) -> Vec<Request> {
        if self.open().is_none_or(|open| open.voiced) {
            return Vec::new();
        }
        self.close(Close::TooLong, now).into_iter().collect()
    }

    fn forget(&mut self) {
        let mut kept: usize = self.unsettled.iter().map(|utterance| utterance.frames.len()).sum();
        for utterance in &mut self.unsettled {
            while KEPT_FRAMES < kept && utterance.frames.pop_front().is_some() {
                utterance.forgotten += 1;
                kept -= 1;
            }
        }
    }
}

impl Utterance {
    /// The words on the call's clock, in order.
    fn timed(&self, words: &[FramedWord]) -> Vec<TimedWord> {
        let mut before = CallTime::ZERO;
        let mut timed = Vec::with_capacity(words.len());
        for word in words {
            let start = self.moment(word.first).max(before);
            let end = (self.moment(word.last) + DECODER_FRAME).max(start);
            before = end;
            timed.push(TimedWord { text: word.text.clone(), start, end });
        }
        timed
    }

    /// When a decoder frame begins: audio frames carry their own times, so a gap shifts nothing.
    fn moment(&self, decoder_frame: u32) -> CallTime {
        let place = decoder_frame as usize;
        let frame = (place / DECODER_FRAMES).saturating_sub(self.forgotten);
        let kept = self.frames.get(frame).or(self.frames.back());
        let into = if place.is_multiple_of(DECODER_FRAMES) { Span::ZERO } else { DECODER_FRAME };
        kept.map_or(CallTime::ZERO, |frame| frame.at) + into
    }
}

#[cfg(test)]
mod tests;
