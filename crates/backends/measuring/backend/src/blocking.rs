//! Where what blocks goes: the pool of the executors' own runtime.
//!
//! Promises: the pool is bounded by how many jobs may run at the same time; no shard has any part in it. Called by jobs.

use tokio::task::JoinHandle;

/// Does this on a thread of the executors' pool.
#[expect(clippy::disallowed_methods, reason = "this runtime is no shard, and its pool has a bound of its own")]
pub(crate) fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    tokio::task::spawn_blocking(work)
}
