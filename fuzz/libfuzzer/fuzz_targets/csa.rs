//! libFuzzer's program for the target `csa`; what it does stands in fuzz/src/csa.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("csa", data));
