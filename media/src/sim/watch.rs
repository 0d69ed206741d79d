//! What must hold in every call, whatever happens: checked after each event and at the end.

use std::collections::{BTreeMap, BTreeSet};

use super::world::VOICED_WORD;
use crate::call::{ChunkId, Command, Event, Note, ReplyId, Setup};
use crate::log::{self, Entry};
use crate::record::{Speaker, Utterance};
use crate::tape::{TAPE_RATE, TapeFrame};
use crate::units::{CallTime, SampleRate, Samples, Span};

/// How long a fade may hide the sound at the edges of a run.
const FADE: Span = Span::ms(20);

#[derive(Debug)]
pub(super) struct Watch {
    /// A call is over by then.
    end: CallTime,
    /// Chunks whose words have no times yet: what was heard of their reply is estimated.
    untimed: BTreeSet<(ReplyId, ChunkId)>,
    open: Option<ReplyId>,
    /// What the call itself may put in front of a reply.
    fillers: Vec<String>,
    generated: BTreeMap<ReplyId, String>,
    /// How far each reply was sent.
    sent: BTreeMap<ReplyId, Samples>,
    /// Replies that were paused or cancelled, each with the frames that may still fade it out.
    stopped: BTreeMap<ReplyId, u32>,
    /// When the persona sounded.
    runs: Vec<(CallTime, Option<CallTime>)>,
}

impl Watch {
    pub(super) fn new(setup: &Setup) -> Self {
        let policy = &setup.policy;
        Self {
            end: CallTime::ZERO + policy.call_limit + policy.limit_grace,
            fillers: setup.fillers.clone(),
            untimed: BTreeSet::new(),
            open: None,
            generated: BTreeMap::new(),
            sent: BTreeMap::new(),
            stopped: BTreeMap::new(),
            runs: Vec::new(),
        }
    }

