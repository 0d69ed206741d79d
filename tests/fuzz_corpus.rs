//! The fuzz targets without a fuzzer: over their committed corpus, and over random programs.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use ringcraft::transport::webrtc::ports::{framing, router};

#[expect(unreachable_pub, reason = "the crate of the fuzz targets exports it")]
#[path = "../fuzz/src/datagram_router.rs"]
mod datagram_router;
#[expect(unreachable_pub, reason = "the crate of the fuzz targets exports it")]
#[path = "../fuzz/src/tcp_framing.rs"]
mod tcp_framing;

fn replay(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(folder).expect("a corpus") {
        let path = entry.expect("an entry").path();
        run(&fs::read(&path).expect("an input"));
        inputs += 1;
    }
    assert!(5 <= inputs, "{target} has {inputs} inputs");
}

#[test]
fn the_router_holds_on_its_corpus() {
    replay("datagram_router", datagram_router::run);
}

#[test]
fn framing_holds_on_its_corpus() {
    replay("tcp_framing", tcp_framing::run);
}

proptest! {
    #[test]
    fn the_router_holds_on_any_program(program in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        datagram_router::run(&program);
    }

    #[test]
    fn framing_holds_on_any_stream(
        step: u8,
        packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20),
        rest in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut input = vec![step];
        for packet in &packets {
            input.extend_from_slice(&[0, u8::try_from(packet.len()).expect("a short packet")]);
            input.extend_from_slice(packet);
        }
        input.extend_from_slice(&rest);
        tcp_framing::run(&input);
    }
}
