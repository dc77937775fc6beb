//! libFuzzer's program for the target `opcua_value`; what it does stands in fuzz/src/opcua_value.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("opcua_value", data));
