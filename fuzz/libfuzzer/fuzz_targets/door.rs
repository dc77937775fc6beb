//! libFuzzer's program for the target `door`; what it does stands in fuzz/src/origin policy.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("door", data));
