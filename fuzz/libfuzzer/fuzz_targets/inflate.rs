//! libFuzzer's program for the target `inflate`; what it does stands in fuzz/src/inflate.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("inflate", data));
