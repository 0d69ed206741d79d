#![no_main]

libfuzzer_sys::fuzz_target!(|program: &[u8]| ringcraft_fuzz::datagram_router::run(program));
