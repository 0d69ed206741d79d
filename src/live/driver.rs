//! The driver: the one task that gives a call its events and carries out its commands.
//!
//! It awaits in one place. Carrying out a command never waits: what cannot be handed over at once
//! is dropped and counted, or ends the call, as each channel's constant says.

use std::collections::VecDeque;
use std::sync::Arc;

use ringcraft_media::call::{Call, Command, EchoCancellation, EndReason, Event, Live, Note};
use ringcraft_media::log::{self, Entry, Opened};
use ringcraft_media::record::{RecordEvent, Speaker};
use ringcraft_media::units::{CallTime, Span};
use tokio::sync::{mpsc, watch};

use super::composer::Composer;
use super::engines::{self, Engines};
use super::feed::Feed;
use super::line::{Frames, Line, LineEvent};
use super::recorder::RecorderInput;
use super::scope::CallScope;
use crate::clock::{self, CallClock};
use crate::metrics::Metrics;
use crate::persona::Scenario;
use crate::provider::{
    Engine, ModelEvent, PROVIDER_EVENTS, ProviderEvent, RECOGNISER_INPUT, RecogniserEvent,
    RecogniserInput, VOICE_INPUT, VoiceEvent, VoiceInput,
};
use crate::transport::{Link, LinkIn};

/// Wishes waiting for a driver; it takes them at once. When full the wish is refused.
pub(super) const CONTROL: usize = 8;

/// What others may ask of a live call.
#[derive(Debug)]
pub(super) enum Control {
    /// Take this link in place of the one that was lost.
    Attach(Link),
    /// End now.
    End(EndReason),
    /// Say goodbye, then end.
    Drain,
}

/// Everything a driver is made from.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) opened: Opened,
    pub(super) scenario: Arc<Scenario>,
    pub(super) engines: Engines,
    pub(super) link: Link,
    pub(super) control: mpsc::Receiver<Control>,
    pub(super) recorder: mpsc::Sender<RecorderInput>,
    pub(super) feed: Arc<Feed>,
    pub(super) metrics: Metrics,
    pub(super) scope: CallScope,
    /// Chooses between wordings; the call's id gives it.
    pub(super) seed: u64,
    /// Told whether the call waits for its rep.
    pub(super) held: watch::Sender<bool>,
}

/// How a call went, as far as the driver saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    /// Frames of the rep that were not 20 ms.
    pub malformed_frames: u64,
    /// Frames the recogniser was too slow to take.
    pub recogniser_overruns: u64,
    /// Lines and frames the recorder was too slow to take.
    pub recorder_overruns: u64,
}

/// Runs one call from its first packet to its close.
pub(super) async fn run(start: Start) -> Faults {
    let scope = start.scope.clone();
    let mut driver = Driver::new(start);
    if driver.connect().await {
        driver.converse().await;
    }
    driver.line.finish();
    driver.take_line();
    let faults = driver.faults;
    // The engines end when their inputs close; the recorder when its last sender is gone.
    drop(driver);
    if !scope.close().await {
        tracing::error!("a task of the call did not stop in time");
    }
    faults
}

#[derive(Debug)]
struct Driver {
    call: Call,
    clock: CallClock,
    line: Line,
    composer: Composer,
    control: mpsc::Receiver<Control>,
    events: mpsc::Receiver<ProviderEvent>,
    recogniser: mpsc::Sender<RecogniserInput>,
    voice: mpsc::Sender<VoiceInput>,
    voice_rate_hz: u32,
    voice_cancelled: watch::Sender<Option<ringcraft_media::call::ReplyId>>,
    recorder: mpsc::Sender<RecorderInput>,
    feed: Arc<Feed>,
    metrics: Metrics,
    held: watch::Sender<bool>,
    /// When the rep last sent a turn in writing.
    said_at: Option<CallTime>,
    /// What the client said of its microphone.
    microphone: EchoCancellation,
    /// Events that carrying out commands led to.
    pending: VecDeque<Event>,
    faults: Faults,
}

