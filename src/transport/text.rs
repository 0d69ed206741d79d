//! The text messages of links, whichever carries them: JSON objects with a type. Pure: any text
//! gives a value or a fault.

use ringcraft_media::call::{EchoCancellation, ReplyId};
use ringcraft_media::units::{SampleRate, Samples};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::CallId;

/// Faults a client is told of; with the last one its link is closed.
pub const MAX_FAULTS: u32 = 20;

/// A message that was not understood. The link goes on; the client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not a JSON object with a type.
    #[error("text messages are JSON objects with a \"type\"")]
    NotAnObject,
    /// A type that nobody knows.
    #[error("the types a client may send are {known}")]
    UnknownType {
        /// Those that somebody does.
        known: &'static str,
    },
    /// A known type without the fields it needs.
    #[error("\"{kind}\" needs {needs}")]
    BadFields {
        /// The type.
        kind: &'static str,
        /// Its fields and what they may hold.
        needs: &'static str,
    },
    /// Audio of another encoding or rate than links carry.
    #[error("encoding must be \"pcm_s16le\" and sample_rate 8000, 16000 or 48000")]
    UnsupportedFormat,
    /// An audio frame that is not 20 ms long.
    #[error("an audio frame is {expected} bytes: 4 of index and 20 ms of samples; this is {got}")]
    WrongSize {
        /// Bytes of a frame at the link's rate.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A message that makes sense only after `start`.
    #[error("send \"start\" first")]
    NotStarted,
    /// A second `start`.
    #[error("the link was started already")]
    AlreadyStarted,
    /// A message that is no text, or longer than texts may be.
    #[error("messages on this channel are text of at most {longest} bytes")]
    NotShortText {
        /// The longest text, in bytes.
        longest: usize,
    },
    /// A report of sound that was not sent, or too long ago.
    #[error("no sound with this timestamp was sent lately")]
    NotSent,
}

impl Fault {
    /// A word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "malformed_json",
            Self::UnknownType { .. } => "unknown_type",
            Self::BadFields { .. } => "bad_message",
            Self::UnsupportedFormat => "unsupported_format",
            Self::WrongSize { .. } => "wrong_size",
            Self::NotStarted => "not_started",
            Self::AlreadyStarted => "already_started",
            Self::NotShortText { .. } => "not_short_text",
            Self::NotSent => "not_sent",
        }
    }
}

/// A text message of a client, before its fields are looked at.
#[derive(Clone, Debug)]
pub(super) struct ClientMessage {
    kind: String,
    object: Value,
}

impl ClientMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// When it is no JSON object with a type.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let object: Value = serde_json::from_str(text).map_err(|_| Fault::NotAnObject)?;
        let kind = object.get("type").and_then(Value::as_str).ok_or(Fault::NotAnObject)?;
        Ok(Self { kind: kind.to_owned(), object })
    }

    /// Its type.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// The fields that its type needs. Others are passed over.
    ///
    /// # Errors
    /// When one is missing or of another type than `needs` says.
    pub(super) fn fields<'a, T: Deserialize<'a>>(
        &'a self,
        (kind, needs): (&'static str, &'static str),
    ) -> Result<T, Fault> {
        T::deserialize(&self.object).map_err(|_| Fault::BadFields { kind, needs })
    }
}

/// The longest text that a rep may send as a turn, in characters.
const MAX_SAID: usize = 1_000;

const SAY_NEEDS: (&str, &str) = ("say", "text (1 to 1000 characters)");

#[derive(Deserialize)]
struct SayFields {
    text: String,
}

const MICROPHONE_NEEDS: (&str, &str) =
    ("microphone", "echo_cancellation (\"on\", \"off\" or \"unknown\")");

#[derive(Deserialize)]
struct MicrophoneFields {
    echo_cancellation: EchoCancellation,
}

impl ClientMessage {
    /// What the client reports of its microphone.
    ///
    /// # Errors
    /// When it reports nothing that is known.
    pub(super) fn microphone(&self) -> Result<EchoCancellation, Fault> {
        let microphone: MicrophoneFields = self.fields(MICROPHONE_NEEDS)?;
        Ok(microphone.echo_cancellation)
    }

    /// The text of a turn in writing: one line, whatever white space and control characters came.
    ///
    /// # Errors
    /// When there is no text, nothing in it, or too much.
    pub(super) fn said(&self) -> Result<String, Fault> {
        let say: SayFields = self.fields(SAY_NEEDS)?;
        let words = say.text.split(|c: char| c.is_whitespace() || c.is_control());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let text = words.join(" ");
        let (kind, needs) = SAY_NEEDS;
        match text.chars().count() {
            1..=MAX_SAID => Ok(text),
            _ => Err(Fault::BadFields { kind, needs }),
        }
    }
}

/// What the server says in text, live events aside.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerText<'a> {
    Ready { call_id: CallId, sample_rate: SampleRate },
    Pause { reply: ReplyId },
    Resume { reply: ReplyId, from_sample: Samples },
    Clear { reply: ReplyId },
    Error { code: &'a str, message: &'a str },
}

impl ServerText<'_> {
    /// The message as JSON.
    pub(super) fn to_json(self) -> String {
        serde_json::to_string(&self).expect("strings and numbers always serialise")
    }
}

/// Tells a watcher that is too slow what it missed, rather than let it believe it saw all.
pub fn events_missed(missed: u64) -> String {
    let message = format!("{missed} events were missed because they were not taken in time");
    ServerText::Error { code: "events_missed", message: &message }.to_json()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<String, Fault> {
        let json = serde_json::json!({ "type": "say", "text": text }).to_string();
        ClientMessage::read(&json).expect("an object with a type").said()
    }

    #[test]
    fn a_typed_turn_is_one_line_of_at_most_1000_characters() {
        let too_long = "é".repeat(1_001);
        assert_eq!(
            said(" What\u{a0}rate\n\r are\0\u{1b}[2J you\t"),
            Ok("What rate are [2J you".into())
        );
        assert_eq!(said(&too_long[2..]), Ok("é".repeat(1_000)), "characters, not bytes");
        for nothing in ["", " \n\t ", "\0\u{7f}", &too_long] {
            assert_eq!(said(nothing).map_err(Fault::code), Err("bad_message"), "{nothing:.20}");
        }
        for json in [r#"{"type":"say"}"#, r#"{"type":"say","text":7}"#] {
            let said = ClientMessage::read(json).expect("an object with a type").said();
            assert_eq!(said.map_err(Fault::code), Err("bad_message"), "{json}");
        }
    }
}
