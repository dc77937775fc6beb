//! Programs as they really behave: well, badly, and with children that do.

use super::output::FLOOD;
use super::run::REPLY;
use super::*;
use crate::jobs::{Answer, Outcome, Request};
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tieline_measuring_project::Files;
use tieline_model::Reason;
use tokio::sync::watch;

const LONG: Duration = Duration::from_secs(60);
const BODY: &str = r#"{"file":"C:/temp/a b.txt","name":"-n \"x\" $HOME","focal_length":50.0}"#;

fn files(folder: &Path) -> Arc<Files> {
    let map = vec![("C:/temp".to_owned(), folder.to_owned())];
    Arc::new(Files::new(vec![folder.to_owned()], map, 1000).unwrap())
}

fn request(command: &str, body: &str) -> Request {
    Request::read(&command.into(), &Bytes::from(body.to_owned()), command == "image").unwrap()
}

fn program(arguments: &[&str]) -> Program {
    Program::read(&arguments.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// Runs a program for the custom request `weld`; the sender stops it.
async fn run_until(arguments: &[&str], limit: Duration, mut stop: watch::Receiver<bool>) -> Outcome {
    let request = request("weld", &format!(r#"{{"weld":{BODY}}}"#));
    program(arguments).run(&request, &files(Path::new("/nowhere")), limit, &mut stop).await
}

async fn run(arguments: &[&str], limit: Duration) -> Outcome {
    let (_stop, stopped) = watch::channel(false);
    run_until(arguments, limit, stopped).await
}

async fn sh(script: &str, limit: Duration) -> Outcome {
    run(&["sh", "-c", script], limit).await
}

fn reply(text: &str) -> Answer {
    Answer::Reply(text.to_owned())
}

fn error(text: &str) -> Answer {
    Answer::Error(format!("Request 'weld' {text}."))
}

/// The processes whose command line has this in it; a zombie has none.
fn running(mark: &str) -> Vec<String> {
    let folders = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = folders.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(mark)).collect()
}

/// A number of seconds that nothing else sleeps for.
fn seconds() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("9{:06}{:04}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

#[tokio::test]
async fn a_reply_is_what_it_prints_and_the_request_is_what_it_reads() {
    // Only the name of the file is another one here, where it is mapped to.
    let whole = format!(r#"{{"weld":{BODY}}}"#).replace("C:/temp", "/nowhere");
    assert_eq!(sh("cat", LONG).await, Outcome::new(reply(&whole), ""));
    let printed = run(&["printf", "--", "%s|", "{name}", "{focal_length}mm", "{request}"], LONG).await;
    // Nothing has split it, and nothing has looked into it.
    assert_eq!(printed.answer, reply(&format!("-n \"x\" $HOME|50.0mm|{whole}|")));
    assert_eq!(sh("exit 0", LONG).await.answer, reply(""));
    assert_eq!(sh("echo warning >&2; echo ok", LONG).await, Outcome::new(reply("ok"), "warning"));
    // It need not read what it is given.
    assert_eq!(sh("exec <&-; echo ok", LONG).await.answer, reply("ok"));
}

#[tokio::test]
async fn a_large_request_reaches_a_program_that_answers_first() {
    let long = "x".repeat(1 << 20);
    let request = request("weld", &format!(r#"{{"weld":{{"name":"{long}"}}}}"#));
    let (_stop, mut stopped) = watch::channel(false);
    let counted = program(&["sh", "-c", "echo first; wc -c"]);
    let Outcome { answer, .. } = counted.run(&request, &files(Path::new("/")), LONG, &mut stopped).await;
    assert_eq!(answer, reply(&format!("first\n{}", request.whole.len() + 1)));
    // The kernel takes no argument of that size: an error, not a panic.
    let told = program(&["echo", "{name}"]).run(&request, &files(Path::new("/")), LONG, &mut stopped).await;
    assert_eq!(told.answer, error("could not be started"));
}

#[tokio::test]
async fn the_environment_is_clean() {
    let Outcome { answer: Answer::Reply(text), .. } = run(&["env"], LONG).await else { panic!() };
    let mut names: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    names.retain(|name| !["PATH", "LANG", "HOME"].contains(name));
    assert_eq!(names, ["TIELINE_JOB"]);
    let Answer::Reply(other) = run(&["env"], LONG).await.answer else { panic!() };
    assert_ne!(text, other, "each job has a mark of its own");
}

#[tokio::test]
async fn what_fails_is_told_in_the_commands_own_way() {
    let failed = sh("echo no licence >&2; echo lost; exit 3", LONG).await;
    assert_eq!(failed, Outcome::new(error("failed with exit code 3"), "exit code 3; no licence"));
    let Outcome { answer, detail, .. } = sh("kill -SEGV $$", LONG).await;
    assert_eq!((answer, detail.as_str()), (error("failed"), "ended by signal 11"));
    let missing = run(&["/nowhere/check"], LONG).await;
    assert_eq!(missing.answer, error("could not be started"));
    assert!(missing.detail.contains("No such file"), "{}", missing.detail);
    let (_stop, mut stopped) = watch::channel(false);
    let image = request("image", BODY);
    let failed = program(&["false"]).run(&image, &files(Path::new("/")), LONG, &mut stopped).await;
    assert_eq!(failed, Outcome::new(Answer::NotImported, "exit code 1"));
    let missing = program(&["true", "{import_mode}"]).run(&image, &files(Path::new("/")), LONG, &mut stopped).await;
    assert_eq!(missing.answer, Answer::Error("Missing parameter 'import_mode' in 'image' request.".to_owned()));
}

#[tokio::test]
async fn a_program_is_told_of_allowed_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let (_stop, mut stopped) = watch::channel(false);
    let image = request("image", BODY);
    let cat = program(&["cat", "--", "{file}"]);
    let unread = cat.run(&image, &files(folder.path()), LONG, &mut stopped).await;
    assert_eq!(unread.answer, Answer::NotRead);
    std::fs::write(folder.path().join("a b.txt"), "content\n").unwrap();
    let read = cat.run(&image, &files(folder.path()), LONG, &mut stopped).await;
    assert_eq!(read, Outcome::new(reply("content"), ""));
    let elsewhere = request("weld", r#"{"weld":{"file":"/etc/passwd"}}"#);
    let refused = cat.run(&elsewhere, &files(folder.path()), LONG, &mut stopped).await;
    assert_eq!(refused.answer, Answer::Error("File /etc/passwd could not be read.".to_owned()));
}

#[tokio::test]
async fn what_takes_too_long_is_ended_with_its_children() {
    let slept = seconds();
    let limit = Duration::from_millis(300);
    // One that asks for it, one that does not listen, one in a session of its own, one that has lost its parent there,
    // and one that has forgotten its environment.
    let script = format!(
        "trap '' TERM; sleep {slept} & setsid sleep {slept} & (setsid sh -c 'sleep {slept} & sleep {slept}' &) ; \
         env -i /bin/sh -c 'trap \"\" TERM; sleep {slept}; sleep {slept}' & echo started; sleep {slept}"
    );
    let began = Instant::now();
    let outcome = sh(&script, limit).await;
    assert!(began.elapsed() >= limit);
    assert_eq!(outcome, Outcome::new(error("took longer than 300ms"), "ended after 300ms"));
    assert_eq!(running(&slept), [""; 0]);
}

#[tokio::test]
async fn one_that_ends_when_it_is_asked_has_the_time_to() {
    let folder = tempfile::tempdir().unwrap();
    let tidied = folder.path().join("tidied");
    let script = format!("trap 'touch {}; exit 0' TERM; while :; do sleep 0.01; done", tidied.display());
    let outcome = sh(&script, Duration::from_millis(300)).await;
    assert_eq!(outcome.answer, error("took longer than 300ms"));
    assert!(tidied.is_file());
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_ended_and_its_reply_counts() {
    let slept = seconds();
    let began = Instant::now();
    // They hold its output open; a reply that waited for them would never come.
    // The last one's parent, in a session of its own, has ended before the program does.
    let script = format!("sleep {slept} & setsid sleep {slept} & setsid sh -c 'sleep {slept} &'; echo done");
    let outcome = sh(&script, LONG).await;
    assert_eq!(outcome.answer, reply("done"));
    assert!(outcome.detail.ends_with("processes that it left behind were ended"), "{}", outcome.detail);
    assert!(began.elapsed() < LONG / 2, "it waited for them");
    assert_eq!(running(&slept), [""; 0]);
}

#[tokio::test]
async fn one_that_starts_another_again_and_again_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("again");
    // Each does nothing but start its successor, in a session of its own, and go.
    std::fs::write(&script, "setsid sh \"$0\" &\n").unwrap();
    let script = script.to_str().unwrap();
    let outcome = run(&["sh", script], LONG).await;
    assert_eq!(outcome.answer, reply(""));
    assert_eq!(running(script), [""; 0]);
}

#[tokio::test]
async fn a_stop_ends_it() {
    let slept = seconds();
    let (stop, stopped) = watch::channel(false);
    let script = format!("setsid sleep {slept} & sleep {slept}");
    let arguments = ["sh", "-c", &script];
    let (outcome, ()) = tokio::join!(run_until(&arguments, LONG, stopped), async {
        while running(&slept).len() < 3 {
            tokio::task::yield_now().await;
        }
        stop.send(true).unwrap();
    });
    let Answer::Refused(refusal) = outcome.answer else { panic!("{outcome:?}") };
    assert_eq!(refusal.reason, Reason::Unavailable);
    assert_eq!(running(&slept), [""; 0]);
}

#[tokio::test]
async fn much_output_is_cut_and_a_flood_is_ended() {
    let large = sh("head -c 1000000 /dev/zero | tr '\\0' y; echo >&2 end", LONG).await;
    assert_eq!(large.answer, reply(&"y".repeat(REPLY)));
    let dropped = 1_000_000 - REPLY;
    assert_eq!(large.detail, format!("{dropped} bytes of its reply were dropped behind the first {REPLY}; end"));
    for stream in ["yes", "yes >&2"] {
        let flood = sh(stream, LONG).await;
        assert_eq!(flood.answer, error("failed"));
        let expected = format!("ended, since it had printed {} MiB", FLOOD >> 20);
        assert!(flood.detail.starts_with(&expected), "{}", flood.detail);
    }
}

#[tokio::test]
async fn a_python_program_is_one_like_any_other() {
    let script = "import json, sys; r = json.load(sys.stdin); print('saw', r['weld']['name'])";
    assert_eq!(run(&["python3", "-c", script], LONG).await.answer, reply("saw -n \"x\" $HOME"));
}
