//! libFuzzer's program for the target `lenient`; what it does stands in fuzz/src/lenient.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("lenient", data));
