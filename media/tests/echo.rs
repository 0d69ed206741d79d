//! Whose the words are that a rep's microphone hears while the buyer speaks.

use ringcraft_media::call::{
    Call, ChunkId, Command, Cue, EchoCancellation, Event, Live, Note, ReplyId, Setup, StopCause,
    TimedWord, VoicedWord,
};
use ringcraft_media::log::{self, Entry};
use ringcraft_media::record::Speaker;
use ringcraft_media::sim::{self, Chance, Echo, Line, Outcome, Script, Start, any_setup};
use ringcraft_media::turn::Policy;
use ringcraft_media::units::{CallTime, Dbfs, Span};

const FIRST: &str = "hello this is Dana with Summit Lending";
const ANSWER: &str = "Just tell me your rate, please. Nobody else asked me so many questions.";

/// A call in a room with a loudspeaker, and with this much time on the way to the rep.
fn in_a_room(opens: Speaker, echo: Echo, delay: Span) -> Outcome {
    let start = match opens {
        Speaker::Persona => Start::After(1, Span::ms(900)),
        Speaker::Rep => Start::At(CallTime::from_ms(1_000)),
    };
    let mut script = Script {
        rep: vec![Line { start, text: FIRST, typed: false }],
        persona: vec![
            (Cue::Opening, vec!["Hi, I am calling around for rates today."]),
            (Cue::Turn, vec![ANSWER, "Fine, send it to me."]),
        ],
        hang_up_after: Some(Span::ms(3_000)),
        echo: Some(echo),
        ..Script::default()
    };
    script.network.delay = delay;
    let mut setup = any_setup(&mut Chance::Bytes(&[]));
    setup.policy.opens = opens;
    sim::run(setup, script)
}

fn said(outcome: &Outcome, speaker: Speaker) -> Vec<&str> {
    let said = outcome.utterances().filter(|said| said.speaker == speaker);
    said.map(|said| said.text.as_str()).collect()
}

/// The further away the rep is, the more comes back before the pause is heard there: one word or two
/// are held back until the next voice goes on with them.
#[test]
fn echo_is_nobodys_near_and_far() {
    for delay_ms in [0, 20, 50, 100] {
        let echo = Echo { reported: EchoCancellation::Off, level_dbfs: -40 };
        let outcome = in_a_room(Speaker::Persona, echo, Span::ms(delay_ms));
        assert_eq!(said(&outcome, Speaker::Rep), [FIRST], "{delay_ms} ms\n{}", outcome.timeline);
        let heard = ["Hi, I am calling around for rates today.", ANSWER];
        assert_eq!(said(&outcome, Speaker::Persona), heard, "{delay_ms} ms\n{}", outcome.timeline);
    }
}

/// The rep speaks at −20 dBFS: −32 is 12 dB under that, −31 is not.
#[test]
fn what_is_nearly_as_loud_as_the_rep_interrupts() {
    for (level_dbfs, interrupts) in [(-20, true), (-31, true), (-32, false)] {
        let echo = Echo { reported: EchoCancellation::Unknown, level_dbfs };
        let outcome = in_a_room(Speaker::Rep, echo, Span::ZERO);
        let rep = said(&outcome, Speaker::Rep);
        assert_eq!(rep[1..].contains(&"Just"), interrupts, "{level_dbfs}\n{}", outcome.timeline);
    }
}

#[test]
fn where_echo_is_cancelled_quiet_words_interrupt() {
    let echo = Echo { reported: EchoCancellation::On, level_dbfs: -40 };
    let outcome = in_a_room(Speaker::Rep, echo, Span::ZERO);
    assert_eq!(said(&outcome, Speaker::Rep)[..2], [FIRST, "Just"], "{}", outcome.timeline);
}

/// What the microphone hears while the buyer says "Just tell me your rate", 250 ms a word, of which
/// the rep hears the first at 6.06 s.
struct Overheard {
    words: &'static [(&'static str, u64)],
    level: f32,
    reported: EchoCancellation,
}

