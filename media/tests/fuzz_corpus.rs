//! The fuzz target of whole calls without a fuzzer: over its committed corpus. `random.rs` is the
//! same by seeds.

use std::fs;
use std::io::Read;
use std::path::Path;

#[expect(unreachable_pub, reason = "the crate of the fuzz targets exports it")]
#[path = "../../fuzz/src/call.rs"]
mod call;

#[test]
fn calls_hold_on_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/call");
    let mut inputs = 0;
    for entry in fs::read_dir(folder).expect("a corpus") {
        let path = entry.expect("an entry").path();
        let mut input = Vec::new();
        let mut file = fs::OpenOptions::new().read(true).open(&path).expect("an input");
        file.read_to_end(&mut input).expect("an input");
        println!("{}", path.display());
        call::run(&input);
        inputs += 1;
    }
    assert!((30..=60).contains(&inputs), "the corpus has {inputs} inputs");
}
