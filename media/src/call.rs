//! One call: an event and the time in, commands and the next deadline out.
//!
//! The call turns what happens into what the floor must know, and what the floor decides into
//! commands, utterances and live events. It performs nothing and never fails on what it is told.

mod echo;
mod event;
mod kept;
mod piece;
mod reply;
mod speech;
mod timing;
mod told;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use echo::Echo;
pub use echo::EchoCancellation;
pub use event::*;
use reply::{Ending, Reply};
use speech::{OpenSpeech, Spoken};
use timing::TurnEnd;

use crate::record::{Recogniser, RecordEvent, Speaker, Utterance};
use crate::turn::{Action, Floor, Input, Plan, Policy, Words};
use crate::units::{CallTime, Span};

/// What a call must know beside the events, and its log keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The times by which the floor decides.
    pub policy: Policy,
    /// A language tag, "en-US".
    pub language: String,
    /// What the recogniser's text can hold.
    pub recogniser: Recogniser,
    /// What the persona says while an answer is long in coming, in turn; none says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fillers: Vec<String>,
}

/// Something that was said and heard: what the persona may remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who said it.
    pub speaker: Speaker,
    /// The heard words.
    pub text: String,
    /// It was cut off there.
    pub cut: bool,
}

/// The decisions of one call.
#[derive(Debug)]
pub struct Call {
    setup: Setup,
    now: CallTime,
    floor: Floor,
    speech: OpenSpeech,
    echo: Echo,
    /// The recogniser was last asked to settle with this, and has answered up to that.
    asked: FinaliseId,
    answered: FinaliseId,
    last_spoken: Option<Spoken>,
    /// A typed text that the floor is deciding on.
    typed: Option<String>,
    /// The turn that was last committed, where it ended, and the places in the history of what the
    /// persona has not answered yet.
    turn: Option<TurnId>,
    turn_end: Option<TurnEnd>,
    unanswered: Vec<usize>,
    reply: Option<Reply>,
    history: Vec<Said>,
    utterances: u32,
    /// Lines of [`Setup::fillers`] that were asked for.
    filled: usize,
    commands: VecDeque<Command>,
}

/// No request yet: they count from 1.
const NO_FINALISE: FinaliseId = FinaliseId(0);

impl Call {
    /// A call before its first event.
    pub fn new(setup: Setup) -> Self {
        Self {
            floor: Floor::new(setup.policy.clone()),
            setup,
            now: CallTime::ZERO,
            speech: OpenSpeech::default(),
            echo: Echo::new(),
            asked: NO_FINALISE,
            answered: NO_FINALISE,
            last_spoken: None,
            typed: None,
            turn: None,
            turn_end: None,
            unanswered: Vec::new(),
            reply: None,
            history: Vec::new(),
            utterances: 0,
            filled: 0,
            commands: VecDeque::new(),
        }
    }

    /// The conversation as it was heard, in order.
    pub fn history(&self) -> &[Said] {
        &self.history
    }

    /// Whether the last command was given.
    pub fn is_closed(&self) -> bool {
        self.floor.is_closed()
    }

    /// Whether an [`Event::Typed`] would be taken now; else it changes nothing.
    pub fn takes_typing(&self) -> bool {
        self.floor.takes_typing()
    }

    /// The reply whose own words are heard, not only a line in front of it.
    pub fn answering(&self) -> Option<ReplyId> {
        self.reply.as_ref().filter(|reply| reply.is_answering()).map(|reply| reply.id)
    }

