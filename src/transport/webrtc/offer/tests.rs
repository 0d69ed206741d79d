use proptest::prelude::*;

use super::*;

const HEAD: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const BUNDLE: &str = "a=group:BUNDLE 0 1\r\n";
const TRANSPORT: &str = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
    a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0\
    :3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n";
const AUDIO: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n\
    a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n";
const DATA: &str = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n";
const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n";

fn joined(parts: &[&str]) -> String {
    parts.concat()
}

/// What a browser offers.
fn browser() -> String {
    joined(&[HEAD, BUNDLE, AUDIO, TRANSPORT, DATA, TRANSPORT])
}

fn read(parts: &[&str]) -> Result<Offer, Unanswerable> {
    Offer::read(&joined(parts))
}

/// What becomes of a browser's offer where one text in it is another.
fn changed(from: &str, to: &str) -> Result<Offer, Unanswerable> {
    let offer = browser();
    assert!(offer.contains(from), "{from}");
    Offer::read(&offer.replace(from, to))
}

#[test]
fn a_browsers_offer_is_taken() {
    let offer = Ok(Offer { ufrag: "EsAw".into() });
    assert_eq!(Offer::read(&browser()), offer);
    assert_eq!(Offer::read(&browser().replace("\r\n", "\n")), offer, "line feeds alone will do");
    assert_eq!(read(&[HEAD, AUDIO, TRANSPORT]), offer, "the data channel is optional");
    assert_eq!(read(&[HEAD, TRANSPORT, BUNDLE, AUDIO, DATA]), offer, "said once for all");
    assert_eq!(changed("a=sendrecv\r\n", ""), offer, "sendrecv is what holds where none is said");
    assert_eq!(changed("opus/48000/2", "OPUS/48000/2"), offer);
    assert_eq!(changed("m=audio 9 UDP/TLS/", "m=audio 9 TCP/TLS/"), offer);
    // The transport is described where BUNDLE names first; the other only shares it.
    let data_first = [HEAD, "a=group:BUNDLE 1 0\r\n", DATA, TRANSPORT, AUDIO];
    assert_eq!(read(&data_first), offer);
    let shared = AUDIO.replace("m=audio 9", "m=audio 0") + "a=bundle-only\r\n";
    assert_eq!(read(&[HEAD, "a=group:BUNDLE 1 0\r\n", DATA, TRANSPORT, &shared]), offer);
}

#[test]
fn what_is_no_description_is_refused() {
    for text in ["", "\r\n", "{}", "v=1\r\n", "v=0\r\n", "<html>", "v=0\r\nnonsense\r\n"] {
        assert_eq!(Offer::read(text), Err(Unanswerable::NotSdp), "{text}");
    }
    assert_eq!(changed("a=mid:0", "mid:0"), Err(Unanswerable::NotSdp));
    assert_eq!(changed("s=-", "s=\0"), Err(Unanswerable::NotSdp));
    let long = browser() + "a=x:" + &"x".repeat(MAX_OFFER);
    assert_eq!(Offer::read(&long), Err(Unanswerable::TooLong));
}

