//! What each fuzz target does with its bytes: no panic, no growth, and what comes out is what is promised.
//!
//! Promises: a body asserts what must hold for any bytes at all, against a second opinion where there is one. Called by
//! the libFuzzer programs in `fuzz/libfuzzer`, and by this package's tests, which replay `fuzz/corpus`.

// A broken promise is told by a panic: that is how a fuzzer hears of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod close;
mod config;
mod csa;
mod fme;
mod frames;
mod gxml;
mod header;
mod image;
mod inflate;
mod inspect;
mod lenient;
mod negotiate;
mod opcua;
mod opcua_import;
mod opcua_value;
mod oracle;
mod origin_policy;
mod path;
mod protocol;
mod second;
mod talk;
mod topic;
mod vxvue;

/// A target: its name, which is its folder of the corpus, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("close", close::run),
    ("config", config::run),
    ("csa", csa::run),
    ("origin_policy", origin_policy::run),
    ("fme", fme::run),
    ("frames", frames::run),
    ("gxml", gxml::run),
    ("header", header::run),
    ("image", image::run),
    ("inflate", inflate::run),
    ("inspect", inspect::run),
    ("lenient", lenient::run),
    ("negotiate", negotiate::run),
    ("opcua", opcua::run),
    ("opcua_import", opcua_import::run),
    ("opcua_value", opcua_value::run),
    ("path", path::run),
    ("protocol", protocol::run),
    ("topic", topic::run),
    ("vxvue", vxvue::run),
];

/// Runs the body of the target with this name.
pub fn run(name: &str, data: &[u8]) {
    let (_, body) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    body(data);
}
