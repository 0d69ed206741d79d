//! Everything outside the call, scripted: what the rep says when, and how long the others take.

use std::collections::{BTreeMap, VecDeque};

use crate::call::{
    ChunkId, Cue, EndReason, Event, FinaliseId, ReplyId, StopCause, TimedWord, VoicedWord,
};
use crate::units::{CallTime, Dbfs, SampleRate, Span};

/// When the rep starts to say a line.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// At a moment of the call.
    At(CallTime),
    /// This long after the n-th reply, counted from 1, was heard out.
    After(u32, Span),
    /// This long into the n-th reply.
    Into(u32, Span),
}

/// A line of the rep.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub start: Start,
    /// The words, spoken in 300 ms each and 50 ms apart. Empty is a cough of 150 ms.
    pub text: &'static str,
    /// They are not spoken but sent in writing.
    pub typed: bool,
}

/// How long the outside systems take.
#[derive(Clone, Copy, Debug)]
pub struct Voices {
    /// From the request to the model to its first word.
    pub first_text: Span,
    /// From a chunk to its first sound.
    pub first_sound: Span,
    /// From the end of a word to the partial that shows it.
    pub partial: Span,
    /// From the request to settle to the final.
    pub settle: Span,
}

impl Default for Voices {
    fn default() -> Self {
        Self {
            first_text: Span::ms(300),
            first_sound: Span::ms(120),
            partial: Span::ms(150),
            settle: Span::ms(80),
        }
    }
}

/// A call to be simulated.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// What the rep says.
    pub rep: Vec<Line>,
    /// What the persona says for a cue, in order; the last one is said again.
    pub persona: Vec<(Cue, Vec<&'static str>)>,
    /// How long the others take.
    pub voices: Voices,
    /// Replies, counted from 1, with another time to the first word.
    pub slow: Vec<(u32, Span)>,
    /// Replies, counted from 1, that cannot be cut and end the call for this reason.
    pub goodbyes: Vec<(u32, EndReason)>,
    /// From this reply on the voice makes no sound.
    pub mute_from: Option<u32>,
    /// The server begins to drain at this time.
    pub drain: Option<CallTime>,
    /// The line is lost at this time, and back after this long, or never.
    pub lost: Option<(CallTime, Option<Span>)>,
    /// The rep hangs up this long after the last line was answered, or never.
    pub hang_up_after: Option<Span>,
}

/// What the world does to the call.
#[derive(Debug)]
pub(super) enum Happening {
    Event(Event),
    /// The words that are not settled yet, as far as they end by then.
    Partial {
        upto: CallTime,
    },
    Audio {
        reply: ReplyId,
        chunk: ChunkId,
        pcm: Vec<i16>,
    },
    ChunkDone {
        reply: ReplyId,
        chunk: ChunkId,
    },
}

const WORD: Span = Span::ms(300);
const WORD_GAP: Span = Span::ms(50);
const COUGH: Span = Span::ms(150);
/// How late the segmenter notices.
const ONSET_LAG: Span = Span::ms(60);
const OFFSET_LAG: Span = Span::ms(160);
/// How late the client's reports arrive, and how often it sends them.
const REPORT_LAG: Span = Span::ms(30);
const REPORT_EVERY: Span = Span::ms(100);
/// How far the rep's ear is behind what was sent.
const CLIENT_LAG: Span = Span::ms(50);
/// A spoken word of the persona.
const VOICED_WORD: Span = Span::ms(250);
const RATE: SampleRate = SampleRate::Hz16000;

#[derive(Debug)]
pub(super) struct World {
    script: Script,
    queue: BTreeMap<(CallTime, u64), (Option<ReplyId>, Happening)>,
    sequence: u64,
    lines: VecDeque<Line>,
    /// Words of the rep that nobody asked to settle yet.
    unsettled: Vec<TimedWord>,
    /// Words that will be settled at that time, request by request.
    settling: VecDeque<(CallTime, Vec<TimedWord>)>,
    cue_uses: BTreeMap<String, usize>,
    /// When the voice is free again.
    voice_free: CallTime,
    playing: Option<(ReplyId, CallTime, Span)>,
}

