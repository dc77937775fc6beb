//! A mistake of the program must not tell what a client said.
#![allow(clippy::panic)]

use tieline_testkit::Logs;

#[test]
fn a_panic_tells_its_place_and_not_its_text() {
    let logs = Logs::capture();
    tieline_gateway::panics::quiet();
    let ended = std::thread::spawn(|| std::panic::panic_any("MRKR".to_owned())).join();
    let _ = std::panic::take_hook();
    assert!(ended.is_err());
    let text = logs.text();
    assert!(text.contains("panics.rs:") && !text.contains("MRKR"), "{text}");
}
