//! What an offer must have before a peer is made from it. Everything wrong with it is said here,
//! in words for whoever wrote the client.

use super::description::{Description, Section, lines};
use super::fragment::{MAX_CANDIDATES, is_pwd, is_ufrag};

/// The content type of an offer and its answer.
pub const SDP_TYPE: &str = "application/sdp";

/// The longest offer, in bytes.
pub const MAX_OFFER: usize = 64 * 1024;

/// The most sections of an offer. One more than this is no call.
const MAX_SECTIONS: usize = 8;

/// An offer that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The user name of the peer's ICE.
    pub ufrag: String,
}

/// Why an offer is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// It is longer than [`MAX_OFFER`].
    #[error("an offer may have at most {MAX_OFFER} bytes")]
    TooLong,
    /// It is something else.
    #[error("this is no session description: its first line is not v=0, or a line is not x=…")]
    NotSdp,
    /// Nobody would be heard.
    #[error("the offer has no audio section; a call needs one")]
    NoAudio,
    /// It is not known which of them is the call.
    #[error("the offer has more than one audio section; a call has one")]
    ManyAudio,
    /// A call has no pictures, and a section may not be turned down by itself (RFC 9725).
    #[error("the offer has a section that is neither audio nor a data channel; leave it out")]
    OtherMedia,
    /// One is for all channels.
    #[error("the offer has more than one section for data channels; one carries them all")]
    ManyData,
    /// Nobody needs so many.
    #[error("the offer has more than {MAX_SECTIONS} sections; a call has one or two")]
    TooManySections,
    /// A call talks back.
    #[error(
        "the audio section must be a=sendrecv: unlike other WHIP endpoints, this one talks back"
    )]
    OneWay,
    /// The sections would need a transport each.
    #[error("with more than one section, a=group:BUNDLE must name the a=mid of each")]
    NoBundle,
    /// It is carried over something else.
    #[error("the audio section must be UDP/TLS/RTP/SAVPF")]
    NoDtls,
    /// The section is not for data channels.
    #[error("the application section must be UDP/DTLS/SCTP webrtc-datachannel")]
    NoDataChannel,
    /// The one codec that we speak is missing.
    #[error("the audio section offers no opus/48000/2")]
    NoOpus,
    /// RTCP would need a port of its own.
    #[error("the audio section needs a=rtcp-mux")]
    NoRtcpMux,
    /// Whose packets these are could not be known.
    #[error("the offer needs a=ice-ufrag and a=ice-pwd, as RFC 8839 writes them")]
    NoIce,
    /// Who is at the other end could not be known.
    #[error("the offer needs an a=fingerprint of sha-256")]
    NoFingerprint,
    /// It has more than [`MAX_CANDIDATES`].
    #[error("an offer may have at most {MAX_CANDIDATES} candidates")]
    TooManyCandidates,
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// When it cannot become a call.
    pub fn read(text: &str) -> Result<Self, Unanswerable> {
        if MAX_OFFER < text.len() {
            return Err(Unanswerable::TooLong);
        }
        if !is_sdp(text) {
            return Err(Unanswerable::NotSdp);
        }
        let description = Description::of(text);
        if MAX_SECTIONS < description.media.len() {
            return Err(Unanswerable::TooManySections);
        }
        let audio = audio(&description.media)?;
        judge_data(&description.media)?;
        judge_bundle(&description)?;
        judge_audio(audio, &description.session)?;
        let ufrag = judge_transport(&description)?;
        Ok(Self { ufrag: ufrag.to_owned() })
    }
}

fn is_sdp(text: &str) -> bool {
    let is_line = |line: &str| {
        let mut bytes = line.bytes();
        bytes.next().is_some_and(|kind| kind.is_ascii_lowercase()) && bytes.next() == Some(b'=')
    };
    lines(text).next() == Some("v=0")
        && ["o=", "s=", "t="].iter().all(|needed| lines(text).any(|line| line.starts_with(needed)))
        && lines(text).all(is_line)
        && !text.contains('\0')
}

/// The one audio section. Port 0 is a section that is not used, unless it shares another's.
fn audio<'a, 'b>(media: &'b [Section<'a>]) -> Result<&'b Section<'a>, Unanswerable> {
    let mut audio = media.iter().filter(|section| section.kind() == "audio");
    let first = audio.next().ok_or(Unanswerable::NoAudio)?;
    if audio.next().is_some() {
        return Err(Unanswerable::ManyAudio);
    }
    let is_used = first.port() != "0" || first.has("bundle-only");
    if is_used { Ok(first) } else { Err(Unanswerable::NoAudio) }
}

