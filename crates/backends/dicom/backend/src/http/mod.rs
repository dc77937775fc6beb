//! HTTP of this backend, on the site of its dialect and below the dialect's path of the console: what is remembered of series, and what is right
//! from now on (contract `mr-verdicts`, "What is remembered").
//!
//! Promises: a call is taken at once; reading and choosing have a thread and a connection each, so that who sends slowly
//! holds up nobody who reads; who comes when too many wait is told so; without patient data for those who may not see it.
//! Started by the backend, which says how a choice is made ([`Choose`]).

mod choice;
mod page;
#[cfg(test)]
mod tests;

pub(crate) use choice::{Choose, NotChosen};
pub use page::moment;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::Builder;
use tieline_model::dialect::service::{Call, Replied, Reply, Service};
use tieline_store::{FILE, Store, StoreError};

/// Where what is remembered stands.
const HISTORY: &str = "history";
/// Where a choice is sent.
const CHOOSE: &str = "choose";
/// Calls of one kind that may wait.
const WAITING: usize = 64;
/// A choice is a station's name and a hash.
const MOST: u64 = 16 << 10;

/// Answers calls; its threads end when it is dropped.
pub(crate) struct Http {
    reading: SyncSender<(Call, Replied)>,
    choosing: SyncSender<(Call, Replied)>,
}

impl Http {
    /// Starts answering from the store in `folder`, which need not be there yet.
    pub(crate) fn start(folder: PathBuf, mut chooser: Box<dyn Choose>) -> io::Result<Http> {
        let mut site = Site { folder: folder.clone(), store: None };
        let reading = worker("mr-history", move |call| {
            let sight = call.sight;
            match page::Asked::read(&call.query) {
                Ok(asked) => site.with(|store| page::page(store, &asked, sight), page::empty),
                Err(what) => Reply::told(400, what),
            }
        })?;
        let mut site = Site { folder, store: None };
        let choosing = worker("mr-choose", move |call| match choice::Asked::read(call) {
            Ok(asked) => site.with(|store| choice::choose(store, &asked, &mut *chooser), choice::unknown),
            Err(refused) => refused,
        })?;
        Ok(Http { reading, choosing })
    }
}

impl Service for Http {
    fn most_bytes(&self, path: &str) -> Option<u64> {
        (path == CHOOSE).then_some(MOST)
    }

    fn call(&self, call: Call, replied: Replied) {
        let queue = match (call.path.as_str(), &call.body) {
            (HISTORY, None) => &self.reading,
            (CHOOSE, Some(_)) => &self.choosing,
            (HISTORY | CHOOSE, _) => {
                return replied.tell(Reply::told(405, "a choice is sent with POST, history is fetched with GET"));
            }
            _ => return replied.tell(Reply::told(404, "there is nothing at this path")),
        };
        match queue.try_send((call, replied)) {
            Ok(()) => {}
            Err(TrySendError::Full((_, replied))) => {
                replied.tell(Reply::told(429, "too many ask at once; try again in a moment"));
            }
            // Dropped, the duty to answer says that nobody is there any more.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }
}

/// A thread that answers calls, one after the other, as long as somebody can send it some.
fn worker(
    name: &str,
    mut answer: impl FnMut(Call) -> Reply + Send + 'static,
) -> io::Result<SyncSender<(Call, Replied)>> {
    let (queue, calls) = sync_channel::<(Call, Replied)>(WAITING);
    Builder::new().name(name.to_owned()).spawn(move || {
        for (call, replied) in calls {
            replied.tell(answer(call));
        }
    })?;
    Ok(queue)
}

/// The store, opened when it is asked for first: no call makes one.
struct Site {
    folder: PathBuf,
    store: Option<Store>,
}

impl Site {
    /// Has the store answer; `nothing` where there is none yet.
    fn with(&mut self, answer: impl FnOnce(&mut Store) -> Result<Reply, StoreError>, nothing: fn() -> Reply) -> Reply {
        let failure = || Reply::told(503, "the store cannot be read; `tieline mr templates list` says why");
        if self.store.is_none() {
            if !self.folder.join(FILE).exists() {
                return nothing();
            }
            match Store::open(&self.folder) {
                Ok(store) => self.store = Some(store),
                Err(_) => return failure(),
            }
        }
        let Some(store) = &mut self.store else { return nothing() };
        answer(store).unwrap_or_else(|_| {
            // The next call tries with a new connection.
            self.store = None;
            failure()
        })
    }
}
