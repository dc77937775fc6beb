//! libFuzzer's program for the target `origin_policy`; what it does stands in fuzz/src/origin_policy.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("origin_policy", data));
