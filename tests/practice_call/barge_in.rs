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

    the_text_is_what_was_heard(cut, &planned(&left, reply));
    the_client_heard_as_much(&talk, &left, cut);

    let next = buyer.iter().find(|said| cut.end_ms < said.start_ms).expect("the buyer goes on");
    // One frame is on its way when the end is decided.
    let after = samples(cut.end_ms + 20)..samples(next.start_ms - 20);
    assert_eq!(loud(&left.persona[after]), None, "nothing of the reply is heard after its end");
    assert!(level(&left.persona[samples(cut.start_ms)..samples(cut.end_ms)]).0 > -35.0);

    let turn = clips.turn("rms", 3);
    let said: Vec<&Utterance> = left.said_by(Speaker::Rep);
    let heard = said.last().expect("the rep's third turn");
    let speech = loud(&turn.pcm).expect("a clip has speech");
    let near = talk.give_or_take(300);
    assert!(heard.start_ms.abs_diff(third.began_ms + ms(speech.start)) <= near, "{heard:?}");
    assert!(heard.end_ms.abs_diff(third.speech_ended_ms) <= near, "{heard:?}");
    let truth = words(&turn.text);
    let (_, equal) = edits(&truth, &words(&heard.text));
    assert!(80 * truth.len() <= 100 * equal.len(), "{heard:?}");
    assert!(heard.end_ms < next.start_ms, "its answer comes after it");
    assert_ne!(third.reply, Some(reply));
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

/// The buyer fell silent soon after the rep began, and what the client played of the reply is as long as the record
/// says. How much later a sound is heard than sent depends on the network, so both are counted from its beginning.
fn the_client_heard_as_much(talk: &Talk, left: &Artefacts, cut: &Utterance) {
    let [_, second, third] = talk.report.turns[..] else { unreachable!() };
    let first_ms = second.first_audio_ms.expect("it was answered");
    let from = samples(first_ms);
    let until = samples(third.first_audio_ms.expect("it was answered"));
    let played = loud(&talk.heard[from..until]).expect("the cut reply");
    let (began_ms, stopped_ms) = (first_ms + ms(played.start), first_ms + ms(played.end));
    assert!(began_ms + AFTER_MS / 2 <= third.began_ms, "{began_ms} ms, then {third:?}");
    let soon = third.began_ms..third.began_ms + talk.give_or_take(1_500);
    assert!(soon.contains(&stopped_ms), "{stopped_ms} ms after {third:?}");
    println!(
        "the client heard the buyer for {} ms after the rep began",
        stopped_ms - third.began_ms
    );
    let recorded = &left.persona[samples(cut.start_ms)..samples(cut.end_ms)];
    let recorded_ms = ms(loud(recorded).expect("the cut reply").len());
    let heard_ms = stopped_ms - began_ms;
    println!("the client heard {heard_ms} ms of it, the record has {recorded_ms} ms");
    assert!(heard_ms.abs_diff(recorded_ms) <= talk.give_or_take(150), "{heard_ms} ms, not {cut:?}");
}
