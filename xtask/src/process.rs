//! Running other programs: to their end, or as a server that is ended with the value that stands for it.
//!
//! Promises: a program is ended by the process id it was given when it was started, whatever happened in between.

use anyhow::Context;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long a server may take to say its first line, and to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a program to its end with its output shown; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    eprintln!("$ {}", line_of(command));
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        anyhow::bail!("`{}` ended with {status}", line_of(command));
    }
    Ok(())
}

/// Whether a program of this name can be started from here.
pub(crate) fn is_installed(program: &str) -> bool {
    let probe = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    probe.is_ok_and(|output| output.status.success())
}

fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`: is it installed and on the PATH?", command.get_program().to_string_lossy())
}

/// Which of a server's outputs carries the line that is waited for.
#[derive(Clone, Copy)]
pub(crate) enum Output {
    /// Standard output.
    Data,
    /// Standard error.
    Talk,
}

/// A program that runs until this is dropped.
pub(crate) struct Server(Child);

impl Server {
    /// Starts it and waits for a line that has `marker` in it; gives the first word after the marker.
    pub(crate) fn start(command: &mut Command, output: Output, marker: &str) -> anyhow::Result<(Server, String)> {
        eprintln!("$ {} &", line_of(command));
        match output {
            Output::Data => command.stdout(Stdio::piped()),
            Output::Talk => command.stderr(Stdio::piped()),
        };
        let mut child = command.stdin(Stdio::null()).spawn().with_context(|| cannot_start(command))?;
        let pipe: Option<Box<dyn Read + Send>> = match output {
            Output::Data => child.stdout.take().map(|pipe| Box::new(pipe) as _),
            Output::Talk => child.stderr.take().map(|pipe| Box::new(pipe) as _),
        };
        let server = Server(child);
        let pipe = pipe.context("the server's output is not a pipe")?;
        let (found, word) = mpsc::sync_channel(1);
        let wanted = marker.to_owned();
        // Reads to the very end, so that the server never waits for a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                eprintln!("  | {line}");
                if let Some((_, rest)) = line.split_once(&wanted) {
                    let _ = found.try_send(rest.split_whitespace().next().unwrap_or_default().to_owned());
                }
            }
        });
        match word.recv_timeout(PATIENCE) {
            Ok(word) => Ok((server, word)),
            Err(RecvTimeoutError::Disconnected) => {
                anyhow::bail!("`{}` ended without a line with `{marker}`", line_of(command))
            }
            Err(RecvTimeoutError::Timeout) => {
                anyhow::bail!("`{}` wrote no line with `{marker}` in {PATIENCE:?}", line_of(command))
            }
        }
    }
}

impl Drop for Server {
    /// Asks it to end (SIGTERM), waits, and ends it by force when it does not listen.
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            match self.0.try_wait() {
                Ok(Some(_)) => return,
                Ok(None) => pause(),
                Err(_) => break,
            }
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the standard library cannot wait for a child with a time limit")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_line_and_ends_with_its_value() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo warming up; echo listening on 127.0.0.1:9 now; exec sleep 600"]);
        let (server, word) = Server::start(&mut command, Output::Data, "listening on ").unwrap();
        assert_eq!(word, "127.0.0.1:9");
        let process = server.0.id().to_string();
        drop(server);
        assert!(!Command::new("kill").args(["-0", &process]).output().unwrap().status.success());
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_that_says_so() {
        let error = Server::start(&mut Command::new("true"), Output::Talk, "ready").err().unwrap();
        assert_eq!(error.to_string(), "`true` ended without a line with `ready`");
    }

    #[test]
    fn a_failing_program_is_named_with_its_arguments() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` ended with exit status: 3");
    }
}
