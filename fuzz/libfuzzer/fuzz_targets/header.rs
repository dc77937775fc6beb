//! libFuzzer's program for the target `header`; what it does stands in fuzz/src/header.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("header", data));
