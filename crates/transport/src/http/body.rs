//! Bodies on an HTTP port as they pass: what a client sends has to come in time, and the end of an answer is noted.
//!
//! A body has `limits.body`, and a second more for each kilobyte that has come; only time spent waiting for the client
//! counts, so that one of us who reads slowly harms nobody.

use crate::http::deadlines::Deadlines;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// A body slower than this is not worth a connection; bytes in a second.
const SLOWEST: u64 = 1024;

/// The body of a request. It ends with an error when it comes too slowly.
pub struct Arriving<B = Incoming> {
    body: B,
    /// What it may take at the start; zero is no bound.
    limit: Duration,
    bytes: u64,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    late: Arc<AtomicBool>,
}

impl<B> Arriving<B> {
    /// `late` is set when it comes too slowly.
    pub(crate) fn new(body: B, limit: Duration, late: Arc<AtomicBool>) -> Arriving<B> {
        Arriving { body, limit, bytes: 0, waited: Duration::ZERO, waiting: None, late }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Arriving<B>
where
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if let Some((since, _)) = this.waiting.take() {
                this.waited += since.elapsed();
            }
            let frame = frame.map(|frame| frame.map_err(io::Error::other));
            if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref) {
                this.bytes += data.len() as u64;
            }
            return Poll::Ready(frame);
        }
        if this.limit.is_zero() {
            return Poll::Pending;
        }
        let allowed = this.limit + Duration::from_secs(this.bytes / SLOWEST);
        let left = allowed.saturating_sub(this.waited);
        let start = || (Instant::now(), Box::pin(tokio::time::sleep(left)));
        let (_, sleep) = this.waiting.get_or_insert_with(start);
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the body came too slowly (limits.body)"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer: that of whoever answers behind the port, or one line of the port itself.
pub(crate) struct Leaving<B> {
    body: Content<B>,
    deadlines: Arc<Deadlines>,
}

enum Content<B> {
    Theirs(B),
    Line(Full<Bytes>),
}

impl<B> Leaving<B> {
    pub(crate) fn new(body: B, deadlines: Arc<Deadlines>) -> Leaving<B> {
        Leaving { body: Content::Theirs(body), deadlines }
    }

    pub(crate) fn line(line: String, deadlines: Arc<Deadlines>) -> Leaving<B> {
        Leaving { body: Content::Line(Full::from(line)), deadlines }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Leaving<B>
where
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.body {
            Content::Theirs(body) => Pin::new(body).poll_frame(cx).map_err(io::Error::other),
            Content::Line(line) => Pin::new(line).poll_frame(cx).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Content::Theirs(body) => body.is_end_stream(),
            Content::Line(line) => line.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Content::Theirs(body) => body.size_hint(),
            Content::Line(line) => line.size_hint(),
        }
    }
}

impl<B> Drop for Leaving<B> {
    /// hyper lets go of it with its last byte, or when nobody takes it any more.
    fn drop(&mut self) {
        self.deadlines.has_answered();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::collections::VecDeque;

    /// Pieces of a body, each after so many seconds of waiting.
    struct Slow(VecDeque<(u64, usize)>, Option<Pin<Box<Sleep>>>);

    impl Body for Slow {
        type Data = Bytes;
        type Error = io::Error;
        fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
            let Some((seconds, length)) = self.0.front().copied() else { return Poll::Ready(None) };
            let sleep = || Box::pin(tokio::time::sleep(Duration::from_secs(seconds)));
            std::task::ready!(self.1.get_or_insert_with(sleep).as_mut().poll(cx));
            self.1 = None;
            self.0.pop_front();
            Poll::Ready(Some(Ok(Frame::data(vec![7; length].into()))))
        }
    }

    /// How many bytes came before the end, and whether it was late.
    async fn came(pieces: &[(u64, usize)], pause: u64) -> (usize, bool) {
        let late = Arc::new(AtomicBool::new(false));
        let slow = Slow(pieces.iter().copied().collect(), None);
        let mut body = Arriving::new(slow, Duration::from_secs(30), late.clone());
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        (bytes, late.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn drops_are_not_enough_and_steady_ones_may_take_their_time() {
        assert_eq!(came(&[(29, 10), (0, 10)], 0).await, (20, false));
        assert_eq!(came(&[(31, 10)], 0).await, (0, true), "silence");
        assert!(came(&[(10, 1); 100], 0).await.1, "a byte every ten seconds");
        assert_eq!(came(&[(10, 10 << 10); 100], 0).await, (1000 << 10, false), "a kilobyte in a second");
        assert_eq!(came(&[(1, 1); 20], 1000).await, (20, false), "whoever reads slowly is not the client's fault");
    }
}
