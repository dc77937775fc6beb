//! Asking a server: one request, or a list in parts that it takes.
//!
//! Promises: an answer that could not be read is told apart from a connection that was lost; as many answers as were asked
//! for; a single thing that is too large for an answer costs the others nothing, or the connection rarely where a server
//! ends that over it.

use super::large::Seen;
use super::parts::{Parts, is_lost, is_too_much};
use super::wire::Wire;
use futures_util::future::BoxFuture;
use opcua::client::services::{Browse, BrowseNext, Read};
use opcua::client::{Session, UARequest};
use opcua::types::{
    AttributeId, BinaryEncodable, BrowseDescription, BrowseResult, ByteString, DataValue, Error, NodeId, ReadValueId,
    StatusCode, TimestampsToReturn,
};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// So often a single thing over which the connection was lost is asked for again because another question may have been the
/// cause; each time costs the connection.
const BESIDE: usize = 4;
/// What a request has beside the things it asks for, at most: an authentication token may be long.
const HEAD: usize = 1024;
/// What a reference takes in an answer, mostly.
const REFERENCE: usize = 256;
/// More than this is not put into one request, even where the server takes it.
const MOST_BYTES: usize = 1 << 20;

/// A server as it can be asked.
#[derive(Clone)]
pub struct Asking {
    /// The session in which it is asked.
    pub session: Arc<Session>,
    pub(crate) wire: Wire,
    /// How long it has for one answer.
    pub patience: Duration,
    /// Whether questions wait for the connection to come back when it was lost over one of them, whatever the server said:
    /// for commands, to which an answer that comes later is worth more than none.
    pub(crate) persists: bool,
    /// So many requests that alter what the server keeps for the session were never answered, or not yet.
    unanswered: Arc<AtomicUsize>,
}

impl Asking {
    /// Asks in this session.
    pub fn new(session: Arc<Session>, wire: Wire, patience: Duration, persists: bool) -> Asking {
        Asking { session, wire, patience, persists, unanswered: Arc::default() }
    }

    /// Sends a request; its own time limit is `patience` unless it was given another.
    pub async fn ask<'s, R: UARequest + Send + 's>(&'s self, request: R) -> Result<R::Out, StatusCode> {
        let unread = self.wire.unread();
        // In a box, since the compiler cannot follow its lifetime otherwise.
        let answer: BoxFuture<'s, Result<R::Out, Error>> = Box::pin(request.send(self.session.channel()));
        answer.await.map_err(|error| match error.status() {
            // Whoever waited for an answer that cannot be read is told that there is none.
            StatusCode::BadConnectionClosed if self.wire.unread() != unread => StatusCode::BadEncodingLimitsExceeded,
            StatusCode::BadRequestTimeout => StatusCode::BadTimeout,
            status => status,
        })
    }

    /// Awaits the answer to a request that alters which subscriptions the server keeps for this session.
    pub async fn altering<T>(&self, answer: impl Future<Output = Result<T, StatusCode>>) -> Result<T, StatusCode> {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        let answer = answer.await;
        // Who stops waiting earlier never gets here, which counts as well.
        let is_unanswered =
            |status| is_lost(status) || matches!(status, StatusCode::BadTimeout | StatusCode::BadRequestTimeout);
        if !matches!(answer, Err(status) if is_unanswered(status)) {
            self.unanswered.fetch_sub(1, Ordering::Relaxed);
        }
        answer
    }

