//! libFuzzer's program for the target `vxvue`; what it does stands in fuzz/src/vxvue.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("vxvue", data));
