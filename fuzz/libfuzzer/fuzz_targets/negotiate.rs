//! libFuzzer's program for the target `negotiate`; what it does stands in fuzz/src/negotiate.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("negotiate", data));
