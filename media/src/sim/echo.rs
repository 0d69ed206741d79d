//! The rep's room with a loudspeaker in it: what the persona says comes back through the microphone.

use std::collections::BTreeMap;

use super::world::{Happening, OFFSET_LAG, ONSET_LAG, VOICED_WORD, World};
use crate::call::{Event, ReplyId, TimedWord, VoicedWord};
use crate::units::{CallTime, Dbfs, Span};

/// From the loudspeaker to the microphone.
const AIR: Span = Span::ms(10);

/// Who sounds in the room, and what the persona said.
#[derive(Debug, Default)]
pub(super) struct Room {
    voiced: BTreeMap<ReplyId, Vec<String>>,
    run: Option<Run>,
    runs: u32,
    /// How many sound now, the loudest since nobody did, and where the last one ended.
    sounding: u32,
    loudest: Option<Dbfs>,
    words: usize,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    number: u32,
    reply: ReplyId,
    at: CallTime,
    from: Span,
    until: Option<Span>,
}

/// One voice of the room begins or ceases.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    at: CallTime,
    /// How loud the voice was that ceases.
    level: Option<Dbfs>,
}

/// A word of a run of the persona.
#[derive(Clone, Copy, Debug)]
pub(super) struct EchoedWord {
    run: u32,
    index: u64,
}

impl Edge {
    pub(super) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::VoiceOn { at } => Some(Self { at: *at, level: None }),
            Event::VoiceOff { at, level } => Some(Self { at: *at, level: Some(*level) }),
            _ => None,
        }
    }
}

impl Room {
    /// What the voice gave of a reply, in order.
    pub(super) fn voiced(&mut self, reply: ReplyId, words: &[VoicedWord]) {
        let texts = words.iter().map(|word| word.text.clone());
        self.voiced.entry(reply).or_default().extend(texts);
    }
}

impl World {
    /// What the segmenter makes of it: one voice, however many sound, as loud as the loudest.
    pub(super) fn edge(&mut self, edge: Edge) -> Option<Event> {
        let room = &mut self.room;
        let Some(level) = edge.level else {
            room.sounding += 1;
            return (room.sounding == 1).then_some(Event::VoiceOn { at: edge.at });
        };
        let loudest = room.loudest.filter(|loudest| level < *loudest).unwrap_or(level);
        room.sounding = room.sounding.saturating_sub(1);
        room.loudest = (0 < room.sounding).then_some(loudest);
        (room.sounding == 0).then_some(Event::VoiceOff { at: edge.at, level: loudest })
    }

    pub(super) fn echoed_words(&self) -> usize {
        self.room.words
    }

    /// The persona begins to sound there.
    pub(super) fn echo_begins(&mut self, reply: ReplyId, at: CallTime, from: Span) {
        if self.script().echo.is_none() {
            return;
        }
        let at = at + self.way_back();
        self.room.runs += 1;
        let run = Run { number: self.room.runs, reply, at, from, until: None };
        self.room.run = Some(run);
        self.put(at + ONSET_LAG, None, Happening::Voice(Edge { at, level: None }));
        let index = from.0.div_ceil(VOICED_WORD.0);
        self.expect_echo(run, index);
    }

    /// It stops at this place, whose sound ends then.
    pub(super) fn echo_ends(&mut self, at: CallTime, position: Span) {
        let Some(echo) = self.script().echo else { return };
        let way_back = self.way_back();
        if let Some(run @ Run { until: None, .. }) = &mut self.room.run {
            run.until = Some(position);
            let at = (at + way_back).max(run.at);
            let edge = Edge { at, level: Some(Dbfs(echo.level_dbfs.into())) };
            // Nothing is noticed to have ceased before it was noticed.
            let noticed = (at + OFFSET_LAG).max(run.at + ONSET_LAG);
            self.put(noticed, None, Happening::Voice(edge));
        }
    }

    /// A word is whole, unless its sound was stopped before.
    pub(super) fn echo(&mut self, now: CallTime, word: EchoedWord) {
        let Some(run) = self.room.run.filter(|run| run.number == word.run) else { return };
        let end = Span((word.index + 1) * VOICED_WORD.0);
        let said = self.room.voiced.get(&run.reply);
        let text = said.and_then(|words| words.get(usize::try_from(word.index).ok()?)).cloned();
        if run.until.is_some_and(|until| until < end) {
            return;
        }
        if let Some(text) = text {
            let start = now.saturating_sub(VOICED_WORD);
            let is_heard = self.overhear(TimedWord { text, start, end: now });
            self.room.words += usize::from(is_heard);
            self.expect_echo(run, word.index + 1);
        }
    }

    fn expect_echo(&mut self, run: Run, index: u64) {
        let end = run.at + Span((index + 1) * VOICED_WORD.0).saturating_sub(run.from);
        let word = EchoedWord { run: run.number, index };
        self.put(end, None, Happening::Echo(word));
    }

    /// From the server to the rep's ear, and back from the microphone.
    fn way_back(&self) -> Span {
        self.ear_lag() + AIR + self.script().network.delay
    }
}
