//! What must be known of a STUN message to find whose it is (RFC 8489, sections 5 and 14).

use std::fmt;

use rtc::crypto::{self, HmacAlgorithm, Mac};

/// Type of a binding request.
const BINDING_REQUEST: u16 = 0x0001;
const MAGIC_COOKIE: u32 = 0x2112_A442;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const HEADER: usize = 20;
const ATTRIBUTE_HEADER: usize = 4;
const SIGNATURE: usize = 20;

/// What a packet is, by its first bytes (RFC 7983, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// STUN.
    Stun,
    /// DTLS.
    Dtls,
    /// RTP or RTCP.
    Rtp,
    /// Nothing of ours.
    Rubbish,
}

/// Tells what a packet is.
pub fn classify(packet: &[u8]) -> Class {
    match packet.first() {
        Some(0..=3) if number(packet, 4) == Some(MAGIC_COOKIE) => Class::Stun,
        Some(20..=63) => Class::Dtls,
        Some(128..=191) => Class::Rtp,
        _ => Class::Rubbish,
    }
}

/// A binding request that says for whom it is and is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The ICE user name of the receiver: what is before the colon.
    pub ufrag: &'a [u8],
    /// Whole, up to its signature.
    signed: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads one. Anything else, of STUN or not, is `None`.
    pub fn parse(packet: &'a [u8]) -> Option<Self> {
        let length = usize::from(short(packet, 2)?);
        let is_request = short(packet, 0)? == BINDING_REQUEST
            && number(packet, 4)? == MAGIC_COOKIE
            && length.is_multiple_of(4)
            && packet.len() == HEADER + length;
        if !is_request {
            return None;
        }
        let mut at = HEADER;
        let mut ufrag = None;
        while at < packet.len() {
            let kind = short(packet, at)?;
            let length = usize::from(short(packet, at + 2)?);
            let begin = at + ATTRIBUTE_HEADER;
            let value = packet.get(begin..begin + length)?;
            match kind {
                // Of several the first counts (section 14).
                USERNAME if ufrag.is_none() => ufrag = Some(before_colon(value)?),
                // What follows the signature is not signed and must not be believed.
                MESSAGE_INTEGRITY if length == SIGNATURE => {
                    return Some(Self { ufrag: ufrag?, signed: &packet[..at], signature: value });
                }
                MESSAGE_INTEGRITY => return None,
                _ => {}
            }
            at = begin + length.next_multiple_of(4);
        }
        None
    }
}

fn before_colon(user_name: &[u8]) -> Option<&[u8]> {
    let colon = user_name.iter().position(|byte| *byte == b':')?;
    Some(&user_name[..colon])
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// Checks signatures that were made with one password.
pub struct Key(Box<dyn Mac>);

/// A password cannot be used, because the cryptography refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password cannot be used")]
pub struct UnusablePassword;

impl Key {
    /// A key from an ICE password.
    ///
    /// # Errors
    /// When there is no such cryptography.
    pub fn new(pwd: &str) -> Result<Self, UnusablePassword> {
        let provider = crypto::default_provider().map_err(|_| UnusablePassword)?;
        let key = provider.crypto().new_hmac(HmacAlgorithm::Sha1, pwd.as_bytes());
        key.map(Self).map_err(|_| UnusablePassword)
    }

    /// Whether whoever signed the request knows the password (section 14.5).
    pub fn signed(&mut self, request: &Request<'_>) -> bool {
        // The length in the header is that of a message which ends with the signature.
        let body = request.signed.len() - HEADER + ATTRIBUTE_HEADER + SIGNATURE;
        let Ok(length) = u16::try_from(body) else { return false };
        let parts = [&request.signed[..2], &length.to_be_bytes(), &request.signed[4..]];
        self.0.verify(&parts, request.signature).is_ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
pub(crate) mod written;
#[cfg(test)]
mod tests;