/// Three words of it, 250 ms late, 12 dB under the rep.
const ECHO: Overheard = Overheard {
    words: &[("just", 6_310), ("tell", 6_560), ("me", 6_810)],
    level: -32.0,
    reported: EchoCancellation::Off,
};

impl Overheard {
    /// The rep's utterances after the first.
    fn kept(&self, is_timed: bool) -> Vec<String> {
        let mut told = Told::new(self.reported);
        told.first_turn();
        told.answer();
        let first = self.words.first().map_or(6_310, |word| word.1);
        let last = self.words.last().map_or(6_310, |word| word.1) + 250;
        told.tell(first + 60, Event::VoiceOn { at: CallTime::from_ms(first) });
        let mut shown = Vec::new();
        for (text, start) in self.words {
            shown.push(*text);
            told.tell(start + 450, Event::Partial { text: shown.join(" ") });
        }
        let level = Dbfs(self.level);
        told.tell(last + 210, Event::VoiceOff { at: CallTime::from_ms(last), level });
        told.settle(last + 290, self.words, is_timed);
        told.tell(
            10_000,
            Event::PlayStopped {
                reply: ReplyId(1),
                at: CallTime::from_ms(10_000),
                position: Span::ms(4_000),
                cause: StopCause::Drained,
            },
        );
        told.tell(14_000, Event::Tick);
        told.rep.split_off(1)
    }
}

/// A call that is told by hand. A voice alone does not stop the persona.
struct Told {
    call: Call,
    finalise: Option<ringcraft_media::call::FinaliseId>,
    rep: Vec<String>,
    /// The partials that the page is shown.
    shown: Vec<String>,
}

impl Told {
    fn new(echo_cancellation: EchoCancellation) -> Self {
        let setup = any_setup(&mut Chance::Bytes(&[]));
        let policy =
            Policy { opens: Speaker::Rep, barge_in: Span::ms(20_000), ..Policy::default() };
        let call = Call::new(Setup { policy, ..setup });
        let mut told = Self { call, finalise: None, rep: Vec::new(), shown: Vec::new() };
        told.tell(0, Event::Connected);
        told.tell(0, Event::Microphone { echo_cancellation });
        told
    }

    fn tell(&mut self, at_ms: u64, event: Event) {
        let at = CallTime::from_ms(at_ms);
        while let Some(due) = self.call.poll_timeout().filter(|due| *due < at) {
            self.step(due, Event::Tick);
        }
        self.step(at, event);
    }

    fn step(&mut self, at: CallTime, event: Event) {
        let (commands, entries) = log::step(&mut self.call, at, event);
        for command in commands {
            match command {
                Command::Finalise { id } => self.finalise = Some(id),
                Command::Tell(Live::Partial { text }) => self.shown.push(text),
                _ => {}
            }
        }
        self.rep.extend(entries.into_iter().filter_map(|entry| match entry {
            Entry::Note { note: Note::Utterance(said), .. } if said.speaker == Speaker::Rep => {
                Some(said.text)
            }
            _ => None,
        }));
    }

    fn settle(&mut self, at_ms: u64, words: &[(&str, u64)], is_timed: bool) {
        let text = words.iter().map(|word| word.0).collect::<Vec<_>>().join(" ");
        let timed = words.iter().map(|(text, start_ms)| TimedWord {
            text: (*text).to_owned(),
            start: CallTime::from_ms(*start_ms),
            end: CallTime::from_ms(start_ms + 250),
        });
        let words = if is_timed { timed.collect() } else { Vec::new() };
        let finalise = self.finalise;
        self.tell(at_ms, Event::Final { text, words, finalise });
    }

    fn first_turn(&mut self) {
        self.tell(1_060, Event::VoiceOn { at: CallTime::from_ms(1_000) });
        let level = Dbfs(-20.0);
        self.tell(3_160, Event::VoiceOff { at: CallTime::from_ms(3_000), level });
        self.tell(3_240, Event::Tick);
        self.settle(3_300, &[("what", 1_000), ("matters", 1_500), ("most", 2_000)], true);
        self.tell(4_600, Event::Tick);
        assert_eq!(self.rep, ["what matters most"]);
    }

