//! libFuzzer's program for the target `fme`; what it does stands in fuzz/src/fme.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("fme", data));
