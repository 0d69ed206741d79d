//! Text to speech by Flite and espeak-ng, by their real commands.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ringcraft::provider::tts::espeak::Espeak;
use ringcraft::provider::tts::flite::Flite;
use ringcraft::provider::{
    ProviderError, ProviderEvent, TextToSpeech, VOICE_INPUT, VoiceEvent, VoiceInput, VoiceStart,
};
use ringcraft_media::call::{ChunkId, ReplyId, VoicedWord};
use ringcraft_media::units::Span;
use tokio::sync::{mpsc, watch};

/// How long any one answer may take; only a hang comes near.
const PATIENCE: Duration = Duration::from_secs(30);

fn start(voice: &str, language: &str) -> VoiceStart {
    VoiceStart { voice: voice.to_owned(), language: language.to_owned() }
}

fn chunk(reply: u32, chunk: u32, spoken: &str) -> VoiceInput {
    VoiceInput { reply: ReplyId(reply), chunk: ChunkId(chunk), spoken: spoken.to_owned() }
}

/// Speaks chunks and returns every event.
async fn speak(
    engine: &impl TextToSpeech,
    start: VoiceStart,
    chunks: Vec<VoiceInput>,
    cancelled: Option<ReplyId>,
) -> (Vec<(ReplyId, ChunkId, VoiceEvent)>, Result<(), ProviderError>) {
    let (input, given) = mpsc::channel(VOICE_INPUT);
    let (told, mut events) = mpsc::channel(16);
    let (_cancel, cancelled) = watch::channel(cancelled);
    for chunk in chunks {
        input.send(chunk).await.expect("room for the chunks");
    }
    drop(input);
    let collect = async {
        let mut all = Vec::new();
        while let Some(event) = events.recv().await {
            let ProviderEvent::Voice(reply, chunk, event) = event else { panic!("no voice") };
            all.push((reply, chunk, event));
        }
        all
    };
    let both = async { tokio::join!(collect, engine.speak(start, given, cancelled, told)) };
    tokio::time::timeout(PATIENCE, both).await.expect("no hang")
}

/// The sound and words of one chunk, whose events come in order: sound, words, done.
fn sound_of(
    events: Vec<(ReplyId, ChunkId, VoiceEvent)>,
    rate_hz: u32,
) -> (Vec<i16>, Vec<VoicedWord>) {
    let mut pcm = Vec::new();
    let mut events = events.into_iter().map(|(.., event)| event);
    let words = loop {
        match events.next().expect("words follow the sound") {
            VoiceEvent::Audio(piece) => {
                assert!(piece.len() <= rate_hz as usize / 5, "200 ms at most");
                pcm.extend(piece);
            }
            VoiceEvent::Words(words) => break words,
            other => panic!("neither sound nor words: {other:?}"),
        }
    };
    assert!(matches!(events.next(), Some(VoiceEvent::Done)), "then it is done");
    assert!(events.next().is_none(), "and no more");
    (pcm, words)
}

/// What Flite makes of one text.
pub(crate) async fn spoken_by_flite(
    flite: &Flite,
    voice: &str,
    text: &str,
) -> (Vec<i16>, Vec<VoicedWord>) {
    let chunks = vec![chunk(1, 0, text)];
    let (events, end) = speak(flite, start(voice, "en-US"), chunks, None).await;
    end.expect("a clean end");
    sound_of(events, flite.sample_rate_hz())
}

fn assert_ordered_within(words: &[VoicedWord], length: Span) {
    let mut before = Span::ZERO;
    for word in words {
        assert!(before <= word.start && word.start <= word.end, "{word:?} after {before:?}");
        before = word.end;
    }
    assert!(before <= length, "the last word ends in the sound");
}

fn length(pcm: &[i16], rate_hz: u32) -> Span {
    Span(pcm.len() as u64 * 1_000_000 / u64::from(rate_hz))
}

