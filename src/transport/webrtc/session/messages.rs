//! What a peer's messages on the channel mean. Pure.

use serde::Deserialize;

use super::played::SentSound;
use crate::transport::LinkIn;
use crate::transport::text::{ClientMessage, Fault, MAX_FAULTS};
use crate::transport::webrtc::peer::MAX_TEXT;

const PLAYED_NEEDS: (&str, &str) =
    ("played", "rtp_timestamp (a whole number from 0 to 4294967295)");

/// Reads the messages of one peer, and what they report of the sound it was sent.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// The sound that reports are about.
    pub(super) sound: SentSound,
    faults: u32,
}

/// What a message asks for.
#[derive(Debug)]
pub(super) enum Reaction {
    /// Hand this to the driver.
    Deliver(LinkIn),
    /// Tell the peer of a fault.
    Complain(Fault),
    /// Close; this is the last fault.
    GiveUp(Fault),
}

#[derive(Deserialize)]
struct PlayedFields {
    rtp_timestamp: u32,
}

impl Messages {
    /// Faults so far.
    pub(super) fn faults(&self) -> u32 {
        self.faults
    }

    /// Reads a text.
    pub(super) fn receive(&mut self, text: &str) -> Reaction {
        self.read(text).map_or_else(|fault| self.complain(fault), Reaction::Deliver)
    }

    /// Counts a message that is no text, or too long a one.
    pub(super) fn receive_other(&mut self) -> Reaction {
        self.complain(Fault::NotShortText { longest: MAX_TEXT as usize })
    }

    fn read(&self, text: &str) -> Result<LinkIn, Fault> {
        let message = ClientMessage::read(text)?;
        match message.kind() {
            "played" => {
                let played: PlayedFields = message.fields(PLAYED_NEEDS)?;
                let heard = self.sound.at(played.rtp_timestamp);
                let (reply, sample) = heard.map_err(|_| Fault::NotSent)?;
                Ok(LinkIn::Played { reply, sample })
            }
            "microphone" => message.microphone().map(LinkIn::Microphone),
            "say" => message.said().map(LinkIn::Say),
            "hangup" => Ok(LinkIn::HangUp),
            _ => Err(Fault::UnknownType {
                known: "\"played\", \"microphone\", \"say\" and \"hangup\"",
            }),
        }
    }

    fn complain(&mut self, fault: Fault) -> Reaction {
        self.faults += 1;
        if self.faults < MAX_FAULTS { Reaction::Complain(fault) } else { Reaction::GiveUp(fault) }
    }
}

#[cfg(test)]
mod tests {
    use ringcraft_media::call::{EchoCancellation, ReplyId};
    use ringcraft_media::units::Samples;

    use super::*;

    #[test]
    fn a_report_becomes_a_place_in_a_reply() {
        let mut messages = Messages::default();
        messages.sound.note(4_000, ReplyId(7), Samples(960));
        let report = r#"{"type":"played","rtp_timestamp":4480}"#;
        let Reaction::Deliver(LinkIn::Played { reply, sample }) = messages.receive(report) else {
            panic!("no report")
        };
        assert_eq!((reply, sample), (ReplyId(7), Samples(1_440)));
        let say = messages.receive(r#"{"type":"say","text":" What matters\nmost? "}"#);
        let Reaction::Deliver(LinkIn::Say(text)) = say else { panic!("no text") };
        assert_eq!(text, "What matters most?");
        let hangup = messages.receive(r#"{"type":"hangup"}"#);
        assert!(matches!(hangup, Reaction::Deliver(LinkIn::HangUp)));
        let microphone = messages.receive(r#"{"type":"microphone","echo_cancellation":"on"}"#);
        let on = EchoCancellation::On;
        assert!(matches!(microphone, Reaction::Deliver(LinkIn::Microphone(told)) if told == on));
        assert_eq!(messages.faults(), 0);
    }

    #[test]
    fn faults_are_named_and_the_twentieth_is_the_last() {
        let mut messages = Messages::default();
        messages.sound.note(4_000, ReplyId(7), Samples(0));
        let table = [
            ("7", "malformed_json"),
            (r#"{"type":"start","encoding":"opus","sample_rate":48000}"#, "unknown_type"),
            (r#"{"type":"played","reply":7,"sample":4}"#, "bad_message"),
            (r#"{"type":"played","rtp_timestamp":-1}"#, "bad_message"),
            (r#"{"type":"say","text":" "}"#, "bad_message"),
            (r#"{"type":"microphone","echo_cancellation":1}"#, "bad_message"),
            (r#"{"type":"played","rtp_timestamp":4294967296}"#, "bad_message"),
            (r#"{"type":"played","rtp_timestamp":3999}"#, "not_sent"),
        ];
        for (text, code) in table {
            let Reaction::Complain(fault) = messages.receive(text) else { panic!("{text}") };
            assert_eq!(fault.code(), code, "{text}");
        }
        for _ in table.len() + 1..MAX_FAULTS as usize {
            assert!(matches!(messages.receive_other(), Reaction::Complain(_)));
        }
        let last = messages.receive_other();
        assert!(matches!(last, Reaction::GiveUp(Fault::NotShortText { longest: 16_384 })));
    }
}