    fn answer(&mut self) {
        let (reply, chunk) = (ReplyId(1), ChunkId(0));
        let text = "Just tell me your rate".to_owned();
        self.tell(5_000, Event::Text { reply, text });
        self.tell(5_010, Event::TextDone { reply });
        let words = ["Just", "tell", "me", "your", "rate"];
        let words = (0..).zip(words).map(|(index, text)| VoicedWord {
            text: text.to_owned(),
            start: Span::ms(index * 250),
            end: Span::ms(index * 250 + 250),
        });
        self.tell(5_500, Event::Voice { reply, chunk, span: Span::ms(4_000) });
        self.tell(5_500, Event::VoiceWords { reply, chunk, words: words.collect() });
        self.tell(5_500, Event::VoiceDone { reply, chunk });
        let at = CallTime::from_ms(6_000);
        self.tell(6_000, Event::PlayStarted { reply, at, from: Span::ZERO });
    }
}

#[test]
fn words_are_echo_when_all_of_it_holds() {
    for is_timed in [true, false] {
        assert_eq!(ECHO.kept(is_timed), [""; 0], "timed: {is_timed}");
    }
    let all = &[("just", 6_310), ("tell", 6_560), ("me", 6_810), ("your", 7_060), ("rate", 7_310)];
    assert_eq!(Overheard { words: all, ..ECHO }.kept(true), [""; 0]);
    // 300 ms is still that moment.
    let late = &[("just", 6_360), ("tell", 6_610), ("me", 6_860)];
    assert_eq!(Overheard { words: late, ..ECHO }.kept(true), [""; 0]);
    let unknown = Overheard { reported: EchoCancellation::Unknown, ..ECHO };
    assert_eq!(unknown.kept(true), [""; 0]);
}

#[test]
fn words_are_the_reps_when_any_of_it_does_not() {
    let cases = [
        ("two", Overheard { words: &ECHO.words[..2], ..ECHO }),
        ("loud", Overheard { level: -31.5, ..ECHO }),
        ("cancelled", Overheard { reported: EchoCancellation::On, ..ECHO }),
        (
            "another order",
            Overheard { words: &[("tell", 6_310), ("just", 6_310), ("me", 6_810)], ..ECHO },
        ),
        (
            "other words",
            Overheard { words: &[("just", 6_310), ("sell", 6_560), ("me", 6_810)], ..ECHO },
        ),
        (
            "350 ms late",
            Overheard { words: &[("just", 6_410), ("tell", 6_660), ("me", 6_910)], ..ECHO },
        ),
        (
            "after the buyer",
            Overheard { words: &[("me", 8_000), ("your", 8_250), ("rate", 8_500)], ..ECHO },
        ),
    ];
    for (case, overheard) in cases {
        let said: Vec<&str> = overheard.words.iter().map(|word| word.0).collect();
        assert_eq!(overheard.kept(true), [said.join(" ")], "{case}");
    }
}

/// Another microphone, whose echo is cancelled: what was held back is the rep's at once.
#[test]
fn nothing_is_held_back_once_echo_is_cancelled() {
    let mut told = Told::new(EchoCancellation::Off);
    told.first_turn();
    told.answer();
    told.tell(6_370, Event::VoiceOn { at: CallTime::from_ms(6_310) });
    let shown = |told: &Told| told.shown.last().cloned();
    let before = shown(&told);
    told.tell(6_760, Event::Partial { text: "just tell".into() });
    assert_eq!(shown(&told), before, "it may be echo");
    told.tell(6_900, Event::Microphone { echo_cancellation: EchoCancellation::On });
    assert_eq!(shown(&told).as_deref(), Some("just tell"));
}

/// Of a text that is half echo the other half is kept.
#[test]
fn what_the_rep_adds_is_kept() {
    let words =
        &[("just", 6_310), ("tell", 6_560), ("me", 6_810), ("well", 7_200), ("listen", 7_500)];
    assert_eq!(Overheard { words, ..ECHO }.kept(true), ["well listen"]);
}
