//! Everything outside the call, scripted: what the rep says when, and how long the others take.

use std::collections::{BTreeMap, VecDeque};

use super::echo::{EchoedWord, Edge, Room};
use super::script::{Line, ModelFault, Script, Start, VoiceFault};
use crate::call::{
    ChunkId, Cue, EndReason, Event, FinaliseId, ReplyId, StopCause, TimedWord, VoicedWord,
};
use crate::ingress::MEDIA_TIMEOUT;
use crate::units::{CallTime, Dbfs, SampleRate, Span};

/// What the world does to the call.
#[derive(Debug)]
pub(super) enum Happening {
    Event(Event),
    /// The words that are not settled yet, as far as they end by then.
    Partial {
        upto: CallTime,
    },
    /// The recogniser settles what it has heard without being asked.
    Settles,
    /// Somebody begins or ceases to sound in a room with echo.
    Voice(Edge),
    /// A word of the persona comes back whole.
    Echo(EchoedWord),
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
/// What is left of a line between two gaps and shorter is not noticed.
const NOTICED: Span = Span::ms(80);
/// Between two lines of a rep who has only one voice.
const BREATH: Span = Span::ms(50);
/// How late the segmenter notices.
pub(super) const ONSET_LAG: Span = Span::ms(60);
pub(super) const OFFSET_LAG: Span = Span::ms(160);
/// How late the client's reports arrive, and how often it sends them.
const REPORT_LAG: Span = Span::ms(30);
const REPORT_EVERY: Span = Span::ms(100);
/// How far the rep's ear is behind what was sent.
const CLIENT_LAG: Span = Span::ms(50);
/// A spoken word of the persona.
pub(super) const VOICED_WORD: Span = Span::ms(250);
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
    /// When the rep is.
    rep_free: CallTime,
    /// The latest time at which anything of the rep is noticed so far.
    noticed: CallTime,
    /// Draws the jitter.
    jitter: u64,
    /// Words that were heard and are lost, since their final never comes.
    lost_words: usize,
    /// Where the persona comes back from.
    pub(super) room: Room,
}

