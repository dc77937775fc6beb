//! One run of a program, from its start to its last process.

use super::Placeholder;
use super::output::{FLOOD, Output, Reading, read};
use super::program::{Program, Unfit};
use super::tree::{Ending, Tree};
use crate::blocking::blocking;
use crate::jobs::{Answer, BadParameter, Outcome, Request};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tieline_measuring_project::{Denied, Files};
use tieline_telemetry::events::ProgramLeft;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// The longest reply; what a program prints beyond it is read and dropped.
pub(crate) const REPLY: usize = 64 * 1024;
/// The most of its standard error that the record keeps.
const ERRORS: usize = 4 * 1024;
/// How long processes have between being asked to end and being ended.
const GRACE: Duration = Duration::from_secs(1);
/// How long ending them may take: only one that hangs in the kernel takes any time.
const ENDING: Duration = Duration::from_secs(2);
/// How long its output is waited for when all processes that could be found have ended.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// What it is given of our environment.
const ENVIRONMENT: [&str; 3] = ["PATH", "LANG", "HOME"];
/// Where a job's mark stands in the environment.
const MARK: &str = "TIELINE_JOB";

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Exited,
    TooLong,
    Flood,
    Stopping,
}

impl Program {
    /// Runs it for a request. Back when it is over, or was ended: after `limit`, when `stop` becomes true, or because it
    /// printed without end.
    pub(crate) async fn run(
        &self,
        request: &Request,
        files: &Arc<Files>,
        limit: Duration,
        stop: &mut watch::Receiver<bool>,
    ) -> Outcome {
        let began = Instant::now();
        let file = match self.file(request, files, limit).await {
            Ok(file) => file,
            Err(outcome) => return outcome,
        };
        let whole = self.told(request, files, file.as_deref(), limit).await;
        let arguments = match self.arguments(request, file.as_deref(), &whole) {
            Ok(arguments) => arguments,
            Err(Unfit::Parameter(BadParameter(sentence))) => return Outcome::new(Answer::Error(sentence), ""),
            Err(Unfit::ZeroByte) => {
                return request.failed(
                    "has a zero byte in it",
                    "a parameter has a zero byte in it, which no program can be told",
                );
            }
        };
        let mark = mark();
        let mut command = Command::new(self.program());
        command.args(arguments).env_clear().env(MARK, &mark).process_group(0).kill_on_drop(true);
        command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let spawned = command.spawn().and_then(|child| Running::of(child, &whole, &format!("{MARK}={mark}")));
        match spawned {
            Ok(running) => running.watched(request, (limit, began), stop).await,
            Err(error) => request.failed("could not be started", format!("the program cannot be started: {error}")),
        }
    }

    /// The request as the program is told it: as it came, but for a file that a `path_map` says has another name here.
    async fn told(&self, request: &Request, files: &Arc<Files>, file: Option<&Path>, limit: Duration) -> String {
        let Some(given) = request.text("file").filter(|_| request.upload.is_none()).map(str::to_owned) else {
            return request.whole.clone();
        };
        let looking = blocking({
            let (files, given) = (files.clone(), given.clone());
            move || files.mapped(&given)
        });
        let mapped = tokio::time::timeout(limit, looking).await.ok().and_then(Result::ok).flatten();
        // Where it was opened, links and all, is where it is.
        let local = mapped.map(|mapped| file.map(Path::to_owned).unwrap_or(mapped));
        match local.as_deref().and_then(Path::to_str) {
            Some(local) => request.with_file(local),
            None => request.whole.clone(),
        }
    }

    /// The local path of the request's file, when an argument has it.
    async fn file(&self, request: &Request, files: &Arc<Files>, limit: Duration) -> Result<Option<PathBuf>, Outcome> {
        if !self.placeholders().any(|one| one == Placeholder::File) {
            return Ok(None);
        }
        let given = request.spelled("file");
        let given = given.map_err(|BadParameter(sentence)| Outcome::new(Answer::Error(sentence), ""))?;
        let opening = blocking({
            let (files, given, request) = (files.clone(), given.clone(), request.clone());
            move || request.open(&files, &given).map(|opened| opened.path)
        });
        match tokio::time::timeout(limit, opening).await {
            Ok(Ok(Ok(path))) => Ok(Some(path)),
            Ok(Ok(Err(denied))) => Err(request.unread(&given, denied.to_string())),
            Ok(Err(_)) => Err(request.unread(&given, "opening it failed by a mistake of the program")),
            Err(_) => Err(request.unread(&given, Denied::Unreadable(std::io::ErrorKind::TimedOut).to_string())),
        }
    }
}

/// Another one for each job of each gateway.
fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}-{now}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Waits until a program has ended, and leaves it as it is: so its number stays its own until all of its processes have
/// been looked for.
fn over(program: Pid) {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(program), how).is_err_and(|error| error == Errno::INTR) {}
}

