//! The messages of the WebSocket link, parsed and written. Pure: any bytes give a value or a fault.

use bytes::{BufMut, Bytes, BytesMut};
use ringcraft_media::call::{EchoCancellation, ReplyId};
use ringcraft_media::units::{SampleRate, Samples};
use serde::{Deserialize, Deserializer};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::model::CallId;
use crate::transport::text::{ClientMessage, Fault, ServerText};
use crate::transport::{Encoding, Inbound, LinkFormat, LinkOut};

/// Bytes before the samples of a client's audio frame: the index of the first sample.
pub const CLIENT_HEADER: usize = 4;

/// Bytes before the samples of a server's audio frame: reply and sample offset.
pub const SERVER_HEADER: usize = 8;

/// A text message of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientText {
    /// Opens the link: what both sides will send, and what the client says of its microphone.
    Start(LinkFormat, Option<EchoCancellation>),
    /// How far a reply was played.
    Played {
        /// The reply.
        reply: ReplyId,
        /// Samples of the reply that were played, at the link's rate.
        sample: Samples,
    },
    /// Another microphone is in use, or it is used in another way.
    Microphone(EchoCancellation),
    /// The rep sends a turn in writing.
    Say(String),
    /// The rep hangs up.
    HangUp,
}

/// Reads a text message of the client. Fields that are not known are passed over.
///
/// # Errors
/// When it is not one of [`ClientText`].
pub fn parse_text(text: &str) -> Result<ClientText, Fault> {
    let message = ClientMessage::read(text)?;
    match message.kind() {
        "start" => {
            let start: StartFields = message.fields(START_NEEDS)?;
            let format = start.format().ok_or(Fault::UnsupportedFormat)?;
            Ok(ClientText::Start(format, start.echo_cancellation))
        }
        "played" => {
            let played: PlayedFields = message.fields(PLAYED_NEEDS)?;
            Ok(ClientText::Played {
                reply: ReplyId(played.reply),
                sample: Samples(played.sample.into()),
            })
        }
        "microphone" => message.microphone().map(ClientText::Microphone),
        "say" => message.said().map(ClientText::Say),
        "hangup" => Ok(ClientText::HangUp),
        _ => Err(Fault::UnknownType {
            known: "\"start\", \"played\", \"microphone\", \"say\" and \"hangup\"",
        }),
    }
}

/// Reads an audio frame of the client: its index, not yet unwrapped, and its samples.
///
/// # Errors
/// When it is not exactly 20 ms long.
pub fn parse_audio(frame: &Bytes, rate: SampleRate) -> Result<(u32, Bytes), Fault> {
    let expected = CLIENT_HEADER + rate.frame_len() * 2;
    match frame.first_chunk::<CLIENT_HEADER>() {
        Some(index) if frame.len() == expected => {
            Ok((u32::from_le_bytes(*index), frame.slice(CLIENT_HEADER..)))
        }
        _ => Err(Fault::WrongSize { expected, got: frame.len() }),
    }
}

/// Turns the client's 32 bit sample index into one that does not wrap.
///
/// An index is taken for the place nearest to the one before it, so a late frame lies behind and a
/// wrap ahead; jumps are passed on as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct SampleIndex {
    last: Option<u64>,
    frames: u64,
}

impl SampleIndex {
    /// The unwrapped place of `index`.
    pub fn unwrap(&mut self, index: u32) -> Samples {
        let place = match self.last {
            None => u64::from(index),
            Some(last) => {
                let ahead = index.wrapping_sub(last as u32) as i32;
                last.checked_add_signed(ahead.into()).unwrap_or(u64::from(index))
            }
        };
        self.last = Some(place);
        Samples(place)
    }

    /// An audio frame at its unwrapped place.
    pub fn place(&mut self, (index, payload): (u32, Bytes)) -> Inbound {
        let seq = self.frames;
        self.frames += 1;
        Inbound { seq, media_time: self.unwrap(index), payload }
    }
}

/// Writes what the driver sends.
pub fn write(out: LinkOut) -> Message {
    match out {
        LinkOut::Audio { reply, offset, payload, at: _ } => {
            let mut frame = BytesMut::with_capacity(SERVER_HEADER + payload.len());
            frame.put_u32_le(reply.0);
            // A reply of a day at 48 kHz still fits; a longer one wraps like the client's index.
            frame.put_u32_le(offset.0 as u32);
            frame.put(payload);
            Message::Binary(frame.freeze())
        }
        LinkOut::Pause(reply) => text(&ServerText::Pause { reply }),
        LinkOut::Resume(reply, from) => text(&ServerText::Resume { reply, from_sample: from }),
        LinkOut::Clear(reply) => text(&ServerText::Clear { reply }),
        LinkOut::Live(event) => Message::Text(Utf8Bytes::from(&*event)),
        LinkOut::Refused(refused) => error(refused.code, &refused.message),
    }
}

/// Writes the answer to `start`.
pub fn ready(call: CallId, rate: SampleRate) -> Message {
    text(&ServerText::Ready { call_id: call, sample_rate: rate })
}

