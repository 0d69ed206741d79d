//! STUN messages as another implementation writes them.

use rtc::crypto;
use rtc::stun::attributes::ATTR_USERNAME;
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{
    BINDING_REQUEST, BINDING_SUCCESS, Message, MessageType, Setter, TransactionId,
};
use rtc::stun::textattrs::Username;

/// A binding request for `ufrag`, signed with `pwd`.
pub(crate) fn request(ufrag: &str, pwd: &str) -> Vec<u8> {
    message(BINDING_REQUEST, Some(ufrag), Some(pwd))
}

/// The same without a signature.
pub(crate) fn unsigned_request(ufrag: &str) -> Vec<u8> {
    message(BINDING_REQUEST, Some(ufrag), None)
}

/// An answer to a request of ours. It names nobody.
pub(crate) fn response(pwd: &str) -> Vec<u8> {
    message(BINDING_SUCCESS, None, Some(pwd))
}

fn message(kind: MessageType, ufrag: Option<&str>, pwd: Option<&str>) -> Vec<u8> {
    let provider = crypto::default_provider().unwrap();
    let mut setters: Vec<Box<dyn Setter + '_>> =
        vec![Box::new(kind), Box::new(TransactionId([7; 12]))];
    if let Some(ufrag) = ufrag {
        setters.push(Box::new(Username::new(ATTR_USERNAME, format!("{ufrag}:peer"))));
    }
    if let Some(pwd) = pwd {
        setters.push(Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
            pwd.to_owned(),
            provider.crypto(),
        )));
    }
    setters.push(Box::new(FINGERPRINT));
    let mut message = Message::new();
    message.build(&setters).unwrap();
    message.raw
}
