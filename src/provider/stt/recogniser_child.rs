//! The child process that runs PocketSphinx, so that a crash in C costs one recogniser.
//!
//! It reads requests from standard input and writes JSON lines to standard output until the input
//! ends. It knows no call time: words are counted in frames from the start of their utterance.

use std::io::{self, BufReader, Write};
use std::path::Path;

use pocketsphinx::{CmdLn, PsDecoder};

use super::child_protocol::{FramedWord, Pcm, Reply, Request};

/// Where Debian's `pocketsphinx-en-us` puts the English model.
pub const MODEL_DIR: &str = "/usr/share/pocketsphinx/model/en-us";

/// Frames of audio between two looks at the words so far: 200 ms.
const PARTIAL_EVERY: u32 = 10;

/// Frames of audio from which a new decoder learns the speaker and the line before it is believed:
/// 2 s. It normalises by what it heard in utterances that ended; on the first utterance of
/// `tests/audio` in a male voice this lowers the words that are wrong from 18 to 7 of 100.
const ADAPT: usize = 100;

/// Why the child gave up.
#[derive(Debug, thiserror::Error)]
pub enum RecogniserChildError {
    /// The model is not on this machine.
    #[error("the English speech model is missing in {MODEL_DIR}: install pocketsphinx-en-us")]
    NoModel,
    /// The engine refused to start or to go on.
    #[error("pocketsphinx does not work with the model in {MODEL_DIR}")]
    Engine,
    /// The server is gone or does not speak the protocol.
    #[error("the recogniser's pipe broke")]
    Pipe(#[from] io::Error),
    /// A line could not be written as JSON.
    #[error("a reply is no JSON")]
    Json(#[from] serde_json::Error),
}

impl From<pocketsphinx::Error> for RecogniserChildError {
    fn from(_: pocketsphinx::Error) -> Self {
        Self::Engine
    }
}

/// Recognises standard input until it ends.
///
/// # Errors
/// When the engine cannot work; standard output then carries the reason as its last line.
pub fn run() -> Result<(), RecogniserChildError> {
    let mut output = io::stdout().lock();
    let result = recognise(&mut output);
    if let Err(error) = &result {
        // The server may be gone, and then nobody needs the reason.
        let _ = tell(&mut output, &Reply::Failed { reason: error.to_string() });
    }
    result
}

/// Whether the model's files are where the child looks for them.
pub(super) fn model_is_installed() -> bool {
    ["en-us/mdef", "en-us.lm.bin", "cmudict-en-us.dict"]
        .iter()
        .all(|file| Path::new(MODEL_DIR).join(file).exists())
}

fn recognise(output: &mut impl Write) -> Result<(), RecogniserChildError> {
    if !model_is_installed() {
        return Err(RecogniserChildError::NoModel);
    }
    let mut decoder = Decoder::load()?;
    tell(output, &Reply::Ready)?;
    let mut input = BufReader::new(io::stdin().lock());
    while let Some(request) = Request::read(&mut input)? {
        if let Some(reply) = decoder.handle(&request)? {
            tell(output, &reply)?;
        }
    }
    Ok(())
}

fn tell(output: &mut impl Write, reply: &Reply) -> Result<(), RecogniserChildError> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()?;
    Ok(())
}

/// One decoder for the whole call: it adapts to the speaker and the line.
struct Decoder {
    engine: PsDecoder,
    state: State,
    /// The first audio of all, until the decoder has adapted to it.
    first: Option<Vec<Pcm>>,
}

enum State {
    Idle,
    Open { frames: u32, told: String },
}

impl Decoder {
    fn load() -> Result<Self, RecogniserChildError> {
        let model = format!("{MODEL_DIR}/en-us");
        let language = format!("{MODEL_DIR}/en-us.lm.bin");
        let dictionary = format!("{MODEL_DIR}/cmudict-en-us.dict");
        let options = [
            ["-hmm", &model],
            ["-lm", &language],
            ["-dict", &dictionary],
            // The engine's own silence removal would shift every word time.
            ["-remove_silence", "no"],
            // The second pass costs 24 ms a second of speech, all of it after the rep stopped.
            ["-fwdflat", "no"],
            ["-logfn", "/dev/null"],
        ]
        .concat();
        let engine = PsDecoder::init(CmdLn::init(true, &options)?);
        Ok(Self { engine, state: State::Idle, first: Some(Vec::with_capacity(ADAPT)) })
    }