impl World {
    pub(super) fn new(script: Script) -> Self {
        let lines = script.rep.iter().cloned().collect();
        let jitter = script.network.seed;
        let mut world = Self {
            script,
            queue: BTreeMap::new(),
            sequence: 0,
            lines,
            unsettled: Vec::new(),
            settling: VecDeque::new(),
            cue_uses: BTreeMap::new(),
            voice_free: CallTime::ZERO,
            rep_free: CallTime::ZERO,
            noticed: CallTime::ZERO,
            jitter,
            lost_words: 0,
            room: Room::default(),
        };
        if let Some(echo) = world.script.echo {
            let echo_cancellation = echo.reported;
            world.event(CallTime::ZERO, Event::Microphone { echo_cancellation });
        }
        world.lose_media();
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

    pub(super) fn script(&self) -> &Script {
        &self.script
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
        let said = words.iter().take_while(|word| word.end <= upto).cloned();
        let mut said: Vec<TimedWord> = said.collect();
        let is_next = |word: &TimedWord| upto < word.end;
        if self.script.hearing.wavers
            && words.iter().any(is_next)
            && let Some(last) = said.last_mut()
        {
            "uh".clone_into(&mut last.text);
        }
        text(&said)
    }

    pub(super) fn put(&mut self, at: CallTime, reply: Option<ReplyId>, happening: Happening) {
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

    /// What is missing of the rep's media, as ingress tells it.
    fn lose_media(&mut self) {
        for (at, span) in self.script.network.gaps.clone() {
            if span < MEDIA_TIMEOUT {
                self.event(at + span, Event::Gap { at, span });
            } else {
                self.event(at + MEDIA_TIMEOUT, Event::MediaLost { since: at });
                self.event(at + span, Event::MediaBack);
            }
        }
    }

    fn say(&mut self, start: CallTime, text: &str) {
        let start = start.max(self.rep_free);
        let mut end = start + COUGH;
        let mut at = start;
        for word in text.split_whitespace() {
            end = at + WORD;
            if self.gap_in(at, end).is_none() {
                self.unsettled.push(TimedWord { text: word.to_owned(), start: at, end });
                if !self.script.hearing.mute {
                    let shown = end + self.script.voices.partial;
                    self.put(shown, None, Happening::Partial { upto: end });
                }
            }
            at = end + WORD_GAP;
        }
        self.sound(start, end);
        if let Some(silence) = self.script.hearing.alone {
            self.put(end + silence, None, Happening::Settles);
        }
        self.rep_free = end + OFFSET_LAG + BREATH;
    }

    /// Lets a voice be noticed from `start` to `end`, but for the gaps in between.
    fn sound(&mut self, start: CallTime, end: CallTime) {
        let mut from = start;
        while from < end {
            let gap = self.gap_in(from, end);
            let to = gap.map_or(end, |(at, _)| at);
            if NOTICED <= to.saturating_since(from) {
                self.notice(from + ONSET_LAG, Event::VoiceOn { at: from });
                // Of a gap the segmenter learns when the media goes on, or when it is given up.
                let over = gap.map_or(to + OFFSET_LAG, |(at, span)| {
                    at + span.min(MEDIA_TIMEOUT.saturating_sub(Span::ms(1)))
                });
                self.notice(over, Event::VoiceOff { at: to, level: Dbfs(-20.0) });
            }
            from = gap.map_or(end, |(at, span)| at + span);
        }
    }

    /// Hears a word that is said now, beside those that the rep says, unless it is lost on the way.
    pub(super) fn overhear(&mut self, word: TimedWord) -> bool {
        if self.gap_in(word.start, word.end).is_some() {
            return false;
        }
        let end = word.end;
        let place = self.unsettled.partition_point(|other| other.end <= end);
        self.unsettled.insert(place, word);
        if !self.script.hearing.mute {
            let shown = end + self.script.voices.partial;
            self.put(shown, None, Happening::Partial { upto: end });
        }
        true
    }

    /// The first gap that begins before `to` and ends after `from`.
    fn gap_in(&self, from: CallTime, to: CallTime) -> Option<(CallTime, Span)> {
        let gaps = self.script.network.gaps.iter().copied();
        gaps.filter(|(at, span)| *at < to && from < *at + *span).min()
    }

    /// An event of the rep's leg, late by the jitter and in the order of the others.
    fn notice(&mut self, at: CallTime, event: Event) {
        let late = self.late();
        self.noticed = self.noticed.max(at + late);
        match Edge::of(&event).filter(|_| self.script.echo.is_some()) {
            Some(edge) => self.put(self.noticed, None, Happening::Voice(edge)),
            None => self.event(self.noticed, event),
        }
    }

    fn late(&mut self) -> Span {
        // Numerical Recipes, 2nd edition, section 7.1.
        self.jitter = self.jitter.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) & 0xffff_ffff;
        Span((self.script.network.jitter.0 * self.jitter) >> 32)
    }

    pub(super) fn finalise(&mut self, now: CallTime, id: FinaliseId) {
        let words = self.heard(now);
        let other = self.script.hearing.finals.iter().find(|(number, _)| *number == id.0);
        let delay = other.map_or(Some(self.script.voices.settle), |(_, delay)| *delay);
        let Some(delay) = delay else {
            self.lost_words += words.len();
            return;
        };
        // It answers in the order of the sound.
        let before = self.settling.back().map_or(now, |(settled, _)| *settled);
        let settled = (now + delay).max(before);
        self.settling.push_back((settled, words.clone()));
        self.event(settled, Event::Final { text: text(&words), words, finalise: Some(id) });
    }

    /// What the recogniser settles by itself: nothing while it has a request to answer.
    pub(super) fn settles(&mut self, now: CallTime) -> Option<Event> {
        let is_asked = self.settling.iter().any(|(settled, _)| now <= *settled);
        let words = if is_asked { Vec::new() } else { self.heard(now) };
        let event = || Event::Final { text: text(&words), words: words.clone(), finalise: None };
        (!words.is_empty()).then(event)
    }

    /// Takes the words that were said by now and not settled.
    fn heard(&mut self, now: CallTime) -> Vec<TimedWord> {
        let said = self.unsettled.iter().take_while(|word| word.end <= now).count();
        self.unsettled.drain(..said).collect()
    }

    /// Words that were heard and whose final never comes.
    pub(super) fn lost_words(&self) -> usize {
        self.lost_words
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
        let fault = self.script.model.iter().find(|(faulty, _)| *faulty == reply.0);
        let fault = fault.map(|(_, fault)| *fault);
        let burst = u64::from(self.script.voices.burst.max(1));
        let mut at = now + delay;
        for (number, word) in (0_u32..).zip(text.unwrap_or("Hm.").split_inclusive(' ')) {
            match fault {
                Some(ModelFault::Fails(words)) if words <= number => {
                    let failed = Event::TextFailed { reply };
                    return self.put(at, Some(reply), Happening::Event(failed));
                }
                Some(ModelFault::Stops(words)) if words <= number => return,
                _ => {}
            }
            let text = word.to_owned();
            self.put(at, Some(reply), Happening::Event(Event::Text { reply, text }));
            if u64::from(number + 1).is_multiple_of(burst) {
                at += Span::ms(20 * burst);
            }
        }
        self.put(at, Some(reply), Happening::Event(Event::TextDone { reply }));
    }

    pub(super) fn speak(&mut self, now: CallTime, reply: ReplyId, chunk: ChunkId, spoken: &str) {
        const PIECE: usize = 3_200;
        if self.script.mute_from.is_some_and(|mute| mute <= reply.0) {
            return;
        }
        let mut at = (now + self.script.voices.first_sound).max(self.voice_free);
        let has = |fault| self.script.voice.contains(&(reply.0, fault));
        if has(VoiceFault::Stops(chunk.0)) {
            return;
        }
        let is_timed = !has(VoiceFault::Untimed);
        if has(VoiceFault::Fails(chunk.0)) {
            let failed = Event::VoiceFailed { reply, chunk };
            return self.put(at, Some(reply), Happening::Event(failed));
        }
        let words: Vec<VoicedWord> = (0_u64..)
            .zip(spoken.split_whitespace())
            .map(|(index, word)| VoicedWord {
                text: word.to_owned(),
                start: Span(index * VOICED_WORD.0),
                end: Span((index + 1) * VOICED_WORD.0),
            })
            .collect();
        self.room.voiced(reply, &words);
        let samples = words.last().map_or(0, |word| word.end.samples(RATE).0);
        let mut left = usize::try_from(samples).unwrap_or(0);
        while 0 < left {
            let pcm = vec![8_000; left.min(PIECE)];
            left -= pcm.len();
            self.put(at, Some(reply), Happening::Audio { reply, chunk, pcm });
            at += self.script.voices.piece;
        }
        if is_timed {
            let event = Event::VoiceWords { reply, chunk, words };
            self.put(at, Some(reply), Happening::Event(event));
        }
        self.put(at, Some(reply), Happening::ChunkDone { reply, chunk });
        self.voice_free = at;
    }

    pub(super) fn cancel(&mut self, cancelled: ReplyId) {
        if !self.script.stale {
            self.queue.retain(|_, (reply, _)| *reply != Some(cancelled));
        }
        self.voice_free = CallTime::ZERO;
    }

    pub(super) fn audible(&mut self, reply: ReplyId, at: CallTime, from: Span) {
        if from == Span::ZERO {
            self.start_line(|start| match start {
                Start::Into(number, span) if number == reply.0 => Some(at + span),
                _ => None,
            });
        }
        self.report(reply, at + REPORT_EVERY, at, from);
        self.echo_begins(reply, at, from);
    }

    fn report(&mut self, reply: ReplyId, when: CallTime, at: CallTime, from: Span) {
        // A reply rarely lasts longer; what was not sent by then is not reported.
        for index in 0..100 {
            let sent = when + Span(index * REPORT_EVERY.0);
            let position = from + sent.saturating_since(at).saturating_sub(self.ear_lag());
            let event = Event::Played { reply, position };
            let told = sent + self.report_lag();
            self.put(told, Some(reply), Happening::Event(event));
        }
    }

    pub(super) fn silent(
        &mut self,
        reply: ReplyId,
        at: CallTime,
        position: Span,
        cause: StopCause,
    ) {
        self.echo_ends(at, position);
        let reported =
            |happening: &Happening| matches!(happening, Happening::Event(Event::Played { .. }));
        self.queue.retain(|_, (of, happening)| *of != Some(reply) || !reported(happening));
        match cause {
            StopCause::Paused => {
                let position = position.saturating_sub(self.ear_lag());
                let event = Event::Played { reply, position };
                let told = at + self.report_lag();
                self.put(told, Some(reply), Happening::Event(event));
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

    /// How far the rep's ear is behind what was sent.
    pub(super) fn ear_lag(&self) -> Span {
        CLIENT_LAG + self.script.network.delay
    }

    fn report_lag(&mut self) -> Span {
        REPORT_LAG + self.script.network.delay + self.late()
    }
}

fn text(words: &[TimedWord]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