/// A program at work.
struct Running {
    child: Child,
    tree: Tree,
    /// Ends when the program does.
    end: JoinHandle<()>,
    said: Reading,
    errors: Reading,
    flood: Arc<Notify>,
    diagnostics: [JoinHandle<()>; 3],
}

impl Running {
    fn of(mut child: Child, whole: &str, mark: &str) -> std::io::Result<Running> {
        let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).ok_or_else(gone)?;
        let tree = Tree::of(pid, mark).ok_or_else(gone)?;
        let end = blocking(move || over(pid));
        let (said, errors, flood) = (Reading::default(), Reading::default(), Arc::new(Notify::new()));
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(gone());
        };
        let whole = format!("{whole}\n");
        let diagnostics = [
            // A program that reads nothing may close it; that is its own affair.
            tokio::spawn(async move { drop(stdin.write_all(whole.as_bytes()).await) }),
            tokio::spawn(read(stdout, said.clone(), REPLY, flood.clone())),
            tokio::spawn(read(stderr, errors.clone(), ERRORS, flood.clone())),
        ];
        Ok(Running { child, tree, end, said, errors, flood, diagnostics })
    }

    async fn watched(
        mut self,
        request: &Request,
        (limit, began): (Duration, Instant),
        stop: &mut watch::Receiver<bool>,
    ) -> Outcome {
        let over = tokio::select! {
            biased;
            _ = &mut self.end => Over::Exited,
            _ = stop.wait_for(|stop| *stop) => Over::Stopping,
            () = self.flood.notified() => Over::Flood,
            () = tokio::time::sleep(limit.saturating_sub(began.elapsed())) => Over::TooLong,
        };
        let ending = self.ended(if over == Over::Exited { Duration::ZERO } else { GRACE }).await;
        // With its last process the pipes have come to their ends, unless one was not found.
        let [_, stdout, stderr] = &mut self.diagnostics;
        let read_all =
            tokio::time::timeout(LAST_WORDS, async { (stdout.await.is_ok(), stderr.await.is_ok()) }).await.is_ok();
        self.diagnostics.iter().for_each(JoinHandle::abort);
        let status = match tokio::time::timeout(LAST_WORDS, self.child.wait()).await {
            Ok(Ok(status)) => Some(status),
            _ => None,
        };
        let (said, errors) = (Output::taken(&self.said), Output::taken(&self.errors));
        // Read no more, it may have ended by that before it was ended.
        let over = if said.dropped.max(errors.dropped) > FLOOD { Over::Flood } else { over };
        let mut notes = Vec::new();
        if over == Over::Exited && ending.ended > 0 {
            notes.push(format!("{} processes that it left behind were ended", ending.ended));
        }
        if !ending.all || status.is_none() || !read_all {
            notes.push("not all of its processes could be ended".to_owned());
            ProgramLeft {}.emit();
        }
        if said.dropped > 0 {
            notes.push(format!("{} bytes of its reply were dropped behind the first {REPLY}", said.dropped));
        }
        outcome(request, limit, over, status, said, (errors.text(), notes))
    }

    /// Ends what is left of it, while its output is read on.
    async fn ended(&self, grace: Duration) -> Ending {
        let tree = self.tree.clone();
        let ending = blocking(move || tree.end(grace, ENDING)).await;
        ending.unwrap_or(Ending { ended: 0, all: false })
    }
}

/// What a run comes to.
fn outcome(
    request: &Request,
    limit: Duration,
    over: Over,
    status: Option<ExitStatus>,
    said: Output,
    (errors, notes): (String, Vec<String>),
) -> Outcome {
    let code = status.and_then(|status| status.code());
    let (what, why) = match (over, code) {
        (Over::Exited, Some(0)) => (None, None),
        (Over::Exited, Some(code)) => {
            (Some(format!("failed with exit code {code}")), Some(format!("exit code {code}")))
        }
        (Over::Exited, None) => {
            let signal = status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status));
            let by = signal.map_or_else(|| "it did not end".to_owned(), |signal| format!("ended by signal {signal}"));
            (Some("failed".to_owned()), Some(by))
        }
        (Over::TooLong, _) => (Some(format!("took longer than {limit:?}")), Some(format!("ended after {limit:?}"))),
        (Over::Flood, _) => {
            (Some("failed".to_owned()), Some(format!("ended, since it had printed {} MiB", FLOOD >> 20)))
        }
        (Over::Stopping, _) => (None, Some("ended, since the gateway is stopping".to_owned())),
    };
    let parts = why.into_iter().chain(notes).chain(Some(errors).filter(|text| !text.is_empty()));
    let detail = parts.collect::<Vec<_>>().join("; ");
    match (over, what) {
        (Over::Stopping, _) => Outcome { detail, ..Outcome::unavailable("the gateway is stopping") },
        (_, Some(what)) => request.failed(&what, detail),
        (_, None) => Outcome::new(Answer::Reply(said.text()), detail),
    }
}
