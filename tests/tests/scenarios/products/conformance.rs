//! Every transcript of `conformance/`, played over sockets against a gateway of its own.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use tieline_gateway::registry::DIALECTS;
use tieline_testkit::transcript::{in_folder, parse, play};

fn folder(dialect: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join(dialect)
}

/// Plays all of a dialect's transcripts and tells every failure, not the first only.
async fn holds(dialect: &str) {
    let files = in_folder(&folder(dialect));
    assert!(!files.is_empty(), "conformance/{dialect} is empty");
    let mut failures = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(file).unwrap();
        let done = match parse(&text) {
            Ok(transcript) => play(dialect, &transcript).await,
            Err(what) => Err(what),
        };
        failures.extend(done.err().map(|what| format!("conformance/{dialect}/{name}: {what}")));
    }
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), files.len(), failures.join("\n"));
}

/// A dialect has a folder by being in the registry; nothing is to be added here for a new one.
#[tokio::test]
async fn every_dialect_keeps_its_contract() {
    let mut folders: Vec<String> =
        in_folder(&folder("")).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let mut dialects: Vec<&str> = DIALECTS.iter().map(|entry| entry.name).collect();
    folders.sort();
    dialects.sort();
    assert_eq!(folders, dialects, "each dialect has its folder of transcripts, and each folder its dialect");
    for dialect in dialects {
        holds(dialect).await;
    }
}

/// The player itself: what goes otherwise than told is a failure that names the line.
#[tokio::test]
async fn a_wrong_transcript_fails() {
    let open = "# T.\na connect\na > {\"ws_op\":\"open\",\"ws_stream_ids\":[\"x\"]}\nb connect\n\
                b > {\"ws_op\":\"open\",\"ws_stream_ids\":[\"x\"]}\na > {\"ws_op\":\"send\",\"ws_msg\":\"hello\"}\n";
    for (wrong, told) in [
        ("b < goodbye", "line 7: expected \"goodbye\", got Text(\"hello\")"),
        ("b hears nothing", "line 7: expected nothing, got Text(\"hello\")"),
        ("", "at the end: b: expected nothing, got Text(\"hello\")"),
        ("c connect refused 404", "line 7: expected a refusal with 404, got a connection"),
        ("c connect /nowhere", "line 7: expected a connection, got a refusal with 404"),
        ("b < hello\nb closes 1000\nb < hello", "line 9: expected \"hello\", got: expected a message; the connection"),
    ] {
        let transcript = parse(&format!("{open}{wrong}\n")).unwrap();
        let failure = play("fme", &transcript).await.unwrap_err();
        assert!(failure.starts_with(told), "{wrong}: {failure}");
    }
}
