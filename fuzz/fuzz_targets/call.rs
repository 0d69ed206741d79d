#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ringcraft_fuzz::call::run(input));
