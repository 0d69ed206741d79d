//! What the client of an audio socket sends and receives. `docs/PROTOCOL.md` has the tables.

use ringcraft_media::call::{EchoCancellation, Live, ReplyId};
use ringcraft_media::units::{SampleRate, Samples};
use serde::{Deserialize, Serialize};

use crate::model::CallId;

/// A text message of the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The first message: how both sides write audio.
    Start {
        /// How samples are written.
        encoding: Encoding,
        /// How many a second.
        sample_rate: SampleRate,
        /// Whether the microphone is kept from hearing the buyer.
        echo_cancellation: EchoCancellation,
    },
    /// How far a reply was played.
    Played {
        /// The reply.
        reply: ReplyId,
        /// The first sample of the reply that was not played yet.
        sample: Samples,
    },
    /// The microphone is another one, or used in another way.
    Microphone {
        /// Whether it is kept from hearing the buyer.
        echo_cancellation: EchoCancellation,
    },
    /// The rep sends a turn in writing.
    Say {
        /// What it says.
        text: String,
    },
    /// The rep hangs up.
    Hangup,
}

/// A message of the client on the data channel of a WebRTC connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChannelRequest {
    /// How far the sound was played.
    Played {
        /// The RTP timestamp of the first sample that was not.
        rtp_timestamp: u32,
    },
    /// What microphone is in use.
    Microphone {
        /// Whether it is kept from hearing the buyer.
        echo_cancellation: EchoCancellation,
    },
    /// The rep sends a turn in writing.
    Say {
        /// What it says.
        text: String,
    },
    /// The rep hangs up.
    Hangup,
}

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Signed 16 bit, little-endian.
    PcmS16le,
}

/// A text message of the server that is no live event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Control {
    /// The answer to `start`: audio may flow.
    Ready {
        /// The call.
        call_id: CallId,
        /// Samples a second, both ways.
        sample_rate: SampleRate,
    },
    /// Stop at once, report, keep what is buffered.
    Pause {
        /// The reply.
        reply: ReplyId,
    },
    /// Drop what is buffered from a sample on, play on; sound from there follows.
    Resume {
        /// The reply.
        reply: ReplyId,
        /// The place in the reply.
        from_sample: Samples,
    },
    /// Drop everything of the reply.
    Clear {
        /// The reply.
        reply: ReplyId,
    },
    /// The client did something wrong, or the server did.
    Error {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

/// A text message of the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// It concerns the audio.
    Control(Control),
    /// Something happened in the call.
    Live(Live),
    /// A newer server says something that this client does not know.
    Unknown(String),
}

/// A piece of a reply's sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The reply.
    pub reply: ReplyId,
    /// The place of the first sample in the reply.
    pub offset: Samples,
    /// The samples.
    pub samples: Vec<i16>,
}

/// Why a message of the server cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Not JSON, or a known type with fields that do not fit.
    #[error("a text message of the server cannot be read: {0}")]
    Text(#[from] serde_json::Error),
    /// No header, no samples or half a sample.
    #[error("an audio frame of the server has {0} bytes, not 8 and a whole number of samples")]
    FrameLength(usize),
}

const CONTROL_TYPES: [&str; 5] = ["ready", "pause", "resume", "clear", "error"];

/// Reads a text message of the server.
///
/// # Errors
/// When it is not JSON or lacks what its type needs. An unknown type is none.
pub fn read_text(text: &str) -> Result<Text, WireError> {
    #[derive(Deserialize)]
    struct Tag {
        r#type: String,
    }
    let Tag { r#type: tag } = serde_json::from_str(text)?;
    if CONTROL_TYPES.contains(&tag.as_str()) {
        return Ok(Text::Control(serde_json::from_str(text)?));
    }
    match serde_json::from_str(text) {
        Ok(live) => Ok(Text::Live(live)),
        Err(error) if error.to_string().starts_with("unknown variant") => Ok(Text::Unknown(tag)),
        Err(error) => Err(error.into()),
    }
}

/// Reads a binary message of the server.
///
/// # Errors
/// When its length fits no frame.
pub fn read_sound(bytes: &[u8]) -> Result<Sound, WireError> {
    let wrong = WireError::FrameLength(bytes.len());
    let Some((reply, rest)) = bytes.split_first_chunk::<4>() else { return Err(wrong) };
    let Some((offset, pcm)) = rest.split_first_chunk::<4>() else { return Err(wrong) };
    if pcm.is_empty() || !pcm.len().is_multiple_of(2) {
        return Err(wrong);
    }
    Ok(Sound {
        reply: ReplyId(u32::from_le_bytes(*reply)),
        offset: Samples(u32::from_le_bytes(*offset).into()),
        samples: pcm.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect(),
    })
}

/// Writes a binary message of the client. The index wraps after 2³² samples.
pub fn write_frame(first: Samples, samples: &[i16]) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, reason = "the wire's index is modulo 2^32")]
    let index = first.0 as u32;
    let mut bytes = Vec::with_capacity(4 + samples.len() * 2);
    bytes.extend_from_slice(&index.to_le_bytes());
    for sample in samples {
        bytes.extend_from_slice(&sample.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_starts_with_its_index_and_the_index_wraps() {
        assert_eq!(write_frame(Samples(0x0102_0304), &[1, -2]), [4, 3, 2, 1, 1, 0, 0xfe, 0xff]);
        assert_eq!(write_frame(Samples((1 << 32) + 5), &[]), [5, 0, 0, 0]);
    }

    #[test]
    fn a_sound_has_its_reply_its_place_and_its_samples() {
        let sound = read_sound(&[7, 0, 0, 0, 0x40, 1, 0, 0, 0xff, 0x7f, 0, 0x80]).unwrap();
        assert_eq!(sound.reply, ReplyId(7));
        assert_eq!(sound.offset, Samples(320));
        assert_eq!(sound.samples, [i16::MAX, i16::MIN]);
        for length in [0, 3, 7, 8, 9, 11] {
            assert!(read_sound(&vec![0; length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_text_is_control_event_or_unknown() {
        let pause = Control::Pause { reply: ReplyId(7) };
        assert_eq!(read_text(r#"{"type":"pause","reply":7}"#).unwrap(), Text::Control(pause));
        let started = Live::ReplyStarted { reply: ReplyId(2), at_ms: 40 };
        assert_eq!(
            read_text(r#"{"type":"reply.started","reply":2,"at_ms":40}"#).unwrap(),
            Text::Live(started)
        );
        let news = read_text(r#"{"type":"coach.nudge","text":"x"}"#).unwrap();
        assert_eq!(news, Text::Unknown("coach.nudge".into()));
        for bad in ["", "[]", "{}", r#"{"type":"pause"}"#, r#"{"type":"reply.started"}"#] {
            assert!(read_text(bad).is_err(), "{bad}");
        }
    }
}