#[test]
fn only_a_call_is_taken() {
    let second = AUDIO.replace("a=mid:0", "a=mid:1");
    let no_channel = DATA.replace("webrtc-datachannel", "5000");
    let table = [
        (read(&[HEAD]), Unanswerable::NoAudio),
        (read(&[HEAD, VIDEO, TRANSPORT]), Unanswerable::NoAudio),
        (read(&[HEAD, DATA, TRANSPORT]), Unanswerable::NoAudio),
        (changed("m=audio 9", "m=audio 0"), Unanswerable::NoAudio),
        (read(&[HEAD, BUNDLE, AUDIO, &second, TRANSPORT]), Unanswerable::ManyAudio),
        (read(&[HEAD, BUNDLE, AUDIO, VIDEO, TRANSPORT]), Unanswerable::OtherMedia),
        (
            read(&[HEAD, BUNDLE, AUDIO, VIDEO, "a=inactive\r\n", TRANSPORT]),
            Unanswerable::OtherMedia,
        ),
        (read(&[HEAD, BUNDLE, AUDIO, DATA, DATA, TRANSPORT]), Unanswerable::ManyData),
        (read(&[HEAD, BUNDLE, AUDIO, &no_channel, TRANSPORT]), Unanswerable::NoDataChannel),
        (read(&[HEAD, BUNDLE, AUDIO, &VIDEO.repeat(8), TRANSPORT]), Unanswerable::TooManySections),
        (read(&[HEAD, AUDIO, DATA, TRANSPORT]), Unanswerable::NoBundle),
        (changed("BUNDLE 0 1", "BUNDLE 0"), Unanswerable::NoBundle),
        (changed("a=mid:1\r\n", ""), Unanswerable::NoBundle),
        (changed("RTP/SAVPF", "RTP/AVP"), Unanswerable::NoDtls),
        (changed("a=sendrecv", "a=recvonly"), Unanswerable::OneWay),
        (changed("a=sendrecv", "a=sendonly"), Unanswerable::OneWay),
        (changed("a=sendrecv", "a=inactive"), Unanswerable::OneWay),
        (
            read(&[HEAD, "a=recvonly\r\n", &AUDIO.replace("a=sendrecv\r\n", ""), TRANSPORT]),
            Unanswerable::OneWay,
        ),
        (changed("opus/48000/2", "opus/16000"), Unanswerable::NoOpus),
        (changed("SAVPF 111 0", "SAVPF 0"), Unanswerable::NoOpus),
        (changed("a=rtcp-mux\r\n", ""), Unanswerable::NoRtcpMux),
        (changed("a=ice-ufrag:EsAw\r\n", ""), Unanswerable::NoIce),
        (changed("EsAw", "E:Aw"), Unanswerable::NoIce),
        (changed("P2uYro0UCOQ4zxjKXaWCBui1", "short"), Unanswerable::NoIce),
        (changed("a=fingerprint:", "a=x:"), Unanswerable::NoFingerprint),
        (changed("sha-256 D2", "D2"), Unanswerable::NoFingerprint),
        (changed("sha-256", "sha-1"), Unanswerable::NoFingerprint),
        (changed("D2:FA", "D2"), Unanswerable::NoFingerprint),
        (changed("D2:FA", "D2:FX"), Unanswerable::NoFingerprint),
    ];
    for (row, (found, expected)) in table.into_iter().enumerate() {
        assert_eq!(found, Err(expected), "row {row}");
    }
}

#[test]
fn candidates_are_bounded() {
    let candidates =
        |count: usize| "a=candidate:1 1 udp 2130706431 192.0.2.10 50000 typ host\r\n".repeat(count);
    assert!(read(&[HEAD, AUDIO, TRANSPORT, &candidates(64)]).is_ok());
    let more = read(&[HEAD, AUDIO, TRANSPORT, &candidates(65)]);
    assert_eq!(more, Err(Unanswerable::TooManyCandidates));
}

#[test]
fn a_refusal_says_what_to_change() {
    let said = Unanswerable::OneWay.to_string();
    assert!(said.contains("a=sendrecv") && said.contains("talks back"), "{said}");
    assert!(Unanswerable::TooLong.to_string().contains("65536"));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_judged(
        lines in prop::collection::vec((0..80usize, ".{0,20}"), 0..6),
        cut in 0..900usize,
    ) {
        let offer = browser();
        let mut whole: Vec<&str> = offer.split("\r\n").collect();
        for (at, text) in &lines {
            whole.insert(at % (whole.len() + 1), text);
        }
        let text = whole.join("\r\n");
        let _ = Offer::read(&text);
        let cut: String = text.chars().take(cut).collect();
        if let Ok(offer) = Offer::read(&cut) {
            prop_assert_eq!(offer.ufrag, "EsAw");
        }
    }
}
