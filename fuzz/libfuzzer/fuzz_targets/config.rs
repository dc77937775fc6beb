//! libFuzzer's program for the target `config`; what it does stands in fuzz/src/config.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("config", data));