    fn handle(&mut self, request: &Request) -> Result<Option<Reply>, RecogniserChildError> {
        match request {
            Request::Start => {
                self.close()?;
                self.engine.start_utt(None)?;
                self.state = State::Open { frames: 0, told: String::new() };
                Ok(None)
            }
            Request::Audio(pcm) => self.hear(pcm),
            Request::Finalise(id) => {
                let words = self.close()?;
                Ok(Some(Reply::Final { finalise: *id, words }))
            }
        }
    }

    fn hear(&mut self, pcm: &Pcm) -> Result<Option<Reply>, RecogniserChildError> {
        let State::Open { frames, told } = &mut self.state else { return Ok(None) };
        self.engine.process_raw(&pcm[..], false, false)?;
        *frames += 1;
        if let Some(first) = &mut self.first {
            first.push(pcm.clone());
            if first.len() == ADAPT {
                adapt(&self.engine, &mut self.first)?;
            }
        }
        if !frames.is_multiple_of(PARTIAL_EVERY) {
            return Ok(None);
        }
        let text = self.engine.get_hyp().map_or_else(String::new, |(text, ..)| clean_text(&text));
        if text.is_empty() || text == *told {
            return Ok(None);
        }
        told.clone_from(&text);
        Ok(Some(Reply::Partial { text }))
    }

    /// Ends the open utterance and returns its words; none when no utterance is open.
    fn close(&mut self) -> Result<Vec<FramedWord>, RecogniserChildError> {
        if let State::Open { frames, .. } = std::mem::replace(&mut self.state, State::Idle) {
            adapt(&self.engine, &mut self.first)?;
            self.engine.end_utt()?;
            if 0 < frames {
                return Ok(self.words());
            }
        }
        Ok(Vec::new())
    }

    fn words(&self) -> Vec<FramedWord> {
        // The iterator moves on before it hands out an item, and items share one C object: item n
        // shows segment n + 1, and the last item freed memory. The segment that is never shown is
        // the `<s>` that opens every utterance.
        let segments = self.engine.seg_iter().count().saturating_sub(1);
        let shown: Vec<(&str, (i32, i32))> = self
            .engine
            .seg_iter()
            .take(segments)
            .map(|segment| (segment.word(), segment.frames()))
            .collect();
        // Frames count on from utterance to utterance. The last segment ends with the last frame of
        // this one, of which the engine reports one too many.
        let Some((_, (_, end))) = shown.last() else { return Vec::new() };
        let start = end + 2 - self.engine.get_n_frames();
        let frame = |place: i32| u32::try_from(place - start).unwrap_or(0);
        shown
            .iter()
            .filter_map(|(word, (first, last))| {
                let text = clean_word(word)?.to_owned();
                Some(FramedWord { text, first: frame(*first), last: frame(*last) })
            })
            .collect()
    }
}

/// Ends the first utterance, from which the decoder learns, and lets it hear the same again.
fn adapt(engine: &PsDecoder, first: &mut Option<Vec<Pcm>>) -> Result<(), RecogniserChildError> {
    if first.as_ref().is_none_or(Vec::is_empty) {
        return Ok(());
    }
    engine.end_utt()?;
    engine.start_utt(None)?;
    for pcm in first.take().into_iter().flatten() {
        engine.process_raw(&pcm[..], false, false)?;
    }
    Ok(())
}

/// The word without the mark of its pronunciation; `None` for what is not a word.
fn clean_word(word: &str) -> Option<&str> {
    if word.starts_with(['<', '[', '+']) {
        return None;
    }
    let word = word.split_once('(').map_or(word, |(word, _)| word);
    (!word.is_empty()).then_some(word)
}

fn clean_text(text: &str) -> String {
    text.split_whitespace().filter_map(clean_word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_engine_are_no_words() {
        assert_eq!(clean_word("the(2)"), Some("the"));
        assert_eq!(clean_word("o'clock"), Some("o'clock"));
        for mark in ["<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "++NOISE++", ""] {
            assert_eq!(clean_word(mark), None, "{mark}");
        }
        assert_eq!(clean_text("<s> i'm [NOISE] here(3) </s>"), "i'm here");
    }
}
