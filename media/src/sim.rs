//! A whole call on a simulated clock: rep, recogniser, model, voice and client are scripted, the
//! call core, the playout and the tape are the real ones.
//!
//! After every event the invariants of a call are checked, so a script that runs is a test, and its
//! timeline is the golden.

mod script;
mod world;
mod echo;
mod watch;
mod random;
mod shrink;

use std::fmt::Write as _;

pub use random::{Chance, any_input, any_script, any_setup};
pub use script::{Echo, Hearing, Line, ModelFault, Network, Script, Start, VoiceFault, Voices};
pub use shrink::{Smallest, breaks, paste, shrink};

use crate::call::{Call, Command, Cue, Event, Live, Note, Setup};
use crate::log::{self, Entry};
use crate::playout::{Playout, PlayoutEvent};
use crate::record::{Speaker, Utterance};
use crate::tape::{Legs, Tape};
use crate::units::{CallTime, SampleRate};
use watch::Watch;
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

struct Sim {
    now: CallTime,
    call: Call,
    world: World,
    playout: Playout,
    tape: Tape,
    frames: Vec<crate::tape::TapeFrame>,
    timeline: String,
    log: Vec<Entry>,
    watch: Watch,
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
            watch: Watch::new(&setup),
            call: Call::new(setup),
            world: World::new(script),
            playout: Playout::new(SampleRate::Hz16000),
            tape: Tape::new(SampleRate::Hz16000),
            frames: Vec::new(),
            timeline: String::new(),
            log: vec![Entry::Opened(opened)],
            events: 0,
        };
        sim.tell(Event::Connected);
        sim
    }

    /// Moves to the next moment at which anything is due and does that.
    fn advance(&mut self) {
        let due = [self.world.next_due(), self.call.poll_timeout(), self.playout.poll_timeout()];
        let next = due.into_iter().flatten().min().expect("an open call always has a deadline");
        self.now = self.now.max(next);
        self.must(self.watch.is_in_time(self.now));
        while let Some(sent) = self.playout.tick(self.now) {
            let (reply, at) = (sent.reply, sent.at);
            let end = sent.offset + sent.len;
            self.tape.persona(at, sent.sound());
            let watched = self.watch.sent(reply, end);
            self.must(watched);
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

    /// Ends the simulation where something that must hold does not.
    fn must(&self, held: Result<(), String>) {
        if let Err(broken) = held {
            panic!("{broken}\n{}", self.timeline);
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
                    self.watch.run_started(at);
                    self.world.audible(reply, at, from);
                    self.tell(Event::PlayStarted { reply, at, from });
                }
                PlayoutEvent::Stopped { reply, at, position, cause } => {
                    self.tape.persona_stopped();
                    self.watch.run_stopped(at);
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
            Happening::Settles => {
                if let Some(event) = self.world.settles(self.now) {
                    self.tell(event);
                }
            }
            Happening::Voice(edge) => {
                if let Some(event) = self.world.edge(edge) {
                    self.tell(event);
                }
            }
            Happening::Echo(word) => self.world.echo(self.now, word),
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
        self.watch.event(&event);
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
        let watched = self.watch.command(&command, &self.log);
        self.must(watched);
        match command {
            Command::Compose { reply, cue, .. } => self.world.compose(self.now, reply, cue),
            Command::Speak { reply, chunk, spoken } => {
                self.world.speak(self.now, reply, chunk, &spoken);
            }
            Command::Finish { reply } => self.playout.finish(reply),
            Command::Play { reply } => self.playout.play(reply),
            Command::Pause { reply } => self.playout.pause(reply, self.now),
            Command::Resume { reply, from } => self.playout.resume(reply, from, self.now),
            Command::Cancel { reply } => {
                self.playout.cancel(reply);
                self.world.cancel(reply);
            }
            Command::Finalise { id } => self.world.finalise(self.now, id),
            Command::Heard { .. } | Command::Note(_) | Command::Tell(_) | Command::Close { .. } => {
            }
        }
    }

    fn show_event(&mut self, event: &Event) {
        let text = match event {
            Event::VoiceOn { at } => format!("rep voice on, from {at}"),
            Event::VoiceOff { at, .. } => format!("rep voice off, to {at}"),
            Event::Microphone { echo_cancellation } => {
                format!("microphone, echo cancellation {echo_cancellation:?}").to_lowercase()
            }
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
        let (lost, echoed) = (self.world.lost_words(), self.world.echoed_words());
        self.must(self.watch.finished(&self.log, lost, echoed));
        self.must(self.watch.taped(&self.frames, legs.persona()));
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