    pub(super) fn is_in_time(&self, now: CallTime) -> Result<(), String> {
        that(now <= self.end, || format!("the call goes on at {now}, past its limit"))
    }

    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Text { reply, text } => {
                self.generated.entry(*reply).or_default().push_str(text);
            }
            Event::VoiceWords { reply, chunk, .. } => {
                self.untimed.remove(&(*reply, *chunk));
            }
            _ => {}
        }
    }

    /// A frame of a reply was sent; `end` is the place in the reply up to which it goes.
    pub(super) fn sent(&mut self, reply: ReplyId, end: Samples) -> Result<(), String> {
        let furthest = self.sent.entry(reply).or_default();
        *furthest = end.max(*furthest);
        if let Some(frames) = self.stopped.get_mut(&reply) {
            that(0 < *frames, || format!("reply {reply} was sent after its fade"))?;
            *frames -= 1;
            return Ok(());
        }
        that(self.open == Some(reply), || format!("reply {reply} is sent and is not open"))
    }

    pub(super) fn run_started(&mut self, at: CallTime) {
        self.runs.push((at, None));
    }

    /// A run ended, or a reply without any.
    pub(super) fn run_stopped(&mut self, at: CallTime) {
        if let Some((_, end @ None)) = self.runs.last_mut() {
            *end = Some(at);
        }
    }

    pub(super) fn command(&mut self, command: &Command, log: &[Entry]) -> Result<(), String> {
        match command {
            Command::Compose { reply, .. } => {
                let before = self.open.replace(*reply);
                that(before.is_none(), || format!("{before:?} and {reply} are open"))
            }
            Command::Speak { reply, chunk, spoken } => {
                if *chunk == ChunkId(0) && self.fillers.contains(spoken) {
                    let generated = self.generated.entry(*reply).or_default();
                    generated.insert_str(0, &format!("{spoken} "));
                }
                self.untimed.insert((*reply, *chunk));
                that(self.open == Some(*reply), || format!("{reply} is spoken and is not open"))
            }
            Command::Pause { reply } => {
                self.stopped.insert(*reply, 1);
                Ok(())
            }
            Command::Resume { reply, .. } => {
                let was_paused = self.stopped.remove(reply).is_some();
                that(was_paused, || format!("{reply} goes on and was not paused"))
            }
            Command::Cancel { reply } => {
                self.open.take_if(|open| open == reply);
                // The frame that faded out a pause may have been sent.
                self.stopped.entry(*reply).or_insert(1);
                Ok(())
            }
            Command::Heard { reply, text, utterance_id, .. } => {
                self.open.take_if(|open| open == reply);
                self.heard(*reply, text)?;
                let known =
                    utterances(log).rev().find(|said| Some(&said.id) == utterance_id.as_ref());
                let unheard = known.and_then(|said| said.unheard.as_deref()).unwrap_or_default();
                self.is_beginning(*reply, [text, unheard].join(" ").trim_end())
            }
            Command::Close { .. } => {
                that(self.open.is_none(), || format!("{:?} is open at the close", self.open))
            }
            _ => Ok(()),
        }
    }

    /// Heard text is how the generated text begins, and no more of it than was sent.
    fn heard(&self, reply: ReplyId, heard: &str) -> Result<(), String> {
        self.is_beginning(reply, heard)?;
        if self.untimed.iter().any(|(untimed, _)| *untimed == reply) {
            return Ok(());
        }
        let sent = self.sent.get(&reply).copied().unwrap_or_default().span(SampleRate::Hz16000);
        // A mark on its own has no sound.
        let sounds = |word: &&str| word.contains(char::is_alphanumeric);
        let words = heard.split_whitespace().filter(sounds).count() as u64;
        that(Span(words * VOICED_WORD.0) <= sent, || {
            format!("{heard:?} was heard of {reply}, of which {} ms were sent", sent.as_ms())
        })
    }

    fn is_beginning(&self, reply: ReplyId, text: &str) -> Result<(), String> {
        let generated = self.generated.get(&reply).map_or("", String::as_str);
        let generated = generated.split_whitespace().collect::<Vec<_>>().join(" ");
        that(generated.starts_with(text), || format!("{text:?} is not how {generated:?} begins"))
    }

    /// What the log holds at the end: a record, and the words that the recogniser gave, once each, but
    /// for those that the rep did not say.
    pub(super) fn finished(
        &self,
        log: &[Entry],
        lost_words: usize,
        echoed_words: usize,
    ) -> Result<(), String> {
        let record = log::record(log).map_err(|error| error.to_string())?.into_parts();
        let ids: BTreeSet<&str> = record.utterances.iter().map(|said| said.id.as_str()).collect();
        that(ids.len() == utterances(log).count(), || "two utterances have one id".to_owned())?;
        for said in record.utterances.iter().filter(|said| said.typed) {
            let is_point = said.speaker == Speaker::Rep && said.start_ms == said.end_ms;
            that(is_point, || format!("{} was typed and has a length", said.id))?;
        }
        let spoken = |said: &&Utterance| said.speaker == Speaker::Rep && !said.typed;
        let kept: usize =
            record.utterances.iter().filter(spoken).map(|said| words(&said.text)).sum();
        let (least, most) = told_words(log);
        that(least <= kept + echoed_words, || {
            format!("{least} words were settled, {echoed_words} of them echo, {kept} kept")
        })?;
        let most = most + lost_words;
        that(kept <= most, || format!("{kept} words were kept, at most {most} were said"))
    }

    /// The tape sounds where the playout says that it sent, and nowhere else.
    pub(super) fn taped(&self, frames: &[TapeFrame], leg: &[i16]) -> Result<(), String> {
        let mut end = Samples(0);
        for frame in frames.iter().filter(|frame| frame.leg == Speaker::Persona) {
            that(end <= frame.start, || format!("frames of the tape overlap at {end:?}"))?;
            end = frame.start + Samples(frame.len.into());
        }
        let place = |at: CallTime| (at.samples(TAPE_RATE).0 as usize).min(leg.len());
        let is_silent = |from: usize, to: usize| leg[from..to].iter().all(|sample| *sample == 0);
        let mut quiet_from = 0;
        for (from, to) in &self.runs {
            let to = to.unwrap_or(self.end);
            let (start, stop) = (place(*from), place(to));
            that(quiet_from <= start, || format!("two runs sound at {from}"))?;
            // A sample of rounding lies between the playout's times and the tape.
            let (before, quiet_to) = (quiet_from + 1, start.saturating_sub(1));
            that(quiet_to <= before || is_silent(before, quiet_to), || {
                format!("sound before the run at {from}")
            })?;
            let (loud, fades) = (start + 1, place(to.saturating_sub(FADE)));
            let sounds = leg[loud.min(fades)..fades].iter().all(|sample| *sample != 0);
            that(sounds, || format!("silence in the run from {from} to {to}"))?;
            quiet_from = stop;
        }
        that(is_silent((quiet_from + 1).min(leg.len()), leg.len()), || {
            "sound after the last run".to_owned()
        })
    }
}

fn that(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn utterances(log: &[Entry]) -> impl DoubleEndedIterator<Item = &Utterance> {
    log.iter().filter_map(|entry| match entry {
        Entry::Note { note: Note::Utterance(said), .. } => Some(said),
        _ => None,
    })
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// How many words the recogniser settled, and how many it showed at most: between two finals, those
/// that it settled or the most that it showed at once.
fn told_words(log: &[Entry]) -> (usize, usize) {
    let (mut settled, mut most, mut shown) = (0, 0, 0);
    for entry in log {
        match entry {
            Entry::Event { event: Event::Partial { text }, .. } => shown = shown.max(words(text)),
            Entry::Event { event: Event::Final { text, .. }, .. } => {
                settled += words(text);
                most += words(text).max(shown);
                shown = 0;
            }
            _ => {}
        }
    }
    (settled, most + shown)
}
