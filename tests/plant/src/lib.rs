//! Real OPC UA servers beside a gateway: the servers of `tests/opcua` as processes, a proxy that disturbs the way to them,
//! clients that speak the dialect.
//!
//! Promises: ports are the system's choice, every wait is bounded, and what was started ends with the value that stands for
//! it. Called by this package's tests.

mod plant;
mod proxy;
mod rig;
mod tool;
mod web;
mod words;

pub use plant::{Library, Plant};
pub use proxy::Proxy;
pub use rig::{Rig, bare, section, variable};
pub use tool::tool;
pub use web::{Web, scalar};
pub use words::{Scalars, Type, types};

use std::time::Duration;
use tieline_testkit::{Done, Failure};

/// How long a server may take to start, and a gateway to notice that one is away or back, on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

/// Waits for something, at most [`LONG`].
pub async fn at_last<T>(what: &str, work: impl Future<Output = Done<T>>) -> Done<T> {
    let late = |_| Failure(format!("{what}: not within {} s", LONG.as_secs()));
    tokio::time::timeout(LONG, work).await.map_err(late)?
}