impl Driver {
    fn new(start: Start) -> Self {
        let Start { scenario, engines, scope, opened, .. } = start;
        let (events_in, events) = mpsc::channel(PROVIDER_EVENTS);
        let (recogniser, recogniser_input) = mpsc::channel(RECOGNISER_INPUT);
        let (voice, voice_input) = mpsc::channel(VOICE_INPUT);
        let (voice_cancelled, cancelled) = watch::channel(None);
        engines::listen(&scope, &engines, &scenario, recogniser_input, events_in.clone());
        engines::speak(&scope, &engines, &scenario, voice_input, cancelled, events_in.clone());
        let voice_rate_hz = engines.voice.sample_rate_hz();
        let composer = Composer::new(scenario, engines.model, scope, events_in, start.seed);
        start.feed.attach(start.link.outbound.clone());
        let mut driver = Self {
            call: Call::new(opened.setup.clone()),
            clock: CallClock::new(clock::now()),
            line: Line::new(start.link),
            composer,
            control: start.control,
            events,
            recogniser,
            voice,
            voice_rate_hz,
            voice_cancelled,
            recorder: start.recorder,
            feed: start.feed,
            metrics: start.metrics,
            held: start.held,
            said_at: None,
            microphone: EchoCancellation::Unknown,
            pending: VecDeque::new(),
            faults: Faults::default(),
        };
        driver.write(&[Entry::Opened(opened)], Vec::new());
        driver
    }

    /// Waits for the rep's first audio: that is when the call begins. Says whether it came.
    async fn connect(&mut self) -> bool {
        let deadline = clock::now() + FIRST_AUDIO_WITHIN;
        let reason = loop {
            let message = tokio::select! {
                message = self.line.recv() => message,
                control = self.control.recv() => match control {
                    Some(Control::Attach(_)) => continue,
                    Some(Control::End(reason)) => break reason,
                    Some(Control::Drain) | None => break EndReason::ServerDrain,
                },
                () = tokio::time::sleep_until(deadline) => None,
            };
            match message {
                Some(LinkIn::Audio(inbound)) => {
                    self.clock = CallClock::new(clock::now());
                    self.tell(CallTime::ZERO, Event::Connected);
                    self.heard_by(CallTime::ZERO, self.microphone);
                    self.receive(LinkIn::Audio(inbound));
                    return true;
                }
                Some(LinkIn::Microphone(echo)) => self.microphone = echo,
                Some(LinkIn::Played { .. }) => {}
                Some(LinkIn::Say(_)) => self.line.refuse(NOT_CONNECTED),
                Some(LinkIn::HangUp) | None => break EndReason::RepLost,
            }
        };
        self.tell(CallTime::ZERO, Event::HangUp { reason });
        false
    }

    async fn converse(&mut self) {
        while !self.call.is_closed() {
            let due = [self.call.poll_timeout(), self.line.poll_timeout()].into_iter().flatten();
            let due = self.clock.instant(due.min().unwrap_or(self.now()));
            tokio::select! {
                // Frames that are due go before anything that may take a while.
                biased;
                () = tokio::time::sleep_until(due) => self.tick(),
                message = self.line.recv() => match message {
                    Some(message) => self.receive(message),
                    None => self.let_go(),
                },
                Some(event) = self.events.recv() => self.provided(event),
                control = self.control.recv() => match control {
                    Some(Control::Attach(link)) => {
                        self.feed.attach(link.outbound.clone());
                        self.line.attach(link);
                        // Another client, perhaps, which has said nothing yet.
                        self.heard_by(self.now(), EchoCancellation::Unknown);
                    }
                    Some(Control::End(reason)) => self.tell_now(Event::HangUp { reason }),
                    Some(Control::Drain) => self.tell_now(Event::Drain),
                    None => self.tell_now(Event::HangUp { reason: EndReason::ServerDrain }),
                },
            }
            if self.line.overrun() || self.feed.overrun() {
                tracing::info!("a link that does not keep up is let go");
                self.let_go();
            }
            self.take_line();
        }
    }

    /// Lets go of the link, so that it can close and another take its place.
    fn let_go(&mut self) {
        self.line.detach();
        self.feed.detach();
    }

    fn now(&self) -> CallTime {
        self.clock.now()
    }

    fn tick(&mut self) {
        let now = self.now();
        self.line.tick(now);
        let Frames { sent, late } = self.line.take_frames();
        self.metrics.frames(sent, late);
        self.take_line();
        if self.call.poll_timeout().is_some_and(|due| due <= now) {
            self.tell(now, Event::Tick);
        }
    }

    fn receive(&mut self, message: LinkIn) {
        let now = self.now();
        match message {
            LinkIn::Audio(inbound) => {
                if !self.line.receive(now, &inbound) {
                    self.faults.malformed_frames += 1;
                }
            }
            LinkIn::Played { reply, sample } => {
                let position = self.line.place(sample);
                self.tell(now, Event::Played { reply, position });
            }
            LinkIn::Microphone(echo) => self.heard_by(now, echo),
            LinkIn::Say(text) => self.say(now, text),
            LinkIn::HangUp => self.tell(now, Event::HangUp { reason: EndReason::RepHungUp }),
        }
    }

