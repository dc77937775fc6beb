//! One job: a request that is being carried out, what came of it, and the road between.
//!
//! Promises: nothing here knows how a request is carried out. The road: [`crate::executor`] puts a [`Job`] into the queue
//! of its command, a `QueueRunner` takes it from there, has it carried out and answers, a `Recorder` remembers and tells of it.

mod outcome;
mod record;
mod request;
mod runner;

pub(crate) use outcome::{Answer, Outcome};
pub(crate) use record::{Ended, RecordPlan, Recorder};
pub(crate) use request::{BadParameter, Request};
pub(crate) use runner::{Handler, QueuePlan, QueueRunner};

use crate::http::Upload;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;
use tieline_model::{Done, Topic};

/// A request in the queue of its command.
pub(crate) struct Job {
    /// The command's topic.
    pub(crate) topic: Topic,
    /// What the dialect said of the request.
    pub(crate) body: Bytes,
    /// When it was asked.
    pub(crate) asked: Instant,
    /// The duty to answer it.
    pub(crate) done: Done,
    /// The file that came with it; `None`: the request names one.
    pub(crate) upload: Option<Arc<Upload>>,
}
