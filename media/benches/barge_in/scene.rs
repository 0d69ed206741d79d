//! One interruption: a persona in mid-reply, and a rep whose recorded voice comes over the line.

use ringcraft_media::call::{Call, ChunkId, Command, Event, ReplyId, Setup, StopCause};
use ringcraft_media::codec::{Encoding, sample_from_i16};
use ringcraft_media::ingress::{Ingress, IngressEvent};
use ringcraft_media::playout::{Playout, PlayoutEvent};
use ringcraft_media::record::Recogniser;
use ringcraft_media::turn::Policy;
use ringcraft_media::units::{CallTime, SampleRate, Samples, Span};
use ringcraft_media::wav::Wav;

const SLT: &[u8] = include_bytes!("../../tests/audio/slt.wav");
const RMS: &[u8] = include_bytes!("../../tests/audio/rms.wav");

/// The sentences: each clip with the first phone's start and the last one's end, in milliseconds,
/// as `tests/audio/make` prints them.
const SENTENCES: [(&[u8], u64, u64); 4] =
    [(SLT, 662, 2_156), (SLT, 2_589, 4_128), (RMS, 619, 2_359), (RMS, 2_676, 4_572)];

const RATE: SampleRate = SampleRate::Hz16000;

/// When the rep speaks, before the phase within a frame.
const ONSET_MS: u64 = 4_000;

/// How long a cough or an "mhm" is.
const SHORT_MS: u64 = 300;

/// From the end of a word to the partial that shows it, and how long words of the clips are.
const PARTIAL_MS: u64 = 150;
const WORD_MS: u64 = 250;

/// What a rep does over the persona.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    sentence: usize,
    gain: f32,
    noise_peak: f32,
    phase_samples: u64,
    /// Only the first 300 ms are said, and no word comes of them.
    is_short: bool,
    /// The recogniser shows words; else the length of the speech decides.
    pub(crate) has_words: bool,
}

/// What came of it, in milliseconds from the onset or from the end of the sound.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// Until the last frame of the voice was sent, and until its sound is over.
    pub(crate) sent_ms: Option<u64>,
    pub(crate) stopped_ms: Option<u64>,
    pub(crate) cut_ms: Option<u64>,
    pub(crate) resumed_ms: Option<u64>,
}

/// 480 interruptions: four sentences, loud and soft, in silence and in a room, at ten places of a
/// frame, long with and without words, and short.
pub(crate) fn scenes() -> impl Iterator<Item = Scene> {
    let kinds = [(false, true), (false, false), (true, false)];
    let rooms = [(1.0, 0.0), (1.0, 0.001), (0.4, 0.001), (0.4, 0.003)];
    let all = kinds.into_iter().flat_map(move |kind| rooms.map(|room| (kind, room)));
    all.flat_map(|((is_short, has_words), (gain, noise_peak))| {
        (0..SENTENCES.len()).flat_map(move |sentence| {
            (0..10).map(move |phase| Scene {
                sentence,
                gain,
                noise_peak,
                phase_samples: phase * 32,
                is_short,
                has_words,
            })
        })
    })
}

/// The call, its playout and its ingress, and what was seen of them.
struct Stage {
    call: Call,
    playout: Playout,
    ingress: Ingress,
    onset: CallTime,
    end: CallTime,
    /// When the last frame was sent.
    sent_at: CallTime,
    outcome: Outcome,
}

impl Scene {
    /// Plays the scene to its end.
    pub(crate) fn play(&self) -> Outcome {
        let (rep, onset, end) = self.rep_leg();
        let recogniser = Recogniser {
            name: "simulated".into(),
            fillers: true,
            punctuation: false,
            word_times: true,
        };
        let setup = Setup {
            policy: Policy::default(),
            language: "en-US".into(),
            recogniser,
            fillers: Vec::new(),
        };
        let mut stage = Stage {
            call: Call::new(setup),
            playout: Playout::new(RATE),
            ingress: Ingress::new(Encoding::PcmS16le, RATE),
            onset,
            end,
            sent_at: CallTime::ZERO,
            outcome: Outcome::default(),
        };
        stage.tell(CallTime::ZERO, Event::Connected);
        let mut words = self.partials(onset);
        for ms in 1..=9_000 {
            let now = CallTime::from_ms(ms);
            if ms % 20 == 0 {
                stage.hear(now, ms / 20 - 1, &rep);
            }
            while words.pop_if(|(at, _)| *at <= now).is_some() {
                let count = words.len();
                stage.tell(now, Event::Partial { text: said(count) });
            }
            stage.pass(now);
        }
        stage.outcome
    }

