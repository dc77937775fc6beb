//! The thread beside the shards: console, dialects' web sites and simulated clients, on a runtime of one thread.
//!
//! Nothing that serves clients waits for it.

use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::thread::JoinHandle;
use tieline_console::{Console, Site};
use tieline_model::safe;
use tieline_telemetry::events::ConsoleFailed;
use tieline_transport::HttpPort;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Done when a server is to end.
type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The thread and what runs on it.
pub(crate) struct Side {
    runtime: Handle,
    /// Turns true when simulated clients are to end, and when everything is.
    tasks: watch::Sender<bool>,
    all: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Side {
    pub(crate) fn start() -> io::Result<Side> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (all, mut ended) = watch::channel(false);
        let run = move || {
            // An error means that the other end is gone, which ends it as well.
            let _ = runtime.block_on(ended.wait_for(|ended| *ended));
        };
        let thread = std::thread::Builder::new().name("console".to_owned()).spawn(run)?;
        Ok(Side { runtime: handle, tasks: watch::channel(false).0, all, thread })
    }

    pub(crate) fn serve_console(&self, socket: TcpListener, port: HttpPort, console: Console) {
        self.serve(socket, move |socket, stop| tieline_console::serve(socket, port, console, stop));
    }

    pub(crate) fn serve_site(&self, socket: TcpListener, port: HttpPort, site: Site) {
        self.serve(socket, move |socket, stop| tieline_console::serve_site(socket, port, site, stop));
    }

    fn serve<F>(&self, socket: TcpListener, serve: impl FnOnce(tokio::net::TcpListener, Stop) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let mut ended = self.all.subscribe();
        let mut stopping = self.tasks.subscribe();
        let stop: Stop = Box::pin(async move {
            // Those who watch live messages are told with the first step, so that they do not hold up the last.
            tokio::select! { _ = stopping.wait_for(|stop| *stop) => {}, _ = ended.wait_for(|stop| *stop) => {} }
        });
        self.runtime.spawn(async move {
            match tokio::net::TcpListener::from_std(socket) {
                Ok(socket) => serve(socket, stop).await,
                Err(error) => {
                    let detail = safe!("operating system error {}", error.raw_os_error().unwrap_or(0));
                    ConsoleFailed { detail }.emit();
                }
            }
        });
    }

    /// Runs a task until [`Side::end_tasks`].
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut ended = self.tasks.subscribe();
        self.runtime.spawn(async move {
            tokio::select! { () = task => {}, _ = ended.wait_for(|ended| *ended) => {} }
        });
    }

    /// Waits for something on the caller's own thread.
    pub(crate) fn wait(&self, what: impl Future<Output = ()>) {
        self.runtime.block_on(what);
    }

    pub(crate) fn end_tasks(&self) {
        self.tasks.send_replace(true);
    }

    /// Ends everything and waits for the thread.
    pub(crate) fn stop(self) {
        self.all.send_replace(true);
        let _ = self.thread.join();
    }
}