#[tokio::test]
async fn every_word_given_has_its_time_in_the_sound() {
    let flite = Flite::new();
    let texts = [
        "Hi, this is Rachel.",
        "Well, I've called three lenders today — they all just gave me a number. So what's your rate?",
        "“Honestly?” I'm buying for four hundred and twenty thousand dollars, with ten percent down…",
        "My credit is seven forty-one. Zephyrine Kowalczyk at Brightmoor referred me, e.g. yesterday.",
        "Okay.",
    ];
    for voice in ["slt", "rms", "awb"] {
        for text in texts {
            let (pcm, words) = spoken_by_flite(&flite, voice, text).await;
            let given: Vec<&str> = text.split_whitespace().collect();
            let placed: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(placed, given);
            assert_ordered_within(&words, length(&pcm, 16_000));
            for word in &words {
                let is_sound = word.text.contains(char::is_alphanumeric);
                let span = word.end.saturating_sub(word.start);
                let ms = if is_sound { 30..=1_200 } else { 0..=0 };
                assert!(ms.contains(&span.as_ms()), "{voice}: {word:?} lasts {span:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_begins_and_ends_with_its_words() {
    for voice in ["slt", "rms"] {
        let (pcm, words) = spoken_by_flite(&Flite::new(), voice, "So what is your rate?").await;
        assert!(words[0].start <= Span::ms(30), "{:?}", words[0]);
        let after = length(&pcm, 16_000).saturating_sub(words[4].end);
        assert!(after <= Span::ms(80), "{after:?} after the last word");
        let first = pcm.iter().position(|sample| 500 <= sample.unsigned_abs()).expect("a sound");
        assert!(first <= 16 * 80, "sound begins after {first} samples");
        // Five short words take between half a second and two.
        assert!((8_000..32_000).contains(&pcm.len()), "{}", pcm.len());
    }
}

#[tokio::test]
async fn what_holds_no_word_is_no_sound_but_done() {
    let (pcm, words) = spoken_by_flite(&Flite::new(), "slt", "— …").await;
    assert_eq!((pcm.len(), words.len()), (0, 2));
    let (_, words) = spoken_by_flite(&Flite::new(), "slt", "").await;
    assert!(words.is_empty());
}

#[tokio::test]
async fn chunks_come_in_order_and_those_of_a_cancelled_reply_not_at_all() {
    let chunks = vec![
        chunk(4, 0, "Never said."),
        chunk(4, 1, "Nor this."),
        chunk(5, 0, "One."),
        chunk(5, 1, "Two."),
    ];
    let (events, end) = speak(&Flite::new(), start("slt", "en-US"), chunks, Some(ReplyId(4))).await;
    end.expect("a clean end");
    let mut order: Vec<_> = events.iter().map(|(reply, chunk, _)| (reply.0, chunk.0)).collect();
    order.dedup();
    assert_eq!(order, [(5, 0), (5, 1)]);
}

#[tokio::test]
async fn what_cannot_work_says_so() {
    let cases = [
        (Flite::with_program(PathBuf::from("/nowhere/flite")), start("slt", "en"), "install flite"),
        (Flite::new(), start("Rachel", "en-US"), "no voice Rachel; there are slt, rms, awb"),
        (Flite::new(), start("slt", "de-DE"), "English only, not de-DE"),
    ];
    for (flite, start, reason) in cases {
        let (events, end) = speak(&flite, start, vec![chunk(1, 0, "Hello.")], None).await;
        assert!(events.is_empty());
        let message = end.expect_err("it cannot work").to_string();
        assert!(message.contains(reason), "{message}");
    }
}

/// A program that takes the place of an engine, in a folder of its own.
fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("engine");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("write the program");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("make it run");
    path
}

#[tokio::test]
async fn an_engine_that_fails_loses_its_chunk_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = Flite::with_program(program(folder.path(), "exit 3"));
    let chunks = vec![chunk(1, 0, "One."), chunk(1, 1, "Two.")];
    let (events, end) = speak(&broken, start("slt", "en"), chunks, None).await;
    end.expect("the next chunk may work");
    assert_eq!(events.len(), 2);
    for (place, (_, chunk, event)) in events.iter().enumerate() {
        assert_eq!(chunk.0 as usize, place);
        let VoiceEvent::Failed(ProviderError::BrokeOff { .. }) = event else { panic!("{event:?}") };
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_too_slow() {
    let folder = tempfile::tempdir().expect("a folder");
    let hanging = Flite::with_program(program(folder.path(), "exec sleep 600"));
    let (events, end) = speak(&hanging, start("slt", "en"), vec![chunk(1, 0, "One.")], None).await;
    end.expect("the next chunk may work");
    let [(.., VoiceEvent::Failed(ProviderError::TooSlow { provider: "flite" }))] = &events[..]
    else {
        panic!("{events:?}");
    };
}

#[tokio::test]
async fn a_cancelled_reply_stops_a_running_engine_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let pids = folder.path().join("pids");
    let script = format!("echo $$ >>{}\nexec sleep 600", pids.display());
    let hanging = Flite::with_program(program(folder.path(), &script));

    let (input, given) = mpsc::channel(VOICE_INPUT);
    let (told, mut events) = mpsc::channel(16);
    let (cancel, cancelled) = watch::channel(None);
    input.send(chunk(7, 0, "Never heard.")).await.expect("room");
    let act = async {
        let running = eventually(|| {
            let pids = std::fs::read_to_string(&pids).unwrap_or_default();
            (pids.lines().count() == 2).then_some(pids)
        })
        .await;
        cancel.send(Some(ReplyId(7))).expect("the voice listens");
        drop(input);
        running
    };
    let both =
        async { tokio::join!(act, hanging.speak(start("slt", "en"), given, cancelled, told)) };
    // The engine itself would hang for 600 s, and its deadline is 5 s.
    let (running, end) = tokio::time::timeout(Duration::from_secs(4), both).await.expect("prompt");
    end.expect("a clean end");
    assert!(events.recv().await.is_none(), "nothing of it is heard");
    for pid in running.lines() {
        let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        eventually(|| (state().is_empty() || state().contains(") Z ")).then_some(())).await;
    }
}

/// Asks until there is an answer: another process has no event to wait for.
pub(crate) async fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let asking = async {
        let mut again = tokio::time::interval(Duration::from_millis(2));
        loop {
            again.tick().await;
            if let Some(answer) = ask() {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it happens")
}

#[tokio::test]
async fn espeak_speaks_other_languages() {
    let espeak = Espeak::new();
    let text = "Buenos días, ¿cuál es su tasa de interés?";
    let (events, end) = speak(&espeak, start("", "es-MX"), vec![chunk(1, 0, text)], None).await;
    end.expect("a clean end");
    let (pcm, words) = sound_of(events, espeak.sample_rate_hz());
    let placed: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(placed, text.split_whitespace().collect::<Vec<_>>());
    assert_ordered_within(&words, length(&pcm, 22_050));
    assert!(words[0].start <= Span::ms(30));
    assert!((22_050..88_200).contains(&pcm.len()), "between one and four seconds: {}", pcm.len());
}

#[tokio::test]
async fn espeak_refuses_what_is_no_language() {
    for language in ["", "es --help", "../es"] {
        let (_, end) = speak(&Espeak::new(), start("", language), Vec::new(), None).await;
        assert!(matches!(end, Err(ProviderError::Refused { .. })), "{language}: {end:?}");
    }
}
