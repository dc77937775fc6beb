//! What a client's compressor may refer back to although it was told not to.
//!
//! Every listener answers `client_no_context_takeover`, and a client has to honour that (RFC 7692 section 7.1.1.2). Some
//! keep their window all the same (Tornado, Mojolicious among them), and their second message cannot be read by itself. So the end of
//! what a client has sent is kept until it has proved that it begins afresh each time: a message that can be inflated by
//! itself is right by itself, since every reference in it stays within it; one that cannot is tried once more with the
//! window. Who needed that once keeps its window for good; who has not after [`PROOF`] messages loses it.
//!
//! Promises: at most 32 KiB a session, none for a session that sends nothing compressed. Owned by the session's talk.

/// As far as deflate data can refer back.
const WINDOW: usize = 32 << 10;
/// A client that keeps its window refers back to it in all but every message: they are in one product's words.
const PROOF: u8 = 8;

/// One client's window, as far as it is of use.
#[derive(Debug, Default)]
pub struct History {
    past: Vec<u8>,
    /// Messages that needed no window, as long as one was there.
    alone: u8,
    keeps: bool,
}

impl History {
    /// What a message begins with: the window of a client that is known to keep it.
    pub fn known(&self) -> &[u8] {
        if self.keeps { &self.past } else { &[] }
    }

    /// What a message that could not be read is tried with once more; `None`: there is nothing to try.
    pub fn suspected(&self) -> Option<&[u8]> {
        (!self.keeps && !self.past.is_empty()).then_some(&self.past)
    }

    /// Whether the client keeps its window.
    pub fn keeps(&self) -> bool {
        self.keeps
    }

    /// A message was inflated; `with_past` says whether the window was needed. Returns whether that is news.
    pub fn add(&mut self, message: &[u8], with_past: bool) -> bool {
        let is_news = with_past && !self.keeps;
        self.keeps |= with_past;
        if !self.keeps {
            self.alone = self.alone.saturating_add(u8::from(!self.past.is_empty()));
            if self.alone >= PROOF {
                self.past = Vec::new();
                return false;
            }
        }
        if self.keeps || self.alone < PROOF {
            self.remember(message);
        }
        is_news
    }

    /// Bytes of memory it holds, beside itself.
    pub fn held(&self) -> usize {
        self.past.capacity()
    }

    fn remember(&mut self, message: &[u8]) {
        let message = &message[message.len().saturating_sub(WINDOW)..];
        let stays = WINDOW - message.len();
        self.past.drain(..self.past.len().saturating_sub(stays));
        let need = self.past.len() + message.len();
        if need > self.past.capacity() {
            // Never more room than a window takes.
            self.past.reserve_exact((need * 2).min(WINDOW) - self.past.len());
        }
        self.past.extend_from_slice(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InflateError, Inflater};
    use flate2::{Compress, Compression, FlushCompress};
    use proptest::prelude::*;

    /// A client's compressor; it begins afresh each time when it `honours` what it was told.
    struct Client {
        compress: Compress,
        honours: bool,
    }

    impl Client {
        fn new(honours: bool) -> Client {
            Client { compress: Compress::new(Compression::best(), false), honours }
        }

        fn compressed(&mut self, message: &[u8]) -> Vec<u8> {
            if self.honours {
                self.compress.reset();
            }
            let mut out = Vec::with_capacity(message.len() + 1024);
            let status = self.compress.compress_vec(message, &mut out, FlushCompress::Sync).unwrap();
            assert!(status == flate2::Status::Ok && out.ends_with(&[0, 0, 0xFF, 0xFF]));
            out.truncate(out.len() - 4);
            out
        }
    }

    /// As the session's talk does it.
    fn inflated(history: &mut History, payload: &[u8]) -> Result<Vec<u8>, InflateError> {
        let mut inflater = Inflater::default();
        let mut run = |past: &[u8]| {
            let mut message = inflater.begin(past);
            while !inflater.step(&mut message, payload, 0)?.done {}
            Ok(message.into_made())
        };
        let (result, with_past) = match (run(history.known()), history.suspected()) {
            (Err(InflateError::Damaged), Some(past)) => (run(past), true),
            (result, _) => (result, history.keeps()),
        };
        if let Ok(message) = &result {
            history.add(message, with_past);
        }
        result
    }

    proptest! {
        /// Whatever a client that keeps its window says, and whatever one says that does not, is read as it was written.
        #[test]
        fn both_kinds_of_clients_are_understood(
            honours: bool,
            messages in proptest::collection::vec(("[a-d]{3,40}", 1usize..2000), 1..40),
        ) {
            let (mut client, mut history) = (Client::new(honours), History::default());
            for (number, (text, times)) in messages.into_iter().enumerate() {
                // In one product's words: what was said before is said again.
                let message = format!("{{\"command\":{number},\"words\":\"{}\"}}", text.repeat(times));
                let payload = client.compressed(message.as_bytes());
                let read = inflated(&mut history, &payload);
                prop_assert_eq!(read.as_deref(), Ok(message.as_bytes()));
                prop_assert!(history.held() <= WINDOW);
            }
            if honours {
                prop_assert!(!history.keeps());
            }
        }
    }

    #[test]
    fn who_keeps_its_window_is_found_out_by_its_second_message() {
        let (mut client, mut history) = (Client::new(false), History::default());
        for number in 0..100 {
            let message = format!("{{\"ws_op\":\"send\",\"ws_msg\":\"number {number}\"}}");
            assert_eq!(inflated(&mut history, &client.compressed(message.as_bytes())).unwrap(), message.as_bytes());
            assert_eq!(history.keeps(), number > 0);
        }
    }

    #[test]
    fn who_begins_afresh_costs_nothing_in_the_end() {
        let (mut client, mut history) = (Client::new(true), History::default());
        for _ in 0..=PROOF {
            inflated(&mut history, &client.compressed(&[b'x'; 5000])).unwrap();
        }
        assert_eq!((history.keeps(), history.held()), (false, 0));
    }
}
