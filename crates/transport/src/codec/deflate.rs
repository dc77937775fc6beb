//! permessage-deflate without context takeover (RFC 7692): every message is compressed and inflated by itself.
//!
//! That is what lets one compressed frame be shared by all receivers, and what keeps every connection free of a
//! compressor: one per thread and window size is enough. The price is a worse ratio on small messages.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::cell::RefCell;

/// zlib's usual level; a message is compressed once however many receive it.
const LEVEL: u32 = 6;
/// What every compressed message ends with on the wire but for these bytes (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

thread_local! {
    /// One compressor per window size, 9 to 15, made when first needed.
    static COMPRESSORS: RefCell<[Option<Compress>; 16]> = const { RefCell::new([const { None }; 16]) };
}

/// Compresses a payload, with `room` bytes free in front. `None`: it cannot be, or does not become smaller.
pub(super) fn compress(payload: &[u8], window: u8, room: usize) -> Option<Vec<u8>> {
    COMPRESSORS.with_borrow_mut(|compressors| {
        let window = window.clamp(9, 15);
        let compressor = compressors
            .get_mut(usize::from(window))?
            .get_or_insert_with(|| Compress::new_with_window_bits(Compression::new(LEVEL), false, window));
        compressor.reset();
        let mut out = Vec::with_capacity(room + payload.len());
        out.resize(room, 0);
        loop {
            let read = compressor.total_in() as usize;
            compressor.compress_vec(&payload[read..], &mut out, FlushCompress::Sync).ok()?;
            let done = compressor.total_in() as usize == payload.len();
            // A sync flush is complete when there is room left behind it.
            if done && out.len() < out.capacity() && out.ends_with(&TAIL) {
                break;
            }
            if out.len() > payload.len() + room + 64 {
                return None;
            }
            out.reserve(64);
        }
        out.truncate(out.len() - TAIL.len());
        Some(out)
    })
}

/// Inflates messages; one serves all connections of a thread.
pub struct Inflater {
    decompress: Decompress,
}

/// Why a compressed message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflateError {
    /// It is not deflate data.
    Damaged,
    /// It would become larger than the limit.
    TooLarge,
}

impl Default for Inflater {
    fn default() -> Inflater {
        Inflater { decompress: Decompress::new(false) }
    }
}

impl Inflater {
    /// Inflates a whole message; never makes more than `limit` bytes of it (0: no limit).
    pub fn inflate(&mut self, payload: &[u8], limit: usize) -> Result<Vec<u8>, InflateError> {
        let limit = if limit == 0 { usize::MAX } else { limit };
        self.decompress.reset(false);
        let mut out = Vec::with_capacity((payload.len().saturating_mul(4)).clamp(64, 64 << 10));
        for input in [payload, &TAIL[..]] {
            let mut at = 0;
            loop {
                let (read_before, made_before) = (self.decompress.total_in(), out.len());
                let status = self
                    .decompress
                    .decompress_vec(&input[at..], &mut out, FlushDecompress::Sync)
                    .map_err(|_| InflateError::Damaged)?;
                let read = (self.decompress.total_in() - read_before) as usize;
                at += read;
                if out.len() > limit {
                    return Err(InflateError::TooLarge);
                }
                let room = out.len() < out.capacity();
                match status {
                    // A message may end with a final block; others may begin behind it (RFC 7692 section 7.2.3.4).
                    Status::StreamEnd if at == input.len() => return Ok(out),
                    Status::StreamEnd => self.decompress.reset(false),
                    _ if room && at == input.len() => break,
                    _ if room && read == 0 && out.len() == made_before => return Err(InflateError::Damaged),
                    _ => out.reserve(out.len().clamp(1024, 256 << 10)),
                }
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = compress(&vec![0; 50 << 20], 15, 0).unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(Inflater::default().inflate(&bomb, 1 << 20), Err(InflateError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(text in "[ab ]{64,4000}", window in 9u8..=15) {
            let compressed = compress(text.as_bytes(), window, 3).unwrap();
            let mut inflater = Inflater::default();
            for _ in 0..2 {
                prop_assert_eq!(&inflater.inflate(&compressed[3..], 0).unwrap(), text.as_bytes());
            }
        }

        #[test]
        fn what_cannot_be_made_smaller_is_left_or_comes_back(data: Vec<u8>) {
            if let Some(compressed) = compress(&data, 15, 0) {
                prop_assert_eq!(Inflater::default().inflate(&compressed, 0).unwrap(), data);
            }
        }

        /// However often a final block ends the stream within one message: no depth, no end of time.
        #[test]
        fn final_blocks_may_follow_each_other(count in 1usize..5000) {
            let empty_final_block = [0x03, 0x00];
            let mut message = empty_final_block.repeat(count);
            message.push(0);
            prop_assert_eq!(Inflater::default().inflate(&message, 10), Ok(Vec::new()));
        }

        #[test]
        fn any_bytes_are_inflated_within_the_limit_or_refused(data: Vec<u8>) {
            if let Ok(out) = Inflater::default().inflate(&data, 10_000) {
                prop_assert!(out.len() <= 10_000);
            }
        }
    }
}
