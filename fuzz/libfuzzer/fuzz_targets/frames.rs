//! libFuzzer's program for the target `frames`; what it does stands in fuzz/src/frames.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("frames", data));
