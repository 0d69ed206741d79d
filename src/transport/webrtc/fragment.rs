//! Fragments of session descriptions (`application/trickle-ice-sdpfrag`, RFC 8840): what a peer
//! says of its ICE after the offer, and we of ours.

use std::fmt::Write as _;

use super::description::Description;
use super::handle::Fragment;

/// The content type of a fragment.
pub const FRAGMENT_TYPE: &str = "application/trickle-ice-sdpfrag";

/// The longest fragment, in bytes.
pub const MAX_FRAGMENT: usize = 8 * 1024;

/// The most candidates of one fragment or one offer.
pub const MAX_CANDIDATES: usize = 64;

/// Why a text is no fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FragmentError {
    /// It is longer than [`MAX_FRAGMENT`].
    #[error("a fragment may have at most {MAX_FRAGMENT} bytes")]
    TooLong,
    /// It does not say whose candidates these are.
    #[error("the fragment needs an a=ice-ufrag and an a=ice-pwd line, as RFC 8839 writes them")]
    NoCredentials,
    /// It has more than [`MAX_CANDIDATES`].
    #[error("a fragment may have at most {MAX_CANDIDATES} candidates")]
    TooManyCandidates,
}

/// Where our side of the transport stands in the answer that it belongs to, so that a fragment of
/// ours can say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    ice_options: Option<String>,
    bundle: Vec<String>,
    media: String,
    mid: Option<String>,
}

/// Reads a fragment. Of the media sections the one that describes the transport counts; lines that
/// are not known are passed over.
///
/// # Errors
/// When it cannot be a peer's.
pub fn read(text: &str) -> Result<Fragment, FragmentError> {
    if MAX_FRAGMENT < text.len() {
        return Err(FragmentError::TooLong);
    }
    let description = Description::of(text);
    let session = &description.session;
    let section = description.transport().unwrap_or(session);
    let said = |name: &str| section.get(name).or_else(|| session.get(name)).map(str::trim);
    let (Some(ufrag), Some(pwd)) = (said("ice-ufrag"), said("ice-pwd")) else {
        return Err(FragmentError::NoCredentials);
    };
    if !is_ufrag(ufrag) || !is_pwd(pwd) {
        return Err(FragmentError::NoCredentials);
    }
    let candidates = section.all("candidate").map(str::trim).filter(|text| is_candidate(text));
    let candidates: Vec<_> = candidates.map(|text| format!("candidate:{text}")).collect();
    if MAX_CANDIDATES < candidates.len() {
        return Err(FragmentError::TooManyCandidates);
    }
    Ok(Fragment {
        ufrag: ufrag.to_owned(),
        pwd: pwd.to_owned(),
        candidates,
        end_of_candidates: said("end-of-candidates").is_some(),
    })
}

impl Place {
    /// Looks it up in an answer of ours.
    pub fn of(answer: &str) -> Self {
        let description = Description::of(answer);
        let session = &description.session;
        let section = description.transport().unwrap_or(session);
        let ice_options = section.get("ice-options").or_else(|| session.get("ice-options"));
        let bundle = description.bundle().unwrap_or_default();
        let formats: Vec<_> = section.formats().collect();
        Self {
            ice_options: ice_options.map(|options| options.trim().to_owned()),
            bundle: bundle.into_iter().map(str::to_owned).collect(),
            // 9 is the port of those who say theirs in candidates (RFC 8840, section 4.1).
            media: format!("{} 9 {} {}", section.kind(), section.protocol(), formats.join(" ")),
            mid: section.mid().map(str::to_owned),
        }
    }
}

/// Writes a fragment of ours.
pub fn write(fragment: &Fragment, place: &Place) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{name}{value}\r\n");
    };
    if let Some(options) = &place.ice_options {
        line("a=ice-options:", options);
    }
    if !place.bundle.is_empty() {
        line("a=group:BUNDLE ", &place.bundle.join(" "));
    }
    line("m=", &place.media);
    if let Some(mid) = &place.mid {
        line("a=mid:", mid);
    }
    line("a=ice-ufrag:", &fragment.ufrag);
    line("a=ice-pwd:", &fragment.pwd);
    for candidate in &fragment.candidates {
        line("a=", candidate);
    }
    if fragment.end_of_candidates {
        line("a=end-of-candidates", "");
    }
    text
}

/// The user name of ICE: 4 to 256 letters, digits, `+` and `/` (RFC 8839, section 5.4).
pub(super) fn is_ufrag(text: &str) -> bool {
    (4..=256).contains(&text.len()) && text.bytes().all(is_ice_char)
}

/// The password of ICE: 22 to 256 of them.
pub(super) fn is_pwd(text: &str) -> bool {
    (22..=256).contains(&text.len()) && text.bytes().all(is_ice_char)
}

