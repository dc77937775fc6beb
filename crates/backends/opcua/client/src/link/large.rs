//! Answers that are so large that a server ends the connection over them, with an error that says so (open62541 does).
//!
//! Promises: it is known whether somebody's question was the cause, or a report; a node that is too large alone is
//! remembered, so that it costs the others their connection rarely. Held by the wire of a session, used by `Asking`.

use opcua::types::NodeId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A node that was too large is asked for again after this long.
const REMEMBERED: Duration = Duration::from_secs(600);
/// No more nodes are remembered.
const MOST: usize = 1000;

/// What a session's connections ended over.
#[derive(Default)]
pub(super) struct Large {
    /// So many questions are under way whose answers may be too large.
    asking: AtomicUsize,
    seen: watch::Sender<Seen>,
    nodes: Mutex<HashMap<NodeId, Instant>>,
}

/// How often each thing has happened.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    /// Connections ended over the answer to a question.
    answers: u64,
    /// They ended over a report: nothing had been asked.
    reports: u64,
    /// A session was activated, for the first time or again.
    activated: u64,
}

/// A question is under way as long as this is held.
pub(super) struct Question<'l>(&'l Large);

impl Drop for Question<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Large {
    pub(super) fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    pub(super) fn question(&self) -> Question<'_> {
        self.asking.fetch_add(1, Ordering::Relaxed);
        Question(self)
    }

    /// How many questions are under way.
    pub(super) fn questions(&self) -> usize {
        self.asking.load(Ordering::Relaxed)
    }

    /// Whether a question is under way.
    pub(super) fn is_asked(&self) -> bool {
        self.questions() > 0
    }

    /// The server has ended the connection over an answer.
    pub(super) fn ended(&self) {
        let count = |seen: &mut Seen| *(if self.is_asked() { &mut seen.answers } else { &mut seen.reports }) += 1;
        self.seen.send_modify(count);
    }

    pub(super) fn activated(&self) {
        self.seen.send_modify(|seen| seen.activated += 1);
    }

    /// Another session was begun: the server may be another one by now.
    pub(super) fn begun(&self) {
        self.lock().clear();
    }

    /// Waits until there is a session again.
    pub(super) async fn back(&self, since: Seen) {
        // The sender is here: it cannot be gone.
        let _ = self.seen.subscribe().wait_for(|now| now.activated > since.activated).await;
    }

    /// This one is too large alone.
    pub(super) fn remember(&self, node: &NodeId) {
        let mut nodes = self.lock();
        let now = Instant::now();
        nodes.retain(|_, until| *until > now);
        if nodes.len() < MOST {
            nodes.insert(node.clone(), now + REMEMBERED);
        }
    }

    /// The places of nodes that are too large; `None` is something else of a node than its value.
    pub(super) fn among<'n>(&self, nodes: impl Iterator<Item = Option<&'n NodeId>>) -> Vec<usize> {
        let known = self.lock();
        if known.is_empty() {
            return Vec::new();
        }
        let now = Instant::now();
        let is_large = |node: &NodeId| known.get(node).is_some_and(|until| *until > now);
        nodes.enumerate().filter(|(_, node)| node.is_some_and(is_large)).map(|(at, _)| at).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<NodeId, Instant>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Whether since then a connection has ended over the answer to a question.
    pub(super) fn answers_since(self, before: Seen) -> bool {
        self.answers != before.answers
    }

    /// Whether since then a connection has ended over a report.
    pub(super) fn reports_since(self, before: Seen) -> bool {
        self.reports != before.reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_what_was_too_large() {
        let large = Large::default();
        let before = large.seen();
        let question = large.question();
        large.ended();
        assert!(large.seen().answers_since(before) && !large.seen().reports_since(before));
        drop(question);
        let before = large.seen();
        large.ended();
        assert!(!large.seen().answers_since(before) && large.seen().reports_since(before));
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_is_too_large_is_remembered_for_a_while() {
        let large = Large::default();
        let nodes: Vec<NodeId> = (0..3u32).map(|number| NodeId::new(1, number)).collect();
        assert!(large.among(nodes.iter().map(Some)).is_empty());
        large.remember(&nodes[1]);
        assert_eq!(large.among(nodes.iter().map(Some)), [1]);
        assert!(large.among(nodes.iter().map(|_| None)).is_empty(), "its type is not large");
        tokio::time::advance(REMEMBERED).await;
        assert!(large.among(nodes.iter().map(Some)).is_empty());
        large.remember(&nodes[1]);
        large.begun();
        assert!(large.among(nodes.iter().map(Some)).is_empty());
        (0..2 * MOST).for_each(|number| large.remember(&NodeId::new(2, number as u32)));
        assert_eq!(large.lock().len(), MOST);
    }
}