    /// The rep's leg, the first sample of the speech and the end of the last.
    fn rep_leg(&self) -> (Vec<i16>, CallTime, CallTime) {
        let (file, start_ms, end_ms) = SENTENCES[self.sentence];
        let end_ms = if self.is_short { start_ms + SHORT_MS } else { end_ms };
        let clip: Vec<f32> =
            Wav::parse(file).expect("a WAV file").channel(0).map(sample_from_i16).collect();
        let onset = ONSET_MS * 16 + self.phase_samples;
        let place = |ms: u64| usize::try_from(ms * 16).expect("small");
        let spoken = &clip[place(start_ms)..place(end_ms)];
        let mut noise = 1_u32;
        let mut leg: Vec<f32> = (0..160_000)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((noise >> 8) as f32 / (1 << 23) as f32 - 1.0) * self.noise_peak
            })
            .collect();
        let onset_at = usize::try_from(onset).expect("small");
        for (n, (sample, said)) in leg[onset_at..].iter_mut().zip(spoken).enumerate() {
            // A word that is cut out of a sentence ends within 10 ms.
            let left = (spoken.len() - n) as f32 / 160.0;
            *sample += said * self.gain * left.min(1.0);
        }
        let codes = leg.iter().map(|sample| (sample * 32_767.0) as i16).collect();
        let time = |samples: u64| CallTime(Samples(samples).span(RATE).0);
        (codes, time(onset), time(onset + spoken.len() as u64))
    }

    /// When the recogniser shows a word more, the last first.
    fn partials(&self, onset: CallTime) -> Vec<(CallTime, usize)> {
        let words = if self.has_words { 5 } else { 0 };
        let at = |n: usize| onset + Span::ms((n as u64 + 1) * WORD_MS + PARTIAL_MS);
        (0..words).rev().map(|n| (at(n), n)).collect()
    }
}

/// The first words of a question of which so many are left.
fn said(left: usize) -> String {
    const WORDS: [&str; 5] = ["how", "can", "I", "help", "you"];
    WORDS[..WORDS.len() - left].join(" ")
}

impl Stage {
    /// 20 ms of the rep arrive.
    fn hear(&mut self, now: CallTime, frame: u64, rep: &[i16]) {
        let from = usize::try_from(frame).expect("small") * RATE.frame_len();
        let payload: Vec<u8> =
            rep[from..from + RATE.frame_len()].iter().flat_map(|code| code.to_le_bytes()).collect();
        self.ingress.persona_audible = self.playout.audible(now);
        let media_time = Samples(from as u64);
        self.ingress.receive(now, frame, media_time, &payload).expect("a whole frame");
        while let Some(event) = self.ingress.poll() {
            match event {
                IngressEvent::VoiceOn { at } => self.tell(now, Event::VoiceOn { at }),
                IngressEvent::VoiceOff { at, level } => {
                    self.tell(now, Event::VoiceOff { at, level });
                }
                _ => {}
            }
        }
    }

    /// Does what is due.
    fn pass(&mut self, now: CallTime) {
        while self.playout.tick(now).is_some() {
            self.sent_at = now;
        }
        self.report(now);
        if self.call.poll_timeout().is_some_and(|due| due <= now) {
            self.tell(now, Event::Tick);
        }
    }

    fn report(&mut self, now: CallTime) {
        while let Some(event) = self.playout.poll_event() {
            match event {
                PlayoutEvent::Started { reply, at, from } => {
                    if self.outcome.stopped_ms.is_some() && self.outcome.resumed_ms.is_none() {
                        let ms = at.saturating_since(self.end).as_ms();
                        self.outcome.resumed_ms = (self.outcome.cut_ms.is_none()).then_some(ms);
                    }
                    self.tell(now, Event::PlayStarted { reply, at, from });
                }
                PlayoutEvent::Stopped { reply, at, position, cause } => {
                    if cause == StopCause::Paused && self.outcome.stopped_ms.is_none() {
                        let ms = at.saturating_since(self.onset).as_ms();
                        self.outcome.stopped_ms = Some(ms);
                        let sent = self.sent_at.saturating_since(self.onset);
                        self.outcome.sent_ms = Some(sent.as_ms());
                    }
                    self.tell(now, Event::PlayStopped { reply, at, position, cause });
                }
            }
        }
    }

    fn tell(&mut self, now: CallTime, event: Event) {
        self.call.handle(now, event);
        while let Some(command) = self.call.poll_command() {
            self.perform(now, command);
        }
        self.report(now);
    }

    fn perform(&mut self, now: CallTime, command: Command) {
        match command {
            Command::Compose { reply, .. } => self.speak(now, reply),
            Command::Play { reply } => self.playout.play(reply),
            Command::Finish { reply } => self.playout.finish(reply),
            Command::Pause { reply } => self.playout.pause(reply, now),
            Command::Resume { reply, from } => self.playout.resume(reply, from, now),
            Command::Cancel { reply } => {
                if self.outcome.stopped_ms.is_some() && self.outcome.cut_ms.is_none() {
                    let ms = now.saturating_since(self.onset).as_ms();
                    self.outcome.cut_ms = Some(ms);
                }
                self.playout.cancel(reply);
            }
            _ => {}
        }
    }

    /// The persona has 12 s to say, all of it at once.
    fn speak(&mut self, now: CallTime, reply: ReplyId) {
        let text = "so ".repeat(40);
        self.tell(now, Event::Text { reply, text });
        self.tell(now, Event::TextDone { reply });
        let chunk = ChunkId(0);
        let pcm = vec![6_000; 12 * 16_000];
        let span = self.playout.push(reply, RATE.hz(), &pcm).expect("a link's rate");
        self.tell(now, Event::Voice { reply, chunk, span });
        self.playout.chunk_done(reply);
        self.tell(now, Event::VoiceDone { reply, chunk });
    }
}