fn judge_data(media: &[Section<'_>]) -> Result<(), Unanswerable> {
    let mut data = media.iter().filter(|section| section.kind() == "application");
    let first = data.next();
    if data.next().is_some() {
        return Err(Unanswerable::ManyData);
    }
    if media.iter().any(|section| !["audio", "application"].contains(&section.kind())) {
        return Err(Unanswerable::OtherMedia);
    }
    let Some(data) = first else { return Ok(()) };
    let is_sctp = ["UDP/DTLS/SCTP", "TCP/DTLS/SCTP"].contains(&data.protocol());
    if !is_sctp || data.formats().next() != Some("webrtc-datachannel") {
        return Err(Unanswerable::NoDataChannel);
    }
    Ok(())
}

fn judge_bundle(description: &Description<'_>) -> Result<(), Unanswerable> {
    if description.media.len() < 2 {
        return Ok(());
    }
    let mids = description.bundle().ok_or(Unanswerable::NoBundle)?;
    let bundled = |part: &Section<'_>| part.mid().is_some_and(|mid| mids.contains(&mid));
    if description.media.iter().all(bundled) { Ok(()) } else { Err(Unanswerable::NoBundle) }
}

fn judge_audio(audio: &Section<'_>, session: &Section<'_>) -> Result<(), Unanswerable> {
    // What is carried is the same for each; RFC 8829, section 5.1.2, wants them all taken.
    if !audio.protocol().ends_with("RTP/SAVPF") {
        return Err(Unanswerable::NoDtls);
    }
    let one_way = ["sendonly", "recvonly", "inactive"];
    let is_one_way = |part: &Section<'_>| one_way.iter().any(|direction| part.has(direction));
    if is_one_way(audio) || (!audio.has("sendrecv") && is_one_way(session)) {
        return Err(Unanswerable::OneWay);
    }
    if !offers_opus(audio) {
        return Err(Unanswerable::NoOpus);
    }
    if !audio.has("rtcp-mux") {
        return Err(Unanswerable::NoRtcpMux);
    }
    Ok(())
}

/// Whether one of the section's payload types is Opus, which is always written so (RFC 7587,
/// section 7), stereo or not.
fn offers_opus(audio: &Section<'_>) -> bool {
    let opus = audio.all("rtpmap").filter_map(|map| map.trim().split_once(' '));
    let opus = opus.filter(|(_, codec)| codec.trim().eq_ignore_ascii_case("opus/48000/2"));
    let mut types = opus.map(|(payload_type, _)| payload_type);
    types.any(|payload_type| audio.formats().any(|format| format == payload_type))
}

/// The user name of a transport that can be used.
fn judge_transport<'a>(description: &Description<'a>) -> Result<&'a str, Unanswerable> {
    let session = &description.session;
    let transport = description.transport().unwrap_or(session);
    let said = |name: &str| transport.get(name).or_else(|| session.get(name)).map(str::trim);
    let ufrag = said("ice-ufrag").filter(|ufrag| is_ufrag(ufrag)).ok_or(Unanswerable::NoIce)?;
    said("ice-pwd").filter(|pwd| is_pwd(pwd)).ok_or(Unanswerable::NoIce)?;
    said("fingerprint").filter(|print| is_sha_256(print)).ok_or(Unanswerable::NoFingerprint)?;
    let candidates = description.media.iter().flat_map(|section| section.all("candidate"));
    if MAX_CANDIDATES < candidates.count() {
        return Err(Unanswerable::TooManyCandidates);
    }
    Ok(ufrag)
}

/// Whether a fingerprint is one that every implementation has (RFC 8122, section 5): 32 bytes in
/// hexadecimal, with colons between.
fn is_sha_256(fingerprint: &str) -> bool {
    let Some((function, hash)) = fingerprint.split_once(' ') else { return false };
    let is_byte = |byte: &str| byte.len() == 2 && byte.bytes().all(|c| c.is_ascii_hexdigit());
    let bytes = hash.split(':');
    function == "sha-256" && bytes.clone().count() == 32 && bytes.clone().all(is_byte)
}

#[cfg(test)]
mod tests;