/// Writes an error for the client.
pub fn error(code: &str, message: &str) -> Message {
    text(&ServerText::Error { code, message })
}

const START_NEEDS: (&str, &str) = (
    "start",
    "encoding (text) and sample_rate (whole number); echo_cancellation may be \"on\", \"off\" or \
     \"unknown\"",
);
const PLAYED_NEEDS: (&str, &str) =
    ("played", "reply and sample (whole numbers from 0 to 4294967295)");

#[derive(Deserialize)]
struct StartFields {
    encoding: String,
    sample_rate: u64,
    #[serde(default, deserialize_with = "is_told")]
    echo_cancellation: Option<EchoCancellation>,
}

/// A field that may be left out, and is none of null.
fn is_told<'de, D: Deserializer<'de>>(field: D) -> Result<Option<EchoCancellation>, D::Error> {
    EchoCancellation::deserialize(field).map(Some)
}

impl StartFields {
    fn format(&self) -> Option<LinkFormat> {
        let rate = SampleRate::try_from(u32::try_from(self.sample_rate).ok()?).ok()?;
        (self.encoding == "pcm_s16le").then_some(LinkFormat { encoding: Encoding::PcmS16le, rate })
    }
}

#[derive(Deserialize)]
struct PlayedFields {
    reply: u32,
    sample: u32,
}

