//! libFuzzer's program for the target `protocol`; what it does stands in fuzz/src/protocol.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("protocol", data));
