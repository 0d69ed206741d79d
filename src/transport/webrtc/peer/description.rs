//! Session descriptions as text: what is read of an offer, what is changed in an answer, and the
//! offer that would have restarted ICE. Pure.

use crate::transport::webrtc::description::lines;
use crate::transport::webrtc::handle::Fragment;

/// What an answerer must know of an offer beyond what the library reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    text: String,
    bundles: bool,
    /// Whether it has a section for data channels.
    pub(super) has_channels: bool,
}

impl Offer {
    /// Takes an offer that was judged fit.
    pub(super) fn new(text: &str) -> Self {
        let has_channels = lines(text).any(|line| line.starts_with("m=application "));
        let bundles = lines(text).any(|line| line.starts_with("a=group:BUNDLE"));
        // The library rejects sections outside of a bundle. A lone one is a bundle of one.
        let mid = lines(text).find_map(|line| line.strip_prefix("a=mid:"));
        let mut missing = mid.filter(|_| !bundles).map(|mid| format!("a=group:BUNDLE {mid}"));
        let mut prepared = String::with_capacity(text.len());
        for line in lines(text) {
            if line.starts_with("m=")
                && let Some(group) = missing.take()
            {
                push(&mut prepared, &group);
            }
            push(&mut prepared, line);
        }
        Self { text: prepared, bundles, has_channels }
    }

    /// The offer as the library is given it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The same offer with other ICE parameters and candidates: what the peer would send if it
    /// offered anew to restart ICE.
    pub(super) fn restarted(&self, ice: &Fragment, candidates: &[String]) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut sections = 0;
        for line in lines(&self.text) {
            if line.starts_with("m=") {
                sections += 1;
                if sections == 2 {
                    push_candidates(&mut text, candidates);
                }
            }
            if line.starts_with("a=ice-ufrag:") {
                push(&mut text, &format!("a=ice-ufrag:{}", ice.ufrag));
            } else if line.starts_with("a=ice-pwd:") {
                push(&mut text, &format!("a=ice-pwd:{}", ice.pwd));
            } else if !line.starts_with("a=candidate:") && line != "a=end-of-candidates" {
                push(&mut text, line);
            }
        }
        if sections < 2 {
            push_candidates(&mut text, candidates);
        }
        text
    }

    /// The answer as the peer is given it, with what we want of Opus.
    pub(super) fn answered(&self, answer: &str, opus: &str) -> String {
        let mut text = String::with_capacity(answer.len());
        for line in lines(answer) {
            let unasked = line.starts_with("a=group:BUNDLE") && !self.bundles;
            // Component 2 is RTCP on a port of its own; ours is multiplexed (RFC 5761).
            if unasked || component(line) == Some("2") {
                continue;
            }
            // The library repeats what the offer wants.
            match line.strip_prefix("a=fmtp:").and_then(|format| format.split_once(' ')) {
                Some((payload_type, _)) => {
                    push(&mut text, &format!("a=fmtp:{payload_type} {opus}"))
                }
                None => push(&mut text, line),
            }
        }
        text
    }
}

/// Our side of ICE, as an answer of the library has it.
pub(super) fn own_ice(answer: &str) -> Fragment {
    let value = |name: &str| {
        let found = lines(answer).find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().to_owned()
    };
    let candidates = lines(answer)
        .filter(|line| component(line) == Some("1"))
        .filter_map(|line| line.strip_prefix("a="))
        .map(str::to_owned);
    Fragment {
        ufrag: value("a=ice-ufrag:"),
        pwd: value("a=ice-pwd:"),
        candidates: candidates.collect(),
        end_of_candidates: true,
    }
}

/// The payload type that an answer has agreed on for audio.
pub(super) fn audio_payload_type(answer: &str) -> Option<u8> {
    let audio = lines(answer).find_map(|line| line.strip_prefix("m=audio "))?;
    // m=audio <port> <protocol> <payload type> ... (RFC 8866, section 5.14).
    audio.split(' ').nth(2)?.parse().ok()
}

/// Whether a candidate can be tried: by a known transport at an address, not a name. Others are no
/// fault of the peer.
pub(super) fn names_address(candidate: &str) -> bool {
    let mut fields = candidate.split_ascii_whitespace();
    let (transport, address) = (fields.nth(2), fields.nth(1));
    let known = transport
        .is_some_and(|name| name.eq_ignore_ascii_case("udp") || name.eq_ignore_ascii_case("tcp"));
    known && address.is_some_and(|address| address.parse::<std::net::IpAddr>().is_ok())
}

fn component(line: &str) -> Option<&str> {
    line.strip_prefix("a=candidate:")?.split(' ').nth(1)
}

fn push_candidates(text: &mut String, candidates: &[String]) {
    for candidate in candidates {
        push(text, &format!("a={candidate}"));
    }
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push_str("\r\n");
}
