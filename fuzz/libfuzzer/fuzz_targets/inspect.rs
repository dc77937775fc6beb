//! libFuzzer's program for the target `inspect`; what it does stands in fuzz/src/inspect.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("inspect", data));