    /// Whether the server may keep something for this session that nobody here knows of, or no more what is known here. Asked
    /// when no request is under way.
    pub(crate) fn is_unsure(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) > 0
    }

    /// How many bytes of things may go into one request.
    pub fn room(&self) -> usize {
        self.wire.room().saturating_sub(HEAD).clamp(1, MOST_BYTES)
    }

    /// What a thing takes in a request.
    pub fn size(&self, thing: &impl BinaryEncodable) -> usize {
        let context = self.session.context();
        let context = context.read();
        thing.byte_len(&context.context())
    }

    /// Reads attributes, at most so many in one request. One whose answer is too large has that as its status.
    pub async fn read(&self, nodes: &[ReadValueId], most: usize) -> Result<Vec<DataValue>, StatusCode> {
        let size = |at: usize| nodes.get(at).map_or(0, |node| self.size(node));
        self.read_parts(nodes, Parts::new(nodes.len(), most, self.room(), size), |_, _| ()).await
    }

    /// The same in these parts; `note` is told what came of how many.
    pub async fn read_parts(
        &self,
        nodes: &[ReadValueId],
        parts: Parts,
        note: impl Fn(usize, Result<(), StatusCode>),
    ) -> Result<Vec<DataValue>, StatusCode> {
        let alone = |status| DataValue { status: Some(status), ..DataValue::null() };
        // Only the value of a node is large: its type and name can be had all the same.
        let is_value = |node: &ReadValueId| node.attribute_id == AttributeId::Value as u32;
        let out = self.wire.large().among(nodes.iter().map(|node| is_value(node).then_some(&node.node_id)));
        let kept = |at: &usize| !out.contains(at);
        let asked: Cow<'_, [ReadValueId]> = match out.is_empty() {
            true => nodes.into(),
            false => (0..nodes.len()).filter(kept).filter_map(|at| nodes.get(at).cloned()).collect(),
        };
        let request = |part: Range<usize>| {
            let read = Read::new(&self.session).timeout(self.patience).timestamps_to_return(TimestampsToReturn::Both);
            read.nodes_to_read(asked.get(part).unwrap_or_default().to_vec())
        };
        let remembered = |at: usize| {
            if let Some(node) = asked.get(at).filter(|node| is_value(node)) {
                self.wire.large().remember(&node.node_id);
            }
        };
        let mut values =
            self.in_parts(parts.without(&out), request, |answer| answer.results, alone, (note, remembered)).await?;
        // In order, so that each finds its place.
        for at in out {
            values.insert(at, alone(StatusCode::BadEncodingLimitsExceeded));
        }
        Ok(values)
    }

    /// Browses nodes; a page has at most so many references of each, 0 is as many as the server likes.
    pub async fn browse(&self, nodes: &[BrowseDescription], page: u32) -> Result<Vec<BrowseResult>, StatusCode> {
        let size = |at: usize| nodes.get(at).map_or(0, |node| self.size(node));
        let parts = Parts::new(nodes.len(), usize::MAX, self.room(), size);
        // What a server takes at once it can mostly send at once.
        let most = u32::try_from(self.room() / REFERENCE).unwrap_or(u32::MAX).max(1);
        let fitting = if page == 0 { 0 } else { page.min(most) };
        let request = |part: Range<usize>| {
            let browse = Browse::new(&self.session).timeout(self.patience).max_references_per_node(fitting);
            browse.nodes_to_browse(nodes.get(part).unwrap_or_default().to_vec())
        };
        let alone = |status_code| BrowseResult { status_code, ..Default::default() };
        self.in_parts(parts, request, |answer| answer.results, alone, (|_, _| (), |_| ())).await
    }

    /// The next pages; or the server may forget them.
    pub async fn browse_next(&self, is_over: bool, points: &[ByteString]) -> Result<Vec<BrowseResult>, StatusCode> {
        let size = |at: usize| points.get(at).map_or(0, |point| self.size(point));
        let parts = Parts::new(points.len(), usize::MAX, self.room(), size);
        let request = |part: Range<usize>| {
            let next = BrowseNext::new(&self.session).timeout(self.patience).release_continuation_points(is_over);
            next.continuation_points(points.get(part).unwrap_or_default().to_vec())
        };
        let alone = |status_code| BrowseResult { status_code, ..Default::default() };
        self.in_parts(parts, request, |answer| answer.results, alone, (|_, _| (), |_| ())).await
    }

    /// Asks in these parts; `alone` is said of a single thing that is too much. `note` is told what came of how many,
    /// `has_cost` of a single one that has cost the connection.
    async fn in_parts<R: UARequest + Send, T>(
        &self,
        mut parts: Parts,
        request: impl Fn(Range<usize>) -> R,
        results: impl Fn(R::Out) -> Option<Vec<T>>,
        alone: impl Fn(StatusCode) -> T,
        (note, has_cost): (impl Fn(usize, Result<(), StatusCode>), impl Fn(usize)),
    ) -> Result<Vec<T>, StatusCode> {
        let session = self.session.server_session_id();
        let mut all = Vec::new();
        // The smallest part over which the connection was lost; whether a single thing was the cause.
        let (mut lost_with, mut again, mut is_one) = (usize::MAX, false, false);
        // How often a single thing was asked for beside other questions, one of which may have been the cause.
        let mut beside = 0;
        while let Some(part) = parts.next() {
            let before = self.wire.large().seen();
            let others = self.wire.large().questions();
            let _question = self.wire.large().question();
            let answer = self.ask(request(part.clone())).await;
            let is_alone = others == 0 && self.wire.large().questions() == 1;
            let was_large = self.wire.large().seen().answers_since(before);
            if let Err(status) = answer
                && is_lost(status)
                && (was_large || self.persists)
            {
                self.back(before, &session).await?;
                lost_with = lost_with.min(part.len());
                // It may have been the answer to another question.
                if part.len() == 1 && !is_alone && beside < BESIDE {
                    beside += 1;
                    parts.again(part);
                } else if part.len() == 1 && !std::mem::replace(&mut again, true) {
                    parts.again(part);
                } else if !parts.halve(part.clone()) {
                    (again, is_one, beside) = (false, true, 0);
                    if was_large {
                        has_cost(part.start);
                    }
                    all.push(alone(if was_large { StatusCode::BadEncodingLimitsExceeded } else { status }));
                }
                continue;
            }
            (again, beside) = (false, 0);
            note(part.len(), answer.as_ref().map(|_| ()).map_err(|status| *status));
            match answer {
                Ok(answer) => {
                    let some = results(answer).filter(|some| some.len() == part.len());
                    all.extend(some.ok_or(StatusCode::BadUnknownResponse)?);
                }
                Err(status) if is_too_much(status) => {
                    if !parts.halve(part) {
                        all.push(alone(too_large(status)));
                    }
                }
                Err(status) => return Err(status),
            }
        }
        if lost_with != usize::MAX && !is_one {
            note(lost_with, Err(StatusCode::BadTooManyOperations));
        }
        Ok(all)
    }

    /// Waits until the same session has a connection again.
    async fn back(&self, since: Seen, session: &NodeId) -> Result<(), StatusCode> {
        let back = tokio::time::timeout(self.patience, self.wire.large().back(since)).await;
        // What another session would make of these nodes is not known here.
        let is_same = back.is_ok() && self.session.server_session_id() == *session;
        if is_same { Ok(()) } else { Err(StatusCode::BadSessionClosed) }
    }
}

/// What is said of a single thing whose answer is too large, whatever the server calls it.
pub fn too_large(status: StatusCode) -> StatusCode {
    match status {
        StatusCode::BadResponseTooLarge | StatusCode::BadTcpMessageTooLarge => StatusCode::BadEncodingLimitsExceeded,
        status => status,
    }
}
