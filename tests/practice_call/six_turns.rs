//! A loan officer's six turns with Rachel, to the hang-up: everything the call leaves is held
//! against what was spoken.

use ringcraft_media::call::{Call, Command, Live};
use ringcraft_media::log::{self, Entry, opening};
use ringcraft_media::record::Speaker;
use serde_json::Value;

use crate::artefacts::Artefacts;
use crate::client::{Talk, Turn, ringcraft};
use crate::clips::{Clip, Clips, edits, words};
use crate::recognised::recognised;
use crate::server::Server;
use crate::sound::{Picture, SILENCE, between, level, loud, ms, samples};
use crate::stored;

const TURNS: usize = 6;

/// The longest wait for an answer: where the words as they were heard are surely not complete, more of them are
/// waited for 2.5 s, and the answer itself is made and voiced in a second.
const ANSWER_WITHIN_MS: u64 = 3_500;

/// Half of the answers come sooner than this.
const MEDIAN_WITHIN_MS: u64 = 1_500;

/// A piece that is more alike than this is the same speech; of other words in the same voice, one in
/// a hundred is.
const ALIKE: f32 = 0.7;

#[tokio::test]
async fn a_whole_call_leaves_the_truth() {
    let talk = leaves_the_truth(&[]).await;
    assert!(talk.report.reception.is_none());
}

/// Holds the call with more arguments for the client.
pub(crate) async fn leaves_the_truth(more: &[&str]) -> Talk {
    let clips = Clips::make();
    let server = Server::start(&[]);
    let files: Vec<_> = (1..=TURNS).map(|turn| clips.file("rms", turn)).collect();
    let talk = Talk::hold(&server, &files, more);
    let spoken: Vec<Clip> = (1..=TURNS).map(|turn| clips.turn("rms", turn)).collect();
    let left = Artefacts::fetch(&talk);

    assert!(talk.report.complete);
    assert_eq!(talk.report.call.end_reason, "rep_hung_up");
    every_turn_is_answered_in_time(&talk);
    the_rep_is_written_down(&talk, &spoken, &left);
    the_buyer_is_heard(&talk, &left).await;
    the_recording_is_the_call(&talk, &spoken, &left);
    the_numbers_come_from_the_record(&talk, &spoken, &left);
    the_log_replays(&talk, &left);
    the_buyer_told_what_was_asked(&left);
    stored::the_rows_are_the_record(&server, &left).await;
    talk
}

fn every_turn_is_answered_in_time(talk: &Talk) {
    assert_eq!(talk.report.turns.len(), TURNS);
    let mut waits = Vec::new();
    for (turn, number) in talk.report.turns.iter().zip(1..) {
        let latency_ms = turn.latency_ms.expect("every turn is answered");
        println!("turn {number} was answered after {latency_ms} ms");
        let within = 0..talk.give_or_take(ANSWER_WITHIN_MS) as i64;
        assert!(within.contains(&latency_ms), "turn {number}: {latency_ms} ms");
        assert!(!turn.barged);
        waits.push(latency_ms);
    }
    waits.sort_unstable();
    assert!(waits[TURNS / 2] < talk.give_or_take(MEDIAN_WITHIN_MS) as i64, "{waits:?}");
}

fn the_rep_is_written_down(talk: &Talk, spoken: &[Clip], left: &Artefacts) {
    let said = left.said_by(Speaker::Rep);
    assert_eq!(said.len(), TURNS, "one utterance a turn: {said:?}");
    let (mut wrong, mut right, mut all) = (0, 0, 0);
    for ((clip, turn), said) in spoken.iter().zip(&talk.report.turns).zip(&said) {
        let truth = words(&clip.text);
        let (errors, equal) = edits(&truth, &words(&said.text));
        wrong += errors;
        right += equal.len();
        all += truth.len();
        let (began_ms, ended_ms) = spoken_ms(clip, turn);
        let near = talk.give_or_take(300);
        assert!(began_ms.abs_diff(said.start_ms) <= near, "{began_ms}, not {said:?}");
        assert!(ended_ms.abs_diff(said.end_ms) <= near, "{ended_ms}, not {said:?}");
        assert!(!said.interrupted);
    }
    println!("{right} of {all} words were understood, {wrong} word errors");
    assert!(85 * all <= 100 * right, "{right} of {all} words were understood");
    assert!(100 * wrong <= 20 * all, "{wrong} word errors in {all} words");
}

