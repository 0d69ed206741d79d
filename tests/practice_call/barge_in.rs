//! The rep cuts in: the buyer falls silent, and the record holds only what was heard.

use ringcraft_media::call::Event;
use ringcraft_media::log::Entry;
use ringcraft_media::record::{Speaker, Utterance};

use crate::artefacts::Artefacts;
use crate::client::Talk;
use crate::clips::{Clips, edits, words};
use crate::server::Server;
use crate::sound::{level, loud, ms, samples};

/// The rep cuts in when this much of the answer to the second turn was heard.
const AFTER_MS: u64 = 800;

#[test]
fn a_rep_who_cuts_in_stops_the_buyer_and_is_answered() {
    stops_the_buyer_and_is_answered(&[]);
}

/// Holds the call with more arguments for the client.
pub(crate) fn stops_the_buyer_and_is_answered(more: &[&str]) {
    let clips = Clips::make();
    let server = Server::start(&[]);
    let files: Vec<_> = (1..=3).map(|turn| clips.file("rms", turn)).collect();
    let barge = format!("2:{AFTER_MS}");
    let talk = Talk::hold(&server, &files, &[&["--barge", &barge], more].concat());
    let left = Artefacts::fetch(&talk);
    assert!(talk.report.complete);

    let [_, second, third] = talk.report.turns[..] else { panic!("{:?}", talk.report.turns) };
    assert!(third.barged && !second.barged);
    let reply = second.reply.expect("the second turn is answered");
    let buyer = left.said_by(Speaker::Persona);
    let cut: Vec<&&Utterance> = buyer.iter().filter(|said| said.interrupted).collect();
    let [cut] = cut[..] else { panic!("one utterance is cut: {buyer:?}") };

    assert!(third.began_ms < cut.end_ms && cut.start_ms + AFTER_MS <= cut.end_ms, "{cut:?}");
    assert!(cut.end_ms <= third.began_ms + 1_500, "it stops soon: {cut:?}");
    the_text_is_what_was_heard(cut, &planned(&left, reply));
    it_ends_where_the_client_stopped(&talk, cut, third.first_audio_ms.expect("an answer"));

    let next = buyer.iter().find(|said| cut.end_ms < said.start_ms).expect("the buyer goes on");
    // One frame is on its way when the end is decided.
    let after = samples(cut.end_ms + 20)..samples(next.start_ms - 20);
    assert_eq!(loud(&left.persona[after]), None, "nothing of the reply is heard after its end");
    assert!(level(&left.persona[samples(cut.start_ms)..samples(cut.end_ms)]).0 > -35.0);

    let turn = clips.turn("rms", 3);
    let said: Vec<&Utterance> = left.said_by(Speaker::Rep);
    let heard = said.last().expect("the rep's third turn");
    let speech = loud(&turn.pcm).expect("a clip has speech");
    assert!(heard.start_ms.abs_diff(third.began_ms + ms(speech.start)) <= 300, "{heard:?}");
    assert!(heard.end_ms.abs_diff(third.speech_ended_ms) <= 300, "{heard:?}");
    let truth = words(&turn.text);
    let (_, equal) = edits(&truth, &words(&heard.text));
    assert!(80 * truth.len() <= 100 * equal.len(), "{heard:?}");
    assert!(heard.end_ms < next.start_ms, "its answer comes after it");
    assert_ne!(third.reply, Some(reply));
    println!("the buyer was cut {} ms after the rep began", cut.end_ms - third.began_ms);
    println!(
        "answered after {:?}",
        talk.report.turns.iter().map(|turn| turn.latency_ms).collect::<Vec<_>>()
    );
}

/// All that the model meant a reply to say.
fn planned(left: &Artefacts, wanted: u32) -> String {
    let text = |entry: &Entry| match entry {
        Entry::Event { event: Event::Text { reply, text }, .. } if reply.0 == wanted => {
            Some(text.clone())
        }
        _ => None,
    };
    left.entries.iter().filter_map(text).collect()
}

fn the_text_is_what_was_heard(cut: &Utterance, planned: &str) {
    let (heard, planned) = (words(&cut.text), words(planned));
    println!("heard {heard:?} of {planned:?}");
    assert!(!heard.is_empty() && heard.len() < planned.len(), "{heard:?} of {planned:?}");
    assert_eq!(heard, planned[..heard.len()], "a prefix");
}

/// Holds the end in the record against the last sound the client played before the next answer.
fn it_ends_where_the_client_stopped(talk: &Talk, cut: &Utterance, next_ms: u64) {
    let from = samples(cut.start_ms);
    let played = &talk.heard[from..samples(next_ms)];
    let stopped_ms = cut.start_ms + ms(loud(played).expect("the cut reply").end);
    println!("the record cuts at {} ms, the client stopped at {stopped_ms} ms", cut.end_ms);
    assert!(stopped_ms.abs_diff(cut.end_ms) <= 150, "{stopped_ms}, not {cut:?}");
}
