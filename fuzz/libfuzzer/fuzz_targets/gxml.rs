//! libFuzzer's program for the target `gxml`; what it does stands in fuzz/src/gxml.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("gxml", data));