    /// Tells the call what is known of the microphone that hears the rep.
    fn heard_by(&mut self, now: CallTime, echo_cancellation: EchoCancellation) {
        self.microphone = echo_cancellation;
        self.tell(now, Event::Microphone { echo_cancellation });
    }

    /// Takes a turn that the rep sent in writing, or says why not.
    fn say(&mut self, now: CallTime, text: String) {
        let too_soon = self.said_at.is_some_and(|at| now.saturating_since(at) < BETWEEN_TEXTS);
        if !self.call.takes_typing() {
            self.line.refuse(HELD);
        } else if too_soon {
            self.line.refuse(TOO_SOON);
        } else {
            self.said_at = Some(now);
            self.tell(now, Event::Typed { text });
        }
    }

    fn take_line(&mut self) {
        while let Some(event) = self.line.poll() {
            match event {
                LineEvent::Call(event) => {
                    if let Event::VoiceOn { at } = event {
                        self.hear(RecogniserInput::VoiceOn { at });
                    } else if let Event::VoiceOff { .. } = event {
                        self.hear(RecogniserInput::VoiceOff);
                    }
                    self.tell_now(event);
                }
                LineEvent::Rep { at, pcm } => {
                    self.hear(RecogniserInput::Audio { at, pcm: Box::new(pcm) });
                }
                LineEvent::Tape(frame) => self.record(RecorderInput::Tape(frame)),
            }
        }
    }

