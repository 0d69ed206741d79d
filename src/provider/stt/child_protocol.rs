//! What the server and its recogniser child say to each other over the child's standard streams.
//!
//! To the child: one byte of kind, two bytes little-endian length, the body. From the child: one
//! JSON object a line.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::provider::RECOGNISER_FRAME;

const KIND_START: u8 = 1;
const KIND_AUDIO: u8 = 2;
const KIND_FINALISE: u8 = 3;

/// A recogniser frame as it travels.
pub(super) type Pcm = Box<[i16; RECOGNISER_FRAME]>;

/// What the child is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Open an utterance; its frames count from the next audio.
    Start,
    /// 20 ms more of the open utterance.
    Audio(Pcm),
    /// Close the open utterance, if there is one, and answer with a final of this number.
    Finalise(u32),
}

/// What the child answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Reply {
    /// The model is loaded.
    Ready,
    /// The words of the open utterance so far; sent when they changed.
    Partial {
        /// The words.
        text: String,
    },
    /// The words of the utterance that was closed.
    Final {
        /// The number of the request.
        finalise: u32,
        /// The words with their frames.
        words: Vec<FramedWord>,
    },
    /// The child cannot work and ends.
    Failed {
        /// In words for an operator.
        reason: String,
    },
}

/// A word in decoder frames of 10 ms, counted from the utterance's first sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FramedWord {
    /// The word.
    pub(super) text: String,
    /// Its first frame.
    pub(super) first: u32,
    /// Its last frame, still of the word.
    pub(super) last: u32,
}

impl Request {
    /// Appends the request as it travels.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Start => frame(out, KIND_START, &[]),
            Self::Audio(pcm) => {
                let body: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                frame(out, KIND_AUDIO, &body);
            }
            Self::Finalise(id) => frame(out, KIND_FINALISE, &id.to_le_bytes()),
        }
    }

    /// Reads the next request; `None` at the end of the stream.
    ///
    /// # Errors
    /// When the stream breaks or holds something else than requests.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0_u8; 3];
        match from.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut body = vec![0_u8; usize::from(u16::from_le_bytes([head[1], head[2]]))];
        from.read_exact(&mut body)?;
        Self::decode(head[0], &body)
            .map(Some)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a request"))
    }

    fn decode(kind: u8, body: &[u8]) -> Option<Self> {
        match kind {
            KIND_START if body.is_empty() => Some(Self::Start),
            KIND_AUDIO if body.len() == 2 * RECOGNISER_FRAME => {
                let mut pcm = Box::new([0_i16; RECOGNISER_FRAME]);
                for (sample, bytes) in pcm.iter_mut().zip(body.chunks_exact(2)) {
                    *sample = i16::from_le_bytes([bytes[0], bytes[1]]);
                }
                Some(Self::Audio(pcm))
            }
            KIND_FINALISE => Some(Self::Finalise(u32::from_le_bytes(body.try_into().ok()?))),
            _ => None,
        }
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    let len = u16::try_from(body.len()).expect("a frame is 640 bytes at most");
    out.push(kind);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_arrive_as_they_were_sent() {
        let mut pcm: Pcm = Box::new([0; RECOGNISER_FRAME]);
        pcm[0] = i16::MIN;
        pcm[1] = 258;
        pcm[RECOGNISER_FRAME - 1] = i16::MAX;
        let sent = [Request::Start, Request::Audio(pcm), Request::Finalise(0x0102_0304)];
        let mut wire = Vec::new();
        for request in &sent {
            request.encode(&mut wire);
        }
        assert_eq!(wire.len(), 3 + (3 + 640) + (3 + 4));
        assert_eq!(&wire[3..10], &[2, 0x80, 2, 0x00, 0x80, 2, 1], "640 long, then -32768 and 258");
        assert_eq!(&wire[646..], &[3, 4, 0, 4, 3, 2, 1]);

        let mut stream = wire.as_slice();
        for request in &sent {
            assert_eq!(Request::read(&mut stream).expect("a request").as_ref(), Some(request));
        }
        assert_eq!(Request::read(&mut stream).expect("the end"), None);
    }

    #[test]
    fn anything_else_is_an_error() {
        for wrong in [&[9, 0, 0][..], &[2, 2, 0, 1, 1], &[3, 1, 0, 7], &[1, 9, 0, 1]] {
            let mut stream = wrong;
            assert!(Request::read(&mut stream).is_err(), "{wrong:?}");
        }
    }
}
