//! What a client's messages mean, one after the other. Pure: it decides, the link performs.

use ringcraft_media::call::EchoCancellation;
use ringcraft_media::units::SampleRate;
use tokio_tungstenite::tungstenite::Message;

use crate::transport::text::{Fault, MAX_FAULTS};
use crate::transport::websocket::wire::{self, ClientText, SampleIndex};
use crate::transport::{LinkFormat, LinkIn};

/// One client, from its first message on.
#[derive(Debug)]
pub(super) struct Session {
    state: State,
    faults: u32,
}

#[derive(Debug)]
enum State {
    AwaitingStart,
    Started { rate: SampleRate, index: SampleIndex },
}

/// What a message asks for.
#[derive(Debug)]
pub(super) enum Reaction {
    /// Open the link in this format, with such a microphone.
    Start(LinkFormat, Option<EchoCancellation>),
    /// Hand this to the driver.
    Deliver(LinkIn),
    /// Tell the client of a fault.
    Complain(Fault),
    /// Tell the client of a fault for the last time, then close.
    GiveUp(Fault),
    /// Close: the client speaks another protocol.
    AudioBeforeStart,
    /// Nothing: the socket itself deals with it.
    None,
}

impl Session {
    /// A client that has sent nothing yet.
    pub(super) fn new() -> Self {
        Self { state: State::AwaitingStart, faults: 0 }
    }

    /// Faults so far.
    pub(super) fn faults(&self) -> u32 {
        self.faults
    }

    /// Reads the next message.
    pub(super) fn receive(&mut self, message: &Message) -> Reaction {
        let reading = match (message, &mut self.state) {
            (Message::Text(text), State::AwaitingStart) => match wire::parse_text(text) {
                Ok(ClientText::Start(format, microphone)) => {
                    let index = SampleIndex::default();
                    self.state = State::Started { rate: format.rate, index };
                    Ok(Reaction::Start(format, microphone))
                }
                Ok(_) => Err(Fault::NotStarted),
                Err(fault) => Err(fault),
            },
            (Message::Text(text), State::Started { .. }) => match wire::parse_text(text) {
                Ok(ClientText::Start(..)) => Err(Fault::AlreadyStarted),
                Ok(ClientText::Played { reply, sample }) => {
                    Ok(Reaction::Deliver(LinkIn::Played { reply, sample }))
                }
                Ok(ClientText::Microphone(echo)) => Ok(Reaction::Deliver(LinkIn::Microphone(echo))),
                Ok(ClientText::Say(text)) => Ok(Reaction::Deliver(LinkIn::Say(text))),
                Ok(ClientText::HangUp) => Ok(Reaction::Deliver(LinkIn::HangUp)),
                Err(fault) => Err(fault),
            },
            (Message::Binary(_), State::AwaitingStart) => Ok(Reaction::AudioBeforeStart),
            (Message::Binary(frame), State::Started { rate, index }) => {
                wire::parse_audio(frame, *rate)
                    .map(|audio| Reaction::Deliver(LinkIn::Audio(index.place(audio))))
            }
            _ => Ok(Reaction::None),
        };
        reading.unwrap_or_else(|fault| self.complain(fault))
    }

    fn complain(&mut self, fault: Fault) -> Reaction {
        self.faults += 1;
        if self.faults < MAX_FAULTS { Reaction::Complain(fault) } else { Reaction::GiveUp(fault) }
    }
}

#[cfg(test)]
mod tests {
    use ringcraft_media::call::ReplyId;
    use ringcraft_media::units::Samples;

    use super::*;

    const START: &str = r#"{"type":"start","encoding":"pcm_s16le","sample_rate":8000}"#;

    fn text(session: &mut Session, text: &str) -> Reaction {
        session.receive(&Message::Text(text.into()))
    }

    fn binary(session: &mut Session, bytes: Vec<u8>) -> Reaction {
        session.receive(&Message::Binary(bytes.into()))
    }

    #[test]
    fn a_client_starts_then_speaks_and_reports() {
        let mut session = Session::new();
        let Reaction::Start(format, None) = text(&mut session, START) else { panic!("no start") };
        assert_eq!(format.rate, SampleRate::Hz8000);
        let mut frame = vec![0; 324];
        frame[0] = 160;
        let Reaction::Deliver(LinkIn::Audio(audio)) = binary(&mut session, frame) else {
            panic!("no audio")
        };
        assert_eq!((audio.media_time, audio.payload.len()), (Samples(160), 320));
        let Reaction::Deliver(LinkIn::Played { reply, sample }) =
            text(&mut session, r#"{"type":"played","reply":3,"sample":480}"#)
        else {
            panic!("no report")
        };
        assert_eq!((reply, sample), (ReplyId(3), Samples(480)));
        assert!(matches!(
            text(&mut session, r#"{"type":"hangup"}"#),
            Reaction::Deliver(LinkIn::HangUp)
        ));
        let microphone = r#"{"type":"microphone","echo_cancellation":"off"}"#;
        assert!(matches!(
            text(&mut session, microphone),
            Reaction::Deliver(LinkIn::Microphone(EchoCancellation::Off))
        ));
        assert!(matches!(session.receive(&Message::Ping("x".into())), Reaction::None));
        assert_eq!(session.faults(), 0);
    }

    #[test]
    fn order_is_kept() {
        let mut session = Session::new();
        assert!(matches!(
            text(&mut session, r#"{"type":"hangup"}"#),
            Reaction::Complain(Fault::NotStarted)
        ));
        assert!(matches!(text(&mut session, START), Reaction::Start(..)));
        assert!(matches!(text(&mut session, START), Reaction::Complain(Fault::AlreadyStarted)));
        assert!(matches!(binary(&mut Session::new(), vec![0; 324]), Reaction::AudioBeforeStart));
    }

    #[test]
    fn the_twentieth_fault_is_the_last() {
        let mut session = Session::new();
        text(&mut session, START);
        for number in 1..MAX_FAULTS {
            let fault = Fault::WrongSize { expected: 324, got: 10 };
            let Reaction::Complain(told) = binary(&mut session, vec![0; 10]) else {
                panic!("fault {number} ends the link")
            };
            assert_eq!(told, fault);
        }
        // A good message in between forgives nothing.
        assert!(matches!(binary(&mut session, vec![0; 324]), Reaction::Deliver(_)));
        assert!(matches!(text(&mut session, "{}"), Reaction::GiveUp(Fault::NotAnObject)));
    }
}
