//! libFuzzer's program for the target `image`; what it does stands in fuzz/src/image.rs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_fuzz::run("image", data));
