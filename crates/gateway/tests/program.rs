//! The program itself, as a person starts it: exit codes, and what happens without a file or without a reader.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn tieline(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieline"));
    command.current_dir(folder).env_remove("TIELINE_CONFIG").stdin(Stdio::null());
    command
}

fn diagnostics(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn without_a_file_it_explains_how_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["run", "check"] {
        let output = tieline(folder.path()).arg(command).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(
            diagnostics(&output).contains("tieline config example > tieline.toml")
                && diagnostics(&output).contains("tieline demo")
        );
    }
}

#[test]
fn the_file_in_this_folder_is_found_and_the_environment_wins_over_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tieline.toml"), "[console]\nlisten = \"127.0.0.1:1\"\n").unwrap();
    let output = tieline(folder.path()).args(["config", "show"]).env("TIELINE_CONSOLE_LISTEN", "127.0.0.1:2").output();
    let shown = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(
        shown.contains("listen = \"127.0.0.1:2\"                       # environment TIELINE_CONSOLE_LISTEN"),
        "{shown}"
    );
}

#[test]
fn a_file_elsewhere_can_be_named_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.toml"), "[access]\nnonsense = 1\n").unwrap();
    let output = tieline(folder.path()).arg("check").env("TIELINE_CONFIG", "other.toml").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(diagnostics(&output).contains("other.toml:2:1"));
    assert!(!diagnostics(&output).contains('\u{1b}'), "no colour when nobody is at the terminal");
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = tieline(folder.path())
        .args(["config", "schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), diagnostics(&output).as_str()), (Some(0), ""));
}
