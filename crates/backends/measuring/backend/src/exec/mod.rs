//! Programs that are started for a request (contract `inspect`, executor `exec`).
//!
//! Promises: a vector of arguments, never a shell; an environment of `PATH`, `LANG`, `HOME` and `TIELINE_JOB`, which is
//! another one for each job; the request on standard input, the reply on standard output, bounded; whatever the program
//! does, it is over after the time limit, and the processes it has started end with it. Called by the jobs' queue runners.
//!
//! Decided: what a program leaves running when it ends well is ended too, and its reply counts. A reply is its first
//! 64 KiB; more is read and dropped, so that it can do its work, but beyond 16 MiB of that it is ended. After the time
//! limit it is asked to end (SIGTERM) and ended a second later. Should the gateway itself be killed, a program goes on.

#![cfg_attr(not(target_os = "linux"), allow(dead_code))] // nothing is started there

mod output;
mod program;
#[cfg(target_os = "linux")]
mod run;
#[cfg(all(test, target_os = "linux"))]
mod tests;
#[cfg(target_os = "linux")]
mod tree;

pub(crate) use program::{Placeholder, Program};

#[cfg(not(target_os = "linux"))]
impl Program {
    /// Programs, and what they start, can be ended safely on Linux only; `tieline check` says so.
    pub(crate) async fn run(
        &self,
        _request: &crate::jobs::Request,
        _files: &std::sync::Arc<tieline_measuring_project::Files>,
        _limit: std::time::Duration,
        _stop: &mut tokio::sync::watch::Receiver<bool>,
    ) -> crate::jobs::Outcome {
        crate::jobs::Outcome::unavailable("programs are started on Linux only")
    }
}
