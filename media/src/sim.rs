//! A whole call on a simulated clock: rep, recogniser, model, voice and client are scripted, the
//! call core, the playout and the tape are the real ones.
//!
//! After every event the invariants of a call are checked, so a script that runs is a test, and its
//! timeline is the golden.

mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use world::{Line, Script, Start, Voices};

use crate::call::{Call, Command, Cue, Event, Live, Note, ReplyId, Setup};
use crate::log::{self, Entry};
use crate::playout::{Playout, PlayoutEvent};
use crate::record::{Speaker, Utterance};
use crate::tape::{Legs, Tape};
use crate::units::{CallTime, SampleRate};
use world::{Happening, World};

/// A call that has run to its end.
#[derive(Debug)]
pub struct Outcome {
    /// What happened, a line each, times in seconds.
    pub timeline: String,
    /// The call's log.
    pub log: Vec<Entry>,
    /// The recorded persona leg, 16 kHz.
    pub persona_leg: Vec<i16>,
    /// Events handed to the call.
    pub events: usize,
}

impl Outcome {
    /// The utterances of the record, in the order they became known.
    pub fn utterances(&self) -> impl Iterator<Item = &Utterance> {
        self.log.iter().filter_map(|entry| match entry {
            Entry::Note { note: Note::Utterance(utterance), .. } => Some(utterance),
            _ => None,
        })
    }
}

/// Runs a script until its call is closed.
///
/// # Panics
/// When an invariant of a call is broken, with the timeline so far.
pub fn run(setup: Setup, script: Script) -> Outcome {
    let mut sim = Sim::new(setup, script);
    while !sim.call.is_closed() {
        sim.advance();
    }
    sim.finish()
}

/// A script that does not end by itself is broken; no script is longer.
const LONGEST: CallTime = CallTime::from_ms(2 * 3_600_000);

struct Sim {
    now: CallTime,
    call: Call,
    world: World,
    playout: Playout,
    tape: Tape,
    frames: Vec<crate::tape::TapeFrame>,
    timeline: String,
    log: Vec<Entry>,
    generated: BTreeMap<ReplyId, String>,
    cancelled: Vec<ReplyId>,
    /// Replies whose cancel may still be followed by one frame that fades them out.
    fading: Vec<ReplyId>,
    open: Option<ReplyId>,
    events: usize,
}

impl Sim {
    fn new(setup: Setup, script: Script) -> Self {
        let opened = log::Opened {
            version: log::VERSION,
            call_id: "simulated".into(),
            setup: setup.clone(),
            scenario: serde_json::Value::Null,
            served_by: serde_json::Value::Null,
        };
        let mut sim = Self {
            now: CallTime::ZERO,
            call: Call::new(setup),
            world: World::new(script),
            playout: Playout::new(SampleRate::Hz16000),
            tape: Tape::new(SampleRate::Hz16000),
            frames: Vec::new(),
            timeline: String::new(),
            log: vec![Entry::Opened(opened)],
            generated: BTreeMap::new(),
            cancelled: Vec::new(),
            fading: Vec::new(),
            open: None,
            events: 0,
        };
        sim.tell(Event::Connected);
        sim
    }

    /// Moves to the next moment at which anything is due and does that.
    fn advance(&mut self) {
        let due = [self.world.next_due(), self.call.poll_timeout(), self.playout.poll_timeout()];
        let next = due.into_iter().flatten().min().expect("an open call always has a deadline");
        assert!(next < LONGEST, "the call does not end:\n{}", self.timeline);
        self.now = self.now.max(next);
        while let Some(sent) = self.playout.tick(self.now) {
            let fading = self.fading.contains(&sent.reply);
            self.fading.retain(|reply| *reply != sent.reply);
            let cancelled = self.cancelled.contains(&sent.reply);
            assert!(
                fading || !cancelled,
                "a frame of a cancelled reply was sent after its fade\n{}",
                self.timeline
            );
            self.tape.persona(sent.at, sent.sound());
        }
        self.collect_tape();
        self.report_playout();
        while let Some(happening) = self.world.pop(self.now) {
            self.happen(happening);
        }
        if self.call.poll_timeout().is_some_and(|due| due <= self.now) {
            self.tell(Event::Tick);
        }
    }

