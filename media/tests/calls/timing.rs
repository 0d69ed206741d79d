//! How a reply came about, as its record tells.

use ringcraft_media::call::{ChunkId, ReplyId};
use ringcraft_media::log;
use ringcraft_media::record::ReplyTiming;

use super::*;

/// The timing of each reply in the record of a script's call.
fn timings(name: &str) -> Vec<ReplyTiming> {
    let record = log::record(&run(name).log).expect("a call gives a record").into_parts();
    let timings = record.events.into_iter().filter_map(|event| match event {
        RecordEvent::ReplyTiming(timing) => Some(timing),
        _ => None,
    });
    timings.collect()
}

/// The simulated model words a reply within 300 ms, a word every 20 ms; the voice sounds 120 ms
/// after its chunk. The opening line is all in one chunk, of eight words.
fn opening_timing() -> ReplyTiming {
    ReplyTiming {
        at_ms: 980,
        asked_ms: Some(400),
        first_text_ms: Some(700),
        first_chunk_ms: Some(860),
        first_audio_ms: Some(980),
        ..ReplyTiming::default()
    }
}

#[test]
fn a_reply_tells_how_it_came_about() {
    // Words that may be complete or not are waited on for 600 ms; they were settled long before.
    let answer = ReplyTiming {
        at_ms: 6_980,
        speech_end_ms: Some(5_880),
        final_ms: Some(6_160),
        due_ms: Some(6_480),
        committed_ms: Some(6_480),
        asked_ms: Some(6_480),
        first_text_ms: Some(6_780),
        first_chunk_ms: Some(6_860),
        first_audio_ms: Some(6_980),
    };
    assert_eq!(timings("plain_exchange"), [opening_timing(), answer]);
}

#[test]
fn a_reply_that_was_asked_for_anew_tells_when() {
    // The recogniser's 1.2 s were over at 6730; its words came at 7080, before the reply sounded.
    let amended = ReplyTiming {
        at_ms: 7_600,
        speech_end_ms: Some(5_530),
        final_ms: Some(7_080),
        due_ms: Some(6_730),
        committed_ms: Some(6_730),
        asked_ms: Some(7_080),
        first_text_ms: Some(7_380),
        first_chunk_ms: Some(7_480),
        first_audio_ms: Some(7_600),
    };
    assert_eq!(timings("late_final"), [opening_timing(), amended]);
}

#[test]
fn the_wait_for_an_answer_to_a_typed_text_counts_from_when_it_came() {
    let typed = ReplyTiming {
        at_ms: 3_980,
        committed_ms: Some(3_480),
        asked_ms: Some(3_480),
        first_text_ms: Some(3_780),
        first_chunk_ms: Some(3_860),
        first_audio_ms: Some(3_980),
        ..ReplyTiming::default()
    };
    assert_eq!(typed.total_ms(), Some(500));
    assert_eq!(timings("typed"), [opening_timing(), typed]);
}

/// A caller that comes late to a deadline, as a busy machine does, and a recogniser that says
/// nothing final: the words so far are answered, and how late is known. That the sentence is over is
/// certain only at the end of the text.
#[test]
fn a_decision_that_is_made_late_tells_when_it_was_due() {
    let mut call = Call::new(setup());
    let ms = CallTime::from_ms;
    let reply = ReplyId(1);
    let chunk = ChunkId(0);
    let text = "Hi, who is calling me today?".to_owned();
    let events = [
        (0, Event::Connected),
        (160, Event::VoiceOn { at: ms(100) }),
        (300, Event::Tick),
        (900, Event::Partial { text: "good morning this is Dana".into() }),
        (1_066, Event::VoiceOff { at: ms(1_000), level: Dbfs(-30.0) }),
        (1_200, Event::Tick),
        // The recogniser's time was over at 2200.
        (2_217, Event::Tick),
        (2_400, Event::Text { reply, text }),
        (2_410, Event::TextDone { reply }),
        (2_600, Event::Voice { reply, chunk, span: Span::ms(800) }),
        (2_604, Event::PlayStarted { reply, at: ms(2_604), from: Span::ZERO }),
    ];
    let mut commands = Vec::new();
    for (at, event) in events {
        call.handle(ms(at), event);
        commands.extend(std::iter::from_fn(|| call.poll_command()));
    }
    let timing = commands.into_iter().find_map(|command| match command {
        Command::Note(Note::Event(RecordEvent::ReplyTiming(timing))) => Some(timing),
        _ => None,
    });
    let expected = ReplyTiming {
        at_ms: 2_604,
        speech_end_ms: Some(1_000),
        final_ms: None,
        due_ms: Some(2_200),
        committed_ms: Some(2_217),
        asked_ms: Some(2_217),
        first_text_ms: Some(2_400),
        first_chunk_ms: Some(2_410),
        first_audio_ms: Some(2_600),
    };
    assert_eq!(timing, Some(expected.clone()));
    assert_eq!((expected.own_ms(), expected.recogniser_ms()), (Some(17 + 4), None));
}