impl World {
    pub(super) fn new(script: Script) -> Self {
        let lines = script.rep.iter().cloned().collect();
        let mut world = Self {
            script,
            queue: BTreeMap::new(),
            sequence: 0,
            lines,
            unsettled: Vec::new(),
            settling: VecDeque::new(),
            cue_uses: BTreeMap::new(),
            voice_free: CallTime::ZERO,
            playing: None,
        };
        if let Some(at) = world.script.drain {
            world.event(at, Event::Drain);
        }
        if let Some((at, back)) = world.script.lost {
            world.event(at, Event::MediaLost { since: at.saturating_sub(Span::ms(2_000)) });
            if let Some(back) = back {
                world.event(at + back, Event::MediaBack);
            }
        }
        world.start_line(|start| match start {
            Start::At(at) => Some(at),
            Start::After(..) | Start::Into(..) => None,
        });
        world
    }

    pub(super) fn next_due(&self) -> Option<CallTime> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn pop(&mut self, now: CallTime) -> Option<Happening> {
        let first = self.queue.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove().1)
    }

    /// What a partial shows now. The recogniser tells in the order of the sound: words that it was
    /// asked to settle come before those that follow.
    pub(super) fn partial(&mut self, now: CallTime, upto: CallTime) -> String {
        while self.settling.pop_front_if(|(settled, _)| *settled <= now).is_some() {}
        let words = self.settling.front().map_or(&self.unsettled, |(_, words)| words);
        let said = words.iter().take_while(|word| word.end <= upto);
        said.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn put(&mut self, at: CallTime, reply: Option<ReplyId>, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), (reply, happening));
    }

    fn event(&mut self, at: CallTime, event: Event) {
        self.put(at, None, Happening::Event(event));
    }

    /// Speaks the next line if it starts now, and those behind it that have a fixed time.
    fn start_line(&mut self, starts: impl Fn(Start) -> Option<CallTime>) {
        while let Some(at) = self.lines.front().and_then(|line| starts(line.start)) {
            if let Some(line) = self.lines.pop_front() {
                self.bring(at, &line);
            }
            if let Some(line @ Line { start: Start::At(at), .. }) = self.lines.front().cloned() {
                self.lines.pop_front();
                self.bring(at, &line);
            }
        }
    }

    fn bring(&mut self, at: CallTime, line: &Line) {
        if line.typed {
            self.event(at, Event::Typed { text: line.text.to_owned() });
        } else {
            self.say(at, line.text);
        }
    }

    fn say(&mut self, start: CallTime, text: &str) {
        self.event(start + ONSET_LAG, Event::VoiceOn { at: start });
        let mut end = start + COUGH;
        let mut at = start;
        for word in text.split_whitespace() {
            end = at + WORD;
            self.unsettled.push(TimedWord { text: word.to_owned(), start: at, end });
            self.put(end + self.script.voices.partial, None, Happening::Partial { upto: end });
            at = end + WORD_GAP;
        }
        self.event(end + OFFSET_LAG, Event::VoiceOff { at: end, level: Dbfs(-20.0) });
    }

    pub(super) fn finalise(&mut self, now: CallTime, id: FinaliseId) {
        let said = self.unsettled.iter().take_while(|word| word.end <= now).count();
        let words: Vec<TimedWord> = self.unsettled.drain(..said).collect();
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let settled = now + self.script.voices.settle;
        self.settling.push_back((settled, words.clone()));
        self.event(settled, Event::Final { text, words, finalise: Some(id) });
    }

    pub(super) fn compose(&mut self, now: CallTime, reply: ReplyId, cue: Cue) {
        let uses = self.cue_uses.entry(format!("{cue:?}")).or_default();
        let lines = self.script.persona.iter().find(|(known, _)| *known == cue);
        let text = lines.and_then(|(_, lines)| lines.get(*uses).or(lines.last()).copied());
        *uses += 1;
        let slow = self.script.slow.iter().find(|(slow, _)| *slow == reply.0);
        let delay = slow.map_or(self.script.voices.first_text, |(_, delay)| *delay);
        let goodbye = self.script.goodbyes.iter().find(|(goodbye, _)| *goodbye == reply.0);
        if let Some((_, reason)) = goodbye {
            let plan = Event::Plan { reply, interruptible: false, hang_up: Some(*reason) };
            self.put(now, Some(reply), Happening::Event(plan));
        }
        let mut at = now + delay;
        for word in text.unwrap_or("Hm.").split_inclusive(' ') {
            let text = word.to_owned();
            self.put(at, Some(reply), Happening::Event(Event::Text { reply, text }));
            at += Span::ms(20);
        }
        self.put(at, Some(reply), Happening::Event(Event::TextDone { reply }));
    }

    pub(super) fn speak(&mut self, now: CallTime, reply: ReplyId, chunk: ChunkId, spoken: &str) {
        const PIECE: usize = 3_200;
        if self.script.mute_from.is_some_and(|mute| mute <= reply.0) {
            return;
        }
        let mut at = (now + self.script.voices.first_sound).max(self.voice_free);
        let words: Vec<VoicedWord> = (0_u64..)
            .zip(spoken.split_whitespace())
            .map(|(index, word)| VoicedWord {
                text: word.to_owned(),
                start: Span(index * VOICED_WORD.0),
                end: Span((index + 1) * VOICED_WORD.0),
            })
            .collect();
        let samples = words.last().map_or(0, |word| word.end.samples(RATE).0);
        let mut left = usize::try_from(samples).unwrap_or(0);
        while 0 < left {
            let pcm = vec![8_000; left.min(PIECE)];
            left -= pcm.len();
            self.put(at, Some(reply), Happening::Audio { reply, chunk, pcm });
            at += Span::ms(10);
        }
        let event = Event::VoiceWords { reply, chunk, words };
        self.put(at, Some(reply), Happening::Event(event));
        self.put(at, Some(reply), Happening::ChunkDone { reply, chunk });
        self.voice_free = at;
    }

    pub(super) fn cancel(&mut self, cancelled: ReplyId) {
        self.queue.retain(|_, (reply, _)| *reply != Some(cancelled));
        self.voice_free = CallTime::ZERO;
    }

    pub(super) fn audible(&mut self, reply: ReplyId, at: CallTime, from: Span) {
        self.playing = Some((reply, at, from));
        if from == Span::ZERO {
            self.start_line(|start| match start {
                Start::Into(number, span) if number == reply.0 => Some(at + span),
                _ => None,
            });
        }
        self.report(reply, at + REPORT_EVERY, at, from);
    }

    fn report(&mut self, reply: ReplyId, when: CallTime, at: CallTime, from: Span) {
        // A reply rarely lasts longer; what was not sent by then is not reported.
        for index in 0..100 {
            let sent = when + Span(index * REPORT_EVERY.0);
            let position = from + sent.saturating_since(at).saturating_sub(CLIENT_LAG);
            let event = Event::Played { reply, position };
            self.put(sent + REPORT_LAG, Some(reply), Happening::Event(event));
        }
    }

    pub(super) fn silent(
        &mut self,
        reply: ReplyId,
        at: CallTime,
        position: Span,
        cause: StopCause,
    ) {
        self.playing = None;
        let reported =
            |happening: &Happening| matches!(happening, Happening::Event(Event::Played { .. }));
        self.queue.retain(|_, (of, happening)| *of != Some(reply) || !reported(happening));
        match cause {
            StopCause::Paused => {
                let position = position.saturating_sub(CLIENT_LAG);
                let event = Event::Played { reply, position };
                self.put(at + REPORT_LAG, Some(reply), Happening::Event(event));
            }
            StopCause::Drained => {
                let last = self.lines.is_empty();
                self.start_line(|start| match start {
                    Start::After(number, span) if number == reply.0 => Some(at + span),
                    _ => None,
                });
                if let Some(after) = self.script.hang_up_after.filter(|_| last) {
                    let reason = EndReason::RepHungUp;
                    self.event(at + after, Event::HangUp { reason });
                }
            }
            StopCause::Cancelled | StopCause::Starved => {}
        }
    }
}