    fn collect_tape(&mut self) {
        while let Some(frame) = self.tape.poll() {
            self.frames.push(frame);
        }
    }

    fn report_playout(&mut self) {
        while let Some(event) = self.playout.poll_event() {
            match event {
                PlayoutEvent::Started { reply, at, from } => {
                    self.world.audible(reply, at, from);
                    self.tell(Event::PlayStarted { reply, at, from });
                }
                PlayoutEvent::Stopped { reply, at, position, cause } => {
                    self.tape.persona_stopped();
                    self.world.silent(reply, at, position, cause);
                    self.tell(Event::PlayStopped { reply, at, position, cause });
                }
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Event(Event::Typed { text }) => self.type_text(text),
            Happening::Event(event) => self.tell(event),
            Happening::Partial { upto } => {
                let text = self.world.partial(self.now, upto);
                if !text.is_empty() {
                    self.tell(Event::Partial { text });
                }
            }
            Happening::Audio { reply, chunk, pcm } => {
                let span = self
                    .playout
                    .push(reply, SampleRate::Hz16000.hz(), &pcm)
                    .expect("a link's rate");
                self.tell(Event::Voice { reply, chunk, span });
            }
            Happening::ChunkDone { reply, chunk } => {
                self.playout.chunk_done(reply);
                self.tell(Event::VoiceDone { reply, chunk });
            }
        }
    }

    /// A text that the call takes is an utterance at once; one that it does not take never comes.
    fn type_text(&mut self, text: String) {
        if !self.call.takes_typing() {
            return self.show("  ", &format!("refused  {text}"));
        }
        let known = self.log.len();
        self.tell(Event::Typed { text: text.clone() });
        let at_ms = self.now.as_ms();
        let mut said = self.log[known..].iter().filter_map(|entry| match entry {
            Entry::Note { note: Note::Utterance(said), .. } if said.typed => Some(said),
            _ => None,
        });
        let one = said.next().expect("typed text is an utterance");
        assert_eq!((&one.text, one.start_ms, one.end_ms), (&text, at_ms, at_ms));
        assert_eq!(said.next(), None, "it is one utterance");
    }

    fn tell(&mut self, event: Event) {
        if let Event::Text { reply, text } = &event {
            self.generated.entry(*reply).or_default().push_str(text);
        }
        self.show_event(&event);
        self.events += 1;
        let (commands, entries) = log::step(&mut self.call, self.now, event);
        self.log.extend(entries);
        for command in commands {
            self.perform(command);
        }
        let due = self.call.poll_timeout();
        assert!(
            due.is_none_or(|due| self.now < due),
            "a deadline of {} is due already: {due:?} at {}\n{}",
            self.call.state_name(),
            self.now,
            self.timeline
        );
        self.report_playout();
    }

    fn perform(&mut self, command: Command) {
        self.show_command(&command);
        match command {
            Command::Compose { reply, cue, .. } => {
                assert_eq!(self.open.replace(reply), None, "two replies are open");
                self.world.compose(self.now, reply, cue);
            }
            Command::Speak { reply, chunk, spoken } => {
                assert_eq!(self.open, Some(reply), "a closed reply is spoken");
                self.world.speak(self.now, reply, chunk, &spoken);
            }
            Command::Finish { reply } => self.playout.finish(reply),
            Command::Play { reply } => self.playout.play(reply),
            Command::Pause { reply } => self.playout.pause(reply, self.now),
            Command::Resume { reply, from } => self.playout.resume(reply, from, self.now),
            Command::Cancel { reply } => {
                self.fading.push(reply);
                self.playout.cancel(reply);
                self.world.cancel(reply);
                self.cancelled.push(reply);
                self.open.take_if(|open| *open == reply);
            }
            Command::Heard { reply, text, utterance_id, .. } => {
                self.open.take_if(|open| *open == reply);
                let known = self.log.iter().rev().find_map(|entry| match entry {
                    Entry::Note { note: Note::Utterance(said), .. } => {
                        (Some(&said.id) == utterance_id.as_ref()).then_some(said)
                    }
                    _ => None,
                });
                let unheard = known.and_then(|said| said.unheard.as_deref());
                self.check_heard(reply, &text);
                let given = [&text, unheard.unwrap_or_default()].join(" ");
                self.check_heard(reply, given.trim_end());
            }
            Command::Finalise { id } => self.world.finalise(self.now, id),
            Command::Note(_) | Command::Tell(_) => {}
            Command::Close { .. } => assert_eq!(self.open, None, "a reply is open at the close"),
        }
    }

    fn check_heard(&self, reply: ReplyId, heard: &str) {
        let generated = self.generated.get(&reply).map_or("", String::as_str);
        let generated = generated.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(generated.starts_with(heard), "{heard:?} is not how {generated:?} begins");
    }

    fn show_event(&mut self, event: &Event) {
        let text = match event {
            Event::VoiceOn { at } => format!("rep voice on, from {at}"),
            Event::VoiceOff { at, .. } => format!("rep voice off, to {at}"),
            Event::Partial { text } => format!("partial  {text}"),
            Event::Final { text, .. } => format!("final    {text}"),
            Event::Typed { text } => format!("typed    {text}"),
            Event::PlayStarted { reply, from, .. } => {
                format!("reply {reply} sounds from {} ms", from.as_ms())
            }
            Event::PlayStopped { reply, position, cause, .. } => {
                format!("reply {reply} stops at {} ms: {cause:?}", position.as_ms())
            }
            Event::MediaLost { .. } => "media lost".to_owned(),
            Event::MediaBack => "media back".to_owned(),
            _ => return,
        };
        self.show("  ", &text);
    }

    fn show_command(&mut self, command: &Command) {
        let text = match command {
            Command::Compose { reply, cue, said, .. } if said.is_empty() => {
                format!("compose {reply}, {}", cue_name(*cue))
            }
            Command::Compose { reply, cue, said, .. } => {
                format!("compose {reply}, {}: {said}", cue_name(*cue))
            }
            Command::Speak { reply, chunk, spoken } => {
                format!("speak {reply}.{}: {spoken}", chunk.0)
            }
            Command::Pause { reply } => format!("pause {reply}"),
            Command::Resume { reply, from } => format!("resume {reply} from {} ms", from.as_ms()),
            Command::Cancel { reply } => format!("cancel {reply}"),
            Command::Finalise { id } => format!("finalise {}", id.0),
            Command::Note(Note::Utterance(said)) => show_utterance("utterance", said),
            Command::Note(Note::Amended(said)) => show_utterance("amended", said),
            Command::Tell(Live::Held { .. }) => "hold".to_owned(),
            Command::Close { reason } => format!("close: {reason:?}"),
            _ => return,
        };
        self.show("> ", &text);
    }

    fn show(&mut self, mark: &str, text: &str) {
        let _ = writeln!(self.timeline, "{:>8} {mark}{text}", self.now.to_string());
    }

    fn finish(mut self) -> Outcome {
        self.collect_tape();
        let end = self.now.samples(SampleRate::Hz16000);
        let mut legs = Legs::new(end);
        for frame in &self.frames {
            legs.write(frame);
        }
        assert_eq!(legs.rep().len(), legs.persona().len(), "the legs differ in length");
        let persona_leg = legs.persona().to_vec();
        log::replay(&self.log).expect("a call replays as it ran");
        Outcome { timeline: self.timeline, log: self.log, persona_leg, events: self.events }
    }
}

fn cue_name(cue: Cue) -> String {
    format!("{cue:?}").to_lowercase()
}

fn show_utterance(what: &str, said: &Utterance) -> String {
    let speaker = match said.speaker {
        Speaker::Rep => "rep",
        Speaker::Persona => "persona",
    };
    let cut = if said.interrupted { ", interrupted" } else { "" };
    let cut = if said.typed { ", typed" } else { cut };
    let (start, end) = (CallTime::from_ms(said.start_ms), CallTime::from_ms(said.end_ms));
    let unheard = said.unheard.as_ref().map(|rest| format!(" [{rest}]")).unwrap_or_default();
    format!("{what} {} {speaker} {start}-{end}{cut}: {}{unheard}", said.id, said.text)
}
