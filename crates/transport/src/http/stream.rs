//! A connection's stream below HTTP: notes its pace, remembers how it began, and gives what hyper answers by itself a line.
//!
//! hyper answers a request that it cannot read with a status and no body, before anyone of ours is asked. Such a head is
//! recognised (an answer of ours always has a body) and sent with the one line that says what was wrong.

use crate::http::deadlines::Deadlines;
use crate::port::caller::SIGNATURE;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use tieline_model::{Safe, safe};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream as hyper gets it.
pub(crate) struct Stream<I> {
    inner: I,
    deadlines: Option<Arc<Deadlines>>,
    opening: Arc<Opening>,
    /// What goes out in place of hyper's own answer: the bytes, and how many of them are written.
    instead: Option<(Vec<u8>, usize)>,
}

/// How a connection began, for whoever has to say what was wrong with it.
#[derive(Debug)]
pub(crate) struct Opening {
    first: OnceLock<[u8; SIGNATURE.len()]>,
    header_bytes: usize,
}

impl Opening {
    /// Nothing came yet; the head of a request may have so many bytes.
    pub(crate) fn new(header_bytes: usize) -> Arc<Opening> {
        Arc::new(Opening { first: OnceLock::new(), header_bytes })
    }

    /// What a request is that cannot be read.
    pub(crate) fn malformed(&self) -> Safe {
        match self.first.get() {
            Some(first) if first == SIGNATURE || first.starts_with(b"PROXY ") => {
                "a PROXY protocol header, from an address that access.proxy.from and access.proxy.protocol do not say it of"
                    .into()
            }
            Some([0x16, 3, ..]) => "TLS was spoken to a port that speaks plain HTTP; use http:// or ws://".into(),
            Some(first) if first.starts_with(b"PRI * HTTP/2") => "HTTP/2 is not spoken here, HTTP/1.1 is".into(),
            _ => "this is no HTTP/1.1 request".into(),
        }
    }

    /// What a request is whose head is too long.
    pub(crate) fn too_long(&self) -> Safe {
        safe!("an HTTP request of more than {} bytes (limits.header_bytes)", self.header_bytes)
    }

    fn line(&self, status: u16) -> Safe {
        if status == 400 { self.malformed() } else { self.too_long() }
    }
}

impl<I> Stream<I> {
    pub(crate) fn new(inner: I, opening: Arc<Opening>, deadlines: Option<Arc<Deadlines>>) -> Stream<I> {
        Stream { inner, deadlines, opening, instead: None }
    }

    pub(crate) fn into_inner(self) -> I {
        self.inner
    }

    fn wrote(&self, poll: &Poll<io::Result<usize>>) {
        if let Some(deadlines) = &self.deadlines {
            deadlines.has_written(matches!(poll, Poll::Ready(Ok(1..))));
        }
    }
}

/// The status of an answer that is nothing but a head and says why a request could not be read.
fn bare_refusal(answer: &[u8]) -> Option<(u16, &[u8])> {
    let head = answer.strip_suffix(b"\r\n\r\n")?;
    let rest = head.strip_prefix(b"HTTP/1.1 ")?;
    let status = [400, 414, 431].into_iter().find(|status: &u16| rest.starts_with(status.to_string().as_bytes()))?;
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.next()?;
    let is_empty = lines.any(|line| line.eq_ignore_ascii_case(b"content-length: 0"));
    let is_alone = !head.windows(4).any(|four| four == b"\r\n\r\n");
    (is_empty && is_alone).then_some((status, first))
}

fn with_line(first: &[u8], line: &Safe) -> Vec<u8> {
    let body = format!("Tieline: {line}\n");
    let head = format!(
        "\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [first, head.as_bytes(), body.as_bytes()].concat()
}

impl<I: AsyncRead + Unpin> AsyncRead for Stream<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, into))?;
        let read = &into.filled()[before..];
        if !read.is_empty() {
            self.opening.first.get_or_init(|| {
                let mut first = [0; SIGNATURE.len()];
                let length = read.len().min(first.len());
                first[..length].copy_from_slice(&read[..length]);
                first
            });
            if let Some(deadlines) = &self.deadlines {
                deadlines.has_read();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Stream<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            match bare_refusal(bytes) {
                Some((status, first)) => self.instead = Some((with_line(first, &self.opening.line(status)), 0)),
                None => {
                    let poll = Pin::new(&mut self.inner).poll_write(cx, bytes);
                    self.wrote(&poll);
                    return poll;
                }
            }
        }
        while let Some((answer, at)) = self.instead.take() {
            let poll = Pin::new(&mut self.inner).poll_write(cx, &answer[at..]);
            self.wrote(&poll);
            match poll {
                Poll::Pending => {
                    self.instead = Some((answer, at));
                    return Poll::Pending;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) if at + written < answer.len() => self.instead = Some((answer, at + written)),
                Poll::Ready(Ok(_)) => {}
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = slices.iter().filter(|slice| !slice.is_empty());
        if let (Some(first), None) = (filled.next(), filled.next()) {
            return self.poll_write(cx, first);
        }
        let poll = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.wrote(&poll);
        poll
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What arrives at the other end, through a pipe of so many bytes, when this is written at once.
    async fn sent(answer: &[u8], pipe: usize) -> String {
        let (near, mut far) = tokio::io::duplex(pipe);
        let mut stream = Stream::new(near, Opening::new(9000), None);
        let (answer, mut out) = (answer.to_vec(), String::new());
        let write = tokio::spawn(async move { stream.write_all(&answer).await.unwrap() });
        far.read_to_string(&mut out).await.unwrap();
        write.await.unwrap();
        out
    }

    #[tokio::test]
    async fn bare_refusals_get_a_line_and_nothing_else_is_touched() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        for pipe in [1, 7, 4096] {
            let told = sent(bare, pipe).await;
            assert!(
                told.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"),
                "{told}"
            );
            let (head, body) = told.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, "Tieline: an HTTP request of more than 9000 bytes (limits.header_bytes)\n");
            assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
        }
        for other in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 5\r\n\r\nwrong",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "",
        ] {
            assert_eq!(sent(other.as_bytes(), 4096).await, other);
        }
    }

    #[tokio::test]
    async fn how_it_began_says_what_it_was() {
        for (first, expected) in [
            (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03abc"[..], "TLS was spoken"),
            (SIGNATURE, "access.proxy.from"),
            (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "access.proxy.from"),
            (b"PRI * HTTP/2.0\r\n\r\n", "HTTP/2"),
            (b"hello\r\n\r\n", "no HTTP/1.1 request"),
        ] {
            let opening = Opening::new(1);
            let mut stream = Stream::new(first, opening.clone(), None);
            stream.read_to_end(&mut Vec::new()).await.unwrap();
            assert!(opening.malformed().as_str().contains(expected), "{first:?}");
        }
    }
}