/// Where the client says the speech of a clip began and ended: its file opens with silence.
fn spoken_ms(clip: &Clip, turn: &Turn) -> (u64, u64) {
    let speech = loud(&clip.pcm).expect("a clip has speech");
    (turn.began_ms + ms(speech.start), turn.speech_ended_ms)
}

async fn the_buyer_is_heard(talk: &Talk, left: &Artefacts) {
    let said = left.said_by(Speaker::Persona);
    assert_eq!(said.len(), TURNS + 1, "an opening and an answer to each turn");
    let texts = recognised(&talk.heard, &left.spans_of(Speaker::Persona)).await;
    let truth: Vec<String> = said.iter().flat_map(|said| words(&said.text)).collect();
    let (_, equal) = edits(&truth, &texts.iter().flat_map(|text| words(text)).collect::<Vec<_>>());
    println!("{} of the buyer's {} words are heard again", equal.len(), truth.len());
    assert!(60 * truth.len() <= 100 * equal.len(), "{truth:?}\n{texts:?}");
}

fn the_recording_is_the_call(talk: &Talk, spoken: &[Clip], left: &Artefacts) {
    let (rep, persona) = (&left.rep, &left.persona);
    assert_eq!(rep.len(), persona.len());
    assert_eq!(left.record.call_id.as_ref(), Some(&talk.report.call.id));
    let duration_ms = left.record.duration_ms;
    assert_eq!(duration_ms, talk.report.call.duration_ms);
    assert!(rep.len().abs_diff(samples(duration_ms)) <= 16, "{} samples", rep.len());

    the_clips_are_where_they_were_spoken(talk, spoken, rep);

    let voiced = left.spans_of(Speaker::Persona);
    for span in &voiced {
        let level = level(&persona[span.clone()]);
        assert!(-35.0 < level.0, "{level:?} at {} ms", ms(span.start));
    }
    for gap in between(&voiced, persona.len(), samples(60)) {
        let loud = loud(&persona[gap.clone()]);
        assert_eq!(loud, None, "a sound after {} ms of the right side", ms(gap.start));
    }

    let (left_side, right_side) = left.play_opus();
    assert_eq!(left_side.len(), right_side.len());
    assert!(left_side.len().abs_diff(3 * rep.len()) <= 20 * 48, "{} samples", left_side.len());
    let first = spoken_ms(&spoken[0], &talk.report.turns[0]);
    let turn = 3 * samples(first.0)..3 * samples(first.1);
    assert!(-35.0 < level(&left_side[turn.clone()]).0);
    assert!(level(&right_side[turn]) < SILENCE);
}

/// Pieces all along each clip are in the rep's leg where the client said them. Where the machine
/// stood still, those around it are not.
fn the_clips_are_where_they_were_spoken(talk: &Talk, spoken: &[Clip], rep: &[i16]) {
    let seen = Picture::of(rep);
    let reach = samples(talk.give_or_take(40));
    let (mut all, mut found) = (0, 0);
    for ((clip, turn), number) in spoken.iter().zip(&talk.report.turns).zip(1..) {
        let speech = loud(&clip.pcm).expect("a clip has speech");
        let starts = speech.step_by(samples(400));
        let pieces =
            starts.filter_map(|start| Some((start, clip.pcm.get(start..start + samples(800))?)));
        let alike: Vec<f32> = pieces
            .map(|(start, piece)| {
                seen.most_alike(&Picture::of(piece), samples(turn.began_ms) + start, reach)
            })
            .collect();
        let least = alike.iter().copied().fold(1.0, f32::min);
        println!(
            "turn {number} is in the recording: {} pieces, at least {least:.2} alike",
            alike.len()
        );
        all += alike.len();
        found += alike.iter().filter(|alike| ALIKE < **alike).count();
    }
    assert!(100 < all, "{all} pieces are too few to tell");
    let least = if talk.stood_still_ms == 0 { 95 } else { 60 };
    assert!(least * all <= 100 * found, "{found} of {all} pieces are in the recording");
}

