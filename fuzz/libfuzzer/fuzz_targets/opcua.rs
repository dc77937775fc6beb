//! libFuzzer's program for the target `opcua`; what it does stands in fuzz/src/opcua.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("opcua", data));
