//! A call with a server that speaks HTTPS itself, by a client that trusts its certificate.

use std::path::PathBuf;

use crate::client::{Talk, ringcraft};
use crate::server::Server;
use crate::sound::loud;

#[test]
fn a_call_over_tls_is_heard_and_its_links_lead_there() {
    let server = Server::start(&[("RINGCRAFT_TLS", "self")]);
    let base = server.url();
    assert!(base.starts_with("https://"), "{base}");
    let certificate = server.data_dir().join("tls/certificate.pem");
    let certificate = certificate.to_str().expect("a path in UTF-8");
    let clip = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/media/tests/audio/slt.wav"));
    let talk = Talk::hold(&server, &[clip], &["--ca-cert", certificate]);
    assert!(talk.report.complete);
    let [turn] = &talk.report.turns[..] else { panic!("{:?}", talk.report.turns) };
    assert!(turn.reply.is_some() && turn.first_audio_ms.is_some(), "{turn:?}");
    assert!(loud(&talk.heard).is_some(), "the buyer was heard");
    // The client has read the numbers behind its link, with the same trust.
    assert!(talk.report.kpis.is_object(), "{}", talk.report.kpis);
    let links = &talk.report.call.links;
    assert_eq!(links.len(), 6, "{links:?}");
    for link in links.values() {
        assert!(link.starts_with(&base), "{link}");
    }

    let output = ringcraft(["call", "--url", &base])
        .env("RINGCRAFT_API_KEY", server.api_key())
        .output()
        .expect("run the client");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let expected = format!("the certificate of {base} is not trusted: ");
    assert!(errors.contains(&expected) && errors.contains("--ca-cert FILE"), "{errors}");

    let plain = base.replace("https", "http");
    let output = ringcraft(["call", "--url", &plain])
        .env("RINGCRAFT_API_KEY", server.api_key())
        .output()
        .expect("run the client");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("this port speaks HTTPS"), "{errors}");
}
