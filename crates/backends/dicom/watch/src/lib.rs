//! Watches folders and has each new file judged once, when it is complete (contract `mr`, "Which files").
//!
//! Promises: at every depth, through renames, links and folders that come, go and come again, a file that stays long
//! enough to be looked at is judged; a version of it (its size and time of writing) only once; what is no file is never
//! opened. Memory is bounded by the plan, and what a bound holds back is counted and found by a scan. No event tells a
//! path: paths name patients. It knows nothing of what a file holds: called by the DICOM backend, which brings what
//! examines files ([`Examine`]).
//!
//! Two threads. The *scanner* hears the kernel and reads folders: it finds files (`scanner`). The *scheduler* decides which of
//! them are judged, and when (`scheduler`), and calls what examines them. Between the two are a bounded line (`due_queue`) and
//! what both know of the past (`seen`).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod counts;
mod due_queue;
mod examine;
mod patterns;
mod plan;
mod scanner;
mod scheduler;
mod seen;
mod stamp;
mod watcher;

#[cfg(test)]
mod tests;

pub use counts::Counts;
pub use examine::{Examine, Examined, Recall};
pub use patterns::{PatternError, Patterns};
pub use plan::{Existing, Method, WatchError, WatchPlan};
pub use stamp::Version;
pub use watcher::Watcher;
