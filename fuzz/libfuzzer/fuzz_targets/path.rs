//! libFuzzer's program for the target `path`; what it does stands in fuzz/src/path.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("path", data));