fn is_ice_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// Foundation, component, transport, priority, address, port, `typ`, type (RFC 8839, section 5.1).
/// Browsers end their candidates with an empty one.
fn is_candidate(text: &str) -> bool {
    8 <= text.split_ascii_whitespace().count() && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PWD: &str = "0123456789abcdef01234567";

    fn host(port: u16) -> String {
        format!("candidate:1 1 udp 2130706431 192.0.2.10 {port} typ host")
    }

    #[test]
    fn a_browsers_fragment_is_read() {
        let text = "a=ice-options:trickle ice2\r\na=group:BUNDLE 0 1\r\n\
            m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:ab+/\r\n\
            a=ice-pwd:0123456789abcdef01234567\r\n\
            a=candidate:1 1 udp 2130706431 192.0.2.10 50000 typ host\r\n\
            a=candidate:\r\na=end-of-candidates\r\n";
        let expected = Fragment {
            ufrag: "ab+/".into(),
            pwd: PWD.into(),
            candidates: vec![host(50_000)],
            end_of_candidates: true,
        };
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn the_section_that_describes_the_transport_counts() {
        // The second section is the one that BUNDLE names first; the user name holds for both.
        let text = format!(
            "a=ice-ufrag:abcd\na=ice-pwd:{PWD}\na=group:BUNDLE data 0\na=x-unknown:1\nnonsense\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\na={}\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:data\na={}\n",
            host(1),
            host(2)
        );
        let read = read(&text).unwrap();
        assert_eq!((read.ufrag.as_str(), read.candidates), ("abcd", vec![host(2)]));
        assert!(!read.end_of_candidates);
    }

    #[test]
    fn a_fragment_without_sections_is_taken_as_a_whole() {
        let text = format!("a=ice-ufrag:abcd\na=ice-pwd:{PWD}\na={}\na=end-of-candidates", host(7));
        let read = read(&text).unwrap();
        assert_eq!((read.candidates, read.end_of_candidates), (vec![host(7)], true));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let with = |ufrag: &str, pwd: &str| read(&format!("a=ice-ufrag:{ufrag}\na=ice-pwd:{pwd}"));
        assert!(with("abcd", PWD).is_ok());
        for (ufrag, pwd) in
            [("abc", PWD), ("ab:d", PWD), (&*"a".repeat(257), PWD), ("abcd", &PWD[..21]), ("", "")]
        {
            assert_eq!(with(ufrag, pwd), Err(FragmentError::NoCredentials), "{ufrag} {pwd}");
        }
        assert_eq!(read("a=ice-ufrag:abcd"), Err(FragmentError::NoCredentials));
        assert_eq!(read(""), Err(FragmentError::NoCredentials));
        let many = |count: u16| {
            let candidates = (0..count).map(|port| format!("a={}\n", host(port)));
            format!("a=ice-ufrag:abcd\na=ice-pwd:{PWD}\n{}", candidates.collect::<String>())
        };
        assert_eq!(read(&many(64)).unwrap().candidates.len(), 64);
        assert_eq!(read(&many(65)), Err(FragmentError::TooManyCandidates));
        let long = format!("a=ice-ufrag:abcd\na=ice-pwd:{PWD}\na=x:{}", "x".repeat(MAX_FRAGMENT));
        assert_eq!(read(&long), Err(FragmentError::TooLong));
    }

    #[test]
    fn ours_names_the_section_of_the_answer() {
        let answer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE a d\r\n\
            m=audio 40000 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=ice-options:trickle\r\n\
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n";
        let ours = Fragment {
            ufrag: "wxyz".into(),
            pwd: PWD.into(),
            candidates: vec![host(40_000)],
            end_of_candidates: true,
        };
        let text = write(&ours, &Place::of(answer));
        assert_eq!(
            text,
            "a=ice-options:trickle\r\na=group:BUNDLE a d\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
             a=mid:a\r\na=ice-ufrag:wxyz\r\na=ice-pwd:0123456789abcdef01234567\r\n\
             a=candidate:1 1 udp 2130706431 192.0.2.10 40000 typ host\r\na=end-of-candidates\r\n"
        );
        assert_eq!(read(&text), Ok(ours));
    }

    fn line() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "a=group:BUNDLE",
            "a=group:BUNDLE 0 0",
            "m=",
            "m=audio 9 x 1",
            "a=mid:0",
            "a=mid:",
            "a=ice-ufrag:abcd",
            "a=ice-pwd:0123456789abcdef01234567",
            "a=candidate:1 1 udp 1 ::1 9 typ host",
            "a=candidate:",
            "a=end-of-candidates",
            "a=",
            "=",
            "\r",
        ]);
        prop_oneof![known.prop_map(str::to_owned), any::<String>()]
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read_or_refused(text in prop::collection::vec(line(), 0..40)) {
            let text = text.join("\n");
            if let Ok(fragment) = read(&text) {
                prop_assert!(fragment.candidates.len() <= MAX_CANDIDATES);
                let written = write(&fragment, &Place::of(&text));
                let again = read(&written).unwrap();
                prop_assert_eq!((again.ufrag, again.pwd), (fragment.ufrag, fragment.pwd));
            }
        }
    }
}
