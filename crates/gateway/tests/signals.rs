//! What signals do to the running program: SIGHUP takes over what can change, SIGTERM ends it well.
#![allow(clippy::unwrap_used, clippy::unreachable, reason = "tests")]

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

/// A program that runs, ended when the test is.
struct Running {
    child: Child,
    diagnostics: Lines<BufReader<ChildStderr>>,
}

impl Running {
    fn start(folder: &Path) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieline"));
        command.current_dir(folder).arg("run").stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let diagnostics = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut running = Running { child, diagnostics };
        running.expect_line("Ctrl-C stops it.");
        running
    }

    /// Reads on until a line has this in it; the end of the talk fails the test.
    fn expect_line(&mut self, part: &str) -> String {
        self.diagnostics.by_ref().map(Result::unwrap).find(|line| line.contains(part)).unwrap_or_else(|| {
            let code = self.child.wait().unwrap();
            unreachable!("it ended with {code} without saying {part:?}")
        })
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn hang_up_takes_over_what_can_change_and_names_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let write = |more: &str| {
        let text = format!("[fme]\nlisten = \"127.0.0.1:0\"\n{more}");
        std::fs::write(folder.path().join("tieline.toml"), text).unwrap();
    };
    write("");
    let mut running = Running::start(folder.path());
    write("[access]\nhosts = [\"gateway.example\"]\n");
    running.signal("HUP");
    running.expect_line("result=\"applied\"");
    write("echo = true\n");
    running.signal("HUP");
    running.expect_line("need a restart: fme.echo");
    write("nonsense = true\n");
    running.signal("HUP");
    running.expect_line("there is no key nonsense");
    running.expect_line("result=\"refused\"");
    running.signal("TERM");
    running.expect_line("stopped; 0 sessions said goodbye");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_told_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = taken.local_addr().unwrap();
    std::fs::write(folder.path().join("tieline.toml"), format!("[fme]\nlisten = \"{address}\"\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieline"));
    let output = command.current_dir(folder.path()).arg("run").stdin(Stdio::null()).output().unwrap();
    let diagnostics = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{diagnostics}");
    assert!(
        diagnostics.contains(&format!("fme: cannot listen on {address}")) && diagnostics.contains("--set fme.listen="),
        "{diagnostics}"
    );
}

/// Whoever says it twice does not want to wait.
#[test]
fn a_second_stop_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[fme]\nlisten = \"127.0.0.1:0\"\n[access.limits]\nlame_duck = \"1h\"\n";
    std::fs::write(folder.path().join("tieline.toml"), text).unwrap();
    let mut running = Running::start(folder.path());
    running.signal("TERM");
    running.expect_line("stop announced");
    running.signal("INT");
    running.expect_line("stopped at once");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}
