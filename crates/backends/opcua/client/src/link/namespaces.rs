//! Namespaces that the configuration names and a server does not have: said, looked for, and found.
//!
//! Promises: each is said once when it is missed and once when it is there. Called by the driver of a session.

use super::setup::look_again;
use super::{Established, Link};
use std::sync::Arc;
use std::time::Duration;
use tieline_model::safe;
use tieline_telemetry::events::{NamespaceFound, NamespaceMissing};
use tokio::time::sleep;

/// How long to wait until they are looked for again: at first, and at last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Those of which it was said that they are not there, by their places in the configuration.
#[derive(Default)]
pub(super) struct Missing(Vec<usize>);

impl Missing {
    /// Says which namespaces are not there, and when they are.
    pub(super) fn tell(&mut self, link: &Link, established: &Established) {
        let missing = established.missing(&link.plan);
        let server = || link.plan.topic.clone();
        for place in missing.iter().filter(|place| !self.0.contains(place)) {
            let detail = safe!("number {} of `namespaces`; its variables answer BadNodeIdInvalid", place + 1);
            NamespaceMissing { source: crate::NAME, server: server(), detail }.emit();
        }
        for place in self.0.iter().filter(|place| !missing.contains(place)) {
            let detail = safe!("number {} of `namespaces`", place + 1);
            NamespaceFound { source: crate::NAME, server: server(), detail }.emit();
        }
        self.0 = missing;
    }
}

/// Looks for namespaces that are not there: a server may still be reading its address space. Back when it has others.
pub(super) async fn search(known: Arc<Established>, link: Arc<Link>) -> Arc<Established> {
    let (mut pause, longest) = PAUSES;
    if known.missing(&link.plan).is_empty() {
        return std::future::pending().await;
    }
    loop {
        sleep(pause).await;
        pause = (pause * 2).min(longest);
        if let Ok(Some(found)) = look_again(&known, &link.plan).await {
            return Arc::new(found);
        }
    }
}
