//! A decoder that panics is contained by the program (`photo::develop`), so only what is not caught ends a run here.
#![no_main]

libfuzzer_sys::fuzz_target!(init: drop(std::panic::take_hook()), |data: &[u8]| bapsang::fuzzing::picture(data));
