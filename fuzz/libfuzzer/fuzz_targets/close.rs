//! libFuzzer's program for the target `close`; what it does stands in fuzz/src/close.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("close", data));
