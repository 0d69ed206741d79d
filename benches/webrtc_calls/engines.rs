//! Engines that cost nothing: the calls are measured, not what serves them.

use std::f64::consts::{PI, TAU};
use std::sync::OnceLock;

use async_trait::async_trait;
use ringcraft::provider::{
    ModelEvent, ModelUsage, PersonaModel, ProviderError, ProviderEvent, RecogniserEvent,
    RecogniserInput, RecogniserStart, ReplyRequest, SpeechToText, TextToSpeech, VoiceEvent,
    VoiceInput, VoiceStart,
};
use ringcraft_media::call::ReplyId;
use ringcraft_media::record::Recogniser;
use tokio::sync::{mpsc, watch};

const SAID: &str = "tell me a little more about the house you are looking at";

const ANSWER: &str = "It is a house with three bedrooms and a garden";

const VOICE_RATE_HZ: u32 = 16_000;

/// Half of the 12.3 s from one of the rep's turns to the next.
const ANSWER_SECONDS: u32 = 6;

/// A fifth of a second, as vendors send it.
const VOICE_PIECE: usize = VOICE_RATE_HZ as usize / 5;

/// Hears the same words in every turn.
#[derive(Debug)]
pub(crate) struct Ear;

/// Gives the same answer to every turn.
#[derive(Debug)]
pub(crate) struct Mind;

/// Hums each answer.
#[derive(Debug)]
pub(crate) struct Throat;

#[async_trait]
impl SpeechToText for Ear {
    fn abilities(&self) -> Recogniser {
        Recogniser { name: "bench".into(), fillers: false, punctuation: false, word_times: false }
    }

    async fn listen(
        &self,
        _: RecogniserStart,
        mut input: mpsc::Receiver<RecogniserInput>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError> {
        while let Some(heard) = input.recv().await {
            let event = match heard {
                RecogniserInput::VoiceOn { .. } => RecogniserEvent::Partial { text: SAID.into() },
                RecogniserInput::Finalise(id) => {
                    let (text, words) = (SAID.into(), Vec::new());
                    RecogniserEvent::Final { text, words, finalise: Some(id) }
                }
                RecogniserInput::Audio { .. } | RecogniserInput::VoiceOff => continue,
            };
            send(&events, ProviderEvent::Recogniser(event)).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl PersonaModel for Mind {
    fn name(&self) -> String {
        "bench".into()
    }

    async fn reply(
        &self,
        request: ReplyRequest,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<ModelUsage, ProviderError> {
        send(&events, ProviderEvent::Model(request.reply, ModelEvent::Text(ANSWER.into()))).await?;
        Ok(ModelUsage::default())
    }
}

#[async_trait]
impl TextToSpeech for Throat {
    fn name(&self) -> String {
        "bench".into()
    }

    fn sample_rate_hz(&self) -> u32 {
        VOICE_RATE_HZ
    }

    async fn speak(
        &self,
        _: VoiceStart,
        mut input: mpsc::Receiver<VoiceInput>,
        _: watch::Receiver<Option<ReplyId>>,
        events: mpsc::Sender<ProviderEvent>,
    ) -> Result<(), ProviderError> {
        while let Some(VoiceInput { reply, chunk, .. }) = input.recv().await {
            // All of it sooner than it is played.
            for hum in hum().chunks(VOICE_PIECE) {
                let hum = VoiceEvent::Audio(hum.to_vec());
                send(&events, ProviderEvent::Voice(reply, chunk, hum)).await?;
            }
            send(&events, ProviderEvent::Voice(reply, chunk, VoiceEvent::Done)).await?;
        }
        Ok(())
    }
}

/// A voice-like sound, made once: 120 Hz with overtones that swell and fade four times a second.
fn hum() -> &'static [i16] {
    static HUM: OnceLock<Vec<i16>> = OnceLock::new();
    HUM.get_or_init(|| {
        let sample = |place: u32| {
            let time = f64::from(place) / f64::from(VOICE_RATE_HZ);
            let tone = |overtone: f64| (time * 120.0 * overtone * TAU).sin();
            let swell = (time * 4.0 * PI).sin().abs();
            let voice = tone(1.0) + tone(2.0) / 2.0 + tone(5.0) / 4.0 + tone(9.0) / 8.0;
            (voice * swell * 6_000.0) as i16
        };
        (0..VOICE_RATE_HZ * ANSWER_SECONDS).map(sample).collect()
    })
}

async fn send(
    events: &mpsc::Sender<ProviderEvent>,
    event: ProviderEvent,
) -> Result<(), ProviderError> {
    events.send(event).await.map_err(|_| ProviderError::CallOver)
}