fn the_numbers_come_from_the_record(talk: &Talk, spoken: &[Clip], left: &Artefacts) {
    let record = talk.file("record.json", &left.record_json);
    let output = ringcraft(["kpis".as_ref(), record.as_os_str()]).output().expect("run kpis");
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).expect("KPIs in UTF-8");
    let stored = String::from_utf8(left.kpis_json.clone()).expect("KPIs in UTF-8");
    assert_eq!(printed.trim_end(), stored.trim_end());

    let rep: usize =
        spoken.iter().filter_map(|clip| loud(&clip.pcm)).map(|speech| speech.len()).sum();
    let persona: usize = loud_in(&talk.heard, left);
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more")]
    let expected = rep as f64 / (rep + persona) as f64;
    let kpis: Value = serde_json::from_str(&stored).expect("KPIs in JSON");
    let share = kpis["call"]["talk_listen"]["rep_share"].as_f64().expect("a share");
    println!("the rep talks {share:.3} of the time by the KPIs, {expected:.3} by the files");
    assert!((share - expected).abs() < 0.05, "{share}, not {expected}");
}

/// How much of what the client heard is speech, by the places the record names.
fn loud_in(heard: &[i16], left: &Artefacts) -> usize {
    let spans = left.spans_of(Speaker::Persona).into_iter();
    let widened = spans.map(|span| span.start..heard.len().min(span.end + samples(100)));
    widened.filter_map(|span| loud(&heard[span])).map(|speech| speech.len()).sum()
}

fn the_log_replays(talk: &Talk, left: &Artefacts) {
    let log = talk.file("log.jsonl.zst", &left.log_zst);
    let output = ringcraft(["replay".as_ref(), log.as_os_str()]).output().expect("run replay");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.trim_end().ends_with("the same"), "{text}");

    let (line, forged) = with_one_digest_changed(left);
    let log = talk.file("forged.jsonl", forged.as_bytes());
    let output = ringcraft(["replay".as_ref(), log.as_os_str()]).output().expect("run replay");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(output.status.code(), Some(0));
    assert!(errors.contains(&format!("line {line}, at")), "line {line}: {errors}");

    let received: Vec<&Value> = talk.report.events.iter().map(|told| &told.event).collect();
    let decided = live_events(&left.entries);
    assert_eq!(received, decided.iter().collect::<Vec<_>>());
    assert_eq!(received.len(), talk.report.events.len());
}

/// The log with another digest in the middle of the call, and the line it is in.
fn with_one_digest_changed(left: &Artefacts) -> (usize, String) {
    let decides =
        |entry: &Entry| matches!(entry, Entry::Event { commands, .. } if !commands.is_empty());
    let middle = left.entries.len() / 2;
    let index = middle
        + left.entries[middle..].iter().position(decides).expect("the call decides to its end");
    let mut lines: Vec<String> = left.log.lines().map(str::to_owned).collect();
    let Entry::Event { commands, .. } = &left.entries[index] else { unreachable!() };
    let other = if commands[0].ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{other}", &commands[0][..commands[0].len() - 1]);
    lines[index] = lines[index].replacen(&commands[0], &forged, 1);
    (index + 1, lines.join("\n"))
}

/// The live events that the logged events lead to.
fn live_events(entries: &[Entry]) -> Vec<Value> {
    let mut call = Call::new(opening(entries).expect("an opening").setup.clone());
    let events = entries.iter().filter_map(|entry| match entry {
        Entry::Event { at, event, .. } => Some((*at, event.clone())),
        _ => None,
    });
    let lives = events.flat_map(|(at, event)| log::step(&mut call, at, event).0);
    let json = |live: Live| serde_json::to_value(live).expect("a live event in JSON");
    lives
        .filter_map(
            |command| if let Command::Tell(live) = command { Some(json(live)) } else { None },
        )
        .collect()
}

fn the_buyer_told_what_was_asked(left: &Artefacts) {
    let facts = left.facts();
    for asked in ["lease_ends", "credit_score"] {
        assert!(facts.iter().any(|fact| fact == asked), "{facts:?}");
    }
    let events = serde_json::to_value(&left.record.events).expect("events in JSON");
    let with = |kind: &str, tag: &str| {
        events.as_array().is_some_and(|events| {
            events.iter().any(|event| event["type"] == kind && event["tag"] == tag)
        })
    };
    assert!(with("objection_raised", "just_the_rate"), "{events}");
    assert!(with("objection_satisfied", "just_the_rate"), "{events}");
    assert!(with("goal_reached", "application_link"), "{events}");
}
