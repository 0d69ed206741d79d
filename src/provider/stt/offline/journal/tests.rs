use super::*;
use crate::provider::RECOGNISER_FRAME;

fn ms(ms: u64) -> CallTime {
    CallTime::from_ms(ms)
}

/// A frame that carries its number, so that a request can be told from another.
fn pcm(number: u64) -> Pcm {
    Box::new([i16::try_from(number).expect("a small number"); RECOGNISER_FRAME])
}

/// Feeds frames `from..to`, frame n beginning at n x 20 ms.
fn feed(journal: &mut Journal, from: u64, to: u64) -> Vec<Request> {
    (from..to).flat_map(|number| journal.audio(ms(number * 20), pcm(number))).collect()
}

/// The requests as text: `S`tart, frame numbers, `F`inalise with its number.
fn shown(requests: &[Request]) -> String {
    let show = |request: &Request| match request {
        Request::Start => "S".to_owned(),
        Request::Audio(pcm) => pcm[0].to_string(),
        Request::Finalise(number) => format!("F{number}"),
    };
    requests.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn word(text: &str, first: u32, last: u32) -> FramedWord {
    FramedWord { text: text.to_owned(), first, last }
}

#[test]
fn an_utterance_begins_400_ms_before_the_voice() {
    let mut journal = Journal::default();
    assert_eq!(shown(&feed(&mut journal, 0, 60)), "");
    // Noticed at 1200 ms, begun at 1100 ms: from 700 ms, which is frame 35.
    let opened = journal.voice_on(ms(1_100));
    let expected: Vec<String> = (35..60).map(|number: u64| number.to_string()).collect();
    assert_eq!(shown(&opened), format!("S {}", expected.join(" ")));
    assert_eq!(shown(&feed(&mut journal, 60, 62)), "60 61");
    journal.voice_off();
    assert_eq!(shown(&journal.finalise(ms(1_240), FinaliseId(7))), "F0");
    assert_eq!(shown(&feed(&mut journal, 62, 65)), "", "nothing is fed in the pause");
}

#[test]
fn a_voice_that_goes_on_after_it_was_settled_is_heard_on() {
    let mut journal = Journal::default();
    journal.voice_on(ms(0));
    feed(&mut journal, 0, 3);
    assert_eq!(shown(&journal.finalise(ms(60), FinaliseId(1))), "F0 S");
    assert_eq!(shown(&feed(&mut journal, 3, 5)), "3 4");
    journal.voice_off();
    assert_eq!(shown(&feed(&mut journal, 5, 6)), "5", "until that is settled too");
    assert_eq!(shown(&journal.finalise(ms(120), FinaliseId(2))), "F1");
    assert_eq!(shown(&feed(&mut journal, 6, 7)), "");
    journal.settle(ms(130), 0, &[]);
    let (event, _) = journal.settle(ms(130), 1, &[word("on", 2, 3)]);
    let Some(RecogniserEvent::Final { words, finalise, .. }) = event else { panic!("no final") };
    assert_eq!((words[0].start, finalise), (ms(80), Some(FinaliseId(2))));
}

#[test]
fn words_come_back_on_the_call_clock_across_a_gap() {
    let mut journal = Journal::default();
    feed(&mut journal, 0, 50);
    journal.voice_on(ms(1_000));
    feed(&mut journal, 50, 55);
    // 300 ms of audio were lost; frame 56 begins at 1420 ms instead of 1120.
    for number in 56..60 {
        journal.audio(ms(number * 20 + 300), pcm(number));
    }
    journal.finalise(ms(1_500), FinaliseId(3));
    // The utterance's first frame is 30 (600 ms). Decoder frame 41 is the second half of frame 50.
    let words = [word("one", 41, 45), word("two", 50, 53)];
    let (event, next) = journal.settle(ms(1_500), 0, &words);
    assert!(next.is_empty());
    let Some(RecogniserEvent::Final { text, words, finalise }) = event else { panic!("no final") };
    assert_eq!((text.as_str(), finalise), ("one two", Some(FinaliseId(3))));
    let times: Vec<_> = words.iter().map(|word| (word.start.as_ms(), word.end.as_ms())).collect();
    assert_eq!(times, [(1_010, 1_060), (1_420, 1_460)]);
}

#[test]
fn speech_right_after_a_pause_keeps_its_beginning() {
    let mut journal = Journal::default();
    feed(&mut journal, 0, 50);
    journal.voice_on(ms(1_000));
    feed(&mut journal, 50, 90);
    journal.voice_off();
    journal.finalise(ms(1_800), FinaliseId(1));
    feed(&mut journal, 90, 93);
    // The voice was back at 1820 ms. 85 to 89 were heard before, and 80 to 84 are not heard again.
    assert_eq!(shown(&journal.voice_on(ms(1_820))), "S 85 86 87 88 89 90 91 92");
    assert_eq!(shown(&journal.voice_on(ms(1_900))), "", "it is open already");
}

#[test]
fn a_finalise_with_nothing_open_is_answered_too_and_in_order() {
    let mut journal = Journal::default();
    feed(&mut journal, 0, 10);
    journal.voice_on(ms(100));
    journal.voice_off();
    assert_eq!(shown(&journal.finalise(ms(200), FinaliseId(4))), "F0");
    assert_eq!(shown(&journal.finalise(ms(210), FinaliseId(5))), "S F1");
    assert!(journal.settle(ms(220), 1, &[]).0.is_none(), "number 0 is owed first");
    for (number, id) in [(0, 4), (1, 5)] {
        let (event, _) = journal.settle(ms(220), number, &[]);
        let Some(RecogniserEvent::Final { text, finalise, .. }) = event else { panic!("no final") };
        assert_eq!((text.as_str(), finalise), ("", Some(FinaliseId(id))));
        assert!(journal.settle(ms(220), number, &[]).0.is_none(), "answered once");
    }
}

#[test]
fn a_new_child_hears_all_that_is_not_settled() {
    let mut journal = Journal::default();
    feed(&mut journal, 0, 2);
    journal.voice_on(ms(0));
    feed(&mut journal, 2, 4);
    journal.voice_off();
    journal.finalise(ms(80), FinaliseId(9));
    feed(&mut journal, 4, 6);
    journal.voice_on(ms(110));
    feed(&mut journal, 6, 7);
    assert_eq!(shown(&journal.replay(ms(140))), "S 0 1 2 3 F0 S 0 1 2 3 4 5 6");
    let (event, _) = journal.settle(ms(140), 0, &[word("yes", 2, 3)]);
    let Some(RecogniserEvent::Final { words, .. }) = event else { panic!("no final") };
    assert_eq!((words[0].start, words[0].end), (ms(20), ms(40)));
    assert_eq!(shown(&journal.replay(ms(140))), "S 0 1 2 3 4 5 6", "the first one is settled");
}

#[test]
fn a_child_that_does_not_answer_is_overdue_after_10_s() {
    let mut journal = Journal::default();
    journal.voice_on(ms(0));
    journal.finalise(ms(1_000), FinaliseId(1));
    assert!(!journal.is_overdue(ms(11_000)));
    assert!(journal.is_overdue(ms(11_001)));
    journal.replay(ms(11_001));
    assert!(!journal.is_overdue(ms(21_001)), "the new child has its own 10 s");
}

#[test]
fn a_cough_is_not_listened_after_for_ever() {
    let mut journal = Journal::default();
    journal.voice_on(ms(0));
    let asked = feed(&mut journal, 0, 1_500);
    assert_eq!(asked.len(), 1_502);
    assert_eq!(shown(&asked[1_499..]), "1499 F0 S");
    feed(&mut journal, 1_500, 1_501);
    let (event, next) = journal.settle(ms(30_020), 0, &[]);
    assert!(event.is_none(), "nobody asked, and there were no words");
    assert_eq!(shown(&next), "F1");
    assert_eq!(shown(&feed(&mut journal, 1_501, 1_503)), "");
    assert!(journal.settle(ms(30_080), 1, &[]).0.is_none());
}

#[test]
fn a_long_speech_is_settled_in_parts() {
    let mut journal = Journal::default();
    journal.voice_on(ms(0));
    feed(&mut journal, 0, 1_500);
    let (event, next) = journal.settle(ms(30_000), 0, &[word("well", 10, 19)]);
    assert!(
        matches!(event, Some(RecogniserEvent::Final { text, finalise: None, .. }) if text == "well")
    );
    assert_eq!(shown(&next), "");
    assert_eq!(shown(&feed(&mut journal, 1_500, 1_502)), "1500 1501");
}

#[test]
fn no_more_than_60_s_are_kept_for_a_new_child() {
    let mut journal = Journal::default();
    journal.voice_on(ms(0));
    feed(&mut journal, 0, 3_100);
    let replayed = journal.replay(ms(62_000));
    let frames: Vec<i16> = replayed
        .iter()
        .filter_map(|request| match request {
            Request::Audio(pcm) => Some(pcm[0]),
            _ => None,
        })
        .collect();
    assert_eq!(frames, (100..3_100).collect::<Vec<i16>>());
    // To the new child, frame 100 (2000 ms) is the utterance's first.
    let (event, _) = journal.settle(ms(62_000), 0, &[word("late", 0, 1)]);
    let Some(RecogniserEvent::Final { words, .. }) = event else { panic!("no final") };
    assert_eq!((words[0].start, words[0].end), (ms(2_000), ms(2_020)));
}
