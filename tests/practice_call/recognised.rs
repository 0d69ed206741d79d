//! What a recogniser makes of recorded sound.

use std::ops::Range;
use std::path::PathBuf;

use ringcraft::provider::stt::offline::OfflineRecogniser;
use ringcraft::provider::{
    ProviderEvent, RECOGNISER_FRAME, RECOGNISER_INPUT, RecogniserEvent, RecogniserInput,
    RecogniserStart, SpeechToText,
};
use ringcraft_media::call::FinaliseId;
use ringcraft_media::units::{CallTime, Span};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, error::SendError};

/// Hears a whole leg and settles after each stretch of speech: one text for each.
pub(crate) async fn recognised(leg: &[i16], speech: &[Range<usize>]) -> Vec<String> {
    let engine = OfflineRecogniser::new(PathBuf::from(env!("CARGO_BIN_EXE_ringcraft")), 1);
    let start = RecogniserStart { language: "en-US".to_owned(), key_terms: Vec::new() };
    let (input, heard) = mpsc::channel(RECOGNISER_INPUT);
    let (told, events) = mpsc::channel(16);
    let answered = Semaphore::new(0);
    let listening = engine.listen(start, heard, told);
    let (texts, played, listened) =
        tokio::join!(settled(events, &answered), play(leg, speech, input, &answered), listening);
    listened.expect("the recogniser hears it to the end");
    played.expect("the recogniser takes it to the end");
    texts
}

/// Hands the leg over frame by frame, as fast as it is taken.
async fn play(
    leg: &[i16],
    speech: &[Range<usize>],
    input: mpsc::Sender<RecogniserInput>,
    answered: &Semaphore,
) -> Result<(), SendError<RecogniserInput>> {
    // A pause is only known as one a while after the last sound.
    const SETTLE_AFTER: usize = 200 * 16;
    let mut at = CallTime::ZERO;
    let mut stretches = speech.iter().zip(1..).peekable();
    let mut begun = false;
    for (frame, from) in leg.chunks_exact(RECOGNISER_FRAME).zip((0..).step_by(RECOGNISER_FRAME)) {
        if let Some((stretch, id)) = stretches.peek() {
            if !begun && stretch.start <= from + RECOGNISER_FRAME {
                begun = true;
                input.send(RecogniserInput::VoiceOn { at }).await?;
            }
            if stretch.end + SETTLE_AFTER <= from {
                let id = FinaliseId(*id);
                input.send(RecogniserInput::Finalise(id)).await?;
                // Its patience is counted in the audio that it is given meanwhile.
                let Ok(answer) = answered.acquire().await else { return Ok(()) };
                answer.forget();
                stretches.next();
                begun = false;
            }
        }
        let pcm = Box::new(frame.try_into().expect("a whole frame"));
        input.send(RecogniserInput::Audio { at, pcm }).await?;
        at += Span::ms(20);
    }
    assert!(stretches.peek().is_none(), "the leg ends before its last speech is settled");
    Ok(())
}

/// The text of each answer to a request to settle.
async fn settled(mut events: mpsc::Receiver<ProviderEvent>, answered: &Semaphore) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(event) = events.recv().await {
        if let ProviderEvent::Recogniser(RecogniserEvent::Final { text, finalise, .. }) = event
            && finalise.is_some()
        {
            texts.push(text);
            answered.add_permits(1);
        }
    }
    // Where it broke off nobody shall wait for an answer.
    answered.close();
    texts
}
