//! libFuzzer's program for the target `topic`; what it does stands in fuzz/src/topic.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("topic", data));
