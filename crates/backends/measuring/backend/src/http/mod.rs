//! What pages ask of the project, and files that people bring: HTTP below the dialect's own path of the console.
//!
//! Promises: a call is taken at once; reading the project has a thread and a connection of its own, each upload has a
//! thread, and both are bounded: who comes when all is taken is told so. Started by [`crate::backend`].

mod notes;
mod pages;
mod parameters;
mod upload;
mod wording;

pub(crate) use notes::{Note, Notes};
pub(crate) use parameters::Uploadable;
pub(crate) use upload::{Upload, Uploads};
pub(crate) use wording::worded;

use pages::Pages;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use tieline_model::dialect::service::{Call, Replied, Reply, Service};

/// The one path that takes a body.
const UPLOAD: &str = "upload";
/// Calls that may wait for the project to be read.
const WAITING: usize = 64;

/// Answers calls.
pub(crate) struct Http {
    reading: SyncSender<(Call, Replied)>,
    uploads: Arc<Uploads>,
}

impl Http {
    /// Starts reading for `pages`; it ends when this is dropped. What an upload of a killed gateway left is removed.
    pub(crate) fn start(mut pages: Pages, uploads: Uploads) -> std::io::Result<Http> {
        uploads.clear()?;
        let (reading, calls) = sync_channel::<(Call, Replied)>(WAITING);
        std::thread::Builder::new().name("pages".to_owned()).spawn(move || {
            for (call, replied) in calls {
                replied.tell(pages.answer(&call.path, &call.query));
            }
        })?;
        Ok(Http { reading, uploads: Arc::new(uploads) })
    }

    /// What reads the project in `store` for pages.
    pub(crate) fn pages(store: &std::path::Path, notes: Arc<Notes>, uploads: &Uploads) -> Pages {
        Pages::new(store.to_owned(), notes, uploads)
    }
}

impl Service for Http {
    fn most_bytes(&self, path: &str) -> Option<u64> {
        (path == UPLOAD).then_some(self.uploads.most())
    }

    fn call(&self, mut call: Call, replied: Replied) {
        match (call.body.take(), call.path == UPLOAD) {
            (Some(body), true) => self.uploads.take(&call, body, replied),
            (None, true) | (Some(_), false) => replied.tell(Reply::told(405, "uploads are sent, all else is fetched")),
            (None, false) => match self.reading.try_send((call, replied)) {
                Ok(()) => {}
                Err(TrySendError::Full((_, replied))) => {
                    replied.tell(Reply::told(429, "too many ask at once; try again in a moment"));
                }
                // Dropped, the duty to answer says that nobody is there any more.
                Err(TrySendError::Disconnected(_)) => {}
            },
        }
    }
}
