//! Inflates the messages of one connection (RFC 7692), with or without a dictionary that lasts from one to the next.
//!
//! Promises: never inflates beyond what a message should have. Called by `client`.

use anyhow::{Context, Result, ensure};
use flate2::{Decompress, FlushDecompress, Status};

/// One connection's decompressor.
#[derive(Debug)]
pub(crate) struct Inflate {
    state: Decompress,
    /// Every message starts anew.
    alone: bool,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Inflate {
    /// `alone` if the server keeps no dictionary between messages.
    pub(crate) fn new(alone: bool) -> Inflate {
        Inflate { state: Decompress::new(false), alone, input: Vec::new(), output: Vec::new() }
    }

    /// The message in the payload of a compressed frame; an error if it is longer than `size`.
    pub(crate) fn message(&mut self, payload: &[u8], size: usize) -> Result<&[u8]> {
        if self.alone {
            self.state.reset(false);
        }
        self.input.clear();
        self.input.extend_from_slice(payload);
        self.input.extend_from_slice(&[0, 0, 0xff, 0xff]);
        self.output.clear();
        self.output.reserve(size + 1);
        let status = self.state.decompress_vec(&self.input, &mut self.output, FlushDecompress::Sync);
        let status = status.context("a compressed message cannot be inflated")?;
        ensure!(self.output.len() <= size, "a compressed message is longer than {size} bytes");
        // Some servers end the stream with each message; the next one then starts a new one.
        if status == Status::StreamEnd {
            self.state.reset(false);
        }
        Ok(&self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};

    fn compress(state: &mut Compress, message: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut out = Vec::with_capacity(1000);
        state.compress_vec(message, &mut out, flush).unwrap();
        if flush == FlushCompress::Sync {
            assert_eq!(out.split_off(out.len() - 4), [0, 0, 0xff, 0xff]);
        }
        out
    }

    #[test]
    fn keeps_a_dictionary_only_where_the_server_does() {
        let text = b"s01=21.437 s02=300.001 s03=7.5";
        let mut lasting = Compress::new(Compression::default(), false);
        let (first, second) =
            (compress(&mut lasting, text, FlushCompress::Sync), compress(&mut lasting, text, FlushCompress::Sync));
        assert!(second.len() < first.len());
        let mut inflate = Inflate::new(false);
        assert_eq!(inflate.message(&first, 30).unwrap(), text);
        assert_eq!(inflate.message(&second, 30).unwrap(), text);
        let mut alone = Inflate::new(true);
        for _ in 0..2 {
            assert_eq!(alone.message(&first, 30).unwrap(), text);
        }
        assert!(alone.message(&second, 30).is_err());
    }

    #[test]
    fn reads_a_stream_that_ends_with_each_message() {
        let mut inflate = Inflate::new(false);
        for text in [b"one", b"two"] {
            let bytes = compress(&mut Compress::new(Compression::default(), false), text, FlushCompress::Finish);
            assert_eq!(inflate.message(&bytes, 3).unwrap(), text);
        }
    }

    #[test]
    fn stops_at_the_size_a_message_should_have() {
        let bytes = compress(&mut Compress::new(Compression::default(), false), &[b'x'; 900], FlushCompress::Sync);
        assert!(Inflate::new(true).message(&bytes, 899).is_err());
        assert_eq!(Inflate::new(true).message(&bytes, 900).unwrap().len(), 900);
    }
}