    fn hear(&mut self, input: RecogniserInput) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.recogniser.try_send(input) {
            self.faults.recogniser_overruns += 1;
        }
    }

    fn provided(&mut self, event: ProviderEvent) {
        match event {
            ProviderEvent::Recogniser(RecogniserEvent::Partial { text }) => {
                self.tell_now(Event::Partial { text });
            }
            ProviderEvent::Recogniser(RecogniserEvent::Final { text, words, finalise }) => {
                self.tell_now(Event::Final { text, words, finalise });
            }
            ProviderEvent::Model(reply, ModelEvent::Text(text)) => {
                self.tell_now(Event::Text { reply, text });
            }
            ProviderEvent::Model(reply, ModelEvent::Done(usage)) => {
                let at = self.now();
                let exchange = serde_json::json!({ "usage": usage });
                self.write(&[Entry::Exchange { at, reply, exchange }], Vec::new());
                self.tell(at, Event::TextDone { reply });
            }
            ProviderEvent::Model(reply, ModelEvent::Failed(error)) => {
                tracing::warn!(%reply, %error, "the persona model failed");
                self.metrics.engine_failed(Engine::Model);
                self.tell_now(Event::TextFailed { reply });
            }
            ProviderEvent::Voice(reply, chunk, VoiceEvent::Audio(pcm)) => {
                match self.line.voice(reply, self.voice_rate_hz, &pcm) {
                    Ok(span) => self.tell_now(Event::Voice { reply, chunk, span }),
                    Err(error) => {
                        tracing::warn!(%reply, %error, "the voice's sound was refused");
                        self.metrics.engine_failed(Engine::Voice);
                        self.tell_now(Event::VoiceFailed { reply, chunk });
                    }
                }
            }
            ProviderEvent::Voice(reply, chunk, VoiceEvent::Words(words)) => {
                self.tell_now(Event::VoiceWords { reply, chunk, words });
            }
            ProviderEvent::Voice(reply, chunk, VoiceEvent::Done) => {
                self.line.chunk_done(reply);
                self.tell_now(Event::VoiceDone { reply, chunk });
            }
            ProviderEvent::Voice(reply, chunk, VoiceEvent::Failed(error)) => {
                tracing::warn!(%reply, %error, "the voice failed");
                self.metrics.engine_failed(Engine::Voice);
                self.tell_now(Event::VoiceFailed { reply, chunk });
            }
            ProviderEvent::Lost(engine, error) => {
                tracing::error!(?engine, %error, "an engine was lost for good; the call ends");
                self.metrics.engine_failed(engine);
                self.tell_now(Event::HangUp { reason: EndReason::VendorLost });
            }
        }
    }

    fn tell_now(&mut self, event: Event) {
        self.tell(self.now(), event);
    }

    /// Hands an event to the call, writes it down and carries out what follows, to the end.
    fn tell(&mut self, now: CallTime, event: Event) {
        self.pending.push_back(event);
        while let Some(event) = self.pending.pop_front() {
            if self.call.is_closed() {
                return self.pending.clear();
            }
            let (commands, mut entries) = log::step(&mut self.call, now, event);
            if let Some(reply) = self.call.answering() {
                self.composer.audible(reply);
            }
            if self.call.is_closed() {
                self.settle_last_reply(&commands, &mut entries);
            }
            let live = commands.iter().filter_map(|command| match command {
                Command::Tell(live) => serde_json::to_string(live).ok().map(Arc::from),
                _ => None,
            });
            self.write(&entries, live.collect());
            for command in commands {
                self.perform(now, command);
            }
        }
    }

    /// A call that is over takes no more events, so what its last reply had told by then goes into
    /// the log here, before the line that closes it.
    fn settle_last_reply(&mut self, commands: &[Command], entries: &mut Vec<Entry>) {
        for command in commands {
            if let Command::Heard { reply, text, utterance_id, at } = command {
                let told = self.composer.heard(*reply, text, utterance_id.as_deref(), *at);
                let end = entries.len().saturating_sub(1);
                let note = |event| Entry::Note { at: self.call.now(), note: Note::Event(event) };
                entries.splice(end..end, told.into_iter().map(note));
            }
        }
    }

    fn perform(&mut self, now: CallTime, command: Command) {
        match command {
            Command::Finalise { id } => self.hear(RecogniserInput::Finalise(id)),
            Command::Compose { reply, cue, said, turn: _ } => {
                let (plan, step) =
                    self.composer.compose(now, reply, cue, &said, self.call.history());
                self.write(&[Entry::Buyer { at: now, reply, step }], Vec::new());
                self.pending.push_back(plan);
            }
            Command::Speak { reply, chunk, spoken } => {
                let input = VoiceInput { reply, chunk, spoken };
                if self.voice.try_send(input).is_err() {
                    self.pending.push_back(Event::VoiceFailed { reply, chunk });
                }
            }
            Command::Finish { reply } => self.line.finish_reply(reply),
            Command::Play { reply } => self.line.play(reply),
            Command::Pause { reply } => self.line.pause(now, reply),
            Command::Resume { reply, from } => self.line.resume(now, reply, from),
            Command::Cancel { reply } => {
                self.composer.cancel(reply);
                self.line.cancel(reply);
                self.voice_cancelled.send_replace(Some(reply));
            }
            Command::Heard { .. } if self.call.is_closed() => {}
            Command::Heard { reply, text, utterance_id, at } => {
                let events = self.composer.heard(reply, &text, utterance_id.as_deref(), at);
                self.pending.extend(events.into_iter().map(|event| Event::Mark { event }));
            }
            Command::Note(Note::Utterance(utterance)) => {
                if utterance.speaker == Speaker::Rep {
                    self.composer.rep_said(&utterance);
                }
            }
            Command::Note(Note::Event(RecordEvent::ReplyTiming(timing))) => {
                self.metrics.replied(&timing);
            }
            Command::Note(_) => {}
            Command::Tell(Live::Held { .. }) => {
                self.held.send_replace(true);
            }
            Command::Tell(Live::Resumed { .. }) => {
                self.held.send_replace(false);
            }
            Command::Tell(_) => {}
            Command::Close { reason } => self.metrics.call_ended(reason),
        }
    }

    /// Writes entries as one piece, all or none; the live events follow once they are on disk.
    fn write(&mut self, entries: &[Entry], live: Vec<Arc<str>>) {
        let lines = entries.iter().filter_map(|entry| serde_json::to_string(entry).ok());
        let json = lines.collect::<Vec<_>>().join("\n");
        self.record(RecorderInput::Line { json, live });
    }

    fn record(&mut self, input: RecorderInput) {
        if self.recorder.try_send(input).is_err() {
            if self.faults.recorder_overruns == 0 {
                tracing::error!("the recorder does not keep up; a piece of the record is lost");
            }
            self.faults.recorder_overruns += 1;
        }
    }
}

/// Each text makes the model begin anew: nobody types faster, and a program may not.
const BETWEEN_TEXTS: Span = Span::ms(500);

/// Answers to a turn in writing that is not taken.
pub(super) const NOT_CONNECTED: &str = "the call begins with the first sound from the microphone";
pub(super) const HELD: &str = "the call is held: no sound comes from the microphone";
pub(super) const TOO_SOON: &str = "texts come at most every 500 ms";

/// How long an attached link may take to send its first audio.
const FIRST_AUDIO_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);
