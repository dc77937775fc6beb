//! The backend put together: one thread for all servers, one for publishing.
//!
//! Promises: starting does not wait for any server; stopping says goodbye to each and is back within moments. Started by
//! the gateway through [`crate::BACKEND`].

use crate::demo::{self, Plant};
use crate::executor::{Commands, Dispatcher, Job};
use crate::folders;
use crate::history::{Bounds, Recorder};
use crate::watch::{Feed, InterestSet, Targets, deliver, keep, release};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tieline_model::{Backend, BackendEntry, BackendFault, BackendPlan, Executor, Publisher, Remembers, Topic};
use tieline_opcua_client::structures;
use tieline_opcua_client::{Link, ServerPlan, supervise};
use tieline_opcua_settings::{OpcuaSettings, ServerSettings};
use tokio::sync::{mpsc::Receiver, watch};

/// This backend's part of a registry line.
pub const BACKEND: BackendEntry = BackendEntry {
    name: crate::NAME,
    fields: OpcuaSettings::FIELDS,
    expand: tieline_opcua_settings::import::expand,
    demo: demo::offer,
    check: tieline_opcua_settings::check,
    doubts: |_, _| Vec::new(),
    start,
    tool: None,
};

/// How long goodbyes may take, all together.
const GOODBYE: Duration = Duration::from_secs(2);

/// The pause after a panic.
const FALLEN: Duration = Duration::from_secs(5);

fn start(plan: BackendPlan<'_>) -> Result<Box<dyn Backend>, BackendFault> {
    let plant = plan.demo.as_deref().and_then(demo::begin).transpose();
    let fault = |error| BackendFault { what: format!("the demo's plant cannot begin: {error}") };
    let plant = plant.map_err(fault)?;
    let mut settings = OpcuaSettings::from_values(plan.values);
    if let Some(plant) = &plant {
        settings.server = vec![ServerSettings::from_values(&plant.server())];
    }
    let plans: Vec<Arc<ServerPlan>> = ServerPlan::all(&settings, plan.store).into_iter().map(Arc::new).collect();
    let feed = Feed::new(plans.iter().map(|plan| plan.places()).sum());
    let recorder = recorder(&settings, &plans, plan.store)?;
    let (commands, queues) = Commands::new(&plans);
    let servers = plans.iter().zip(queues).map(|(plan, queue)| Server {
        link: Link::new(plan.clone(), feed.clone()),
        interest: Arc::default(),
        queue,
    });
    let servers: Vec<Server> = servers.collect();
    let interest: Vec<Arc<InterestSet>> = servers.iter().map(|server| server.interest.clone()).collect();
    plan.interest
        .watch(Box::new(move |filter, is_heard| interest.iter().for_each(|interest| interest.told(filter, is_heard))));

    let fault = |error: std::io::Error| BackendFault { what: format!("no thread for OPC UA: {error}") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fault)?;
    let remembered = plans.clone();
    let (stop, stopped) = watch::channel(false);
    let (ended, end) = sync_channel(1);
    let links = thread::Builder::new().name("opcua".to_owned()).spawn({
        let (feed, publish) = (feed.clone(), plan.publish.clone());
        move || {
            runtime.block_on(serve(servers, feed, publish, recorder, stopped));
            // What still reads a file is not waited for.
            runtime.shutdown_background();
            let _ = ended.send(());
        }
    });
    let publish = thread::Builder::new().name("opcua-publish".to_owned()).spawn({
        let (feed, targets, publisher) = (feed.clone(), Targets::new(plans), plan.publish);
        move || deliver(&feed, &targets, &*publisher)
    });
    let (links, publish) = (links.map_err(fault)?, publish.map_err(fault)?);
    let told = Arc::new(Told { feed: feed.clone(), plans: remembered });
    Ok(Box::new(Running { stop, end, links, publish, feed, told, commands: Arc::new(commands), _plant: plant }))
}

/// What keeps values, when there are any to keep.
fn recorder(
    settings: &OpcuaSettings,
    plans: &[Arc<ServerPlan>],
    store: &Path,
) -> Result<Option<Arc<Recorder>>, BackendFault> {
    if !plans.iter().flat_map(|plan| &plan.variables).any(|variable| variable.history) {
        return Ok(None);
    }
    let bounds = Bounds { keep: settings.history_keep, bytes: settings.history_bytes };
    let recorder = Recorder::start(store, bounds);
    recorder
        .map(|recorder| Some(Arc::new(recorder)))
        .map_err(|error| BackendFault { what: format!("history: {error}") })
}

/// One server's part.
struct Server {
    link: Arc<Link>,
    interest: Arc<InterestSet>,
    queue: Receiver<Job>,
}

/// Runs all servers until they have stopped.
async fn serve(
    servers: Vec<Server>,
    feed: Arc<Feed>,
    publish: Arc<dyn Publisher>,
    recorder: Option<Arc<Recorder>>,
    stop: watch::Receiver<bool>,
) {
    let mut sessions = tokio::task::JoinSet::new();
    let mut others = tokio::task::JoinSet::new();
    others.spawn(release(feed.clone()));
    for Server { link, interest, queue } in servers {
        sessions.spawn(persist(link.clone(), stop.clone()));
        others.spawn(keep(link.clone(), feed.clone(), interest, recorder.clone()));
        others.spawn(structures::keep(link.clone()));
        others.spawn(folders::keep(link.clone(), publish.clone()));
        others.spawn(Dispatcher::new(link, recorder.clone()).run(queue));
    }
    // With no server at all there is still something to stop.
    let mut stop = stop;
    let _ = stop.wait_for(|stop| *stop).await;
    let _ = tokio::time::timeout(GOODBYE, async { while sessions.join_next().await.is_some() {} }).await;
    others.abort_all();
}

/// Keeps a session, also when the library panics over something a server sends: that ends one session, not the backend.
async fn persist(link: Arc<Link>, stop: watch::Receiver<bool>) {
    while tokio::spawn(supervise(link.clone(), stop.clone())).await.is_err() {
        link.fallen();
        let mut stop = stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            _ = tokio::time::sleep(FALLEN) => {}
        }
    }
}

/// The backend at work.
struct Running {
    stop: watch::Sender<bool>,
    end: std::sync::mpsc::Receiver<()>,
    links: JoinHandle<()>,
    publish: JoinHandle<()>,
    feed: Arc<Feed>,
    told: Arc<Told>,
    commands: Arc<Commands>,
    /// Ends when it is dropped, after the links to it.
    _plant: Option<Plant>,
}

/// What was told last of each variable.
struct Told {
    feed: Arc<Feed>,
    plans: Vec<Arc<ServerPlan>>,
}

impl Remembers for Told {
    fn last(&self, topic: &Topic, ago: Duration) -> Option<Arc<str>> {
        let place = |plan: &Arc<ServerPlan>| Some(plan.first + plan.place(topic)?);
        self.feed.told(self.plans.iter().find_map(place)?, ago)
    }
}

impl Backend for Running {
    fn memory(&self) -> Option<Arc<dyn Remembers>> {
        Some(self.told.clone())
    }

    fn executor(&self) -> Option<Arc<dyn Executor>> {
        Some(self.commands.clone())
    }

    fn stop(self: Box<Self>) {
        let _ = self.stop.send(true);
        let ended = self.end.recv_timeout(GOODBYE + Duration::from_secs(1));
        self.feed.end();
        if ended != Err(RecvTimeoutError::Timeout) {
            let _ = self.links.join();
            let _ = self.publish.join();
        }
    }
}