    /// The name of the floor's state, for timelines and pages.
    pub fn state_name(&self) -> &'static str {
        self.floor.state_name()
    }

    /// The call's time: that of the last event.
    pub fn now(&self) -> CallTime {
        self.now
    }

    /// The next thing to do. Drained before the next event.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When to come back with [`Event::Tick`] at the latest.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        if self.is_closed() {
            return None;
        }
        let stall = self.reply.as_ref().and_then(Reply::stall_deadline);
        self.floor.deadline().into_iter().chain(stall).min()
    }

    /// Takes one event. Time that runs backwards is taken for no time at all; after the close
    /// nothing changes any more.
    pub fn handle(&mut self, now: CallTime, event: Event) {
        if self.is_closed() {
            return;
        }
        self.now = self.now.max(now);
        // What is decided now was due when its deadline was, if that is over.
        let due = self.floor.deadline().unwrap_or(self.now).min(self.now);
        self.take(event);
        // An event that is nothing to the floor still brings the time of its deadlines.
        self.tell_floor(Input::Tick);
        self.flush_stalled();
        self.carry_out(due);
        // With the end of a reply its last words cannot come back for long.
        self.decide_held();
        self.carry_out(due);
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Tick => self.tell_floor(Input::Tick),
            Event::Connected => {
                self.tell(Live::Connected);
                self.tell_floor(Input::Connected);
            }
            Event::MediaLost { .. } => self.tell_floor(Input::MediaLost),
            Event::MediaBack => self.tell_floor(Input::MediaBack),
            // Kept for the log: a hole in the leg explains odd words.
            Event::Gap { .. } => {}
            Event::VoiceOn { at } => {
                self.speech.voice_on(at);
                self.echo.voice_on(at);
                self.tell_floor(Input::VoiceOn(at));
            }
            Event::VoiceOff { at, level } => {
                self.speech.voice_off(at);
                self.echo.voice_off(at, level);
                self.decide_held();
                self.tell_floor(Input::VoiceOff(at));
            }
            Event::Microphone { echo_cancellation } => self.echo.reported(echo_cancellation),
            Event::Partial { text } => self.show(&text),
            Event::Final { text, words, finalise } => self.settle(&text, words, finalise),
            Event::Hint { hint } => self.tell_floor(Input::Hint(hint)),
            Event::Typed { text } => {
                self.typed = self.takes_typing().then_some(text);
                self.tell_floor(Input::Typed);
            }
            Event::Plan { reply, interruptible, hang_up } => {
                self.tell_floor(Input::Planned(reply, Plan { interruptible, hang_up }));
            }
            Event::Mark { event } => self.command(Command::Note(Note::Event(event))),
            Event::HangUp { reason } => self.tell_floor(Input::HangUp(reason)),
            Event::Drain => self.tell_floor(Input::Drain),
            Event::Text { reply, .. }
            | Event::TextDone { reply }
            | Event::TextFailed { reply }
            | Event::Voice { reply, .. }
            | Event::VoiceWords { reply, .. }
            | Event::VoiceDone { reply, .. }
            | Event::VoiceFailed { reply, .. }
            | Event::PlayStarted { reply, .. }
            | Event::PlayStopped { reply, .. }
            | Event::Played { reply, .. } => {
                // What belongs to a reply that is over changes nothing.
                if let Some(mut open) = self.reply.take_if(|open| open.id == reply) {
                    let failed = self.take_for(&mut open, event);
                    self.reply = Some(open);
                    if failed {
                        self.tell_floor(Input::ReplyFailed(reply));
                    }
                }
            }
        }
    }

    /// Takes an event of the open reply. Says whether the reply failed.
    fn take_for(&mut self, reply: &mut Reply, event: Event) -> bool {
        let mut failed = false;
        let was_answering = reply.is_answering();
        let sent = if let Event::PlayStarted { at, .. } = event { at } else { self.now };
        match event {
            Event::Text { text, .. } => reply.text(self.now, &text),
            Event::TextDone { .. } => reply.text_done(),
            Event::TextFailed { .. } => {
                failed = !reply.has_text();
                reply.text_done();
            }
            Event::Voice { chunk, span, .. } => reply.voice(self.now, chunk, span),
            Event::VoiceWords { chunk, words, .. } => reply.voice_words(chunk, words),
            Event::VoiceDone { chunk, .. } | Event::VoiceFailed { chunk, .. } => {
                reply.voice_done(chunk);
            }
            Event::PlayStarted { at, from, .. } => self.play_started(reply, at, from),
            Event::PlayStopped { at, position, cause, .. } => {
                reply.play_stopped(at, position, cause);
                self.tell_floor(Input::Silent(reply.id, cause, at));
            }
            Event::Played { position, .. } => reply.played(self.now, position),
            _ => {}
        }
        if !was_answering && reply.is_answering() {
            self.unanswered.clear();
            let turn = if reply.cue == Cue::Turn { self.turn_end.take() } else { None };
            let timing = RecordEvent::ReplyTiming(reply.progress.timing(turn, sent));
            self.command(Command::Note(Note::Event(timing)));
            self.tell_floor(Input::Audible(reply.id));
        }
        while let Some((chunk, spoken)) = reply.poll_chunk() {
            if !reply.is_filler(chunk) {
                reply.progress.chunk(self.now);
            }
            self.command(Command::Speak { reply: reply.id, chunk, spoken });
        }
        if !failed && reply.finishes() {
            failed = !reply.has_answer();
            self.command(Command::Finish { reply: reply.id });
        }
        failed
    }

    fn play_started(&mut self, reply: &mut Reply, at: CallTime, from: Span) {
        if !reply.was_audible() {
            self.tell(Live::ReplyStarted { reply: reply.id, at_ms: at.as_ms() });
        }
        let again = reply.is_answering();
        reply.play_started(at, from);
        if again {
            self.tell_floor(Input::Audible(reply.id));
        }
    }

    fn flush_stalled(&mut self) {
        let Some(reply) = &mut self.reply else { return };
        if reply.stall_deadline().is_some_and(|due| due <= self.now)
            && let Some((chunk, spoken)) = reply.flush_stalled()
        {
            reply.progress.chunk(self.now);
            let reply = reply.id;
            self.command(Command::Speak { reply, chunk, spoken });
        }
    }

    fn carry_out(&mut self, due: CallTime) {
        while let Some(action) = self.floor.poll() {
            match action {
                Action::RepStarted(turn) => {
                    self.turn = Some(turn);
                    let at = self.speech.began().unwrap_or(self.now);
                    self.tell(Live::RepStarted { at_ms: at.as_ms() });
                }
                Action::RepPaused(_, at) => {
                    self.speech.paused(at);
                    self.tell(Live::RepStopped { at_ms: at.as_ms() });
                }
                Action::Finalise(id) => {
                    self.asked = id;
                    self.command(Command::Finalise { id });
                }
                Action::Commit(_) => self.commit(due),
                Action::Discard => {
                    self.leave_noise();
                    self.speech.discard();
                    self.echo.dropped();
                }
                Action::KeepAside => self.keep_aside(),
                Action::CommitTyped(turn) => {
                    self.turn = Some(turn);
                    self.turn_end = Some(TurnEnd::typed(self.now));
                    let place = self.keep_typed();
                    self.unanswered.extend(place);
                }
                Action::KeepTyped => {
                    self.keep_typed();
                }
                Action::Compose(reply, cue) => self.compose(reply, cue),
                Action::Withdraw(reply) => self.withdraw(reply),
                Action::Fill(reply) => self.fill(reply),
                Action::Pause(reply) => {
                    self.command(Command::Pause { reply });
                    self.tell(Live::ReplyPaused { reply, at_ms: self.now.as_ms() });
                }
                Action::Resume(reply) => self.resume(reply),
                Action::Interrupt(_) => self.conclude(Ending::Interrupted),
                Action::CutShort(_) => self.conclude(Ending::CutShort),
                Action::HeardOut(_) => self.conclude(Ending::HeardOut),
                Action::Hold => self.tell(Live::Held { at_ms: self.now.as_ms() }),
                Action::Unhold => self.tell(Live::Resumed { at_ms: self.now.as_ms() }),
                Action::Close(reason) => {
                    self.tell(Live::Ended { reason, at_ms: self.now.as_ms() });
                    self.command(Command::Close { reason });
                }
            }
        }
    }

    fn commit(&mut self, due: CallTime) {
        self.echo.committed(self.speech.is_doubtful());
        if let Some(taken) = self.take_speech() {
            let place = self.remember(taken.utterance.text.clone());
            self.unanswered.push(place);
            self.turn_end = Some(TurnEnd::spoken(taken.end, taken.settled, due, self.now));
            // Its words may all be in what was asked for and not answered yet.
            let last_finalise = self.asked;
            self.last_spoken = Some(Spoken { taken, place: Some(place), last_finalise });
        }
    }

    fn compose(&mut self, reply: ReplyId, cue: Cue) {
        debug_assert!(self.reply.is_none(), "at most one reply is open");
        self.reply = Some(Reply::new(reply, cue, &self.setup.language, self.now));
        let said: Vec<&str> =
            self.unanswered.iter().map(|place| self.history[*place].text.as_str()).collect();
        let said = said.join(" ");
        let turn = self.turn.filter(|_| !said.is_empty());
        self.tell(Live::ReplyThinking { reply });
        self.command(Command::Compose { reply, cue, turn, said });
        self.command(Command::Play { reply });
    }

    /// Drops the reply. Of a line in front of it the record keeps what was heard.
    fn withdraw(&mut self, reply: ReplyId) {
        match &self.reply {
            Some(open) if open.is_sounding() => self.conclude(Ending::Interrupted),
            Some(open) if open.was_audible() => self.conclude(Ending::CutShort),
            _ => {
                self.reply = None;
                self.command(Command::Cancel { reply });
            }
        }
    }

    fn fill(&mut self, reply: ReplyId) {
        let Some(line) = self.setup.fillers.get(self.filled % self.setup.fillers.len().max(1))
        else {
            return;
        };
        if let Some((chunk, spoken)) = self.reply.as_mut().and_then(|open| open.fill(line)) {
            self.filled += 1;
            self.command(Command::Speak { reply, chunk, spoken });
        }
    }

    fn resume(&mut self, reply: ReplyId) {
        let Some(open) = &self.reply else { return };
        let from = open.resume_point(self.now);
        self.command(Command::Resume { reply, from });
        self.tell(Live::ReplyResumed { reply, at_ms: self.now.as_ms() });
    }

    fn conclude(&mut self, ending: Ending) {
        let Some(open) = self.reply.take() else { return };
        let reply = open.id;
        if self.echo.is_possible() {
            self.echo.reply_over(open.sounded());
        }
        let utterances = &mut self.utterances;
        let heard = open.conclude(self.now, ending, || next_utterance(utterances));
        let at = heard.as_ref().map_or(self.now, |heard| CallTime::from_ms(heard.end_ms));
        if ending != Ending::HeardOut {
            self.command(Command::Cancel { reply });
        }
        let (text, utterance_id) = match &heard {
            Some(heard) => (heard.text.clone(), Some(heard.id.clone())),
            None => (String::new(), None),
        };
        if let Some(heard) = heard {
            let cut = ending != Ending::HeardOut;
            self.history.push(Said { speaker: Speaker::Persona, text: heard.text.clone(), cut });
            self.publish(heard);
        }
        self.command(Command::Heard { reply, text, utterance_id, at });
        let at_ms = at.as_ms();
        self.tell(match ending {
            Ending::Interrupted => Live::ReplyInterrupted { reply, at_ms },
            Ending::HeardOut | Ending::CutShort => Live::ReplyEnded { reply, at_ms },
        });
    }

    fn publish(&mut self, utterance: Utterance) {
        self.command(Command::Note(Note::Utterance(utterance.clone())));
        self.tell(Live::Utterance { utterance });
    }

    fn words(&self) -> Words {
        self.speech.read(self.setup.recogniser.punctuation)
    }

    fn tell_floor(&mut self, input: Input) {
        self.floor.handle(self.now, input);
    }

    fn tell(&mut self, live: Live) {
        self.command(Command::Tell(live));
    }

    fn command(&mut self, command: Command) {
        self.commands.push_back(command);
    }
}

fn next_utterance(count: &mut u32) -> String {
    *count += 1;
    format!("u{count}")
}