fn text(message: &ServerText<'_>) -> Message {
    Message::Text(message.to_json().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use ringcraft_media::units::CallTime;

    use super::*;

    const WIDE: LinkFormat = LinkFormat { encoding: Encoding::PcmS16le, rate: SampleRate::Hz16000 };

    #[test]
    fn client_text_is_read() {
        let narrow = LinkFormat { rate: SampleRate::Hz8000, ..WIDE };
        let table = [
            (
                r#"{"type":"start","encoding":"pcm_s16le","sample_rate":16000}"#,
                ClientText::Start(WIDE, None),
            ),
            (
                r#"{"sample_rate":8000,"new":[1],"encoding":"pcm_s16le","type":"start"}"#,
                ClientText::Start(narrow, None),
            ),
            (
                r#"{"type":"start","encoding":"pcm_s16le","sample_rate":16000,"echo_cancellation":"off"}"#,
                ClientText::Start(WIDE, Some(EchoCancellation::Off)),
            ),
            (
                r#"{"type":"microphone","echo_cancellation":"unknown"}"#,
                ClientText::Microphone(EchoCancellation::Unknown),
            ),
            (
                r#"{"type":"played","reply":7,"sample":4294967295}"#,
                ClientText::Played { reply: ReplyId(7), sample: Samples(4_294_967_295) },
            ),
            (r#"{"type":"say","text":" hello\n"}"#, ClientText::Say("hello".into())),
            (r#" {"type":"hangup"} "#, ClientText::HangUp),
        ];
        for (text, expected) in table {
            assert_eq!(parse_text(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn faults_are_named() {
        let nested = "[".repeat(60_000);
        let table = [
            ("", "malformed_json"),
            ("{", "malformed_json"),
            ("7", "malformed_json"),
            (r#"["start"]"#, "malformed_json"),
            (r#"{"kind":"start"}"#, "malformed_json"),
            (r#"{"type":1}"#, "malformed_json"),
            (nested.as_str(), "malformed_json"),
            (r#"{"type":"dance"}"#, "unknown_type"),
            (r#"{"type":"Start"}"#, "unknown_type"),
            (r#"{"type":"start"}"#, "bad_message"),
            (r#"{"type":"start","encoding":"pcm_s16le","sample_rate":"16000"}"#, "bad_message"),
            (r#"{"type":"start","encoding":"pcm_s16le","sample_rate":-1}"#, "bad_message"),
            (r#"{"type":"start","encoding":"opus","sample_rate":16000}"#, "unsupported_format"),
            (
                r#"{"type":"start","encoding":"pcm_s16le","sample_rate":44100}"#,
                "unsupported_format",
            ),
            // 2^32 + 16000 must not be taken for 16000.
            (
                r#"{"type":"start","encoding":"pcm_s16le","sample_rate":4294983296}"#,
                "unsupported_format",
            ),
            (
                r#"{"type":"start","encoding":"pcm_s16le","sample_rate":8000,"echo_cancellation":true}"#,
                "bad_message",
            ),
            (
                r#"{"type":"start","encoding":"pcm_s16le","sample_rate":8000,"echo_cancellation":null}"#,
                "bad_message",
            ),
            (r#"{"type":"microphone"}"#, "bad_message"),
            (r#"{"type":"microphone","echo_cancellation":"On"}"#, "bad_message"),
            (r#"{"type":"say","text":""}"#, "bad_message"),
            (r#"{"type":"played","reply":7}"#, "bad_message"),
            (r#"{"type":"played","reply":7,"sample":-1}"#, "bad_message"),
            (r#"{"type":"played","reply":7,"sample":1.5}"#, "bad_message"),
            (r#"{"type":"played","reply":4294967296,"sample":1}"#, "bad_message"),
        ];
        for (text, expected) in table {
            assert_eq!(parse_text(text).map_err(Fault::code), Err(expected), "{text:.80}");
        }
    }

    #[test]
    fn an_audio_frame_is_20_ms_exactly() {
        for (rate, bytes) in
            [(SampleRate::Hz8000, 324), (SampleRate::Hz16000, 644), (SampleRate::Hz48000, 1_924)]
        {
            let mut frame = vec![0x55; bytes];
            frame[..4].copy_from_slice(&[0x40, 0x01, 0, 0x80]);
            let (index, payload) = parse_audio(&frame.clone().into(), rate).expect("right size");
            assert_eq!(index, 0x8000_0140);
            assert_eq!(payload, vec![0x55; bytes - 4]);
            for wrong in [0, 3, 4, bytes - 1, bytes + 1, 65_536] {
                let fault = parse_audio(&vec![0; wrong].into(), rate);
                assert_eq!(fault, Err(Fault::WrongSize { expected: bytes, got: wrong }));
            }
        }
    }

    #[test]
    fn the_index_unwraps_to_the_nearest_place() {
        let mut index = SampleIndex::default();
        let steps = [
            (0xffff_fec0, 0xffff_fec0),
            (0x0000_0000, 0x1_0000_0000),
            (0x0000_0140, 0x1_0000_0140),
            // A late frame from before the wrap.
            (0xffff_fec0, 0xffff_fec0),
            // A jump of a minute ahead at 16 kHz.
            (960_000, 0x1_0000_0000 + 960_000),
        ];
        for (sent, expected) in steps {
            assert_eq!(index.unwrap(sent), Samples(expected), "{sent:#x}");
        }
        // Nothing lies before sample 0: this is a jump ahead.
        let mut early = SampleIndex::default();
        early.unwrap(0);
        assert_eq!(early.unwrap(0xffff_ff00), Samples(0xffff_ff00));
    }

    #[test]
    fn server_messages_are_written_to_the_byte() {
        let audio = LinkOut::Audio {
            reply: ReplyId(0x0102_0304),
            offset: Samples(640),
            at: CallTime::ZERO,
            payload: Bytes::from_static(&[0xaa, 0xbb]),
        };
        let frame: &[u8] = &[0x04, 0x03, 0x02, 0x01, 0x80, 0x02, 0, 0, 0xaa, 0xbb];
        assert_eq!(write(audio), Message::Binary(Bytes::from_static(frame)));
        let call: CallId = "0190f3a0-0000-7000-8000-000000000001".parse().expect("an id");
        let table = [
            (write(LinkOut::Pause(ReplyId(7))), r#"{"type":"pause","reply":7}"#),
            (
                write(LinkOut::Resume(ReplyId(7), Samples(4_800))),
                r#"{"type":"resume","reply":7,"from_sample":4800}"#,
            ),
            (write(LinkOut::Clear(ReplyId(7))), r#"{"type":"clear","reply":7}"#),
            (write(LinkOut::Live(r#"{"type":"x"}"#.into())), r#"{"type":"x"}"#),
            (
                ready(call, SampleRate::Hz48000),
                r#"{"type":"ready","call_id":"0190f3a0-0000-7000-8000-000000000001","sample_rate":48000}"#,
            ),
            (
                error(Fault::NotStarted.code(), &Fault::NotStarted.to_string()),
                r#"{"type":"error","code":"not_started","message":"send \"start\" first"}"#,
            ),
        ];
        for (message, expected) in table {
            assert_eq!(message, Message::Text(expected.into()));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_parsers(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(parse_text(&text).is_err());
            let frame = Bytes::from(bytes.clone());
            for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
                let fits = bytes.len() == CLIENT_HEADER + rate.frame_len() * 2;
                prop_assert_eq!(parse_audio(&frame, rate).is_ok(), fits);
            }
        }

        #[test]
        fn almost_right_json_never_breaks(
            kind in "start|played|hangup|[a-z]{1,4}",
            value in "-?[0-9]{1,20}|\"[a-z_0-9]{0,9}\"|null|\\[\\]|1e999",
        ) {
            let text = format!(
                r#"{{"type":"{kind}","reply":{value},"sample":{value},"sample_rate":{value}}}"#
            );
            let fits = value.parse::<u32>().is_ok() && !(value.len() > 1 && value.starts_with('0'));
            let good = match kind.as_str() {
                // JSON knows no number with leading zeros, and 1e999 is none either.
                "hangup" => serde_json::from_str::<Value>(&text).is_ok(),
                "played" => fits,
                _ => false,
            };
            prop_assert_eq!(parse_text(&text).is_ok(), good, "{}", text);
        }

        #[test]
        fn unwrapping_keeps_the_low_bits(indices in proptest::collection::vec(any::<u32>(), 1..200)) {
            let mut index = SampleIndex::default();
            for sent in indices {
                prop_assert_eq!(index.unwrap(sent).0 as u32, sent);
            }
        }
    }
}
