//! What a recogniser that models turns says of them, through the call and its log.

use ringcraft_media::call::{Call, Command, Cue, Event, FinaliseId, Hint, Setup, TimedWord};
use ringcraft_media::log::{self, Entry, Opened};
use ringcraft_media::record::{Recogniser, Speaker};
use ringcraft_media::turn::Policy;
use ringcraft_media::units::{CallTime, Dbfs};

fn setup() -> Setup {
    let recogniser = Recogniser {
        name: "models turns".into(),
        fillers: true,
        punctuation: false,
        word_times: true,
    };
    let policy = Policy { opens: Speaker::Rep, ..Policy::default() };
    Setup { policy, language: "en-US".into(), recogniser, fillers: Vec::new() }
}

/// A call in which the rep speaks from 1 s to 2 s, and what is told of it.
struct Told {
    call: Call,
    log: Vec<Entry>,
}

impl Told {
    fn new(words: &str) -> Self {
        let opened = Opened {
            version: log::VERSION,
            call_id: "c".into(),
            setup: setup(),
            scenario: serde_json::Value::Null,
            served_by: serde_json::Value::Null,
        };
        let mut told = Self { call: Call::new(setup()), log: vec![Entry::Opened(opened)] };
        told.tell(0, Event::Connected);
        told.tell(1_060, Event::VoiceOn { at: CallTime::from_ms(1_000) });
        told.tell(1_900, Event::Partial { text: words.into() });
        told
    }

    fn tell(&mut self, at_ms: u64, event: Event) {
        let (_, entries) = log::step(&mut self.call, CallTime::from_ms(at_ms), event);
        self.log.extend(entries);
    }

    fn settle(&mut self, at_ms: u64, words: &str, finalise: Option<u32>) {
        let words = Event::Final {
            text: words.into(),
            words: Vec::<TimedWord>::new(),
            finalise: finalise.map(FinaliseId),
        };
        self.tell(at_ms, words);
    }

    fn falls_silent(&mut self) {
        self.tell(2_080, Event::VoiceOff { at: CallTime::from_ms(2_000), level: Dbfs(-20.0) });
        self.tell(2_200, Event::Tick);
    }

    /// When the buyer is asked for a reply, if nothing more happens.
    fn replies_at(mut self) -> u64 {
        let is_compose =
            |command: &Command| matches!(command, Command::Compose { cue: Cue::Turn, .. });
        loop {
            let at = self.call.poll_timeout().expect("the turn comes to an end");
            let (commands, entries) = log::step(&mut self.call, at, Event::Tick);
            self.log.extend(entries);
            if commands.iter().any(is_compose) {
                break;
            }
        }
        let lines: Vec<String> = self
            .log
            .iter()
            .map(|entry| serde_json::to_string(entry).expect("an entry is JSON"))
            .collect();
        let back = log::read(lines.iter().map(String::as_str)).expect("it was written just now");
        log::replay(&back).expect("the log carries the hints, and replays");
        self.call.now().as_ms()
    }
}

const OPEN: &str = "we look at your income and";

#[test]
fn without_a_hint_an_open_end_is_waited_for() {
    let mut told = Told::new(OPEN);
    told.falls_silent();
    told.settle(2_250, OPEN, Some(1));
    assert_eq!(told.replies_at(), 4_500);
}

#[test]
fn the_end_of_the_turn_is_believed_at_once_when_the_words_are_settled() {
    let mut told = Told::new(OPEN);
    told.falls_silent();
    told.settle(2_240, OPEN, None);
    // The recogniser was asked to settle at 2.2 s and has nothing more to say.
    told.tell(2_250, Event::Hint { hint: Hint::EndOfTurn });
    assert_eq!(told.call.state_name(), "composing");
}

#[test]
fn the_end_of_the_turn_waits_for_words_that_were_only_shown() {
    let mut told = Told::new(OPEN);
    told.falls_silent();
    told.tell(2_250, Event::Hint { hint: Hint::EndOfTurn });
    assert_eq!(told.call.state_name(), "rep_paused");
    told.settle(2_400, OPEN, Some(1));
    assert_eq!(told.call.state_name(), "composing");
}

#[test]
fn an_end_that_is_told_before_the_pause_is_believed_at_the_pause() {
    let mut told = Told::new(OPEN);
    told.settle(2_000, OPEN, None);
    told.tell(2_010, Event::Hint { hint: Hint::EndOfTurn });
    assert_eq!(told.call.state_name(), "rep", "the voice is on");
    told.tell(2_080, Event::VoiceOff { at: CallTime::from_ms(2_000), level: Dbfs(-20.0) });
    assert_eq!(told.replies_at(), 2_200);
}

#[test]
fn an_eager_end_counts_as_complete_and_a_resumed_turn_as_open() {
    let mut told = Told::new(OPEN);
    told.falls_silent();
    told.tell(2_210, Event::Hint { hint: Hint::EagerEndOfTurn });
    told.settle(2_300, OPEN, Some(1));
    // 200 ms after the speech is past; the settled words were all that was waited for.
    assert_eq!(told.call.state_name(), "composing");

    let complete = "what brings you in today";
    let mut told = Told::new(complete);
    told.falls_silent();
    told.tell(2_210, Event::Hint { hint: Hint::EagerEndOfTurn });
    told.tell(2_230, Event::Hint { hint: Hint::TurnResumed });
    told.settle(2_300, complete, Some(1));
    assert_eq!(told.replies_at(), 4_500);
}

#[test]
fn a_hint_is_over_when_the_rep_says_more_or_nobody_speaks() {
    let mut told = Told::new("hello");
    told.tell(1_950, Event::Hint { hint: Hint::EndOfTurn });
    told.tell(1_990, Event::Partial { text: OPEN.into() });
    told.falls_silent();
    told.settle(2_250, OPEN, Some(1));
    assert_eq!(told.replies_at(), 4_500);

    let mut told = Told::new(OPEN);
    told.tell(1_950, Event::Hint { hint: Hint::EndOfTurn });
    told.tell(2_080, Event::VoiceOff { at: CallTime::from_ms(2_000), level: Dbfs(-20.0) });
    // The voice is back before the pause: the same speech goes on for a second.
    told.tell(2_160, Event::VoiceOn { at: CallTime::from_ms(2_100) });
    told.tell(2_900, Event::Partial { text: format!("{OPEN} your") });
    told.tell(3_080, Event::VoiceOff { at: CallTime::from_ms(3_000), level: Dbfs(-20.0) });
    told.tell(3_200, Event::Tick);
    told.settle(3_250, &format!("{OPEN} your"), Some(1));
    assert_eq!(told.replies_at(), 5_500);
}
