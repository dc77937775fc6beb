//! Many clients: ten thousand at once, each served, and as many that come and go without leaving anything behind.
//!
//! `TIELINE_TEST_VISITS` makes the coming and going longer.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use tieline_testkit::process::{allow_files, resident_bytes};
use tieline_testkit::{Done, TestGateway, eventually, number};
use tieline_tests::{on_stream, send};

const CONFIG: &str = "[fme.limits]\nconnections = 0\nconnections_per_address = 0";
/// File descriptors that are not clients.
const OTHERS: u64 = 500;

/// One after the other: each looks at the memory of the process.
static TURN: Mutex<()> = Mutex::new(());

/// The program `crowd` at work.
struct Crowd(Child, BufReader<ChildStdout>);

impl Crowd {
    fn new(what: &str, address: SocketAddr, count: usize) -> Crowd {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crowd"));
        command.args([what, &address.to_string(), &count.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Crowd(child, said)
    }

    /// Waits for its next word; it bounds its own waits and ends when one is over.
    fn says(&mut self, word: &str) {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), word);
    }

    /// Lets it go, and waits until it has.
    fn go(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Only after a failure is it still there.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ten thousand, or what the system allows; in CI it has to allow them.
fn crowd_size() -> usize {
    let files = allow_files();
    if files >= 10_000 + OTHERS {
        return 10_000;
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "only {files} file descriptors are allowed; 10000 clients need {}", 10_000 + OTHERS);
    eprintln!("only {files} file descriptors are allowed (ulimit -n), so there are fewer clients than 10000");
    (files - OTHERS) as usize
}

async fn nobody_listens(gateway: &TestGateway) -> Done {
    let mut asker = gateway.client("fme").await?;
    asker.say(r#"{"ws_op":"admin","ws_msg":"getnumchannels()"}"#).await?;
    asker.expect(r#"{"numchannels":"0","streams":[]}"#).await
}

#[test]
fn ten_thousand_at_once() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let count = crowd_size();
    let gateway = TestGateway::with_shards(4, CONFIG);
    let before = resident_bytes(std::process::id());
    let mut crowd = Crowd::new("stay", gateway.address("fme"), count);
    crowd.says("ready");
    let each = (resident_bytes(std::process::id()) - before) / count as u64;
    eprintln!("{each} bytes of memory for each idle client");
    assert!(each < 6 << 10, "{each} bytes of memory for each idle client");
    runtime.block_on(async {
        let mut publisher = on_stream(&gateway, "x").await.unwrap();
        publisher.say(send("hello everybody")).await.unwrap();
        publisher.barrier().await.unwrap();
    });
    crowd.says("heard");
    crowd.go();
    runtime.block_on(async {
        eventually("the end of every connection", || gateway.open("fme") == 0).await.unwrap();
        nobody_listens(&gateway).await.unwrap();
    });
}

#[test]
fn coming_and_going_leaves_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let gateway = TestGateway::with_shards(4, CONFIG);
    let visits = number("TIELINE_TEST_VISITS", 10_000);
    let churn = |count| {
        let mut crowd = Crowd::new("churn", gateway.address("fme"), count);
        crowd.says("done");
        crowd.go();
        runtime.block_on(eventually("the end of every visit", || gateway.open("fme") == 0)).unwrap();
        resident_bytes(std::process::id())
    };
    let settled = churn(visits / 5);
    let grown = churn(visits - visits / 5).saturating_sub(settled);
    eprintln!("{grown} bytes more after {visits} visits, {settled} before");
    assert!(grown < 4 << 20, "memory grew by {grown} bytes in {visits} visits");
    runtime.block_on(nobody_listens(&gateway)).unwrap();
}
