//! The executors put together: a queue runner for each command on one thread, what blocks on threads of its own, one for the record.
//!
//! Promises: starting waits for nothing outside; stopping ends what is under way and is back within moments, and so does
//! dropping. Started by the gateway through [`crate::BACKEND`].

use crate::demo;
use crate::exec::Program;
use crate::executor::Queues;
use crate::http::{Http, Notes, Uploadable, Uploads};
use crate::jobs::{Ended, Handler, Job, QueuePlan, QueueRunner, RecordPlan, Recorder};
use crate::relay::{Address, Server};
use crate::settings::{self, CommandSettings, ExecutorSettings, Way};
use crate::works::Works;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tieline_measuring_project::Files;
use tieline_model::{Backend, BackendEntry, BackendFault, BackendPlan, Executor, Service};
use tieline_telemetry::events::ExecutorsCutOff;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// This backend's part of a registry line.
pub const BACKEND: BackendEntry = BackendEntry {
    name: "executors",
    fields: ExecutorSettings::FIELDS,
    expand: |_| Vec::new(),
    demo: |_| (),
    check: settings::check,
    doubts: |_, _| Vec::new(),
    start,
    tool: None,
};

/// How long what is under way may take to end when the gateway stops: programs are asked first, then ended.
const ENDING: Duration = Duration::from_secs(4);
/// How long the record may take then.
const RECORDING: Duration = Duration::from_secs(2);
/// Threads that one job needs at most: a program is waited for while its processes are being ended.
const THREADS_EACH: usize = 2;
/// Threads for what blocks besides the jobs themselves: names of servers being looked up.
const OTHER_THREADS: usize = 8;

fn start(plan: BackendPlan<'_>) -> Result<Box<dyn Backend>, BackendFault> {
    let mut settings = ExecutorSettings::from_values(plan.values);
    if let Some(folder) = &plan.demo {
        let fault = |error| BackendFault { what: format!("the demo's measuring folder cannot be made: {error}") };
        demo::prepare(folder, &mut settings).map_err(fault)?;
    }
    let notes: Arc<Notes> = Arc::default();
    let record =
        RecordPlan { store: plan.store.to_owned(), most: settings.jobs, publish: plan.publish, notes: notes.clone() };
    let runners = runners(&settings, plan.store)?;

    let fault = |error: std::io::Error| BackendFault { what: format!("no thread for carrying out requests: {error}") };
    let blocking = OTHER_THREADS + THREADS_EACH * runners.iter().map(|(plan, _)| plan.at_once).sum::<usize>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(blocking).build();
    let runtime = runtime.map_err(fault)?;
    let (recorder, record) = Recorder::start(record).map_err(fault)?;
    let (stop, stopped) = watch::channel(false);
    let (ended, end) = sync_channel(1);
    // A real measuring program reads files on its own machine.
    let takes = |handler: &Handler| !matches!(handler, Handler::Relay(_));
    let uploadable = |plan: &QueuePlan| Uploadable {
        name: plan.command.to_string(),
        takes: takes(&plan.handler),
        is_imported: plan.handler.imports(),
    };
    let commands = runners.iter().map(|(plan, _)| uploadable(plan)).collect();
    let mut queues = HashMap::new();
    let mut waiting = Vec::new();
    for (plan, most) in runners {
        let (sender, queue) = mpsc::channel(most);
        queues.insert(plan.command.to_string(), sender);
        waiting.push((QueueRunner { plan, record: record.clone(), stop: stopped.clone() }, queue));
    }
    let queues = Arc::new(Queues(queues));
    let uploads = Uploads::new(plan.store, settings.max_file_size, commands, queues.clone());
    let pages = Http::pages(plan.store, notes, &uploads);
    let fault_http = |error| BackendFault { what: format!("uploads and pages cannot be served: {error}") };
    let http = Arc::new(Http::start(pages, uploads).map_err(fault_http)?);
    let runners = thread::Builder::new().name("executors".to_owned()).spawn(move || {
        let all = runtime.block_on(serve(waiting, record, stopped));
        // What still reads a file is not waited for; an import is kept whole or not at all.
        runtime.shutdown_background();
        let _ = ended.send(all);
    });
    let runners = runners.map_err(fault)?;
    Ok(Box::new(Running { stop, parts: Some(Parts { end, runners, recorder }), queues, http }))
}

/// Each command's queue runner, and how many may wait for it.
fn runners(settings: &ExecutorSettings, store: &Path) -> Result<Vec<(QueuePlan, usize)>, BackendFault> {
    let files = Files::new(settings.allowed(), settings.mapped(), settings.max_file_size)
        .map_err(|(at, why)| BackendFault { what: format!("path_map.{at}.from: {why}") })?;
    let files = Arc::new(files);
    let works = Arc::new(Works::new(store.to_owned(), files.clone(), settings.max_project_size));
    // Requests to one server wait for each other, whichever command they are of.
    let mut servers: HashMap<String, Arc<Server>> = HashMap::new();
    let mut runners = Vec::new();
    for (name, command) in settings.every_command() {
        let fault = |what: String| BackendFault { what: format!("commands.{name}: {what}") };
        let handler = match command.executor {
            Way::Project => Handler::Project(works.clone()),
            Way::Exec => {
                let program = Program::read(&command.program).map_err(|wrong| fault(wrong.to_string()))?;
                Handler::Exec(Arc::new(program), files.clone())
            }
            Way::Relay => {
                let address = Address::read(&command.url).map_err(|wrong| fault(wrong.to_owned()))?;
                let server = servers.entry(command.url.clone()).or_insert_with(|| Arc::new(Server::new(address)));
                Handler::Relay(server.clone())
            }
        };
        let CommandSettings { timeout, concurrency, queue, .. } = command;
        let (at_once, tells_cause) = (concurrency.max(1), settings.reply_cause);
        let plan = QueuePlan { command: name.into(), handler, limit: timeout, at_once, tells_cause };
        runners.push((plan, queue.max(1)));
    }
    Ok(runners)
}

/// Runs all queue runners until they have stopped; whether all did in time.
async fn serve(
    runners: Vec<(QueueRunner, mpsc::Receiver<Job>)>,
    record: mpsc::Sender<Ended>,
    mut stop: watch::Receiver<bool>,
) -> bool {
    drop(record);
    let mut running = JoinSet::new();
    for (runner, queue) in runners {
        running.spawn(runner.run(queue));
    }
    let _ = stop.wait_for(|stop| *stop).await;
    tokio::time::timeout(ENDING, async { while running.join_next().await.is_some() {} }).await.is_ok()
}

/// The executors at work.
struct Running {
    stop: watch::Sender<bool>,
    /// `None` once they have ended.
    parts: Option<Parts>,
    queues: Arc<Queues>,
    http: Arc<Http>,
}

struct Parts {
    end: Receiver<bool>,
    runners: JoinHandle<()>,
    recorder: Recorder,
}

impl Backend for Running {
    fn executor(&self) -> Option<Arc<dyn Executor>> {
        Some(self.queues.clone())
    }

    fn service(&self) -> Option<Arc<dyn Service>> {
        Some(self.http.clone())
    }

    fn stop(self: Box<Self>) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        let Some(Parts { end, runners, recorder }) = self.parts.take() else { return };
        let all = end.recv_timeout(ENDING + Duration::from_secs(1));
        if all.is_ok() {
            let _ = runners.join();
        }
        if all != Ok(true) {
            ExecutorsCutOff { part: "jobs" }.emit();
        }
        if !recorder.finish(RECORDING) {
            ExecutorsCutOff { part: "record" }.emit();
        }
    }
}
