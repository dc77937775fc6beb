//! libFuzzer's program for the target `opcua_import`; what it does stands in fuzz/src/opcua_import.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("opcua_import", data));
