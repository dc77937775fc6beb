//! libFuzzer's program for the target `loose`; what it does stands in fuzz/src/loose.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("loose", data));
