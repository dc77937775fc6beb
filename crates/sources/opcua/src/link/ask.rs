//! Asking a server: one request, or a list in parts that it takes.
//!
//! Promises: an answer that could not be read is told apart from a connection that was lost; as many answers as were asked
//! for; a single thing that is too large for an answer costs the others nothing.

use super::parts::{Parts, is_too_much};
use super::wire::Wire;
use futures_util::future::BoxFuture;
use opcua::client::services::{Browse, BrowseNext, Read};
use opcua::client::{Session, UARequest};
use opcua::types::{
    BinaryEncodable, BrowseDescription, BrowseResult, ByteString, DataValue, Error, ReadValueId, StatusCode,
    TimestampsToReturn,
};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What a request has beside the things it asks for, at most: an authentication token may be long.
const HEAD: usize = 1024;
/// More than this is not put into one request, even where the server takes it.
const MOST_BYTES: usize = 1 << 20;

/// A server as it can be asked.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) session: Arc<Session>,
    pub(crate) wire: Wire,
    /// How long it has for one answer.
    pub(crate) patience: Duration,
}

impl Asking {
    /// Sends a request; its own time limit is `patience` unless it was given another.
    pub(crate) async fn ask<'s, R: UARequest + Send + 's>(&'s self, request: R) -> Result<R::Out, StatusCode> {
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

    /// How many bytes of things may go into one request.
    pub(crate) fn room(&self) -> usize {
        self.wire.room().saturating_sub(HEAD).clamp(1, MOST_BYTES)
    }

    /// What a thing takes in a request.
    pub(crate) fn size(&self, thing: &impl BinaryEncodable) -> usize {
        let context = self.session.context();
        let context = context.read();
        thing.byte_len(&context.context())
    }

    /// Reads attributes, at most so many in one request. One whose answer is too large has that as its status.
    pub(crate) async fn read(&self, nodes: &[ReadValueId], most: usize) -> Result<Vec<DataValue>, StatusCode> {
        let size = |at: usize| nodes.get(at).map_or(0, |node| self.size(node));
        self.read_parts(nodes, Parts::new(nodes.len(), most, self.room(), size), |_, _| ()).await
    }

    /// The same in these parts; `note` is told what came of how many.
    pub(crate) async fn read_parts(
        &self,
        nodes: &[ReadValueId],
        parts: Parts,
        note: impl Fn(usize, Result<(), StatusCode>),
    ) -> Result<Vec<DataValue>, StatusCode> {
        let request = |part: Range<usize>| {
            let read = Read::new(&self.session).timeout(self.patience).timestamps_to_return(TimestampsToReturn::Both);
            read.nodes_to_read(nodes.get(part).unwrap_or_default().to_vec())
        };
        let alone = |status| DataValue { status: Some(status), ..DataValue::null() };
        self.in_parts(parts, request, |answer| answer.results, alone, note).await
    }

    /// Browses nodes; a page has at most so many references of each, 0 is as many as the server likes.
    pub(crate) async fn browse(&self, nodes: &[BrowseDescription], page: u32) -> Result<Vec<BrowseResult>, StatusCode> {
        let size = |at: usize| nodes.get(at).map_or(0, |node| self.size(node));
        let parts = Parts::new(nodes.len(), usize::MAX, self.room(), size);
        let request = |part: Range<usize>| {
            let browse = Browse::new(&self.session).timeout(self.patience).max_references_per_node(page);
            browse.nodes_to_browse(nodes.get(part).unwrap_or_default().to_vec())
        };
        let alone = |status_code| BrowseResult { status_code, ..Default::default() };
        self.in_parts(parts, request, |answer| answer.results, alone, |_, _| ()).await
    }

    /// The next pages; or the server may forget them.
    pub(crate) async fn browse_next(
        &self,
        is_over: bool,
        points: &[ByteString],
    ) -> Result<Vec<BrowseResult>, StatusCode> {
        let size = |at: usize| points.get(at).map_or(0, |point| self.size(point));
        let parts = Parts::new(points.len(), usize::MAX, self.room(), size);
        let request = |part: Range<usize>| {
            let next = BrowseNext::new(&self.session).timeout(self.patience).release_continuation_points(is_over);
            next.continuation_points(points.get(part).unwrap_or_default().to_vec())
        };
        let alone = |status_code| BrowseResult { status_code, ..Default::default() };
        self.in_parts(parts, request, |answer| answer.results, alone, |_, _| ()).await
    }

    /// Asks in these parts; `alone` is said of a single thing that is too much.
    async fn in_parts<R: UARequest + Send, T>(
        &self,
        mut parts: Parts,
        request: impl Fn(Range<usize>) -> R,
        results: impl Fn(R::Out) -> Option<Vec<T>>,
        alone: impl Fn(StatusCode) -> T,
        note: impl Fn(usize, Result<(), StatusCode>),
    ) -> Result<Vec<T>, StatusCode> {
        let mut all = Vec::new();
        while let Some(part) = parts.next() {
            let answer = self.ask(request(part.clone())).await;
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
        Ok(all)
    }
}

/// What is said of a single thing whose answer is too large, whatever the server calls it.
pub(crate) fn too_large(status: StatusCode) -> StatusCode {
    match status {
        StatusCode::BadResponseTooLarge | StatusCode::BadTcpMessageTooLarge => StatusCode::BadEncodingLimitsExceeded,
        status => status,
    }
}
