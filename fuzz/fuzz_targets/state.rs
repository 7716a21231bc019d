#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bapsang::fuzzing::state(data));
